r"""How many stationary points a landscape has: the spinodal field, and an exact decision.

With m = sqrt(1 - 2/y) at separation y > 2, the spinodal field is h_c = y m - 2 artanh m (T3). Near
y = 2 the two terms agree to three orders of m. With y = 2/(1 - m^2) the difference is the series

    h_c = 2 sum_{k >= 1} 2k/(2k+1) m^(2k+1),

whose terms are positive. For m > 0.7 the closed form loses at most a factor 5, with
artanh m = log1p(m) + log(y/2)/2, which keeps its digits where 1 - m has none.

|h| = h_c is impossible for a float separation above 2 and a float alpha (T26), so floats give one
or three stationary points, never two, and the decision ends at some precision.
"""

from __future__ import annotations

import decimal
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import non_negative_array, weight_array
from .errors import PrecisionCapError
from .interchange import any_library
from .minimiser import minor_log_odds
from .vectors import together

__all__ = ["Regime", "regime", "spinodal", "three_points"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

# Both fields have relative errors below 64 eps (h: 2.5 eps; h_c: 55 terms of positive sign, each
# to at most 55 eps / 2, or the closed form's 4 eps times 5); 2**-44 is 256 eps.
_MARGIN = 2.0**-44
_FIRST_DIGITS, _MOST_DIGITS = 50, 3200
_SERIES_TERMS = 60


class Regime(IntEnum):
    """Number of stationary points on the passage.

    Two is not among them: no floats lie exactly on the spinodal.

    Clause: GDA-thm-counting.
    """

    ALL = 0
    """Separation 0: every coordinate is stationary, and all are the same point."""
    ONE = 1
    """Separation at most 2, or a log-odds beyond the spinodal."""
    THREE = 3
    """Two minima and a saddle between them."""


@any_library
def spinodal(separation: ArrayLike) -> Float:
    """Spinodal field ``h_c = y m - 2 artanh m`` with ``m = sqrt(1 - 2/y)`` at separation y.

    Parameters
    ----------
    separation : array_like (...)
        In [0, inf]; dimensionless.

    Returns
    -------
    float64 (...)
        Dimensionless; NaN below separation 2, where no field is spinodal, 0 at 2, inf at inf.

    Raises
    ------
    TypeError, ValueError
        If `separation` is negative or NaN.

    Notes
    -----
    Relative error below 64 eps; tests measure less than 8. Clause: GDA-thm-counting.
    """
    y = non_negative_array("separation", separation)
    return np.asarray(np.where(y < 2.0, np.nan, _spinodal(np.maximum(y, 2.0))))


def _spinodal(y: Float) -> Float:
    """h_c for y >= 2."""
    # the quotient first: 1 - 2/y would round away what y - 2 holds exactly
    bounded = np.minimum(y, np.finfo(np.float64).max)
    m = np.sqrt((bounded - 2.0) / bounded)
    near = np.minimum(m, 0.7)
    square = near * near
    total = np.zeros_like(near)
    for k in range(_SERIES_TERMS, 0, -1):  # smallest first; 0.7**121 leaves nothing
        total = total * square + 2.0 * k / (2.0 * k + 1.0)
    series = 2.0 * total * square * near
    closed = y * m - (2.0 * np.log1p(m) + np.log(0.5 * bounded))
    return np.asarray(np.where(m <= 0.7, series, closed))


@any_library
def regime(separation: ArrayLike, alpha: ArrayLike = 0.5) -> NDArray[np.int8]:
    """Number of stationary points on the passage, decided exactly for the given floats.

    Parameters
    ----------
    separation : array_like (...)
        In [0, inf]; dimensionless. At inf the regime is that of every large separation, THREE.
    alpha : array_like (...)
        In (0, 1); broadcasts with `separation`.

    Returns
    -------
    int8 (...)
        Values of `Regime`: ``regime(3.0, 0.5) == Regime.THREE``.

    Raises
    ------
    TypeError, ValueError
        If `separation` is negative or NaN, or `alpha` is outside (0, 1).
    PrecisionCapError
        If 3200 digits leave the comparison open; no such input is known (T26).

    Notes
    -----
    Clauses: GDA-thm-counting, GDA-thm-decidability.
    """
    y, weight = together(
        separation=non_negative_array("separation", separation),
        alpha=weight_array("alpha", alpha),
    )
    three = three_points(y, np.minimum(weight, 1.0 - weight))
    result = np.where(three, Regime.THREE, np.where(y > 0.0, Regime.ONE, Regime.ALL))
    return result.astype(np.int8)


def three_points(y: Float, a: Float) -> Bool:
    """Whether there are three stationary points: y > 2 and ``h < h_c``, exactly."""
    h = minor_log_odds(a)
    critical = _spinodal(np.maximum(y, 2.0))
    three: Bool = np.asarray((y > 2.0) & (h < critical))
    # finite: at inf - inf there is nothing to decide
    doubtful = (y > 2.0) & np.isfinite(y) & (h > 0.0)
    gap = np.abs(h - np.where(doubtful, critical, 0.0))
    doubtful &= gap <= _MARGIN * h
    for index in map(tuple, np.argwhere(doubtful)):  # nonzero refuses 0-d arrays
        three[index] = _below_spinodal(float(y[index]), float(a[index]))
    return three


def _below_spinodal(y: float, a: float) -> bool:
    """Whether ``log((1-a)/a) < h_c(y)``, for y > 2, by decimals of rising precision."""
    separation, weight = Fraction(y), Fraction(a)
    digits = _FIRST_DIGITS
    while digits <= _MOST_DIGITS:
        with decimal.localcontext(decimal.Context(prec=digits, Emin=decimal.MIN_EMIN)):
            h = _quotient((1 - weight) / weight).ln()
            m = _quotient((separation - 2) / separation).sqrt()
            first = _quotient(separation) * m
            second = ((1 + m) / (1 - m)).ln()
            gap = first - second - h
            # quotients, sqrt and ln are correctly rounded; 1 - m >= 1/y turns the error of m into
            # at most y units of the argument of ln. So every term is off by less than
            # (1 + y)^2 units of 10**-digits, and 10^4 such units cover the constants.
            bound = (1 + _quotient(separation)) ** 2 * Decimal(10) ** (4 - digits)
            if abs(gap) > bound * (1 + h):
                return gap > 0
        digits *= 2
    raise PrecisionCapError(
        f"regime: separation {y!r} and alpha {a!r} are undecided at {_MOST_DIGITS} digits"
    )


def _quotient(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)
