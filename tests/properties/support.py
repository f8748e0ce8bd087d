"""Draws from the whole box of separations and weights, and rigorous values to judge by.

What the reference returns is judged by statements of the text, evaluated in ball arithmetic
(python-flint) on the exact values of the floats. phi is entered as it is defined; its derivatives
come from power series arithmetic, its stationary points from sign changes. Where the minimiser or
the least energy is needed to many digits, the oracle's certificate gives it.

The draws. A separation is log-uniform over 1e-300..1e300, or over 1e-3..1e3, or lies next to the
critical value 2 at a log-uniform distance, or is one of the values where code branches. A weight
is exactly 1/2, next to it at a power of two, log-uniform towards 0 or 1, or plain. A pair may also
lie next to the spinodal. Everything shrinks towards separation 1 and alpha 1/2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

from flint import arb, arb_series, ctx, fmpq
from gd_attention.conformance import certificate
from gd_attention.conformance.balls import precision
from gd_attention.conformance.rational import Exact
from hypothesis import strategies as st

EPS = 2.0**-52
# The bound that `align` states for its energy, relative, for alpha in 1e-12 .. 1 - 1e-12.
ENERGY = 16 * EPS
# Below this a relative error means nothing: some quantity on the way was subnormal.
TINY = 2.0**-1060
# What the text of `minimiser` proves of the root of F for z < 1, where the coordinate may be ill
# conditioned: a residual of 6.5 z eps. A relative change d of the separation moves F by
# d (y/2) tanh z; for y >= 1 and z < 1 the two agree at d = 6.5 (z / tanh z) (2/y) eps < 17.2 eps.
ROOT = 18 * EPS


def minor_error(separation: float, alpha: float) -> float:
    """The relative error that `align` allows for u, beside that of the separation (T13)."""
    return 4 * (1 + separation + float(abs(odds(alpha)).mid())) * EPS


def _power(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high).map(lambda exponent: 10.0**exponent)


def _beside(centre: float) -> st.SearchStrategy[float]:
    signs = st.sampled_from([1.0, -1.0])
    return st.builds(lambda s, p: centre * (1 + s * p), signs, _power(-16, -1))


_corners = [1.0, 2.0, math.nextafter(2, 3), math.nextafter(2, 1), 2.4375, 4.0, 37.0, 745.0, 1e4]
moderate = st.one_of(st.sampled_from(_corners[:6]), _power(-3, 2), _beside(2.0))
positive_separations = st.one_of(
    st.sampled_from(_corners), _power(-3, 3), _beside(2.0), _power(-300, 300)
)
separations = st.one_of(positive_separations, st.just(0.0))

_small = st.one_of(_power(-12, -0.31), st.floats(1e-3, 0.5))
_near_half = st.integers(2, 54).map(lambda k: 0.5 - 2.0**-k)
_left = st.one_of(_near_half, _small)
# the float 1 - a may be rounded; it is a weight like any other
weights = st.one_of(st.just(0.5), _left, _left.map(lambda a: 1.0 - a))
left_weights = st.one_of(st.just(0.5), _left)
uneven_weights = st.one_of(_left, _left.map(lambda a: 1.0 - a)).filter(lambda a: a != 0.5)
extreme_weights = st.one_of(
    weights, st.sampled_from([5e-324, 2.0**-1022, 1e-300, 1 - 2.0**-53]), _power(-300, -12)
)


def _spinodal_pair(excess: float, gap: float, side: float) -> tuple[float, float]:
    separation = 2.0 * (1.0 + excess)
    m = math.sqrt(excess / (1.0 + excess))
    field = separation * m - 2.0 * (math.log1p(m) + 0.5 * math.log(0.5 * separation))
    alpha = 1.0 / (1.0 + math.exp(field * (1.0 + side * gap)))
    return separation, min(max(alpha, 1e-12), 1 - 1e-12)


spinodal_pairs = st.builds(
    _spinodal_pair, _power(-6, 1), _power(-14, 0), st.sampled_from([1.0, -1.0])
)
pairs = st.one_of(st.tuples(positive_separations, weights), spinodal_pairs)


# ---- rigorous values ----


def bits(separation: float, alpha: float = 0.5) -> int:
    """A working precision at which separations and weights of any size lose nothing that counts."""
    exponent = abs(math.frexp(separation)[1]) + abs(math.frexp(min(alpha, 1 - alpha))[1])
    return 200 + 2 * exponent


def rational(value: Fraction | int) -> Any:
    """A ball around a rational number."""
    number = Fraction(value)
    return arb(fmpq(number.numerator, number.denominator))


def odds(alpha: float) -> Any:
    """H = log((1-alpha)/alpha), from the exact quotient."""
    weight = Fraction(alpha)
    return rational((1 - 2 * weight) / weight).log1p()


def landscape(separation: Any, alpha: Any, t: Any) -> Any:
    """Phi on the axis at q + t Delta, as defined; balls or power series."""
    far = 1 - t
    query = alpha * (-separation * t * t).exp()
    key = (1 - alpha) * (-separation * far * far).exp()
    return -((query + key).log())


def taylor(function: Callable[[Any], Any], at: Any, order: int) -> list[Any]:
    """Enclosures of f, f', ..., of the given order at a ball, by power series arithmetic."""
    former = ctx.cap
    ctx.cap = order + 1
    try:
        series = function(arb_series([at, 1]))
        return [series[k] * math.factorial(k) for k in range(order + 1)]
    finally:
        ctx.cap = former


