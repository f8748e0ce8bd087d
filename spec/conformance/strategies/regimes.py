"""Regimes of the landscape: saturated, critical, degenerate, and alpha next to 0 or 1.

What is generated. *saturated*: separations from 30 to 1e6, the nearest keys apart by 1e-10 to 1.
*critical*: separation 2 up to a relative distance from one ulp to 1e-1, alpha 1/2 or off it by
2^-54 to 1e-2. *degenerate*: alpha = 1/2 exactly and a separation above 2, from one ulp above to
1e4. *extreme-alpha*: min(alpha, 1 - alpha) from 5e-324 to 1e-6 with separations from 1e-6 to 1e3.

Why that distribution. In the saturated regime every energy rounds to the ceiling and no float
energy orders the keys. At the critical point the coordinate has a square-root singularity in the
separation and a cube-root one in the log-odds, and an iteration stalls. In the degenerate regime
two minimisers exist and bisection finds the maximum between them. Next to 0 or 1 the quotient (1
- alpha)/alpha overflows and 1 - alpha rounds to 1. The distances are log-uniform because each
failure starts at a scale of its own.

What it shrinks to. One query, one key, one dimension; the default precision.
"""

from __future__ import annotations

import math

import numpy as np
from gd_attention.conformance.case import Case
from gd_attention.conformance.expectation import Expectation
from gd_attention.conformance.formats import FLOAT64, FORMATS, Format
from gd_attention.conformance.strategies.arrays import (
    direction,
    grid,
    insert,
    log_uniform,
    mixing_weight,
    sign,
)
from gd_attention.conformance.strategies.energies import exact_separation
from gd_attention.conformance.strategies.family import Draw, Family, seeded

__all__ = ["CRITICAL", "DEGENERATE", "EXTREME_ALPHA", "SATURATED"]


def _around(draw: Draw, nearest: float, alpha: float, flag: str) -> Case:
    """A case whose first query has its nearest key at separation ``nearest``, to rounding.

    On the axis the query is the origin and the key's separation is its square times beta, with
    three roundings at most; otherwise the point is at a random place in a random direction.
    """
    rng, d, beta = draw.rng, draw.dimension, draw.beta()
    length = math.sqrt(nearest / beta)
    if draw.kind == "axis":
        query = np.zeros(d)
        key = np.eye(1, d)[0] * length * sign(rng)
    else:
        query = grid(rng, d)
        key = query + length * direction(rng, d)
    factors = 1.0 + rng.random(draw.keys - 1)
    # The runner-up may come close, at any scale.
    factors[:1] = 1.0 + log_uniform(rng, 1e-10, 1.0)
    others = [query + length * factor * direction(rng, d) for factor in factors.tolist()]
    queries = np.vstack([query, query + grid(rng, (draw.queries - 1, d), span=1) * length])
    return Case(queries, insert(rng, [key], others), alpha=alpha, beta=beta, flags=(flag,))


def _saturated(draw: Draw) -> Case:
    return _around(draw, log_uniform(draw.rng, 30.5, 1e6), mixing_weight(draw.rng), "saturated")


def _critical(draw: Draw) -> Case:
    rng = draw.rng
    least, eps = draw.form.eps / 4.0, draw.form.eps
    shift = 0.0 if rng.random() < 0.4 else sign(rng) * log_uniform(rng, least, 1e-2)
    alpha = 0.5 + shift
    if draw.kind == "exact":
        return _exactly_two(draw, alpha)
    nearest = 2.0 * (1.0 + sign(rng) * log_uniform(rng, eps, 1e-1))
    return _around(draw, nearest, alpha, "critical")


