"""Enclosures of one alignment energy, as narrow as asked, by the standard library's decimal.

Write a = min(alpha, 1 - alpha), which is a float64 exactly, and u = min(t, 1 - t). By T8 the
energy depends on a and the separation alone, and u <= a. For any rho > 0 put

    u' = a / (1 + rho),   gain = log((1 - u') / (1 - a)) = log1p(a/(1-a) * rho/(1 + rho)),
    separation' = (gain + log1p(rho)) / (1 - 2u').

Then u' is a stationary point at separation' (T2) on the side of the passage that holds the global
minimiser (T4), where there is one stationary point only: the right side of
m = tanh((h + separation m) / 2) is concave in m >= 0. So u' is the exact answer to a nearby
question, and its energy is E' = separation' u'^2 + gain (T5). No term of these formulas is
negative, so intervals with outward rounding keep their relative width. What remains is the step
from separation' to the separation that was asked for, bounded through dE*/dseparation = u(1-u):

    |E* - E'| <= slope |separation - separation'|,
    slope = a            always (u <= a),
    slope = 2u'          if both separations are at least 4 and differ by at most 1/4: there
                         2 separation u <= 0.17 (its value at a = 1/2, separation 4, from where it
                         falls), so |d log u / d separation| <= 1 / (1 - 0.17) < 2, exp(1/2) < 2.

Saturation: for separation >= 4, u/(1-u) = a/(1-a) exp(-separation) exp(2 separation u) gives
u < 2.4 a exp(-separation), and the deficit, at most -log(1-u), is below 2.5 a exp(-separation)
and so below 2.5 ceiling exp(-separation). Where this is less than 10**-digits of the ceiling the
ceiling alone is the enclosure: exp(-1e600) is never formed.
"""

from __future__ import annotations

import math
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_CEILING,
    ROUND_FLOOR,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .minimiser import pull

__all__ = ["Energy", "Interval", "minor_weight"]

_ONE = Decimal(1)
_TWO = Decimal(2)
# Newton doubles the digits of rho; next to the triple root the first steps gain less.
_REFINEMENTS = 8
# More than the digits of a float: the first estimate is no better than one.
_START_DIGITS = 24


class Interval(NamedTuple):
    """A closed interval that holds the real number meant."""

    low: Decimal
    high: Decimal


def minor_weight(alpha: float) -> float:
    """``min(alpha, 1 - alpha)``, exactly: for alpha >= 1/2 the difference does not round.

    Clause: GDA-thm-symmetry.
    """
    return alpha if alpha <= 0.5 else 1.0 - alpha


class _Arithmetic:
    """Decimal operations of one precision, rounded down and up."""

    def __init__(self, digits: int) -> None:
        self.digits = digits
        # flags that decide nothing stay untrapped; a NaN or an infinity must never pass silently
        traps = [InvalidOperation, DivisionByZero, Overflow]
        self.down = Context(digits, ROUND_FLOOR, MIN_EMIN, MAX_EMAX, traps=traps)
        self.up = Context(digits, ROUND_CEILING, MIN_EMIN, MAX_EMAX, traps=traps)

    def add(self, x: Interval, y: Interval) -> Interval:
        return Interval(self.down.add(x.low, y.low), self.up.add(x.high, y.high))

    def multiply(self, x: Interval, y: Interval) -> Interval:
        """Product of non-negative intervals."""
        return Interval(self.down.multiply(x.low, y.low), self.up.multiply(x.high, y.high))

    def divide(self, x: Interval, y: Interval) -> Interval:
        """Quotient of a non-negative interval and a positive one."""
        return Interval(self.down.divide(x.low, y.high), self.up.divide(x.high, y.low))

    def difference(self, x: Decimal, y: Decimal) -> Interval:
        return Interval(self.down.subtract(x, y), self.up.subtract(x, y))

    def log1p(self, x: Interval) -> Interval:
        """log(1 + x) for x > 0, to a relative width of a few units of the last digit."""
        low, high = self._log1p(x.low)
        # the slope of log1p is at most 1 on x >= 0
        return Interval(low, self.up.add(high, self.up.subtract(x.high, x.low)))

    def _log1p(self, x: Decimal) -> Interval:
        lost = max(0, -x.adjusted())  # leading digits of x that 1 + x pushes out
        if lost > 10 + self.digits // 8:
            return self._log1p_series(x, lost)
        wide = _arithmetic(self.digits + lost) if lost else self
        below, above = wide.down.add(_ONE, x), wide.up.add(_ONE, x)
        # decimal rounds ln correctly (half even), so the neighbours enclose it
        log = wide.down.ln(below)
        low, high = wide.down.next_minus(log), wide.up.next_plus(log)
        return Interval(max(low, Decimal(0)), wide.up.add(high, wide.up.subtract(above, below)))

    def _log1p_series(self, x: Decimal, lost: int) -> Interval:
        """Partial sums of x - x^2/2 + x^3/3 - ..., which enclose the limit for 0 < x < 1."""
        pairs = self.digits // (2 * (lost - 1)) + 1
        low, power = Interval(Decimal(0), Decimal(0)), Interval(x, x)
        point = power
        for k in range(1, 2 * pairs + 1):
            order = Decimal(k)
            term = Interval(self.down.divide(power.low, order), self.up.divide(power.high, order))
            if k % 2:
                low = self.add(low, term)
            else:
                low = Interval(
                    self.down.subtract(low.low, term.high), self.up.subtract(low.high, term.low)
                )
            power = self.multiply(power, point)
        first_left_out = self.up.divide(power.high, Decimal(2 * pairs + 1))
        return Interval(low.low, self.up.add(low.high, first_left_out))


