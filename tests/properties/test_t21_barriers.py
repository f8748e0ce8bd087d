"""T21: the saddle's height above the two minima, and where it vanishes."""

from __future__ import annotations

import math
from typing import Any

import pytest
import support as su
from flint import arb
from gd_attention.landscape import barrier, regime, spinodal
from hypothesis import assume, example, given
from hypothesis import strategies as st

pairs = st.one_of(
    su.spinodal_pairs,
    su.spinodal_pairs.map(lambda p: (p[0], 1 - p[1])),
    st.tuples(su.positive_separations, su.weights),
)


def allowed(separation: float, alpha: float) -> float:
    """The absolute error of a barrier as the reference forms it.

    It evaluates g(t) = y (1-t)^2 + log t at two stationary points, g' = c/t with c = 1 - 2yt(1-t).
    A point that belongs to a separation off by `ROOT` is off by t(1-t) m/c y ROOT: c cancels, and
    g is off by y ROOT at most; two points. Relative errors of t: at the minima, where |c| <= 1,
    that of u; at the saddle, |c| <= y/2, only 4 (1 + |h|) eps, as its logit is at most of the size
    of h. The sums are of terms up to y (1 + m) and log's of that size: 8 roundings.
    """
    h = float(abs(su.odds(alpha)).mid())
    saddle = 4 * (1 + h) * (1 + separation / 2) * su.EPS
    sums = 8 * (1 + 2 * separation + h) * su.EPS
    return 2 * separation * su.ROOT + su.minor_error(separation, alpha) + saddle + sums


def heights(separation: float, alpha: float) -> tuple[Any, Any] | None:
    """Both barriers as balls, from phi at the three isolated stationary points; None off them."""
    lam, weight = arb(separation), arb(alpha)
    roots = su.stationary(lam, su.odds(alpha))
    if len(roots) != 3:
        return None
    low, saddle, high = (1 / (1 + (-x).exp()) for x in roots)
    values = [su.landscape(lam, weight, t) for t in (low, high)]
    top = su.landscape(lam, weight, saddle)
    deep, shallow = values[::-1] if alpha <= 0.5 else values
    return top - deep, top - shallow


@pytest.mark.clause("GDA-thm-barriers")
@given(pairs)
@example((3.0, 0.5))
@example((2.0000000000000004, 0.5))
@example((700.0, 0.01))
def test_heights_are_those_of_phi(pair: tuple[float, float]) -> None:
    """NaN outside the three-point regime, the differences of phi inside."""
    separation, alpha = pair
    assume(separation < 1e6)  # beyond, exp(-separation) is a ball around 0 that decides nothing
    found = barrier(separation, alpha)
    values = float(found.from_global), float(found.from_metastable)
    with su.precision(2 * su.bits(separation, alpha) + math.ceil(3 * separation)):
        exact = None if pair == (2.0, 0.5) else heights(separation, alpha)
        if exact is None:
            assert all(math.isnan(value) for value in values)
            return
        error = allowed(separation, alpha)
        for value, height in zip(values, exact, strict=True):
            assert height > 0
            assert value >= 0.0
            assert abs(arb(value) - height) <= error
        # the metastable minimum is not the deeper one
        assert not exact[0] < exact[1]
        if alpha == 0.5:
            assert exact[0].overlaps(exact[1])


@pytest.mark.clause("GDA-thm-barriers")
@given(st.floats(2.2, 30.0), su._power(-12, -1))
def test_only_the_metastable_barrier_vanishes_at_the_spinodal(
    separation: float, gap: float
) -> None:
    """As h comes up to h_c. Recall f' = 2y (t - p), dt = dm/2, logit t - logit p = K (T2).

    Between the metastable point and the saddle 0 <= K <= h_c - h, so |t - p| <= (h_c - h)/4, and
    that barrier is at most y (h_c - h)/2. From m = 0, right of the saddle, to m_c, left of the
    minimum, -K >= h, and p - t >= h p'(1-p') with logit p' = h_c + y m_c, the farthest from 0 that
    occurs: the barrier from the global minimum is at least y h p'(1-p') m_c, for every h.
    """
    h = float(spinodal(separation)) * (1 - gap)
    alpha = 1 / (1 + math.exp(h))
    assume(int(regime(separation, alpha)) == 3)
    found = barrier(separation, alpha)
    error = allowed(separation, alpha)
    with su.precision(300):
        exact_h = su.odds(alpha)
        m = (1 - 2 / arb(separation)).sqrt()
        critical = arb(separation) * m - 2 * m.atanh()
        assert arb(float(found.from_metastable)) <= separation * (critical - exact_h) / 2 + error
        end = critical + arb(separation) * m
        share = 1 / (1 + (-end).exp())
        floor = separation * exact_h * share * (1 - share) * m
        assert arb(float(found.from_global)) >= floor - error
        assert floor > 0


@pytest.mark.clause("GDA-thm-barriers")
@given(su._power(-14, -1), st.floats(0.0, 1.0))
@example(1e-14, 0.0)
def test_both_vanish_towards_the_critical_point(excess: float, share: float) -> None:
    """Between saddle and global minimum |K| <= h_c + h <= 2 h_c, so that barrier is at most y h_c.

    With square = m_c^2, h_c = 2 sum 2k/(2k+1) m_c^(2k+1) <= 2 m_c^3 / (1 - m_c^2), which tends to
    0 with the excess.
    """
    separation = 2 * (1 + excess)
    h = float(spinodal(separation)) * share
    alpha = 1 / (1 + math.exp(h))
    assume(int(regime(separation, alpha)) == 3)
    found = barrier(separation, alpha)
    square = excess / (1 + excess)
    bound = separation * 2 * square**1.5 / (1 - square)
    error = allowed(separation, alpha)
    assert 0.0 <= float(found.from_metastable) <= bound + error
    assert 0.0 <= float(found.from_global) <= bound + error


@pytest.mark.clause("GDA-thm-barriers")
def test_barriers_at_the_boundary_values() -> None:
    """No barrier up to separation 2, an infinite one at infinity, equal ones at alpha = 1/2."""
    for separation in (0.0, 1.0, 2.0):
        assert math.isnan(float(barrier(separation, 0.5).from_global))
    assert float(barrier(math.inf, 0.3).from_metastable) == math.inf
    found = barrier([3.0, 10.0, 300.0], 0.5)
    # the same three points, read in the same way from both ends
    assert found.from_global.tolist() == pytest.approx(
        found.from_metastable.tolist(), rel=0.0, abs=2 * allowed(300.0, 0.5)
    )
