"""Thresholds as radii: the real ceiling, the exact ends, and the inverse by ball arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx
from gd_attention.alignment import ceiling, radius, threshold_from_radius
from gd_attention.inverse import separation_of_energy

EPS = Fraction(1, 2**52)

Truths = Callable[..., Any]
Units = Callable[[float, arb], float]
Pairs = Callable[[str, int], tuple[np.ndarray, np.ndarray]]


def brackets(length: float, tau: float, alpha: float, beta: float, truth: Truths) -> bool:
    """Whether the true radius is within 4 eps, relatively: E* passes tau there (T6)."""
    # the energy of a separation is known without inverting it
    below, above = (
        truth(Fraction(beta) * (Fraction(length) * (1 + side * 4 * EPS)) ** 2, alpha).energy
        for side in (-1, 1)
    )
    with ctx.workprec(1450):
        return bool(below < arb(tau) < above)


@pytest.mark.clause("GDA-def-radius", "GDA-thm-envelope")
@pytest.mark.parametrize("beta", [1.0, 3e-7])
def test_radius_is_where_the_energy_passes_the_threshold(beta: float, truth: Truths, pairs: Pairs):
    _, alpha = pairs("middle", 60)
    share = np.random.default_rng(1).uniform(0, 1, alpha.size) ** np.array([1, 8, 200] * 20)
    tau = ceiling(alpha) * share
    for i, length in enumerate(radius(tau, alpha, beta)):
        if length < np.inf:
            assert brackets(length, tau[i], alpha[i], beta, truth), (tau[i], alpha[i])
        else:  # the rounded product may have met the ceiling
            assert share[i] > 1 - 2.0**-50


@pytest.mark.clause("GDA-admit-ceiling", "GDA-thm-vacuous")
def test_the_last_floats_below_the_ceiling_have_a_radius_and_the_next_has_none(
    truth: Truths, pairs: Pairs
):
    _, alpha = pairs("middle", 40)
    for weight in [*alpha.tolist(), 0.5, 5e-324, 1e-310, 1 - 2.0**-53]:
        exact = truth(1.0, weight).ceiling
        tau = float(ceiling(weight))
        with ctx.workprec(1450):
            while arb(tau) < exact:
                tau = float(np.nextafter(tau, np.inf))
            while arb(tau) > exact:
                below = float(np.nextafter(tau, -np.inf))
                if arb(below) < exact:
                    break
                tau = below
        assert radius(tau, weight) == np.inf, weight
        assert radius(below, weight) < np.inf, weight
        if below >= np.finfo(np.float64).tiny:
            assert brackets(float(radius(below, weight)), below, weight, 1.0, truth), weight


@pytest.mark.clause("GDA-admit-ceiling")
def test_log_two_at_one_half_excludes_far_keys():
    # float(log 2) lies below log 2: separations above 38.3 cost more
    assert radius(np.log(2.0)) ** 2 == pytest.approx(38.3, abs=0.05)
    assert radius(np.nextafter(np.log(2.0), 1.0)) == np.inf


@pytest.mark.clause("GDA-def-radius", "GDA-admit-zero", "GDA-signed-zero")
def test_ends():
    tau = [-np.inf, -1.0, -5e-324, -0.0, 0.0, 1.0, np.inf]
    expected = [-np.inf, -np.inf, -np.inf, 0.0, 0.0, np.inf, np.inf]
    for alpha in (5e-324, 0.3, 0.5, 1 - 2.0**-53):
        for beta in (5e-324, 1.0, 1e308):
            assert radius(tau, alpha, beta).tolist() == expected


@pytest.mark.clause("GDA-def-radius")
@pytest.mark.parametrize("tau", [5e-324, 1e-300, 0.1, 0.25, 0.49, 0.5])
@pytest.mark.parametrize("beta", [1e-300, 0.25, 1.0, 1e300])
def test_closed_form_at_one_half(tau: float, beta: float):
    length = Fraction(float(radius(tau, 0.5, beta)))
    exact = 4 * Fraction(tau) / Fraction(beta)
    # two square roots and a quotient of half an eps each make 1.5 eps; a subnormal quotient is
    # rounded to its grid
    grid = Fraction(5e-324)
    below, above = (length - grid) / (1 + 2 * EPS), (length + grid) / (1 - 2 * EPS)
    assert max(below, Fraction(0)) ** 2 <= exact <= above**2


@pytest.mark.clause("GDA-def-radius", "GDA-thm-envelope")
def test_separation_of_energy_is_exact_at_one_half():
    tau = np.concatenate([np.random.default_rng(4).uniform(0, 0.5, 200), [5e-324, 0.5]])
    assert np.array_equal(separation_of_energy(tau, np.full(tau.size, 0.5)), 4 * tau)


@pytest.mark.clause("GDA-def-radius")
def test_radius_increases_with_the_threshold_through_the_change_of_method():
    for alpha in (1e-12, 1e-3, 0.3, 0.5 - 2.0**-54, 0.5):
        half = float(0.5 * ceiling(alpha))
        tau = half + np.arange(-40, 41) * 16 * np.spacing(half)
        assert (np.diff(radius(tau, alpha)) > 0).all(), alpha


@pytest.mark.clause("GDA-def-radius", "GDA-thm-symmetry")
def test_exact_complements_have_one_radius():
    alpha = np.array([0.5 + 2.0**-20, 0.75, 0.999])
    assert np.array_equal(radius(0.0005, alpha, 2.0), radius(0.0005, 1 - alpha, 2.0))


@pytest.mark.clause("GDA-def-radius", "GDA-thm-nearest")
@pytest.mark.parametrize("beta", [1e-300, 1.0, 7e5])
def test_threshold_from_radius_is_the_energy_at_that_length(
    beta: float, truth: Truths, relative_units: Units, pairs: Pairs
):
    _, alpha = pairs("middle", 40)
    rng = np.random.default_rng(2)
    length = 10.0 ** rng.uniform(-2, 1, alpha.size) / np.sqrt(beta)
    for i, tau in enumerate(threshold_from_radius(length, alpha, beta)):
        exact = truth(Fraction(beta) * Fraction(length[i]) ** 2, alpha[i]).energy
        # 16 of `align`, and the roundings of the separation, which the energy does not amplify
        assert relative_units(tau, exact) <= 18


@pytest.mark.clause("GDA-thm-nearest")
def test_back_and_forth():
    length = np.array([0.0, 1e-140, 0.3, 1.0, 3.0])
    for alpha in (0.3, 0.5, 0.8):
        tau = threshold_from_radius(length, alpha, 2.0)
        # where dlogE/dlogseparation is at least 1/40, 20 eps of the energy are 800 of the length
        assert radius(tau[:4], alpha, 2.0) == pytest.approx(
            length[:4], rel=float(800 * EPS), abs=0.0
        )
        assert radius(tau[4:], alpha, 2.0) == pytest.approx(
            length[4:], rel=1e-7, abs=0.0
        )  # saturating
    assert threshold_from_radius(np.inf, 0.3) == ceiling(0.3)
    # neither the square nor its product with beta alone may overflow
    assert threshold_from_radius(1e200, 0.5, 1e-400 + 1e-300) == ceiling(0.5)
    assert threshold_from_radius(1e155, 0.5, 1e-310) == pytest.approx(0.25, rel=1e-4, abs=0.0)
    assert threshold_from_radius(1e-170, 0.5, 1e300) == pytest.approx(0.25e-40, rel=1e-9, abs=0.0)


@pytest.mark.clause("GDA-input-domain", "GDA-input-dtype")
@pytest.mark.parametrize(
    ("arguments", "error", "name"),
    [
        ((np.nan,), ValueError, "threshold"),
        ((True,), TypeError, "threshold"),
        ((0.1, 0.0), ValueError, "alpha"),
        ((0.1, 0.5, 0.0), ValueError, "beta"),
        ((0.1, 0.5, np.inf), ValueError, "beta"),
        ((0.1, 0.5, [1.0]), ValueError, "beta"),
        (([0.1, 0.2], [0.1, 0.2, 0.3]), ValueError, "threshold"),
    ],
)
def test_bad_arguments(arguments: tuple[Any, ...], error: type[Exception], name: str):
    with pytest.raises(error, match=name):
        radius(*arguments)


@pytest.mark.clause("GDA-input-domain")
def test_bad_radius():
    for bad in (-1.0, np.nan):
        with pytest.raises(ValueError, match="radius"):
            threshold_from_radius(bad)


@pytest.mark.clause("GDA-def-radius")
@pytest.mark.parametrize("tau", [5e-324, 1e-320, 1e-300])
@pytest.mark.parametrize("alpha", [0.3, 0.5, 1e-5, 1 - 2.0**-53])
def test_subnormal_thresholds_have_full_radii(tau: float, alpha: float) -> None:
    """E* = a(1-a) y to a relative y here, so the radius is a square root of a rational.

    The separation itself may be subnormal, its root is not: scaling, quotients, root and product
    round 6 times by half an eps.
    """
    weight = Fraction(alpha)
    exact = Fraction(tau) / (weight * (1 - weight))
    found = Fraction(float(radius(tau, alpha)))
    bound = 2 * Fraction(3 * 2.0**-52)
    assert abs(found**2 / exact - 1) <= bound + bound**2