@lru_cache(maxsize=256)
def _arithmetic(digits: int) -> _Arithmetic:
    return _Arithmetic(digits)


class Energy:
    """The alignment energy of one exact separation and one weight, enclosed on demand.

    Parameters
    ----------
    separation : Fraction
        Positive, dimensionless.
    weight : float
        ``min(alpha, 1 - alpha)``, in (0, 1/2].

    Notes
    -----
    Clauses: GDA-def-energy, GDA-thm-closed-form, GDA-thm-envelope.
    """

    def __init__(self, separation: Fraction, weight: float) -> None:
        self.separation = separation
        self.weight = weight
        self._weight = Decimal.from_float(weight)
        self._twice = Decimal.from_float(2.0 * weight)
        self._numerator = Decimal(separation.numerator)
        self._denominator = Decimal(separation.denominator)
        self._quadruple = Decimal(4 * separation.denominator)
        self._rho = Decimal(0)

    def enclose(self, digits: int) -> Interval:
        """An interval that holds the energy, of relative width near ``10**(6 - digits)``.

        The width is what the current estimate of rho allows; a call refines the estimate for
        the next. Only the containment is guaranteed.
        """
        if self.weight == 0.5 and self.separation <= 2:
            # T6: t = 1/2 and the energy is separation / 4
            return self._quotient(_arithmetic(digits), self._quadruple)
        # 2.5 exp(-2.31 digits - 1) < 10**-digits
        if self.separation >= 2.31 * digits + 4:
            return self._saturated(digits)
        if not self._rho:
            self._rho = _first_estimate(self.separation, self.weight)
        for _ in range(_REFINEMENTS):
            enclosure, settled = self._evaluate(_arithmetic(digits))
            if settled:
                break
        return enclosure

    def _quotient(self, arithmetic: _Arithmetic, denominator: Decimal) -> Interval:
        return Interval(
            arithmetic.down.divide(self._numerator, denominator),
            arithmetic.up.divide(self._numerator, denominator),
        )

    def _saturated(self, digits: int) -> Interval:
        arithmetic = _arithmetic(digits)
        remainder = arithmetic.difference(_ONE, self._weight)
        # ceiling = -log(1 - a) = log1p(a / (1 - a))
        ceiling = arithmetic.log1p(
            arithmetic.divide(Interval(self._weight, self._weight), remainder)
        )
        shortfall = arithmetic.up.scaleb(ceiling.high, -digits)
        return Interval(arithmetic.down.subtract(ceiling.low, shortfall), ceiling.high)

    def _evaluate(self, arithmetic: _Arithmetic) -> tuple[Interval, bool]:
        """The enclosure from the current rho, and whether it is as narrow as the precision."""
        down, up = arithmetic.down, arithmetic.up
        rho = down.plus(self._rho)
        point, weight = Interval(rho, rho), Interval(self._weight, self._weight)
        grown = Interval(down.add(_ONE, rho), up.add(_ONE, rho))
        odds = arithmetic.divide(weight, arithmetic.difference(_ONE, self._weight))
        gain = arithmetic.log1p(arithmetic.multiply(odds, arithmetic.divide(point, grown)))
        minor = arithmetic.divide(weight, grown)
        # 1 - 2u' = tilted / grown
        tilted = arithmetic.add(arithmetic.difference(_ONE, self._twice), point)
        exponent = arithmetic.add(gain, arithmetic.log1p(point))
        nearby = arithmetic.divide(arithmetic.multiply(exponent, grown), tilted)
        energy = arithmetic.add(
            arithmetic.multiply(nearby, arithmetic.multiply(minor, minor)), gain
        )
        asked = self._quotient(arithmetic, self._denominator)
        gap = max(
            up.subtract(asked.high, nearby.low), up.subtract(nearby.high, asked.low), Decimal(0)
        )
        slope = self._weight
        if min(asked.low, nearby.low) >= 4 and gap <= Decimal("0.25"):
            slope = up.multiply(_TWO, minor.high)
        error = up.multiply(slope, gap)
        low = max(down.subtract(energy.low, error), Decimal(0))
        high = up.add(energy.high, error)
        settled = up.subtract(high, low) <= up.scaleb(high, 6 - arithmetic.digits)
        if not settled:
            self._rho = self._newton(
                down,
                rho,
                minor.low,
                down.divide(tilted.low, grown.low),
                down.subtract(asked.low, nearby.low),
                nearby.low,
            )
        return Interval(low, high), settled

    @staticmethod
    def _newton(
        context: Context, rho: Decimal, minor: Decimal, tilt: Decimal, gap: Decimal, nearby: Decimal
    ) -> Decimal:
        """The next rho: d separation' / d rho = curvature / ((1 + rho)(1 - u')(1 - 2u')) (T13).

        Nothing is proved of it: a poor rho makes a wide enclosure, never a wrong one.
        """
        major = context.subtract(_ONE, minor)
        spread = context.multiply(_TWO, context.multiply(nearby, context.multiply(minor, major)))
        curvature = context.subtract(_ONE, spread)
        if curvature <= 0:
            return rho
        factor = context.multiply(context.add(_ONE, rho), context.multiply(major, tilt))
        step = context.divide(context.multiply(gap, factor), curvature)
        following = context.add(rho, step)
        # rho stays positive
        return following if following > 0 else context.divide(rho, _TWO)


