"""Energy levels: for each query the least float64 threshold that does not reject it.

Admission compares the real number E* with the threshold. Rounded energies would not do here: two
of them may agree, or be in the wrong order, while the operator tells the queries apart. The level
is E* rounded *up* to float64, so that for every float64 threshold

    E* <= threshold   if and only if   level <= threshold.

All that is said about levels, ties included, is therefore said about what the operator admits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import non_negative_array
from ..enclosure import Energy, minor_weight
from ..errors import PrecisionCapError
from ..exact import exact_separation
from ..interchange import any_library
from ..search import search
from ..validation import checked

__all__ = ["EnergyLevels", "checked_levels", "energy_levels"]

Float = NDArray[np.float64]
Index = NDArray[np.int64]

_FIRST_DIGITS = 40
# as for the comparisons of the operator itself
_MOST_DIGITS = 40 * 2**7


@dataclass(frozen=True, eq=False)
class EnergyLevels:
    """Selected keys without a threshold, and the thresholds that keep them.

    Attributes
    ----------
    index : int64 (B..., M)
        Selected key; -1 where the mask allows none.
    level : float64 (B..., M)
        Least float64 threshold at which the query selects; dimensionless. +inf where the mask
        allows no key: such a query abstains at every threshold.
    """

    index: Index
    level: Float


@any_library
def energy_levels(
    query: ArrayLike,
    keys: ArrayLike,
    *,
    alpha: ArrayLike = 0.5,
    beta: ArrayLike = 1.0,
    mask: ArrayLike | None = None,
) -> EnergyLevels:
    """The exact alignment energy of each query's selected key, rounded up to float64.

    ``gd_attention(..., threshold=t)`` selects for a query if and only if ``level <= t``, for every
    float64 t but +inf where the mask allows no key. This holds for one threshold for all keys: the
    filter is then a reject option on the winner (T25), also with alpha per key. With thresholds
    per key it is not, and levels say nothing.

    Parameters
    ----------
    query, keys, alpha, beta, mask
        As in `gd_attention.gd_attention`. ``mask = ~numpy.eye(N, dtype=bool)`` leaves one out.

    Returns
    -------
    EnergyLevels

    Raises
    ------
    TypeError, ValueError, PrecisionCapError
        As `gd_attention.gd_attention`.
    """
    inputs = checked(query, keys, None, alpha, beta, math.inf, mask)
    index, _ = search(inputs)
    level = np.full(index.shape, math.inf)
    known: dict[tuple[Fraction, float], float] = {}
    for at in zip(*np.nonzero(index >= 0), strict=True):
        key = (*at[:-1], index[at])
        pair = (
            exact_separation(inputs.query[at], inputs.keys[key], inputs.beta),
            minor_weight(float(inputs.alpha[key])),
        )
        if pair not in known:
            known[pair] = _energy_above(*pair)
        level[at] = known[pair]
    return EnergyLevels(index=index, level=level)


def checked_levels(name: str, level: ArrayLike) -> Float:
    """A sample of levels, (M,) with M >= 1 and every element in [0, inf].

    Raises
    ------
    TypeError, ValueError
        Naming the argument.
    """
    array = non_negative_array(name, level)
    if array.ndim != 1 or not array.size:
        raise ValueError(f"{name}: expected shape (M,) with M >= 1, got {array.shape}")
    return array


def _energy_above(separation: Fraction, weight: float) -> float:
    """The least float64 that is not below E*."""
    if not separation:
        return 0.0
    if weight == 0.5 and separation <= 2:
        return _fraction_above(separation / 4)  # T6, and with 0 the only case of equality (T26)
    energy = Energy(separation, weight)
    digits = _FIRST_DIGITS
    while digits <= _MOST_DIGITS:
        enclosure = energy.enclose(digits)
        low, high = _decimal_above(enclosure.low), _decimal_above(enclosure.high)
        if low == high:
            return low
        digits *= 2
    raise PrecisionCapError(
        f"an energy at weight {weight!r} agrees with a float64 to {_MOST_DIGITS} digits"
    )


def _fraction_above(number: Fraction) -> float:
    rounded = float(number)
    return math.nextafter(rounded, math.inf) if Fraction(rounded) < number else rounded


def _decimal_above(number: Decimal) -> float:
    # comparisons of Decimals are exact, whatever their number of digits
    rounded = float(number)
    below = Decimal.from_float(rounded) < number
    return math.nextafter(rounded, math.inf) if below else rounded
