"""T13: derivatives of the coordinate, and the interval that replaces them near (2, 1/2)."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import support as su
from flint import arb
from gd_attention.alignment import align
from gd_attention.gradients import coordinate_derivatives
from hypothesis import assume, example, given
from hypothesis import strategies as st

pairs = st.one_of(
    st.tuples(st.one_of(su.moderate, su._power(-300, 2.8)), su.weights), su.spinodal_pairs
)


def logit(t: Any) -> Any:
    return t.log() - (1 - t).log()


@pytest.mark.clause("GDA-thm-conditioning")
@given(pairs)
@example((math.nextafter(2.0, 3.0), 0.5))
@example((2.0, math.nextafter(0.5, 0.0)))
@example((3.0, 0.5))
def test_derivatives_invert_those_of_the_inverse(pair: tuple[float, float]) -> None:
    """h(t) = logit t - y (2t-1) and y(t) = (logit t - h)/(2t-1), differentiated as power series.

    The reference divides v = u(1-u) by the curvature c. v has the error of T10's test without the
    vectors; c is off by what T11's test derives; m = 2t - 1 follows the separation with
    dlog m/dlog y = 2 y v/c <= 1/c, and otherwise by less than 48 eps (T10's test). Where c is not
    twice its own error nothing is claimed.
    """
    separation, alpha = pair
    found = su.certified(separation, alpha, 2 * su.bits(separation, alpha))
    derivatives = coordinate_derivatives(separation, alpha)
    with su.precision(2 * su.bits(separation, alpha)):
        lam, h, t = arb(separation), su.odds(alpha), found.coordinate
        minor = su.minor_error(separation, alpha)
        spread = float((2 * lam * found.minor * (1 - found.minor)).mid())
        error = 8 * min(separation, 8.0) * su.ROOT + spread * minor + 2 * su.EPS
        assume(float((1 - 2 * lam * found.minor * (1 - found.minor)).mid()) > 2 * error)
        curvature = 1 - spread
        relative = 4 * su.ROOT + minor + 4 * su.EPS + 2 * error / curvature
        by_field = 1 / su.taylor(lambda x: logit(x) - lam * (2 * x - 1), t, 1)[1]
        assert su.within(float(derivatives.log_odds), by_field, relative)
        relative += su.ROOT / curvature + 48 * su.EPS
        if t == 0.5:
            # on the whole branch alpha = 1/2, separation < 2
            assert float(derivatives.separation) == 0.0
            return
        by_separation = 1 / su.taylor(lambda x: (logit(x) - h) / (2 * x - 1), t, 1)[1]
        assert su.within(float(derivatives.separation), by_separation, relative)


@pytest.mark.clause("GDA-thm-conditioning", "GDA-coordinate-value")
@given(st.tuples(su.positive_separations, su.weights), su._power(-17, -2))
@example((2.0, 0.5), 2.0**-52)
@example((2.0, math.nextafter(0.5, 0.0)), 2.0**-52)
def test_coordinate_stays_in_the_interval(pair: tuple[float, float], size: float) -> None:
    """T for a separation off by d lies between t at (1-d) and at (1+d) times it, as u decreases.

    The reference at the separation, against the certificate at both ends, moved by no more than
    the reference's own error: `ROOT` in the separation, and the relative error of u.
    """
    separation, alpha = pair
    assume(separation < 1e299)
    minor = float(align(separation, alpha).minor)
    relative = su.minor_error(separation, alpha)
    slack = Fraction(size) + Fraction(su.ROOT)
    low = su.certified(Fraction(separation) * (1 + slack), alpha).minor
    high = su.certified(Fraction(separation) * (1 - slack), alpha).minor
    with su.precision(200):
        assert not arb(minor) < low * (1 - relative) - su.TINY
        assert not arb(minor) > high * (1 + relative) + su.TINY
        # not vacuous: the interval is not wider than u itself is large
        assert not low > high


@pytest.mark.clause("GDA-thm-conditioning")
@given(su.moderate, su.uneven_weights, su._power(-15, -3))
@example(2.0, math.nextafter(0.5, 0.0), 1e-15)
@example(2.0, 0.4999999, 1e-3)
def test_error_of_the_log_odds_acts_as_one_of_the_separation(
    separation: float, alpha: float, size: float
) -> None:
    """The two cases of the text, at the largest root for h and for h (1 + size)."""
    with su.precision(300):
        lam, h, d = arb(separation), abs(su.odds(alpha)), arb(size)
        plain, moved = (su.stationary(lam, field)[-1] for field in (h, h * (1 + d)))
        if separation >= 1.0 and (moved / 2).tanh() <= 0.5:
            limit = su.stationary(lam * (1 + arb(1.2) * d), h)[-1]
            assert plain <= moved
            assert not moved > limit
        elif not (separation >= 1.0 and (plain / 2).tanh() <= 0.5):
            # log u = -log(1 + exp(x)); every h between the two is in the second case as well
            change = (1 + moved.exp()).log() - (1 + plain.exp()).log()
            assert not change > 6 * h * d


@pytest.mark.clause("GDA-thm-conditioning")
def test_derivatives_at_the_boundary_values() -> None:
    """Separation 0, infinity, and the critical point."""
    ends = coordinate_derivatives([0.0, math.inf, 2.0], [0.25, 0.25, 0.5])
    # t(1-t)(2t-1) and t(1-t) at t = 3/4, exact in float64
    assert ends.separation[:2].tolist() == [0.09375, 0.0]
    assert ends.log_odds[:2].tolist() == [0.1875, 0.0]
    assert np.isinf([ends.separation[2], ends.log_odds[2]]).all()
