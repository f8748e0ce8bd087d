"""The alignment coordinate and energy of pairs against certified ball arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flint import arb
from gd_attention.alignment import align, ceiling, coherence

EPS = 2.0**-52
KINDS = ["broad", "middle", "critical", "half", "deep"]
COUNT = 60

Truths = Callable[..., Any]
Units = Callable[[float, arb], float]
Pairs = Callable[[str, int], tuple[np.ndarray, np.ndarray]]


@pytest.mark.clause(
    "GDA-energy-value", "GDA-thm-closed-form", "GDA-thm-computation", "GDA-energy-saturation"
)
@pytest.mark.parametrize("kind", KINDS)
def test_energy_holds_its_bound(kind: str, truth: Truths, relative_units: Units, pairs: Pairs):
    separation, alpha = pairs(kind, COUNT)
    result = align(separation, alpha)
    for y, weight, energy in zip(separation, alpha, result.energy, strict=True):
        # 16: derived in `minimiser`
        assert relative_units(energy, truth(y, weight).energy) <= 16, (y, weight)


@pytest.mark.clause("GDA-coordinate-value", "GDA-thm-closed-form", "GDA-thm-conditioning")
@pytest.mark.parametrize("kind", ["middle", "critical", "half", "deep"])
def test_minor_coordinate_and_deficit_hold_their_bound(
    kind: str, truth: Truths, relative_units: Units, pairs: Pairs
):
    separation, alpha = pairs(kind, COUNT)
    result = align(separation, alpha)
    for i, (y, weight) in enumerate(zip(separation, alpha, strict=True)):
        exact = truth(y, weight)
        allowed = 4 * (1 + y + abs(float(exact.log_odds)))  # as `align` states
        assert relative_units(result.minor[i], exact.minor) <= allowed, (y, weight)
        assert relative_units(result.deficit[i], exact.deficit) <= allowed, (y, weight)
        # the coordinate itself: the minor one, and the rounding of its complement
        t = 1 - exact.minor if weight <= 0.5 else exact.minor
        assert relative_units(result.coordinate[i], t) <= allowed + 1, (y, weight)


@pytest.mark.clause("GDA-thm-curvature")
@pytest.mark.parametrize("kind", ["middle", "critical", "half"])
def test_curvature_holds_its_bound(kind: str, truth: Truths, relative_units: Units, pairs: Pairs):
    separation, alpha = pairs(kind, COUNT)
    result = align(separation, alpha)
    for y, weight, curvature in zip(separation, alpha, result.curvature, strict=True):
        assert relative_units(curvature, truth(y, weight).curvature) <= 16, (y, weight)


@pytest.mark.clause("GDA-thm-closed-form")
def test_ceiling_holds_its_bound(truth: Truths, relative_units: Units, pairs: Pairs):
    _, alpha = pairs("middle", COUNT)
    for weight, top in zip(alpha, ceiling(alpha), strict=True):
        assert relative_units(top, truth(1.0, weight).ceiling) <= 2, weight
    assert np.array_equal(align(1.0, alpha).ceiling, ceiling(alpha))


@pytest.mark.clause("GDA-thm-conditioning")
@pytest.mark.parametrize("ulps", [1, 2, 16, 1024])
def test_next_to_the_critical_point_one_rounding_moves_half_the_digits(
    ulps: int, truth: Truths, relative_units: Units
):
    """A first-order allowance fails here; the ends of an interval of separations do not."""
    step = ulps * 2 * EPS
    low, middle, high = (float(align(y).coordinate) for y in (2 - step, 2.0, 2 + step))
    assert low == middle == 0.5
    # m ~ sqrt(3 (1 - 2/separation)); 1/2 + m/2 keeps m to about 2**-54 / 1e-8
    assert high - middle == pytest.approx(0.5 * np.sqrt(1.5 * step), rel=1e-8, abs=0.0)
    assert relative_units(high, 1 - truth(2 + step, 0.5).minor) <= 8
    # by the field, at separation 2: h = 4 (1/2 - alpha), m ~ (3h/2)^(1/3), relatively off by m^2
    shifted = float(align(2.0, 0.5 - ulps * EPS).coordinate)
    assert shifted - middle == pytest.approx(0.5 * np.cbrt(6 * ulps * EPS), rel=1e-6, abs=0.0)
    assert relative_units(shifted, 1 - truth(2.0, 0.5 - ulps * EPS).minor) <= 8


@pytest.mark.clause("GDA-align-zero", "GDA-coordinate-rounding")
@pytest.mark.parametrize("alpha", [5e-324, 1e-12, 0.3, 0.5, 0.7, 1 - 2.0**-53])
def test_separation_zero(alpha: float):
    result = align(0.0, alpha)
    assert result.coordinate == 1 - alpha
    assert result.energy == 0.0
    assert result.unique
    assert result.curvature == 1.0


@pytest.mark.clause("GDA-energy-overflow", "GDA-coordinate-rounding")
@pytest.mark.parametrize("alpha", [5e-324, 1e-12, 0.3, 0.5, 0.7, 1 - 2.0**-53])
@pytest.mark.parametrize("separation", [1e4, 1e300, float(np.finfo(np.float64).max), np.inf])
def test_saturated_separations_reach_the_ceiling(separation: float, alpha: float):
    result = align(separation, alpha)
    assert result.energy == result.ceiling == ceiling(alpha)
    assert result.deficit == result.minor == 0.0
    assert result.coordinate == (0.0 if alpha > 0.5 else 1.0)
    assert result.curvature == 1.0


@pytest.mark.clause("GDA-align-half", "GDA-align-unique", "GDA-thm-uniqueness")
def test_at_one_half_the_answer_is_the_middle_then_the_key_side():
    above = np.nextafter(2.0, 3.0)
    result = align([0.0, 5e-324, 1.0, 2.0, above, 3.0, 800.0, np.inf])
    assert result.coordinate[:4].tolist() == [0.5] * 4
    assert (result.coordinate[4:] > 0.5).all()
    assert result.unique.tolist() == [True] * 4 + [False] * 4
    assert result.energy[:4].tolist() == [0.0, 0.0, 0.25, 0.5]  # separation / 4
    # off one half, by one float, every separation has one answer
    for alpha in (np.nextafter(0.5, 0.0), np.nextafter(0.5, 1.0)):
        assert align([2.0, above, 800.0], alpha).unique.all()


@pytest.mark.clause("GDA-thm-symmetry")
def test_exact_complements_mirror(pairs: Pairs):
    separation, alpha = pairs("middle", 200)
    alpha = np.where(alpha > 0.5, alpha, 1 - alpha)  # the complement of these is exact
    first, second = align(separation, alpha), align(separation, 1 - alpha)
    for field in ("energy", "minor", "deficit", "ceiling", "curvature"):
        assert np.array_equal(getattr(first, field), getattr(second, field)), field
    assert np.array_equal(first.coordinate, first.minor)
    assert np.array_equal(second.coordinate, 1 - second.minor)


@pytest.mark.clause("GDA-energy-value")
@pytest.mark.parametrize("alpha", [5e-324, 1e-310, 1e-300])
@pytest.mark.parametrize("separation", [1e-3, 1.0, 30.0])
def test_tiny_weights(alpha: float, separation: float, truth: Truths, relative_units: Units):
    result = align(separation, alpha)
    exact = truth(separation, alpha)
    if float(result.energy) >= np.finfo(np.float64).tiny:
        assert relative_units(float(result.energy), exact.energy) <= 16
    else:  # a subnormal result is rounded to its grid; three roundings lead to it
        assert abs(float(result.energy) - float(exact.energy)) <= 3 * 5e-324
    assert result.coordinate == 1.0


@pytest.mark.clause("GDA-def-coherence")
def test_coherence():
    assert coherence([0.0, -0.0, np.inf, 1e4]).tolist() == [1.0, 1.0, 0.0, 0.0]
    assert coherence(1.0) == pytest.approx(np.exp(-1.0), rel=2 * EPS, abs=0.0)
    # what a saturated pair keeps is its likelier well
    assert coherence(align(np.inf, 0.3).energy) == pytest.approx(0.7, rel=4 * EPS, abs=0.0)


@pytest.mark.clause("GDA-batch-broadcast")
def test_shapes_broadcast_and_nothing_is_rewritten():
    separation, alpha = np.array([[0.5], [3.0]]), np.array([0.2, 0.5, 0.8])
    copies = separation.copy(), alpha.copy()
    result = align(separation, alpha)
    assert result.energy.shape == result.unique.shape == (2, 3)
    assert result.energy[1, 2] == align(3.0, 0.8).energy
    assert np.array_equal(separation, copies[0])
    assert np.array_equal(alpha, copies[1])
    assert align(np.zeros((0, 3)), alpha).coordinate.shape == (0, 3)
    assert align(1.0).energy.shape == ()


@pytest.mark.clause("GDA-input-domain", "GDA-input-dtype", "GDA-input-shape")
@pytest.mark.parametrize(
    ("separation", "alpha", "error", "name"),
    [
        (-1.0, 0.5, ValueError, "separation"),
        ([1.0, np.nan], 0.5, ValueError, "separation"),
        (-np.inf, 0.5, ValueError, "separation"),
        (True, 0.5, TypeError, "separation"),
        (1j, 0.5, TypeError, "separation"),
        (1.0, 0.0, ValueError, "alpha"),
        (1.0, 1.0, ValueError, "alpha"),
        (1.0, np.nan, ValueError, "alpha"),
        (1.0, "half", TypeError, "alpha"),
        ([1.0, 2.0], [0.1, 0.2, 0.3], ValueError, "alpha"),
    ],
)
def test_bad_arguments(separation: Any, alpha: Any, error: type[Exception], name: str):
    with pytest.raises(error, match=name):
        align(separation, alpha)


@pytest.mark.clause("GDA-input-domain")
def test_bad_arguments_of_the_readings():
    with pytest.raises(ValueError, match="energy"):
        coherence(-1e-300)
    with pytest.raises(ValueError, match="energy"):
        coherence(np.nan)
    with pytest.raises(ValueError, match="alpha"):
        ceiling([0.5, 1.0])