def _first_estimate(separation: Fraction, weight: float) -> Decimal:
    """Rho to about float accuracy: (1 - a) expm1(separation tanh z), z of T22."""
    # never the caller's context, whose precision and traps are not ours
    context = _arithmetic(_START_DIGITS).down
    if separation < Fraction(1, 2**40):
        # tanh z -> 1 - 2a; in decimal, as the separation may lie below every float
        slope = Decimal.from_float((1.0 - weight) * (1.0 - 2.0 * weight))
        return context.multiply(_ratio(context, separation), slope)
    excess = separation - 2
    if weight == 0.5 and excess < Fraction(1, 2**20):
        # m^2 = 3 excess / 2 to first order (T14); a float separation would lose the excess
        root = context.sqrt(_ratio(context, excess * Fraction(3, 2)))
        return context.divide(root, context.subtract(_ONE, root))
    separations, weights = np.array([float(separation)]), np.array([weight])
    exponent = float(pull(separations, weights)[1][0])
    if exponent < 700.0:
        return Decimal.from_float((1.0 - weight) * math.expm1(exponent))
    grown = context.exp(Decimal.from_float(exponent))
    return context.multiply(Decimal.from_float(1.0 - weight), grown)


def _ratio(context: Context, number: Fraction) -> Decimal:
    return context.divide(Decimal(number.numerator), Decimal(number.denominator))
