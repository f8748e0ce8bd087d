"""Thresholds: below zero, zero, equal to an energy, next to one, next to the ceiling, vacuous.

What is generated. Each case aims a threshold at chosen (query, key) pairs, the nearest key first,
and gives it in one of the four shapes that broadcast: one number, one per query (M, 1), one per
key (N,), or the full table (M, N). *equal*: the two cases where a float equals an alignment
energy - separation 0 with threshold 0, and alpha = 1/2 with separation at most 2 on a dyadic grid
and threshold exactly a quarter of it. Only these tell a strict comparison from a non-strict one.
*near*: the energy times one plus or minus a relative distance, log-uniform from one ulp to 1e-3.
*zero* and *negative*: 0.0, -0.0 and negative numbers, against exact matches and against keys so
near that their float energies underflow to zero. *ceiling*: the floats next to the real ceiling,
against separations from 20 to 60, some with deficits above and some below the distance of that
float. *above* and *infinite*: vacuous thresholds, and infinities of both signs.

Why that distribution. A threshold at a generic place is decided by any arithmetic. Log-uniform
distances meet the error of every arithmetic from float16 to float64.

What it shrinks to. A scalar threshold equal to the energy of one key in one dimension.
"""

from __future__ import annotations

import math

import numpy as np
from gd_attention.conformance.case import Case
from gd_attention.conformance.expectation import Expectation
from gd_attention.conformance.formats import FLOAT64, FORMATS, Format
from gd_attention.conformance.strategies.arrays import (
    Floats,
    direction,
    grid,
    log_uniform,
    mixing_weight,
    sign,
)
from gd_attention.conformance.strategies.energies import (
    alignment_energy,
    around_ceiling,
    exact_separation,
)
from gd_attention.conformance.strategies.family import Draw, Family, seeded

__all__ = ["THRESHOLDS"]

_KINDS = ("equal", "near", "zero", "ceiling", "negative", "above", "infinite")
_FARTHEST = 1e-3


def _farthest(form: Format) -> float:
    """1e-3, or 32 eps where that is more: a narrow format has little between."""
    return max(_FARTHEST, 32.0 * form.eps)


def _points(draw: Draw) -> tuple[Floats, Floats, float]:
    """Queries, keys and precision fitted to the kind of threshold."""
    rng = draw.rng
    m, n, d, kind, form = draw.queries, draw.keys, draw.dimension, draw.kind, draw.form
    if kind == "equal":
        # Steps of at most 1/2 in at most 8 dimensions: separations are dyadic and at most 2.
        query = grid(rng, (m, d))
        keys = query[0] + grid(rng, (n, d), span=2, step=0.25)
        keys[int(rng.integers(n))] = query[0] if rng.random() < 0.3 else keys[0]
        return query, keys, float(2.0 ** -int(rng.integers(0, 5)))
    if kind == "zero":
        query = grid(rng, (m, d))
        keys = query[rng.integers(m, size=n)]
        away = rng.random(n) < 0.6
        # Next to the origin a key may differ by so little that its energy underflows to zero.
        if rng.random() < 0.5:
            query[0] = 0.0
            keys[:] = 0.0
            low, high = (1e-320, 1e-160)
            if form != FLOAT64:
                low, high = form.least, math.sqrt(form.least)
            keys[away, 0] = log_uniform(rng, low, high)
        else:
            keys[away, 0] = [form.above(x) for x in keys[away, 0].tolist()]
        return query, keys, draw.beta()
    low, high = (20.0, 60.0) if kind == "ceiling" else (1e-3, 10.0)
    query = np.tile(grid(rng, d), (m, 1)) + rng.normal(size=(m, d)) * 0.01
    beta = draw.beta()
    keys = np.array(
        [
            query[0] + math.sqrt(log_uniform(rng, low, high) / beta) * direction(rng, d)
            for _ in range(n)
        ]
    )
    return query, keys, beta


