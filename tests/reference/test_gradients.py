"""Derivatives against difference quotients: of certified energies, and of the landscape."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx, fmpq
from gd_attention.alignment import align
from gd_attention.gradients import (
    coordinate_derivatives,
    energy_gradient,
    landscape_gradient,
    landscape_hessian,
)
from gd_attention.landscape import energy, jump, separation

EPS = 2.0**-52
PRECISION = 1450
# central differences err by its square, about 1e-120: nothing beside float64
STEP = Fraction(1, 2**200)

Truths = Callable[..., Any]
Units = Callable[[float, arb], float]

# separations k^2 that are exact, on both sides of the critical one; weights on both sides of 1/2
LENGTHS = [0.0009765625, 0.5, 1.25, 1.4140625, 1.5, 3.0, 5.0]
WEIGHTS = [1e-9, 0.25, 0.499, 0.5, 0.501, 0.75, 1 - 2.0**-20]


def quotient(high: arb, low: arb, width: Fraction) -> arb:
    with ctx.workprec(PRECISION):
        return (high - low) / arb(fmpq(width.numerator, width.denominator))


@pytest.mark.clause("GDA-thm-gradients", "GDA-thm-envelope")
@pytest.mark.parametrize("alpha", WEIGHTS)
@pytest.mark.parametrize("length", LENGTHS)
def test_energy_gradient_is_the_difference_quotient(
    length: float, alpha: float, truth: Truths, relative_units: Units
):
    y, a = Fraction(length) ** 2, Fraction(alpha)
    result = energy_gradient([0.25], [0.25 + length], alpha, 1.0)
    rise = quotient(truth(y + STEP, a).energy, truth(y - STEP, a).energy, 2 * STEP)
    # u to 4 (1 + y + |h|) eps, as `align` states; the complement and three products
    allowed = 4 * (1 + length**2 + abs(float(truth(y, a).log_odds))) + 4
    assert relative_units(float(result.separation), rise) <= allowed
    assert relative_units(float(result.beta), rise * arb(length) ** 2) <= allowed
    assert relative_units(float(result.key[0]), 2 * rise * arb(length)) <= allowed
    assert result.query[0] == -result.key[0]
    # at the kink the tie rule's derivative is the left one; elsewhere both sides agree
    low, high = truth(y, a - STEP).energy, truth(y, a).energy
    if alpha == 0.5:
        left = quotient(high, low, STEP)  # one-sided: the error is a step, still nothing
    else:
        left = quotient(truth(y, a + STEP).energy, low, 2 * STEP)
    if alpha == 0.5 and length**2 <= 2:
        assert result.alpha == 0.0  # the energy does not change to first order
    else:
        # X to 1.5 eps and the root, expm1, its argument, the share and the quotient
        assert relative_units(float(result.alpha), left) <= 16


@pytest.mark.clause("GDA-thm-gradients")
def test_the_kink_at_one_half():
    at = energy_gradient([0.0], [np.sqrt(3.0)], 0.5).alpha
    beyond = energy_gradient([0.0], [np.sqrt(3.0)], np.nextafter(0.5, 1.0)).alpha
    assert at == pytest.approx(1.717, abs=5e-4)
    assert beyond == pytest.approx(-at, rel=1e-12, abs=0.0)


@pytest.mark.clause("GDA-thm-gradients")
def test_gradient_of_vectors():
    rng = np.random.default_rng(7)
    q, k = rng.normal(size=(2, 30, 4))
    alpha = rng.uniform(0.1, 0.9, 30)
    result = energy_gradient(q, k, alpha, 1.3)
    step = 1e-5
    for c in range(4):
        move = step * np.eye(4)[c]
        up = align(separation(q + move, k, 1.3), alpha).energy
        down = align(separation(q - move, k, 1.3), alpha).energy
        # step^2 times third derivatives of order 100, and energies to 1e-15 over the step
        assert result.query[:, c] == pytest.approx((up - down) / (2 * step), abs=1e-8)
    assert np.array_equal(result.key, -result.query)
    length = jump(q, k).length
    bound = np.minimum(1.3 * length / 2, 1 / length)
    norm = np.linalg.norm(result.query, axis=-1)
    assert (norm <= bound * (1 + 64 * EPS)).all()
    assert (norm <= np.sqrt(1.3 / 2)).all()


@pytest.mark.clause("GDA-thm-gradients")
def test_gradient_ends():
    same = energy_gradient([1.0, 2.0], [1.0, 2.0], [0.3, 0.5], 2.0)
    assert not same.query.any()
    assert not same.key.any()
    assert same.alpha.tolist() == [0.0, 0.0]
    assert same.beta.tolist() == [0.0, 0.0]
    assert same.separation == pytest.approx(np.array([0.21, 0.25]), rel=4 * EPS, abs=0.0)
    # far: saturated, 0 though the jump overflows; the weight still moves the ceiling
    far = energy_gradient([-1e308], [1e308], [0.3, 0.7], 1.0)
    assert not far.query.any()
    assert far.beta.tolist() == [0.0, 0.0]
    assert far.alpha == pytest.approx(np.array([1 / 0.7, -1 / 0.7]), rel=4 * EPS, abs=0.0)
    # beta times the jump stays in range though the jump does not: separation 4e-12 here
    wide = energy_gradient([-1e308], [1e308], 0.5, 1e-320)
    assert np.isfinite(wide.query).all()
    assert wide.beta == np.inf or np.isfinite(wide.beta)
    subtle = energy_gradient([0.0], [2.0**520], 0.5, 2.0**-1040)  # separation 1
    assert subtle.key[0] == 2.0**-521  # 2 beta L / 4
    assert subtle.beta == np.inf  # L^2 / 4
    tiny = energy_gradient([0.0], [1.0], 5e-324).alpha
    assert tiny == pytest.approx(1 - np.exp(-1.0), rel=16 * EPS, abs=0.0)


@pytest.mark.clause("GDA-thm-conditioning")
@pytest.mark.parametrize("alpha", [a for a in WEIGHTS if a != 0.5])
@pytest.mark.parametrize("length", LENGTHS)
def test_coordinate_derivatives_are_difference_quotients(
    length: float, alpha: float, truth: Truths, relative_units: Units
):
    y, a = Fraction(length) ** 2, Fraction(alpha)
    result = coordinate_derivatives(length**2, alpha)
    side = 1 if alpha > 0.5 else -1  # t is u, or 1 - u
    up, down, here = truth(y + STEP, a), truth(y - STEP, a), truth(y, a)
    allowed = 4 * (1 + length**2 + abs(float(here.log_odds))) + 16 + 8  # u, curvature, the rest
    by_separation = side * quotient(up.minor, down.minor, 2 * STEP)
    assert relative_units(float(result.separation), by_separation) <= allowed
    up, down = truth(y, a + STEP), truth(y, a - STEP)
    with ctx.workprec(PRECISION):
        # both signs change beyond 1/2: truth has u and the log-odds of the minor weight
        by_field = (up.minor - down.minor) / (down.log_odds - up.log_odds)
    assert relative_units(float(result.log_odds), by_field) <= allowed


@pytest.mark.clause("GDA-thm-conditioning", "GDA-align-half")
def test_coordinate_derivatives_at_one_half():
    result = coordinate_derivatives([0.0, 1.0, 2.0, 3.0, np.inf], 0.5)
    # below: t = 1/2 whatever the separation, dt/dh = (1/4) / (1 - separation/2)
    assert result.separation[:2].tolist() == [0.0, 0.0]
    assert result.log_odds[:2].tolist() == [0.25, 0.5]
    assert result.separation[2] == result.log_odds[2] == np.inf
    assert result.separation[4] == result.log_odds[4] == 0.0
    step = 1e-6
    slope = (align(3 + step).coordinate - align(3 - step).coordinate) / (2 * step)
    assert result.separation[3] == pytest.approx(float(slope), rel=1e-8, abs=0.0)
    alpha = 0.5 - step
    field = np.log((1 - alpha) / alpha)
    one_sided = (align(3.0, alpha).coordinate - align(3.0, 0.5).coordinate) / field
    assert result.log_odds[3] == pytest.approx(
        float(one_sided), rel=1e-4, abs=0.0
    )  # first order in step


@pytest.mark.clause("GDA-thm-stationarity", "GDA-thm-curvature", "GDA-thm-convexity")
@pytest.mark.parametrize("alpha", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("length", [0.7, 2.0, 3.0])
def test_landscape_at_the_alignment_point(alpha: float, length: float):
    rng = np.random.default_rng(11)
    beta = 0.8
    q = rng.normal(size=3)
    direction = rng.normal(size=3)
    k = q + length * direction / np.linalg.norm(direction)
    aligned = align(separation(q, k, beta), alpha)
    s = q + aligned.coordinate * (k - q)
    # Hessian at most 2 beta (1 + y/2) times the rounding of s
    assert np.abs(landscape_gradient(s, q, k, alpha, beta)).max() < 64 * EPS
    values = np.linalg.eigvalsh(landscape_hessian(s, q, k, alpha, beta))
    expected = [2 * beta * float(aligned.curvature), 2 * beta, 2 * beta]
    assert values == pytest.approx(expected, abs=256 * EPS)
    # the least eigenvalue anywhere is that of equal shares: 2 beta (1 - separation/2)
    modulus = 2 * beta * (1 - float(separation(q, k, beta)) / 2)
    around = q + rng.uniform(-1, 2, (500, 1)) * (k - q)
    least = np.linalg.eigvalsh(landscape_hessian(around, q, k, alpha, beta))[:, 0]
    assert least.min() >= modulus - 256 * EPS
    assert least.min() < modulus + 0.05 * beta * (1 + length**2)


@pytest.mark.clause("GDA-def-landscape")
def test_landscape_derivatives_are_difference_quotients():
    rng = np.random.default_rng(13)
    s, q, k = rng.normal(size=(3, 20, 3))
    alpha = rng.uniform(0.05, 0.95, 20)
    gradient = landscape_gradient(s, q, k, alpha, 1.3)
    hessian = landscape_hessian(s, q, k, alpha, 1.3)
    assert np.array_equal(hessian, hessian.swapaxes(-1, -2))
    step = 1e-5
    for c in range(3):
        move = step * np.eye(3)[c]
        rise = energy(s + move, q, k, alpha, 1.3) - energy(s - move, q, k, alpha, 1.3)
        # step^2 times third derivatives of order 100, and values to 1e-14 over the step
        assert gradient[:, c] == pytest.approx(rise / (2 * step), abs=2e-8)
        turn = landscape_gradient(s + move, q, k, alpha, 1.3)
        turn = turn - landscape_gradient(s - move, q, k, alpha, 1.3)
        assert hessian[:, c] == pytest.approx(turn / (2 * step), abs=2e-8)


@pytest.mark.clause("GDA-def-landscape")
def test_landscape_derivatives_far_away():
    # one well only: 2 beta (s - k), and no part of it overflows before the whole
    near_key = landscape_gradient([1e308], [-1e308], [1e308], 0.3, 1e-308)
    assert near_key.tolist() == [0.0]
    # three roundings, and those of 0.9e308 and 1e-308, ten times as large in the difference
    near = landscape_gradient([1e308], [-1e308], [0.9e308], 0.3, 1e-308)
    assert near == pytest.approx([0.2], rel=16 * 2.0**-52, abs=0.0)
    assert landscape_gradient([1e308], [-1e308], [0.0], 0.3, 1.0)[0] == np.inf
    assert landscape_hessian([0.0], [-1e200], [3.0], 0.5, 1.0) == [[2.0]]
    assert landscape_hessian([0.0], [-1e200], [1e200], 0.5, 1.0)[0, 0] == -np.inf


@pytest.mark.clause("GDA-input-domain", "GDA-input-shape", "GDA-input-finite")
def test_bad_arguments():
    with pytest.raises(ValueError, match="key"):
        energy_gradient([0.0], [np.nan])
    with pytest.raises(ValueError, match="beta"):
        energy_gradient([0.0], [1.0], 0.5, 0.0)
    with pytest.raises(ValueError, match="alpha"):
        energy_gradient([[0.0], [1.0]], [1.0], [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match="separation"):
        coordinate_derivatives(-1.0)
    with pytest.raises(ValueError, match="alpha"):
        coordinate_derivatives(1.0, 1.0)
    for function in (landscape_gradient, landscape_hessian):
        with pytest.raises(ValueError, match=r"^s:|s,"):
            function([np.inf], [0.0], [1.0])
        with pytest.raises(ValueError, match="alpha"):
            function([0.0], [0.0], [1.0], 0.0)
        with pytest.raises(TypeError, match="query"):
            function([0.0], [True], [1.0])
