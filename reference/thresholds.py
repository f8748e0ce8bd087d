"""The threshold filter on lists of pairs: is E* <= tau, as real numbers?

Most pairs are decided by float intervals. What remains is decided exactly, and not one by one: for
one alpha and one threshold admission is monotone in the separation (T6), so a binary search over
the pairs sorted by separation asks about log2(P) exact questions for P pairs. This matters where
thousands of saturated pairs meet a threshold next to the ceiling, such as log(2) at alpha = 1/2.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .decide import compare_threshold
from .distances import relative_error
from .intervals import energy_interval, minor_weights

__all__ = ["admitted_pairs"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

# above every separation of float64 vectors: beta (2**1024) times D (2**40) times jump**2 (2**1025)
_BEYOND = Fraction(2) ** 4096
_MARGIN = Fraction(1, 2**1070)


def admitted_pairs(
    value: Float,
    alpha: Float,
    threshold: Float,
    dimension: int,
    exact: Callable[[int], Fraction],
) -> Bool:
    """Whether E* <= threshold, exactly, for P pairs.

    Parameters
    ----------
    value : float64 (P,)
        Separations as `distances.separations` returns them: 0 iff exactly 0.
    alpha, threshold : float64 (P,)
        Mixing weights; thresholds, infinities included.
    dimension : int
        D.
    exact : callable
        ``exact(p)`` is the exact separation of pair p.

    Returns
    -------
    bool (P,)

    Raises
    ------
    PrecisionCapError
        If a comparison is open at the precision cap.

    Notes
    -----
    A threshold of 0 or -0.0 admits equal rows only; a negative one nothing; +inf everything.
    Clauses: GDA-def-admission, GDA-admit-threshold, GDA-admit-ceiling, GDA-admit-zero,
    GDA-thm-vacuous, GDA-thm-decidability.
    """
    # E* = 0 iff the separation is 0; the underflowed energy is never asked
    result = np.where(value == 0.0, threshold >= 0.0, threshold == np.inf)
    (open_pairs,) = np.nonzero((value > 0.0) & (threshold > 0.0) & (threshold < np.inf))
    if not open_pairs.size:
        return result
    tau = threshold[open_pairs]
    low, high = energy_interval(value[open_pairs], alpha[open_pairs], dimension)
    result[open_pairs] = high <= tau
    near = open_pairs[(high > tau) & (low <= tau)]
    if near.size:
        _decide(result, near, value, alpha, threshold, dimension, exact)
    return result


def _decide(
    result: Bool,
    near: NDArray[np.intp],
    value: Float,
    alpha: Float,
    threshold: Float,
    dimension: int,
    exact: Callable[[int], Fraction],
) -> None:
    """Write the exact decisions of the pairs ``near`` into ``result``."""
    weight = minor_weights(alpha)
    groups: dict[tuple[float, float], list[int]] = {}
    for pair in near.tolist():
        # T8: alpha and its exact complement have the same energy
        groups.setdefault((float(weight[pair]), float(threshold[pair])), []).append(pair)
    for (group_weight, tau), pairs in groups.items():
        pairs.sort(key=lambda pair: float(value[pair]))

        def admits(separation: Fraction, weight: float = group_weight, tau: float = tau) -> bool:
            return compare_threshold(separation, weight, tau) <= 0

        known: dict[Fraction, bool] = {}
        first, last = 0, len(pairs)
        if last > 4:
            ends = [_ends(float(value[pair]), dimension) for pair in pairs]
            first = _partition(0, last, lambda i, ends=ends: admits(ends[i][1]))  # type: ignore[misc]
            last = _partition(first, last, lambda i, ends=ends: admits(ends[i][0]))  # type: ignore[misc]
        for position, pair in enumerate(pairs):
            if first <= position < last:
                separation = exact(pair)
                if separation not in known:
                    known[separation] = admits(separation)
                result[pair] = known[separation]
            else:
                result[pair] = position < first


def _ends(value: float, dimension: int) -> tuple[Fraction, Fraction]:
    """Rationals below and above the exact separation whose float64 form is ``value``."""
    error = 2 * Fraction(relative_error(dimension))
    if value == np.inf:
        return Fraction(np.finfo(np.float64).max) * (1 - error), _BEYOND
    centre = Fraction(value)
    return max(centre * (1 - error) - _MARGIN, Fraction(0)), centre * (1 + error) + _MARGIN


def _partition(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The first index in [low, high) where ``holds``, true on a prefix, fails; high if none."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            low = middle + 1
        else:
            high = middle
    return low
