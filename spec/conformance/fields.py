"""The real-valued fields that a declared arithmetic can return, from the separations it computes.

The derivations are in the accuracy chapter, sections "The energy", "The coordinate" and "The
alignment point"; every constant here has its derivation there.

Clause: GDA-conf-set-fields. Source: T6, T13.
"""

from __future__ import annotations

import math
from typing import Any

from flint import arb
from gd_attention.conformance.balls import bounds, precision
from gd_attention.conformance.certificate import Certified, Prior, alignment, prior
from gd_attention.conformance.formats import Format
from gd_attention.conformance.rational import Exact, dyadic, nearest_float
from gd_attention.conformance.spread import Spread

__all__ = ["components", "coordinate", "energy", "exceeds"]

# Relative allowance of the energy, as a multiple of eps.
ENERGY_ULPS = 16
# The constant of the coordinate's allowance.
COORDINATE_K = 8
# Bits of the enclosures from which allowances are formed: their own width, 2^-100, is far below an
# ulp and is taken outward.
_BITS = 100
# Where the grid of the data lies so far above the least number, its absolute term is less than
# 2^-500 of the relative one, which is not attained.
_CLEAR = 574


def energy(
    pair: Certified, separation: Exact, spread: Spread, form: Format, *, sharp: bool
) -> tuple[float, float]:
    """Least and greatest float64 between which a computed energy lies.

    ``sharp`` asks for certificates at the ends of the spread; without it they are bounded by
    concavity from ``pair``, the certificate at the exact separation.
    """
    if spread.is_zero:
        return 0.0, 0.0
    with precision(_BITS + 28):
        high = pair.prior.ceiling
        if sharp:
            low = alignment(spread.floor, pair.prior.alpha, _BITS).energy
            if spread.upper is not None:
                high = high.min(alignment(spread.upper, pair.prior.alpha, _BITS).energy)
        else:
            exact = separation.ball()
            low = pair.energy * spread.lower.ball() / exact
            if spread.lower.num and spread.lower.magnitude() > 9:
                # From phi and u < 1/2: deficit <= exp(-Lambda (1-u)^2) a/(1-a)
                # < exp(-Lambda/4) a/(1-a), and a/(1-a) <= 2a <= 2 ceiling. Of use where the
                # exact separation is far above the largest float and the ratio says nothing.
                saturated = 1 - 2 * (-spread.lower.ball() / 4).exp()
                low = low.max(pair.prior.ceiling * saturated)
            if spread.upper is not None:
                high = high.min(pair.energy * spread.upper.ball() / exact)
        low -= _ulps(low, form)
        high += _ulps(high, form)
        return max(bounds(low)[0], 0.0), bounds(high)[1]


def coordinate(
    alpha: float, separation: Exact, spread: Spread, form: Format
) -> tuple[float, float]:
    """Least and greatest float64 between which a computed coordinate lies."""
    odds = prior(alpha, _BITS)
    if spread.is_zero:
        rest = 1 - alpha
        return max(form.below(rest), 0.0), min(form.above(rest), 1.0)
    low, high = _widened(spread, form)
    with precision(_BITS):
        greatest = _allowed_minor(alignment(low, alpha, _BITS).minor, low, odds, 1, form)
        least = arb(0)
        if high is not None:
            least = _allowed_minor(alignment(high, alpha, _BITS).minor, high, odds, -1, form)
        if odds.key_side:
            least, greatest = 1 - greatest, 1 - least
        # two roundings in forming t, each u t
        forming = arb((1, 1 - form.bits))
        lower = bounds(least - least * forming)[0]
        upper = bounds(greatest + greatest * forming)[1]
    if odds.half and exceeds(separation, 2):
        # the key-side minimiser: t >= 1/2 is a rule, not a matter of rounding
        lower = max(lower, 0.5)
    return max(lower, 0.0), min(upper, 1.0)


def components(
    query: list[int], key: list[int], exp: int, coordinate: tuple[float, float], form: Format
) -> list[tuple[float, float]]:
    """Least and greatest float64 between which the components of the alignment point lie.

    ``query`` and ``key`` are the components in units of ``2**exp``.
    """
    (low_num, low_exp), (high_num, high_exp) = (dyadic(value) for value in coordinate)
    # one grid for both coordinates, the relative slack 4 u = 2^(2-p), and the least number
    place = min(low_exp, high_exp, 2 - form.bits)
    fine = exp < form.bottom + _CLEAR
    if fine:
        place = min(place, form.bottom - exp)
    low_num <<= low_exp - place
    high_num <<= high_exp - place
    least = 1 << (form.bottom - exp - place) if fine else 0
    result = []
    for q, k in zip(query, key, strict=True):
        one, two = (k - q) * low_num, (k - q) * high_num
        if one > two:
            one, two = two, one
        start = q << -place
        slack = ((abs(q) + abs(k)) << (2 - form.bits - place)) + least
        result.append(
            (
                _floor(start + one - slack, exp + place, form),
                _ceil(start + two + slack, exp + place, form),
            )
        )
    return result


def exceeds(value: Exact, limit: int) -> bool:
    """Whether ``value > limit``."""
    return value.sign_of_difference(Exact(limit, 0)) > 0


def _ulps(value: Any, form: Format) -> Any:
    """16 ulp of an energy; a subnormal ulp is the least number."""
    return (value * arb((ENERGY_ULPS, 1 - form.bits))).max(arb((ENERGY_ULPS, form.bottom)))


def _widened(spread: Spread, form: Format) -> tuple[Exact, Exact | None]:
    """The spread with both ends moved outward by K eps, relatively."""
    low, high, shift = spread.floor, spread.upper, form.bits - 1
    lower = Exact(low.num * ((1 << shift) - COORDINATE_K), low.exp - shift, low.den)
    if high is None:
        return lower, None
    return lower, Exact(high.num * ((1 << shift) + COORDINATE_K), high.exp - shift, high.den)


def _allowed_minor(minor: Any, separation: Exact, odds: Prior, sign: int, form: Format) -> Any:
    """The minor coordinate moved by its relative and its absolute allowance."""
    size = (1 + odds.log_odds + separation.ball()) * arb((COORDINATE_K, 1 - form.bits))
    if sign > 0 and size > 1 and size < 64:
        # An error of the exponent: first order serves up to 1; from 64 on u is far below 2^-top
        # with its allowance.
        size = size.expm1()
    return (minor + sign * (minor * size + arb((1, -form.top)))).max(arb(0)).min(arb(1))


def _floor(num: int, exp: int, form: Format) -> float:
    """The greatest finite float64 at most ``num * 2**exp``, no less than the format's least."""
    if exp > 0:
        num, exp = num << exp, 0
    value = nearest_float(num, 1 << -exp)
    if math.isinf(value):
        return math.copysign(form.largest, value)
    part, whole = value.as_integer_ratio()
    if part << -exp > num * whole:
        value = math.nextafter(value, -math.inf)
    return max(value, -form.largest)


def _ceil(num: int, exp: int, form: Format) -> float:
    """The least finite float64 at least ``num * 2**exp``, no more than the format's greatest."""
    return -_floor(-num, exp, form)
