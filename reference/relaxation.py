"""Relaxation: the softmin of the alignment energies, which tends to the selection as T -> 0.

The weights are w_i = exp(-E*_i / T) / Z over the admitted keys. If i* has the least energy and the
next is a gap above it, the total-variation distance to the one-hot selection is

    1 - w_i* = sum_{j != i*} exp(-(E*_j - E*_i*) / T) / Z <= (n - 1) exp(-gap / T)      (T20).

Energies saturate, differences of energies at one weight do not: they are taken as differences of
deficits. The gap in the bound is a proved lower one, the larger of two: the distance of the energy
intervals, and, at one weight a and separations x <= y, from T6 (E* is concave with slope u(1-u)),

    E*(y) - E*(x) >= (c - x) s(1 - s),  c = min(y, x + 1),
    s = a exp(-c) / (1 - a + a exp(-c)) <= u(c)    (T5: u/(1-u) = a/(1-a) exp(-c (1-2u))).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .alignment import align
from .interchange import any_library
from .intervals import energy_interval, minor_weights, separation_interval
from .search import blocks
from .validation import checked, positive_scalar

__all__ = ["Relaxation", "relaxation"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Index = NDArray[np.int64]

# covers the rounding of the few operations of a bound, elementary functions to 4 ulp included
_ROUNDING = 2.0**-46


@dataclass(frozen=True, eq=False)
class Relaxation:
    """The result of `relaxation`. Axes: B... leading dimensions, M queries, N keys.

    Attributes
    ----------
    weights : float64 (B..., M, N)
        Softmin weights of the admitted keys, 0 elsewhere; they add up to 1 to rounding, or are all
        0 where nothing is admitted.
    bound : float64 (B..., M)
        At least the total-variation distance of the exact weights to the one-hot selection, at
        most 1: 0 with one admitted key or none, 1 where the gap is 0 or not resolved.

    Notes
    -----
    Clause: GDA-thm-relaxation.
    """

    weights: Float
    bound: Float


@any_library
def relaxation(
    query: ArrayLike,
    keys: ArrayLike,
    *,
    temperature: ArrayLike,
    alpha: ArrayLike = 0.5,
    beta: ArrayLike = 1.0,
    threshold: ArrayLike = math.inf,
    mask: ArrayLike | None = None,
) -> Relaxation:
    """Softmin of E*/T over the admitted keys, and its distance to the selection.

    Parameters
    ----------
    query, keys, alpha, beta, threshold, mask
        As in `gd_attention`.
    temperature : scalar
        T, finite and positive, dimensionless like the energy.

    Returns
    -------
    Relaxation

    Raises
    ------
    TypeError, ValueError, PrecisionCapError
        As `gd_attention`; also for temperature.

    Notes
    -----
    Clause: GDA-thm-relaxation.
    """
    inputs = checked(query, keys, None, alpha, beta, threshold, mask)
    cold = positive_scalar("temperature", temperature)
    weights = np.zeros(inputs.mask.shape)
    bound = np.zeros(inputs.mask.shape[:-1])
    for block in blocks(inputs):
        admitted = block.admitted()
        index = block.least(admitted)
        local, columns = np.nonzero(admitted)
        best = index[local]
        excess, gap = _differences(
            block.separations.value[local, columns],
            block.separations.value[local, best],
            block.alpha[columns],
            block.alpha[best],
            block.dimension,
        )
        power = np.zeros(admitted.shape)
        power[local, columns] = np.exp(-_over(excess, cold))
        # where a key is selected the sum is at least 1: that key's own term
        weights[block.here] = power / np.maximum(power.sum(axis=-1, keepdims=True), 1.0)

        least_gap = np.full(index.shape, math.inf)
        others = columns != best
        np.minimum.at(least_gap, local[others], gap[others])
        count = np.count_nonzero(admitted, axis=-1)
        tail = np.exp(-_over(least_gap * (1.0 - _ROUNDING), cold)) * (1.0 + _ROUNDING)
        # exp may underflow; the distance does not
        tail = np.maximum(np.minimum((count - 1) * tail, 1.0), 2.0**-1074)
        bound[block.here] = np.where(count > 1, tail, 0.0)
    return Relaxation(weights=weights, bound=bound)


def _over(difference: Float, temperature: float) -> Float:
    with np.errstate(over="ignore"):
        return difference / temperature


def _differences(
    value: Float, best_value: Float, alpha: Float, best_alpha: Float, dimension: int
) -> tuple[Float, Float]:
    """E* minus the selected key's E*, for P pairs: to rounding, and a proved lower bound."""
    one = align(value, alpha)
    best = align(best_value, best_alpha)
    weight = minor_weights(alpha)
    same = weight == minor_weights(best_alpha)
    # below separation 1 energies are the accurate quantity, above it deficits are
    deficits = same & (best_value >= 1.0)
    excess = np.where(deficits, best.deficit - one.deficit, one.energy - best.energy)

    low, _ = energy_interval(value, alpha, dimension)
    _, high = energy_interval(best_value, best_alpha, dimension)
    gap = np.maximum(low - high, 0.0)
    start = separation_interval(best_value, dimension)[1]
    stop = np.minimum(separation_interval(value, dimension)[0], start + 1.0)
    decay = weight * np.exp(-stop)
    slope = decay / ((1.0 - weight) + decay)
    chord = np.where(stop > start, stop - start, 0.0) * slope * (1.0 - slope)
    gap = np.maximum(gap, np.where(same, chord * (1.0 - _ROUNDING), 0.0))
    return np.maximum(excess, 0.0), gap
