r"""The separation at which the alignment energy reaches a threshold: the inverse of T6.

Write y for the separation, a = min(alpha, 1 - alpha), C = -log(1-a) for the ceiling, and tau for
the threshold. Energies below C/2 are solved for as they are: E* is increasing and concave, so
Newton from tau / (a(1-a)), which lies left of the root (T6), climbs to it. Above C/2 the deficit is
solved for, d = (C - tau)/a, by Newton on log d, whose slope lies near -1 (T14).

The ceiling is transcendental, and the threshold may lie within one float of it. C is therefore
kept as a float and a rest, from decimals or, for small a, from the series of -log(1-a). The float
is the nearest one, so (float - tau) is exact and the rest decides no sign but at equality: the
comparison with the real ceiling is exact, and d keeps its relative precision up to the last float.

Weights below 2**-60, where an iteration would meet subnormal numbers, have closed forms: there
E* = a (1 - exp(-y)) and the deficit is a exp(-y), relatively to a (1 + y). So y = -log1p(-tau/a)
and y = -log d.
"""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .minimiser import pull, sigmoid_reading

__all__ = ["separation_of_energy"]

Float = NDArray[np.float64]

_TINY_WEIGHT = 2.0**-60
# Newton settles in about 7 steps; the count only guards against a step that rounding repeats
_MOST_STEPS = 60


def separation_of_energy(threshold: Float, a: Float) -> Float:
    """Supremum of the separations with E* <= threshold.

    Parameters
    ----------
    threshold : float64 (P,)
        Infinities included.
    a : float64 (P,)
        min(alpha, 1 - alpha).

    Returns
    -------
    float64 (P,)
        -inf for negative thresholds, +inf at and above the real ceiling; at a = 1/2 and
        threshold <= 1/2 exactly 4 threshold.

    Notes
    -----
    Clauses: GDA-def-radius, GDA-thm-envelope, GDA-thm-vacuous, GDA-admit-ceiling.
    """
    result = np.where(threshold < 0.0, -np.inf, np.where(threshold > 0.0, np.inf, 0.0))
    half = (a == 0.5) & (threshold >= 0.0) & (threshold <= 0.5)
    result[half] = 4.0 * threshold[half]
    top = -np.log1p(-a)
    # 2 top is far above any error of top
    open_ = (threshold > 0.0) & (threshold < 2.0 * top) & ~half
    low = open_ & (threshold <= 0.5 * top)
    result[low] = _from_energy(threshold[low], a[low])
    (high,) = np.nonzero(open_ & ~low)
    if high.size:
        tau, weight = threshold[high], a[high]
        parts = np.array([_ceiling_parts(value) for value in weight.tolist()])
        scaled = (parts[:, 0] - tau) / weight + parts[:, 1]
        below = scaled > 0.0
        result[high[below]] = _from_deficit(scaled[below], weight[below])
    return result


def _from_energy(tau: Float, a: Float) -> Float:
    """Newton on E*(y) = tau from the left, for tau <= C/2."""
    tiny = a < _TINY_WEIGHT
    closed = -np.log1p(-np.where(tiny, tau / a, 0.0))
    weight = np.where(tiny, 0.25, a)
    y = np.where(tiny, 0.0, tau / weight / (1.0 - weight))
    # below 2**-60, E* = a(1-a) y to rounding
    active = np.nonzero(y > 2.0**-60)[0]
    for _ in range(_MOST_STEPS):
        if not active.size:
            break
        part = weight[active]
        _, X = pull(y[active], part)
        u, product, _ = sigmoid_reading(part, X)
        short = tau[active] - (y[active] * u * u + np.log1p(product))
        following = y[active] + short / (u * (1.0 - u))
        moving = following > y[active]
        y[active[moving]] = following[moving]
        active = active[moving]
    return np.asarray(np.where(tiny, closed, y))


def _from_deficit(d: Float, a: Float) -> Float:
    """Newton on log(deficit / a) = log d, never below half of where a step starts."""
    log_d = np.log(d)
    result = np.maximum(-log_d, 0.0)
    active = np.nonzero(a >= _TINY_WEIGHT)[0]
    for _ in range(_MOST_STEPS):
        if not active.size:
            break
        part, y = a[active], result[active]
        _, X = pull(y, part)
        u, _, _ = sigmoid_reading(part, X)
        deficit = -np.log1p(-u) - y * u * u
        step = (np.log(deficit / part) - log_d[active]) * deficit / (u * (1.0 - u))
        following = np.maximum(y + step, 0.5 * y)
        result[active] = following
        active = active[np.abs(following - y) > 2.0**-52 * y]
    return np.asarray(result)


@lru_cache(maxsize=4096)
def _ceiling_parts(a: float) -> tuple[float, float]:
    """The float nearest to C = -log(1-a), and (C - float)/a as a float."""
    if a < 2.0**-30:
        # eight terms leave a relative 2**-240, far below the distance 2**-54 of two floats
        exact = Fraction(a)
        value = sum((exact**k / k for k in range(1, 9)), Fraction(0))
    else:
        with decimal.localcontext(decimal.Context(prec=100)) as context:
            value = Fraction(-context.ln(context.subtract(Decimal(1), Decimal(a))))
    nearest = float(value)
    return nearest, float((value - Fraction(nearest)) / Fraction(a))
