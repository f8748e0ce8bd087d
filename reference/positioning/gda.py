"""Rows of the map: GD-Attention with one alpha or one per key, with and without a threshold."""

from __future__ import annotations

import numpy as np

from ..alignment import threshold_from_radius
from ..selection import gd_attention
from .embedding import place
from .entry import Bools, Entry, Floats, empty
from .record import Record, record

__all__ = ["ENTRIES"]

_LINEAGE = "GD-Attention"
# A key of score 0 lies at distance 1, and then has separation 4: twice the critical one.
_BETA = 4.0
# Half a step of the scores' grid below 0: a key of score 0 is admitted whatever the rounding of
# the threshold, and one of score -1/1024 is not.
_RADIUS = float(np.exp(0.25 / 1024))
_PRIORS = (np.arange(8) + 1.0) / 9.0  # alpha of candidate j: 1/9, 2/9, ..., 8/9

_ALPHAS = {"shared": "one alpha of 1/2", "per-key": "alpha 1/9 to 8/9 by position"}
_LIMITS = {
    "": "no threshold",
    "threshold": "one threshold, that of radius 1 at alpha = 1/2",
    "radius": "a threshold per key, that of radius 1 at its alpha",
}


def _alpha(priors: str, width: int) -> Floats:
    return np.asarray(np.full(width, 0.5) if priors == "shared" else _PRIORS[:width])


def _threshold(limit: str, alpha: Floats) -> Floats | float:
    if not limit:
        return np.inf
    return threshold_from_radius(_RADIUS, alpha if limit == "radius" else 0.5, _BETA)


def _call(scores: Floats, mask: Bools, priors: str, limit: str) -> Record:
    query, keys = place(scores)
    alpha = _alpha(priors, scores.shape[1])
    found = gd_attention(
        query[:, None, :],
        keys,
        alpha=alpha,
        beta=_BETA,
        threshold=_threshold(limit, alpha),
        mask=mask[:, None, :],
    )
    hot = found.index == np.arange(scores.shape[1])
    return record(hot.astype(np.float64), structural=empty(mask))


def _coherence(scores: Floats, mask: Bools, priors: str) -> Floats:
    query, keys = place(scores)
    alpha = _alpha(priors, scores.shape[1])
    found = gd_attention(query[:, None, :], keys, alpha=alpha, beta=_BETA, mask=mask[:, None, :])
    return -found.energy[:, 0]


def _entry(priors: str, limit: str) -> Entry:
    suffix = f"-{limit}" if limit else ""
    name = {"": "", "threshold": ", one threshold", "radius": ", threshold per key"}[limit]
    return Entry(
        f"gda-{priors}{suffix}",
        None,
        f"GD-Attention, {priors} alpha{name}",
        _LINEAGE,
        "gd_attention",
        lambda scores, mask: _call(scores, mask, priors, limit),
        f"keys at distance exp(-s/2), beta = 4, {_ALPHAS[priors]}, {_LIMITS[limit]}",
        "first",
        statistic=lambda scores, mask: _coherence(scores, mask, priors),
        used=bool(limit),
    )


ENTRIES = (
    _entry("shared", ""),
    _entry("shared", "threshold"),
    _entry("per-key", ""),
    _entry("per-key", "threshold"),
    _entry("per-key", "radius"),
)
