"""The spinodal, the exact number of stationary points, their coordinates and the barriers."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import gd_attention.counting
import numpy as np
import pytest
from flint import arb, ctx, fmpq
from gd_attention.alignment import align
from gd_attention.errors import PrecisionCapError
from gd_attention.landscape import Regime, barrier, regime, spinodal, stationary_points

ABOVE_TWO = float(np.nextafter(2.0, 3.0))
SEPARATIONS = [ABOVE_TWO, 2 + 1e-12, 2.001, 2.4375, 3.0, 3.9, 4.0, 10.0, 60.0, 700.0, 1e5, 1e18]

Units = Callable[[float, arb], float]


def ball(number: float) -> arb:
    exact = Fraction(number)
    return arb(fmpq(exact.numerator, exact.denominator))


def field(separation: float) -> arb:
    """h_c = y m - 2 artanh m; call at high precision."""
    y = ball(separation)
    m = (1 - 2 / y).sqrt()
    return y * m - ((1 + m) / (1 - m)).log()


@pytest.mark.clause("GDA-thm-counting")
def test_spinodal_holds_its_bound(relative_units: Units):
    # the change of form is at m = 0.7, separation 3.92
    dense = np.concatenate([SEPARATIONS, 3.92 + np.linspace(-0.01, 0.01, 21), [1e300]])
    for y, value in zip(dense, spinodal(dense), strict=True):
        with ctx.workprec(2500):
            exact = field(y)
        assert relative_units(value, exact) <= 64, y


@pytest.mark.clause("GDA-thm-counting")
def test_spinodal_ends():
    values = spinodal([0.0, 1.0, np.nextafter(2.0, 0.0), 2.0, np.inf])
    assert np.isnan(values[:3]).all()
    assert values[3:].tolist() == [0.0, np.inf]
    with pytest.raises(ValueError, match="separation"):
        spinodal(-1.0)


@pytest.mark.clause("GDA-thm-counting", "GDA-thm-decidability")
@pytest.mark.parametrize("separation", [2.001, 2.4375, 3.0, 10.0, 60.0, 600.0])
def test_regime_is_exact_on_both_sides_of_the_spinodal(separation: float):
    with ctx.workprec(4000):
        critical = field(separation)
        middle = float(1 / (1 + critical.exp()))
    weight = middle * (1 - 4 * 2.0**-52)
    sides = set()
    while weight <= middle * (1 + 4 * 2.0**-52):
        with ctx.workprec(4000):
            h = ((1 - ball(weight)) / ball(weight)).log()
            assert (h < critical) or (h > critical)
            three = bool(h < critical)
        assert regime(separation, weight) == (Regime.THREE if three else Regime.ONE)
        sides.add(three)
        weight = float(np.nextafter(weight, 1.0))
    assert sides == {True, False}


@pytest.mark.clause("GDA-thm-counting")
def test_regime_ends():
    y = [0.0, 5e-324, 2.0, ABOVE_TWO, ABOVE_TWO, 3.0, 1e308, np.inf]
    alpha = [0.5, 0.5, 0.5, 0.5, np.nextafter(0.5, 0.0), 0.01, 5e-324, 1e-9]
    expected = [0, 1, 1, 3, 1, 1, 3, 3]
    assert regime(y, alpha).tolist() == expected
    mirrored = [0.5, 0.5, 0.5, 0.5, np.nextafter(0.5, 1.0), 0.99, 1 - 2.0**-53, 1 - 2.0**-30]
    assert regime(y, mirrored).tolist() == expected
    assert Regime(int(regime(3.0))) is Regime.THREE


@pytest.mark.clause("GDA-thm-decidability")
def test_at_the_precision_cap_nothing_is_guessed(monkeypatch: pytest.MonkeyPatch):
    with ctx.workprec(200):
        weight = float(1 / (1 + field(60.0).exp()))
    regime(60.0, weight)
    # 8 digits leave the floats next to the spinodal open
    monkeypatch.setattr(gd_attention.counting, "_FIRST_DIGITS", 8)
    monkeypatch.setattr(gd_attention.counting, "_MOST_DIGITS", 8)
    with pytest.raises(PrecisionCapError, match="60"):
        regime(60.0, weight)


def excess(t: arb, y: float, alpha: float) -> arb:
    """Sigmoid(h + y(2t-1)) - t, whose zeros are the stationary points."""
    h = ((1 - ball(alpha)) / ball(alpha)).log()
    return 1 / (1 + (-h - ball(y) * (2 * t - 1)).exp()) - t


GRID = [(3.0, 0.5), (3.0, 0.4), (2.5, 0.505), (6.0, 0.9), (6.0, 0.1), (20.0, 0.3), (40.0, 1e-9)]


@pytest.mark.clause("GDA-thm-stationarity", "GDA-thm-counting")
@pytest.mark.parametrize(("y", "alpha"), [*GRID, (1.0, 0.3), (2.0, 0.4), (3.0, 0.01)])
def test_stationary_points_are_certified_roots(y: float, alpha: float):
    points = stationary_points(y, alpha)
    count = int(points.count)
    assert count == int(regime(y, alpha))
    found = points.coordinate[:count]
    assert np.isnan(points.coordinate[count:]).all()
    assert (np.diff(found) > 0).all()
    aligned = float(align(y, alpha).coordinate)
    assert aligned in found
    with ctx.workprec(400):
        for i, t in enumerate(found.tolist()):
            # dt/dh <= 2 on this grid, and no distance to an end falls below 1e-18 but by exp(-y)
            margin = ball(min(t, 1 - t) * 64 * (1 + y) * 2.0**-52 + 2.0**-52)
            below, above = excess(ball(t) - margin, y, alpha), excess(ball(t) + margin, y, alpha)
            # sigmoid - t falls through 0 at a minimum of the landscape, rises at the saddle
            if i == 1:
                assert below < 0 < above
            else:
                assert below > 0 > above


@pytest.mark.clause("GDA-thm-stationarity")
def test_stationary_points_at_the_ends():
    points = stationary_points([0.0, np.inf, 2.0], 0.5)
    assert points.count.tolist() == [0, 3, 1]
    assert np.isnan(points.coordinate[0]).all()
    assert points.coordinate[1].tolist() == [0.0, 0.5, 1.0]
    assert points.coordinate[2, 0] == 0.5
    assert stationary_points(np.ones((2, 0))).coordinate.shape == (2, 0, 3)


def landscape(t: arb, y: float, alpha: float) -> arb:
    a, yy = ball(alpha), ball(y)
    return -(a * (-yy * t * t).exp() + (1 - a) * (-yy * (1 - t) * (1 - t)).exp()).log()


@pytest.mark.clause("GDA-thm-barriers")
@pytest.mark.parametrize(("y", "alpha"), GRID)
def test_barriers_are_differences_of_the_landscape(y: float, alpha: float):
    heights = barrier(y, alpha)
    left, saddle, right = stationary_points(y, alpha).coordinate.tolist()
    deep, shallow = (left, right) if alpha > 0.5 else (right, left)
    with ctx.workprec(400):
        top = landscape(ball(saddle), y, alpha)
        # the landscape is flat at these points: their rounding is a second order
        exact_deep = float(top - landscape(ball(deep), y, alpha))
        exact_shallow = float(top - landscape(ball(shallow), y, alpha))
    allowed = 8 * (1 + y) * 2.0**-52  # "a few (1 + separation) eps"
    assert float(heights.from_global) == pytest.approx(exact_deep, abs=allowed)
    assert float(heights.from_metastable) == pytest.approx(exact_shallow, abs=allowed)
    assert heights.from_global >= heights.from_metastable > 0


@pytest.mark.clause("GDA-thm-barriers")
def test_only_the_metastable_barrier_vanishes_at_the_spinodal():
    with ctx.workprec(200):
        weight = float(1 / (1 + field(4.0).exp())) * (1 + 1e-9)
    heights = barrier(4.0, weight)
    # (3/2 power law of a fold) 1e-9 from the spinodal the barrier is about 1e-13
    assert 0 <= heights.from_metastable < 1e-12
    assert heights.from_global > 0.1
    outside = barrier([1.0, 2.0, 4.0, 0.0], [0.5, 0.5, weight * (1 - 1e-8), 0.3])
    assert np.isnan(outside.from_global).all()
    assert np.isnan(outside.from_metastable).all()
    both = barrier(2 + 1e-6, 0.5)
    assert 0 < both.from_global == both.from_metastable < 1e-11
    assert barrier(np.inf, 0.3).from_global == np.inf


@pytest.mark.clause("GDA-thm-symmetry", "GDA-thm-barriers")
def test_exact_complements_mirror():
    alpha = np.array([0.625, 0.75, 0.9])
    first, second = stationary_points(8.0, alpha), stationary_points(8.0, 1 - alpha)
    assert first.count.tolist() == second.count.tolist() == [3, 3, 3]
    assert first.coordinate == pytest.approx(1 - second.coordinate[:, ::-1], abs=2.0**-53)
    assert np.array_equal(barrier(8.0, alpha).from_global, barrier(8.0, 1 - alpha).from_global)


@pytest.mark.clause("GDA-input-domain")
@pytest.mark.parametrize("function", [regime, stationary_points, barrier])
def test_bad_arguments(function: Callable[..., Any]):
    for arguments, name in (
        ((-1.0,), "separation"),
        ((np.nan,), "separation"),
        ((1.0, 1.0), "alpha"),
    ):
        with pytest.raises(ValueError, match=name):
            function(*arguments)
    with pytest.raises(TypeError, match="alpha"):
        function(1.0, True)
