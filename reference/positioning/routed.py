"""Rows of the map: routing [14, 15, 16]. The candidates are experts, or keys in clusters."""

from __future__ import annotations

import numpy as np

from ..prior import gating, routing, switch
from .embedding import embed
from .entry import Bools, Entry, Floats, weighted
from .record import Record, record

__all__ = ["ENTRIES"]

_LINEAGE = "conditional routing"
_KEPT = 2
_FACTOR = 1.25  # capacity factor of the switch
_CENTROIDS = 2


def _gates(scores: Floats, mask: Bools) -> Floats:
    return gating.gates(scores, _KEPT, mask)


def _switch(scores: Floats, mask: Bools) -> Record:
    # the instances are the tokens of one batch: capacity is what they share
    routed = switch.route(scores, _FACTOR, mask)
    chosen = routed.expert[:, None] == np.arange(scores.shape[1])
    # the router's choice; the gate value p that scales the output is no weight of a candidate
    return record(chosen * routed.kept[:, None], structural=(~routed.kept).astype(np.float64))


def _clusters(scores: Floats, mask: Bools) -> Record:
    query, keys = embed(scores)
    draws = np.random.RandomState(16).standard_normal((_CENTROIDS, query.shape[1]))
    centroids = draws / np.linalg.norm(draws, axis=1, keepdims=True)
    rows = [
        routing.strict_weights(q[None], k, centroids, m[None], scale=1.0)[0]
        for q, k, m in zip(query, keys, mask, strict=True)
    ]
    weights = np.array(rows)
    return record(weights, structural=1.0 - weights.sum(axis=-1))


ENTRIES = (
    Entry(
        "noisy-top-k",
        14,
        f"noisy top-k gating, k = {_KEPT}",
        _LINEAGE,
        "gating",
        weighted(_gates),
        f"k = {_KEPT}; the noise at 0, as in evaluation",
        "first",
    ),
    Entry(
        "switch",
        15,
        "switch routing",
        _LINEAGE,
        "switch",
        _switch,
        f"the instances are the tokens of one batch, capacity factor {_FACTOR:g}",
        "first",
    ),
    Entry(
        "routing-clusters",
        16,
        f"spherical k-means routing, {_CENTROIDS} clusters",
        _LINEAGE,
        "routing",
        _clusters,
        "keys of equal norm with the scores as inner products; random centroids, strict clusters",
        "share",
    ),
)