def certified(separation: float | Fraction, alpha: float, accuracy: int = 160) -> Any:
    """The oracle's certificate; ``accuracy`` in bits."""
    number = Fraction(separation)
    exact = Exact(number.numerator, 0, number.denominator)
    return certificate.alignment(exact, alpha, accuracy)


def difference(value: float, ball: Any) -> float:
    """An upper bound of ``|value - number|`` for every number of the ball."""
    return float(abs(arb(value) - ball).upper())


def within(value: float, ball: Any, relative: float, absolute: float = TINY) -> bool:
    """Whether ``|value - number| <= relative |number| + absolute`` is proved for the ball."""
    return bool(abs(arb(value) - ball) <= relative * abs(ball) + absolute)


def field_sign(t: Any, separation: Any, h: Any) -> int | None:
    """Sign of K = logit t - h - separation (2t-1), which has the sign of phi' (T2); None if open.

    t at or beyond 0 or 1 stands for the limit there.
    """
    if t <= 0:
        return -1
    if t >= 1:
        return 1
    value = (t / (1 - t)).log() - h - separation * (2 * t - 1)
    return 1 if value > 0 else -1 if value < 0 else None


def solved(low: Any, high: Any, separation: Any, h: Any, slack: float) -> bool:
    """Whether K has a zero for some t in [low, high], separation moved by at most ``slack``.

    K is continuous, so corners of both signs (or a corner where the sign stays open, which is a
    zero to 50 digits) show it.
    """
    corners = [separation * (1 - arb(slack)), separation * (1 + arb(slack))]
    signs = {field_sign(t, corner, h) for t in (low, high) for corner in corners}
    return signs >= {1, -1} or None in signs


def stationary(separation: Any, h: Any) -> list[Any]:
    """All solutions x = logit t of ``x = h + separation tanh(x/2)``, ascending, as narrow balls.

    They lie in |x - h| <= separation. That range is cut until on each piece F has no zero, or is
    monotone, when the signs at its ends decide.
    """
    size = separation + abs(h) + 1
    grid, mark = [arb(0.37)], arb(1.37)
    while mark < size:
        grid.append(mark)
        mark = mark * mark
    grid.append(size)
    # no cut at 0, which is a solution for h = 0
    points = [(-x).mid() for x in reversed(grid)] + [x.mid() for x in grid]
    roots: list[Any] = []
    pieces = list(pairwise(points))[::-1]
    for _ in range(20_000):
        if not pieces:
            return roots
        low, high = pieces.pop()
        found = _decide(low, high, separation, h)
        if found is None:
            cut = (low + (high - low) * arb(0.4897)).mid()
            pieces += [(cut, high), (low, cut)]
        else:
            roots += found
    raise AssertionError("stationary points not isolated: raise the precision")


def _field(x: Any, separation: Any, h: Any) -> tuple[Any, Any]:
    bend = (x / 2).tanh()
    return x - h - separation * bend, 1 - separation * (1 - bend * bend) / 2


def _decide(low: Any, high: Any, separation: Any, h: Any) -> list[Any] | None:
    """The zeros of F between two points; None if that is still open."""
    piece = low.union(high)
    centre = ((low + high) / 2).mid()
    slope = _field(piece, separation, h)[1]
    value = _field(centre, separation, h)[0]
    # mean value form: its excess is of second order in the width
    image = value + slope * (piece - centre)
    if image > 0 or image < 0:
        return []
    if not (slope > 0 or slope < 0):
        return None
    ends = [_field(x, separation, h)[0] for x in (low, high)]
    if ends[0].contains(0) or ends[1].contains(0):
        return None
    if (ends[0] > 0) == (ends[1] > 0):
        return []
    return [_narrow(low, high, bool(ends[1] > 0), separation, h)]


def _narrow(low: Any, high: Any, rising: bool, separation: Any, h: Any) -> Any:
    """Bisection and interval Newton between two points where F is monotone and changes sign."""
    for _ in range(4 * ctx.prec):
        centre, width = ((low + high) / 2).mid(), high - low
        value = _field(centre, separation, h)[0]
        slope = _field(low.union(high), separation, h)[1]
        if value > 0 or value < 0:
            low, high = (low, centre) if (value > 0) == rising else (centre, high)
        if slope > 0 or slope < 0:
            image = centre - value / slope
            low, high = max(low, image.lower()), min(high, image.upper())
        if not high - low < arb(0.9) * width:
            break
    return low.union(high)


__all__ = [name for name in dir() if not name.startswith("_")] + ["precision"]
