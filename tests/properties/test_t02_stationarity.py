"""T2: t is stationary iff t = sigmoid(h + separation (2t-1))."""

from __future__ import annotations

import numpy as np
import pytest
import support as su
from flint import arb
from gd_attention.alignment import align
from gd_attention.landscape import stationary_points
from hypothesis import example, given


@pytest.mark.clause("GDA-thm-stationarity")
@given(su.pairs)
@example((3.0, 0.5))
@example((2.0, 0.5))
@example((5e-324, 0.3))
@example((745.0, 1e-05))
@example((744.0, 5e-324))
@example((1450.0, 5e-324))
def test_every_stationary_point_solves_the_equation(pair: tuple[float, float]) -> None:
    """Phi' changes sign next to each returned coordinate, for a separation next to the given one.

    Saddle and metastable point are zeros of z + |h|/2 - (y/2) tanh z. Its terms balance, so a
    residual of c eps of each is a relative change of y by 2 c eps; with the c = 6.5 of
    `support.ROOT` that is 13 eps, and h to 2.5 eps adds less than 5: `ROOT` again. The reading of
    t then has the relative error of u, and the coordinate is rounded once, by at most eps/2.
    """
    separation, alpha = pair
    points = stationary_points(separation, alpha)
    relative = su.minor_error(separation, alpha)
    with su.precision(su.bits(separation, alpha)):
        h, lam = su.odds(alpha), arb(separation)
        for t in points.coordinate[: int(points.count)].tolist():
            minor = min(arb(t), 1 - arb(t))
            slack = relative * abs(minor) + arb(su.EPS / 2)
            if t < 0.5:
                slack = relative * minor + arb(su.TINY)
            assert su.solved(arb(t) - slack, arb(t) + slack, lam, h, su.ROOT)


@pytest.mark.clause("GDA-thm-stationarity")
@given(su.pairs)
@example((2.0, 0.5))
def test_the_alignment_point_solves_the_equation(pair: tuple[float, float]) -> None:
    """As above for u, which keeps its relative precision where the coordinate rounds to 1."""
    separation, alpha = pair
    minor = float(align(separation, alpha).minor)
    relative = su.minor_error(separation, alpha)
    with su.precision(su.bits(separation, alpha)):
        h, lam = abs(su.odds(alpha)), arb(separation)
        slack = relative * arb(minor) + arb(su.TINY)
        # 1 - t in place of t: K changes its sign with t -> 1-t, h -> -h
        assert su.solved(arb(minor) - slack, arb(minor) + slack, lam, -h, su.ROOT)


@pytest.mark.clause("GDA-thm-stationarity", "GDA-def-landscape")
@given(su.moderate, su.weights, su.st.floats(-1.0, 2.0))
def test_slope_of_phi_has_the_sign_of_the_equation(
    separation: float, alpha: float, t: float
) -> None:
    """The equivalence itself: phi differentiated as a power series against t - sigmoid(...)."""
    with su.precision(300):
        lam, weight, point = arb(separation), arb(alpha), arb(t)
        slope = su.taylor(lambda x: su.landscape(lam, weight, x), point, 1)[1]
        right = 1 / (1 + (-su.odds(alpha) - lam * (2 * point - 1)).exp())
        assert slope.overlaps(2 * lam * (point - right))


@pytest.mark.clause("GDA-thm-stationarity")
def test_separation_zero_isolates_nothing() -> None:
    """At separation 0 every t is stationary: none is listed."""
    points = stationary_points(0.0, np.array([0.2, 0.5, 0.9]))
    assert points.count.tolist() == [0, 0, 0]
    assert np.isnan(points.coordinate).all()
