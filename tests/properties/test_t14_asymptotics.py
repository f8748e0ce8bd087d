"""T14: expansions for large and small separations and at the critical point, with remainders."""

from __future__ import annotations

import math

import pytest
import support as su
from flint import arb
from gd_attention.alignment import align
from hypothesis import example, given
from hypothesis import strategies as st

# u leaves the normal range near separation 708 - |h|
large = st.one_of(st.floats(4.0, 650.0), st.sampled_from([4.0, 37.0, 38.3, 600.0]))


@pytest.mark.clause("GDA-thm-asymptotics")
@given(large, su.weights)
def test_large_separations(separation: float, alpha: float) -> None:
    """U exp(|h| + y) and deficit / u tend to 1.

    u/(1-u) = exp(-(|h| + y) + 2yu) (T2), so u exp(|h| + y) lies between 1 - u and exp(2yu); with
    y u <= 1/2 (T11) u <= exp(1 - |h| - y). The deficit -log(1-u) - y u^2 lies between
    u - y u^2 and u + u^2. The computed deficit: T5's test, where dg/du <= 1 and the terms are at
    most 2u.
    """
    aligned = align(separation, alpha)
    with su.precision(400):
        y, h = arb(separation), abs(su.odds(alpha))
        limit = (-(h + y)).exp()
        most = (1 - h - y).exp()
        minor, deficit = arb(float(aligned.minor)), arb(float(aligned.deficit))
        relative = arb(su.minor_error(separation, alpha))
        assert minor <= limit * (2 * y * most).exp() * (1 + relative) + su.TINY
        assert minor >= limit * (1 - most) * (1 - relative) - su.TINY
        slack = 2 * relative + 6 * su.EPS
        assert deficit <= minor * (1 + most) * (1 + slack) + su.TINY
        assert deficit >= minor * (1 - y * most) * (1 - slack) - su.TINY


@pytest.mark.clause("GDA-thm-asymptotics")
@given(st.one_of(su._power(-300, -0.302), st.just(0.5)), su.weights)
@example(0.4, 0.3)
def test_small_separations(separation: float, alpha: float) -> None:
    """E* = v y - v (1-2a)^2 y^2/2 + R with v = alpha(1-alpha), and t = 1 - alpha + R'.

    For y <= 1/2, c = 1 - 2y t(1-t) >= 3/4, and t(1-t) <= v. dt/dy = t(1-t)(2t-1)/c gives
    |R'| <= (4/3) v y. With s = t(1-t), m = 2t-1, differentiating s' = -s m^2/c twice gives
    |E*'''| = |s''| <= s m^2/c^2 [m^2 + 6 s + 2 y s m^2/c] <= (16/9) v [1 + 1/2 + 1/3], as
    m^2 + 4s = 1; so |R| <= 0.55 v y^3.
    """
    aligned = align(separation, alpha)
    with su.precision(su.bits(separation, alpha)):
        y, weight = arb(separation), arb(alpha)
        v = weight * (1 - weight)
        two_terms = v * y - v * (1 - 2 * weight) ** 2 * y * y / 2
        slack = su.ENERGY * v * y + arb(0.55) * v * y**3
        assert abs(arb(float(aligned.energy)) - two_terms) <= slack + arb(2.0**-1074)
        moved = su.minor_error(separation, alpha) * arb(float(aligned.minor))
        # the coordinate is rounded by at most eps/2
        distance = abs(arb(float(aligned.coordinate)) - (1 - weight))
        assert distance <= 4 * v * y / 3 + moved + su.ROOT * y + su.EPS / 2


@pytest.mark.clause("GDA-thm-asymptotics")
@given(st.one_of(su._power(-15, -0.5), st.just(2.0**-52)))
def test_above_the_critical_point(excess: float) -> None:
    """Alpha = 1/2, y = 2 (1 + e): m^2 / (3 (1 - 2/y)) tends to 1.

    m + m^3/3 < artanh m < m + m^3/(3 (1 - m^2)) and artanh m = y m/2 put m^2/3 between
    (1 - m^2)(y/2 - 1) and y/2 - 1, where y/2 - 1 = (1 - 2/y) y/2. The computed coordinate belongs
    to a separation off by `ROOT`, is off by the error of u, and rounded by eps/2.
    """
    separation = 2.0 * (1.0 + excess)
    t = float(align(separation, 0.5).coordinate)
    with su.precision(200):
        m = 2 * arb(t) - 1
        moved = arb(su.EPS) + 2 * su.minor_error(separation, 0.5) * (1 - arb(t))
        y = arb(separation)
        upper = 3 * (y * (1 + arb(su.ROOT)) / 2 - 1)
        lower = 3 * (y * (1 - arb(su.ROOT)) / 2 - 1) * (1 - m * m)
        assert (m - moved) ** 2 <= upper or m < moved
        assert lower < 0 or (m + moved) ** 2 >= lower * (1 - 4 * moved)


@pytest.mark.clause("GDA-thm-asymptotics")
def test_rates_over_decades() -> None:
    """The three ratios approach 1 at the rates that the remainders give."""
    for k in range(1, 6):
        y = 10.0**-k
        ratio = float(align(y, 0.3).energy) / (0.21 * y)
        # (1 - 2 alpha)^2 y / 2 = 0.08 y, and 0.55 y^2
        assert abs(ratio - 1 + 0.08 * y) <= 0.55 * y * y + 20 * su.EPS
        m = 2 * float(align(2 + y, 0.5).coordinate) - 1
        # between (1 - m^2) y'/2 and y'/2 with y' the separation and m^2 <= 3y/2
        assert abs(m * m / (3 * (1 - 2 / (2 + y))) - 1) <= 1.5 * y + y / 2
        y = 4.0 * k
        u = float(align(y, 0.5).minor)
        assert abs(u * math.exp(y) - 1) <= math.expm1(2 * y * math.exp(1 - y)) + 30 * y * su.EPS
