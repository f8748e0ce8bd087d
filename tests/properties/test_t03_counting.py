"""T3: one, two or three stationary points, by the separation against 2 and |h| against h_c."""

from __future__ import annotations

import numpy as np
import pytest
import support as su
from flint import arb
from gd_attention.landscape import Regime, regime, spinodal, stationary_points
from hypothesis import example, given

# What `spinodal` states.
SPINODAL = 64 * su.EPS

pairs = su.st.one_of(
    su.pairs, su.st.tuples(su.positive_separations, su.extreme_weights), su.spinodal_pairs
)


@pytest.mark.clause("GDA-thm-counting", "GDA-thm-decidability")
@given(pairs)
@example((2.0000000000000004, 0.49999999999999994))
@example((3.0, 0.5))
@example((1e300, 5e-324))
def test_regime_counts_the_sign_changes(pair: tuple[float, float]) -> None:
    """The number of zeros of x - h - separation tanh(x/2), isolated in ball arithmetic."""
    separation, alpha = pair
    if (separation, alpha) == (2.0, 0.5):
        roots = 1  # the triple root, where no sign change is isolated
    else:
        with su.precision(su.bits(separation, alpha)):
            roots = len(su.stationary(arb(separation), su.odds(alpha)))
    assert int(regime(separation, alpha)) == roots
    points = stationary_points(separation, alpha)
    assert int(points.count) == roots
    listed = points.coordinate[np.isfinite(points.coordinate)]
    assert listed.size == roots
    assert np.all(np.diff(listed) >= 0)


@pytest.mark.clause("GDA-thm-counting")
@given(su.positive_separations.filter(lambda y: y > 2))
@example(2.0000000000000004)
def test_spinodal_parts_one_from_three(separation: float) -> None:
    """Just inside h_c there are three solutions, just outside one."""
    critical = float(spinodal(separation))
    with su.precision(su.bits(separation) + 200):
        lam = arb(separation)
        assert len(su.stationary(lam, arb(critical) * (1 - arb(SPINODAL)))) == 3
        assert len(su.stationary(lam, arb(critical) * (1 + arb(SPINODAL)))) == 1


@pytest.mark.clause("GDA-thm-counting")
@given(pairs)
def test_each_stationary_point_is_the_one_of_its_rank(pair: tuple[float, float]) -> None:
    """The listed coordinates follow the isolated zeros, lowest to lowest.

    The zero that a coordinate stands for belongs to a separation off by at most `ROOT` (see T2's
    test). Each zero is monotone in the separation between spinodals, so the coordinate lies
    between the zeros for both ends; nearer to the spinodal than that nothing is claimed.
    """
    separation, alpha = pair
    points = stationary_points(separation, alpha)
    relative = su.minor_error(separation, alpha)
    with su.precision(su.bits(separation, alpha)):
        h = su.odds(alpha)
        ends = [arb(separation) * (1 - arb(su.ROOT)), arb(separation) * (1 + arb(su.ROOT))]
        if ends[0] < 2 < ends[1]:
            return  # across the critical point the count may differ
        low, high = (su.stationary(end, h) for end in ends)
        if not len(low) == len(high) == int(points.count):
            return
        for k, t in enumerate(points.coordinate[: len(low)].tolist()):
            between = low[k].union(high[k])
            exact = 1 / (1 + (-between).exp())
            other = 1 / (1 + between.exp())
            slack = relative * (exact if t < 0.5 else other) + (su.TINY if t < 0.5 else su.EPS / 2)
            assert not abs(arb(t) - exact) > slack


@pytest.mark.clause("GDA-thm-counting")
def test_regimes_at_the_boundary_values() -> None:
    """Separation 0, up to 2, and infinite."""
    assert regime(0.0, 0.3) == Regime.ALL
    assert regime(2.0, 0.5) == Regime.ONE
    assert regime(np.inf, 0.3) == Regime.THREE
    assert spinodal(2.0) == 0.0
    assert np.isnan(spinodal(1.9999999999999998))
