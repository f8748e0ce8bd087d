"""T22: Newton's iteration on F(z) = z - h/2 - (y/2) tanh z descends to the minimiser's root."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import support as su
from flint import arb
from gd_attention.alignment import align
from gd_attention.minimiser import minor_log_odds, newton_root
from hypothesis import assume, example, given
from hypothesis import strategies as st


def descend(separation: Any, h: Any) -> tuple[Any, int]:
    """The iteration in ball arithmetic from (h + y)/2, every claim checked on the way.

    Each iterate is replaced by the upper end of its ball: a start a little higher, from which the
    theorem says the same. Returns the last iterate and the steps it took to gain 54 bits.
    """
    half = separation / 2
    z = ((h + separation) / 2).upper()
    steps = 0
    for count in range(400):
        bend = z.tanh()
        value, slope = z - h / 2 - half * bend, 1 - half * (1 - bend * bend)
        # at or above the root: F is not negative, and its slope positive
        assert not value < 0
        if not (slope > 0 and value > 0):
            return z, steps
        following = (z - value / slope).upper()
        step = z - following
        assert not step < -z * arb(2.0**-100)
        if step > z * arb(2.0**-54):
            steps = count + 1
        if not step > z * arb(2.0**-90):
            return min(z, following), steps
        z = following
    raise AssertionError("no convergence in 400 steps")


@pytest.mark.clause("GDA-thm-computation")
@given(su.pairs)
@example((2.0, math.nextafter(0.5, 0.0)))
@example((math.nextafter(2.0, 3.0), 0.5))
@example((1e300, 0.5))
def test_descent_ends_at_the_alignment_point(pair: tuple[float, float]) -> None:
    """U = 1/(1 + exp(2z)) at the limits for a separation off by `ROOT` encloses that of `align`.

    The iterates are monotone and end at the largest root; no other solver is asked. The limit is
    approached from above, by a relative 2^-88 at most, or 3 times that where it shrinks by 2/3.
    """
    separation, alpha = pair
    minor = float(align(separation, alpha).minor)
    relative = su.minor_error(separation, alpha)
    if alpha == 0.5 and separation <= 2.0:
        assert minor == 0.5
        return
    with su.precision(su.bits(separation, alpha)):
        h = abs(su.odds(alpha))
        ends = [arb(separation) * (1 + s * arb(su.ROOT)) for s in (1, -1)]
        # h = 0 and a separation below 2: the limit is 0, which no step needs to be taken to
        roots = [arb(0) if h == 0 and y <= 2 else descend(y, h)[0] for y in ends]
        deep, shallow = (1 / (1 + (2 * z).exp()) for z in roots)
        # a relative 2^-86 of 2z, at most h + y, is far below the error allowed for u
        assert not arb(minor) < deep * (1 - relative) - su.TINY
        assert not arb(minor) > shallow * (1 + relative) + su.TINY


@pytest.mark.clause("GDA-thm-computation")
@given(su.pairs)
@example((2.0, math.nextafter(0.5, 0.0)))
@example((math.nextafter(2.0, 3.0), 0.5))
def test_descent_is_short(pair: tuple[float, float]) -> None:
    """Fewer steps than the 120 after which the reference would stop.

    A step leaves at most 2/3 of the distance e: 3F - eF' vanishes at the root, has there the slope
    2F' >= 0, and is convex: F'' >= eG, as the derivative G = y sech^2 (1 - 3 tanh^2) of F''
    decreases where it is positive. e is at most 2 at the start for y <= 4, roots are 2^-26 or
    larger, and from a third of the root on a step squares e: 48 steps, then 8.

    For y <= 1 (F' >= 1/2, F'' <= 0.4 y) and for y >= 4 (root above 1.9, F' > 0.8, e <= 0.1 at the
    start) a step squares e from the start: 8.
    """
    separation, alpha = pair
    assume(not (alpha == 0.5 and separation <= 2.0))
    with su.precision(su.bits(separation, alpha)):
        _, steps = descend(arb(separation), abs(su.odds(alpha)))
    assert steps <= 48 + 8
    if separation >= 4.0 or separation <= 1.0:
        assert steps <= 8


@pytest.mark.clause("GDA-thm-computation")
@given(su.pairs, st.lists(st.floats(1.0, 1e3), min_size=1, max_size=3))
def test_every_start_above_the_root_ends_at_it(
    pair: tuple[float, float], factors: list[float]
) -> None:
    """The reference's iteration from (h + y)/2 and from above: F changes sign around each result.

    An iteration stops where rounding turns F negative or holds z: the residual is at most 6.5 z
    eps for z < 1, a relative change of `ROOT` of the separation, or 13 eps of h for separations
    below 1; and 4 z eps for z >= 1 (text of `minimiser`), a change of z by 4 z eps / 0.17.
    """
    separation, alpha = pair
    assume(separation < 1e290)
    assume(not (alpha == 0.5 and separation <= 2.0))
    field = 0.5 * float(minor_log_odds(np.array(min(alpha, 1 - alpha))))
    start = field + 0.5 * separation
    starts = np.array([start] + [start * factor for factor in factors])
    ends = newton_root(np.full(starts.shape, separation), np.full(starts.shape, field), starts)
    with su.precision(su.bits(separation, alpha)):
        h = abs(su.odds(alpha))
        for z in ends.tolist():
            signs = set()
            for s in (-1, 1):
                y = arb(separation) * (1 + s * arb(su.ROOT))
                moved = arb(z) * (1 - s * arb(24 * su.EPS))
                lifted = h * (1 + s * arb(16 * su.EPS))
                signs.add(bool(moved - lifted / 2 - y / 2 * moved.tanh() > 0))
            assert signs == {True, False}
        assert np.all(ends <= starts)


@pytest.mark.clause("GDA-thm-computation")
@given(su.moderate.filter(lambda y: y > 2.0))
def test_largest_root_not_the_unstable_one(separation: float) -> None:
    """Alpha = 1/2: z = 0 is stationary too, and must not be what the descent ends at."""
    assert float(align(separation, 0.5).minor) < 0.5
