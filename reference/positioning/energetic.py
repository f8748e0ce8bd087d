"""Rows of the map: operators with an energy [9, 10]."""

from __future__ import annotations

import numpy as np

from ..prior import energy_transformer, hopfield, hopfield_retrieval
from .embedding import embed
from .entry import Bools, Entry, Floats, weighted

__all__ = ["ENTRIES"]

_LINEAGE = "energy-based"
_STEPS = 50  # updates of the retrieval; every instance of the families stands still before


def _association(scores: Floats, mask: Bools) -> Floats:
    query, keys = embed(scores)
    rows = [hopfield.weights(k, q, 1.0, m) for q, k, m in zip(query, keys, mask, strict=True)]
    return np.array(rows)


def _retrieved(scores: Floats, mask: Bools) -> Floats:
    query, keys = embed(scores)
    rows = [
        hopfield_retrieval.retrieve(k, q, 1.0, m, steps=_STEPS).weights
        for q, k, m in zip(query, keys, mask, strict=True)
    ]
    return np.array(rows)


def _lowness(scores: Floats, mask: Bools) -> Floats:
    query, keys = embed(scores)
    rows = [-hopfield.energy(k, q, 1.0, m) for q, k, m in zip(query, keys, mask, strict=True)]
    return np.array(rows)


def _tokens(scores: Floats, mask: Bools) -> tuple[Floats, Bools, Floats]:
    """The query as token 0 and the keys as the others; only token 0 looks at them."""
    query, keys = embed(scores)
    tokens = np.concatenate([query[:, None, :], keys], axis=1)
    sees = np.zeros((len(scores), 1, tokens.shape[1], tokens.shape[1]), dtype=np.bool_)
    sees[:, 0, 0, 1:] = mask
    return tokens, sees, np.eye(tokens.shape[2])[None]


def _energy_attention(scores: Floats, mask: Bools) -> Floats:
    tokens, sees, same = _tokens(scores, mask)
    found = energy_transformer.attention_weights(tokens, same, same, 1.0, sees)
    return found[:, 0, 0, 1:]


def _energy_lowness(scores: Floats, mask: Bools) -> Floats:
    tokens, sees, same = _tokens(scores, mask)
    return -energy_transformer.attention_energy(tokens, same, same, 1.0, sees)


ENTRIES = (
    Entry(
        "hopfield-step",
        9,
        "modern Hopfield, one update",
        _LINEAGE,
        "hopfield",
        weighted(_association),
        "patterns of equal norm 16 with the scores as inner products, beta = 1",
        "share",
        statistic=_lowness,
        descends=True,
    ),
    Entry(
        "hopfield-retrieval",
        9,
        "modern Hopfield, fixed point",
        _LINEAGE,
        "hopfield_retrieval",
        weighted(_retrieved),
        f"as one update, repeated until it stands still, at most {_STEPS} times",
        "share",
        statistic=_lowness,
        descends=True,
    ),
    Entry(
        "energy-transformer",
        10,
        "energy transformer, attention",
        _LINEAGE,
        "energy_transformer",
        weighted(_energy_attention),
        "one head with identity weights, beta = 1; the query token alone sees the keys",
        "share",
        statistic=_energy_lowness,
        descends=True,
    ),
)
