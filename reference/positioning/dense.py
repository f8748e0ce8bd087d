"""Rows of the map: dense and sparse blending [1, 2, 3, 4], and selective attention [17]."""

from __future__ import annotations

import numpy as np

from ..prior import dot_product, entmax, gibbs, selective, sparsemax
from .embedding import embed
from .entry import Bools, Entry, Floats, weighted

__all__ = ["ENTRIES"]

_DENSE = "dense blending"
_SPARSE = "sparse blending"
_ORDER = 1.5  # of entmax: between softmax and sparsemax


def _additive(scores: Floats, mask: Bools) -> Floats:
    return gibbs.gibbs_weights(scores, 1.0, mask)


def _dot_product(scores: Floats, mask: Bools) -> Floats:
    query, keys = embed(scores)
    weights = dot_product.attention_weights(query[:, None, :], keys, mask[:, None, :], 1.0)
    return weights[:, 0]


def _entmax(scores: Floats, mask: Bools) -> Floats:
    return entmax.entmax(scores, _ORDER, mask)


def _selective(scores: Floats, mask: Bools) -> Floats:
    """A first token, the candidates, a reader of the candidates, and the query after it.

    Both later tokens have the scores as logits. What the reader selects is lowered for the query,
    which may read the candidates alone.
    """
    width = scores.shape[1]
    size = width + 3
    visible = np.zeros((size, size), dtype=np.bool_)
    rows = []
    for row, present in zip(scores, mask, strict=True):
        logits = np.zeros((1, size, size))
        logits[0, -2:, 1 : width + 1] = row
        visible[-1, 1 : width + 1] = present
        rows.append(selective.selective_weights(logits, visible)[0, -1, 1 : width + 1])
    return np.array(rows)


ENTRIES = (
    Entry(
        "additive",
        1,
        "additive attention",
        _DENSE,
        "additive",
        weighted(_additive),
        "the scores are the e_j; those of a fixed v are bounded, so SHD is at score level only",
        "share",
    ),
    Entry(
        "dot-product",
        2,
        "scaled dot-product attention",
        _DENSE,
        "dot_product",
        weighted(_dot_product),
        "keys of equal norm with the scores as inner products, scale 1",
        "share",
    ),
    Entry(
        "sparsemax",
        3,
        "sparsemax",
        _SPARSE,
        "sparsemax",
        weighted(sparsemax.sparsemax),
        "the scores as they are",
        "share",
    ),
    Entry(
        "entmax",
        4,
        f"entmax of order {_ORDER:g}",
        _SPARSE,
        "entmax",
        weighted(_entmax),
        f"the scores as they are, order {_ORDER:g}",
        "share",
    ),
    Entry(
        "selective",
        17,
        "selective attention",
        "selective attention",
        "selective",
        weighted(_selective),
        "one reader before the query, both with the scores as logits; the query sees candidates",
        "share",
    ),
)
