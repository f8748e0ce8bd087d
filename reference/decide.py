"""Exact comparison of an alignment energy with another, and with a threshold.

First the equalities that exist (T26) and everything that rationals decide. What is left are
numbers that differ, if Schanuel's conjecture holds, so enclosures of rising precision separate
them. Should they not be separated at the cap, the answer is an error, never a guess.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

from .enclosure import Energy, minor_weight
from .errors import PrecisionCapError

__all__ = ["compare_energies", "compare_threshold"]

_FIRST_DIGITS = 40
# Pairs with a subnormal weight may need the digits of its square, about 650. The cap is far above.
_MOST_DIGITS = 40 * 2**7


def compare_energies(
    separation_a: Fraction, alpha_a: float, separation_b: Fraction, alpha_b: float
) -> int:
    """Sign of ``E*_a - E*_b`` in exact real arithmetic.

    Parameters
    ----------
    separation_a, separation_b : Fraction
        Exact separations, >= 0; dimensionless.
    alpha_a, alpha_b : float
        Mixing weights in (0, 1).

    Returns
    -------
    int
        -1, 0 or 1; 0 only for an exact tie: both separations 0, or equal separations and equal
        min(alpha, 1 - alpha).

    Raises
    ------
    PrecisionCapError
        If 5120 digits do not separate the energies.

    Notes
    -----
    Clauses: GDA-def-selection, GDA-select-exact-order, GDA-select-priors, GDA-thm-decidability.
    """
    weight_a, weight_b = minor_weight(alpha_a), minor_weight(alpha_b)
    if weight_a == weight_b or not separation_a or not separation_b:
        # T6: strictly increasing in the separation, and 0 only at 0
        return _sign(separation_a, separation_b)
    if weight_a <= weight_b and separation_a <= separation_b:
        return -1  # T23, T6
    if weight_a >= weight_b and separation_a >= separation_b:
        return 1
    energy_a, energy_b = Energy(separation_a, weight_a), Energy(separation_b, weight_b)
    digits = _FIRST_DIGITS
    while digits <= _MOST_DIGITS:
        a, b = energy_a.enclose(digits), energy_b.enclose(digits)
        if a.high < b.low:
            return -1
        if b.high < a.low:
            return 1
        digits *= 2
    raise PrecisionCapError(
        f"the energies of separation {_show(separation_a)}, alpha {alpha_a!r} and separation "
        f"{_show(separation_b)}, alpha {alpha_b!r} agree to {_MOST_DIGITS} digits"
    )


def compare_threshold(separation: Fraction, alpha: float, threshold: float) -> int:
    """Sign of ``E* - threshold`` in exact real arithmetic.

    Parameters
    ----------
    separation : Fraction
        Exact separation, >= 0; dimensionless.
    alpha : float
        Mixing weight in (0, 1).
    threshold : float
        Any float but NaN.

    Returns
    -------
    int
        -1, 0 or 1; 0 only if separation = threshold = 0, or alpha = 1/2, separation <= 2 and
        threshold = separation / 4.

    Raises
    ------
    PrecisionCapError
        If 5120 digits do not separate the energy from the threshold.

    Notes
    -----
    Clauses: GDA-def-admission, GDA-admit-threshold, GDA-admit-zero, GDA-admit-ceiling,
    GDA-thm-decidability.
    """
    if math.isinf(threshold):
        return -1 if threshold > 0 else 1
    if threshold <= 0.0 or not separation:
        return _sign(separation, Fraction(threshold))
    weight = minor_weight(alpha)
    if weight == 0.5 and separation <= 2:
        return _sign(separation, 4 * Fraction(threshold))
    energy, tau = Energy(separation, weight), Decimal.from_float(threshold)
    digits = _FIRST_DIGITS
    while digits <= _MOST_DIGITS:
        # comparisons of Decimals are exact, whatever their number of digits
        enclosure = energy.enclose(digits)
        if enclosure.high < tau:
            return -1
        if tau < enclosure.low:
            return 1
        digits *= 2
    raise PrecisionCapError(
        f"the energy of separation {_show(separation)}, alpha {alpha!r} agrees with the threshold "
        f"{threshold!r} to {_MOST_DIGITS} digits"
    )


def _sign(x: Fraction, y: Fraction) -> int:
    return (x > y) - (x < y)


def _show(number: Fraction) -> str:
    exponent = number.numerator.bit_length() - number.denominator.bit_length()
    return f"about 2**{exponent}"