def _aimed(draw: Draw, query: Floats, key: Floats, alpha: float, beta: float) -> float:
    """A threshold aimed at one pair."""
    rng, kind, form = draw.rng, draw.kind, draw.form
    if kind == "negative":
        low = 1e-300 if form == FLOAT64 else form.least
        return -form.least if rng.random() < 0.3 else -log_uniform(rng, low, 10.0)
    if kind == "zero":
        return -0.0 if rng.random() < 0.5 else 0.0
    below, above = _around_ceiling(alpha, form)
    if kind == "ceiling":
        return below if rng.random() < 0.5 else above
    if kind == "above":
        return above * (1.0 + log_uniform(rng, 1e-15, 1.0))
    if kind == "infinite":
        return math.inf if rng.random() < 0.7 else -math.inf
    separation = exact_separation(query, key, beta)
    if kind == "equal":
        # On this grid the separation is a float; a quarter of it is one too.
        exact = float(separation)
        return 0.25 * exact if exact <= 2.0 else alignment_energy(exact, alpha)
    energy = alignment_energy(separation, alpha)
    distance = energy * log_uniform(rng, form.eps, _farthest(form))
    toward = sign(rng)
    moved = form.nearest(energy + toward * distance)
    if moved != energy:
        return moved
    return form.above(energy) if toward > 0.0 else form.below(energy)


def _around_ceiling(alpha: float, form: Format) -> tuple[float, float]:
    """The numbers of the format next to the real ceiling."""
    below, above = around_ceiling(alpha)
    return form.floor(below), form.ceil(above)


def _thresholds(draw: Draw) -> Case:
    rng = draw.rng
    of = draw.form
    alpha = 0.5 if draw.kind == "equal" else of.nearest(mixing_weight(rng))
    query, keys, beta = _points(draw)
    # a threshold is aimed at the numbers that the case will hold
    query, keys, beta = of.rounded(query), of.rounded(keys), of.nearest(beta)
    near = [int(((keys - row) ** 2).sum(axis=1).argmin()) for row in query]
    form = int(rng.integers(4))
    threshold: Floats
    if form == 0:
        # As an array, so that an infinite one is passed and not taken for the default.
        threshold = np.array(_aimed(draw, query[0], keys[near[0]], alpha, beta))
    elif form == 1:
        rows = [_aimed(draw, query[i], keys[near[i]], alpha, beta) for i in range(len(query))]
        threshold = np.array(rows)[:, None]
    elif form == 2:
        threshold = np.array([_aimed(draw, query[0], key, alpha, beta) for key in keys])
    else:
        table = [[_aimed(draw, row, key, alpha, beta) for key in keys] for row in query]
        threshold = np.array(table)
    flags = ["threshold", f"threshold-{draw.kind}"] + (["threshold-per-key"] if form > 1 else [])
    return Case(
        query,
        keys,
        alpha=alpha,
        beta=beta,
        threshold=threshold,
        flags=tuple(flags),
        clauses=("GDA-admit-threshold",),
    )


def _hits(case: Case, expectation: Expectation) -> bool:
    kind = case.flags[1].removeprefix("threshold-")
    rows = [expectation.row(position) for position in np.ndindex(expectation.shape)]
    table = np.broadcast_to(case.threshold, (len(case.query), len(case.keys)))
    if kind in ("zero", "negative"):
        return any(row.threshold_zero for row in rows)
    if kind == "ceiling":
        return any(row.threshold_ceiling for row in rows)
    if kind == "infinite":
        return bool(np.isinf(table).any())
    if kind == "above":
        return bool((table > around_ceiling(case.alpha)[0]).all())
    return any(
        _is_aimed(case.query[i], case.keys[j], case, float(table[i, j]), kind == "equal")
        for i, j in np.ndindex(*table.shape)
    )


def _is_aimed(query: Floats, key: Floats, case: Case, threshold: float, equal: bool) -> bool:
    separation = exact_separation(query, key, case.beta)
    if equal:
        return bool(separation <= 2) and 4.0 * threshold == float(separation)
    energy = alignment_energy(separation, case.alpha)
    # Twice the greatest distance aimed at: a threshold for one query may be near for another too.
    form = FORMATS[case.dtype]
    return abs(threshold - energy) <= 2.0 * _farthest(form) * energy + form.least


THRESHOLDS = Family(
    "thresholds",
    seeded(
        "thresholds", _thresholds, kinds=_KINDS, keys=(1, 4), extras=("", "values", "fill", "beta")
    ),
    _hits,
    frozenset({"threshold"}),
    "thresholds below, at and next to every decision",
)