def _exactly_two(draw: Draw, alpha: float) -> Case:
    """Separation 2 exactly, or off it by an ulp of the precision or of a component."""
    rng, d = draw.rng, draw.dimension
    query = grid(rng, d)
    query[0] = 0.0
    key, beta = query.copy(), 2.0
    key[0] = 1.0
    if d > 1 and rng.random() < 0.5:
        beta = 1.0
        key[1] = query[1] + sign(rng)
    side = int(rng.integers(3)) - 1
    if rng.random() < 0.5:
        beta = _next(beta, side, draw.form)
    else:
        key[0] = _next(1.0, side, draw.form)
    others = [query + rng.uniform(1.6, 4.0) * direction(rng, d) for _ in range(draw.keys - 1)]
    queries = np.vstack([query, grid(rng, (draw.queries - 1, d))])
    keys = insert(rng, [key], others)
    return Case(queries, keys, alpha=alpha, beta=beta, flags=("critical",))


def _next(value: float, side: int, form: Format) -> float:
    """The neighbour above or below, or the value itself."""
    return (value, form.above(value), form.below(value))[side]


def _degenerate(draw: Draw) -> Case:
    rng, eps = draw.rng, draw.form.eps
    # rounding into a narrow format must not bring a separation down to 2
    least, margin = (2.0**-50, 2.1) if draw.form == FLOAT64 else (16.0 * eps, 2.0 + 32.0 * eps)
    if rng.random() < 0.3:
        nearest = 2.0 * (1.0 + log_uniform(rng, least, max(1e-1, 2.0 * least)))
    else:
        nearest = log_uniform(rng, margin, 1e4)
    return _around(draw, nearest, 0.5, "degenerate")


def _extreme_alpha(draw: Draw) -> Case:
    rng, form = draw.rng, draw.form
    if draw.kind == "least":
        alpha = form.least * float(rng.integers(1, 8))
    elif draw.kind == "small":
        alpha = log_uniform(rng, 1e-308 if form == FLOAT64 else form.least, 1e-6)
    else:
        # 1 - alpha is exact here, from u up.
        steps = 9e9 if form == FLOAT64 else max(8.0, 1e-6 / form.eps)
        alpha = 1.0 - 0.5 * form.eps * round(log_uniform(rng, 1.0, steps))
    return _around(draw, log_uniform(rng, 1e-6, 1e3), alpha, "alpha-extreme")


def _nearest_separations(case: Case) -> list[float]:
    return [
        min(float(exact_separation(query, key, case.beta)) for key in case.keys)
        for query in case.query
    ]


def _is_saturated(case: Case, expectation: Expectation) -> bool:
    return any(separation >= 30.0 for separation in _nearest_separations(case))


def _is_critical(case: Case, expectation: Expectation) -> bool:
    return any(abs(separation - 2.0) <= 0.21 for separation in _nearest_separations(case))


def _is_degenerate(case: Case, expectation: Expectation) -> bool:
    # In arithmetic of balls: one ulp above 2 must count, 2 itself must not.
    return case.alpha == 0.5 and all(
        exact_separation(case.query[0], key, case.beta) > 2 for key in case.keys
    )


def _is_extreme(case: Case, expectation: Expectation) -> bool:
    # 1e-6, or within eight steps of 1 where a narrow format has nothing nearer
    least = max(1.1e-6, 4.5 * FORMATS[case.dtype].eps) if case.alpha > 0.5 else 1.1e-6
    return bool(min(case.alpha, 1.0 - case.alpha) < least)


SATURATED = Family(
    "saturated",
    seeded("saturated", _saturated, kinds=("axis", "anywhere"), keys=(2, 8)),
    _is_saturated,
    frozenset(),
    "separations from 30 to 1e6",
)
CRITICAL = Family(
    "critical",
    seeded("critical", _critical, kinds=("exact", "axis", "anywhere")),
    _is_critical,
    frozenset(),
    "separation near 2 at alpha near 1/2",
)
DEGENERATE = Family(
    "degenerate",
    seeded("degenerate", _degenerate, kinds=("axis", "anywhere")),
    _is_degenerate,
    frozenset(),
    "alpha = 1/2 and separation above 2",
)
EXTREME_ALPHA = Family(
    "extreme-alpha",
    seeded("extreme-alpha", _extreme_alpha, kinds=("small", "near-one", "least")),
    _is_extreme,
    frozenset({"alpha"}),
    "alpha next to 0 or 1",
)
