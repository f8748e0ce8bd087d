"""Derivatives against their formulas in ball arithmetic, to a bound in eps, and at every scale."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx, fmpq
from gd_attention.gradients import (
    coordinate_derivatives,
    energy_gradient,
    landscape_gradient,
    landscape_hessian,
)

EPS = 2.0**-52
TOP = float(np.finfo(np.float64).max)
ALPHAS = [1e-9, 0.3, 0.5, 0.7, 1.0 - 1e-9]

Truths = Callable[..., Any]
Units = Callable[[float, arb], float]


def ball(number: float | Fraction) -> arb:
    exact = Fraction(number)
    return arb(fmpq(exact.numerator, exact.denominator))


def exact_separation(q: Any, k: Any, beta: float) -> Fraction:
    return Fraction(beta) * sum(
        ((Fraction(x) - Fraction(y)) ** 2 for x, y in zip(k, q, strict=True)), Fraction(0)
    )


@pytest.mark.clause("GDA-thm-gradients")
@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("scale", [1e-6, 0.3, 1.0, 3.0])
def test_energy_gradient_is_its_formula(
    alpha: float, scale: float, truth: Truths, relative_units: Units
) -> None:
    rng = np.random.default_rng(2)
    q, k = rng.normal(size=(2, 3)) * scale
    beta = 1.3
    got = energy_gradient(q, k, alpha, beta)
    y = exact_separation(q, k, beta)
    exact = truth(y, alpha)
    # u to 4 (1 + y + |h|) eps, and the separation's own error (D + 3) eps / 2 moves log u by
    # y/c times that, c the curvature; a handful of products
    bound = 4 * (1 + float(y) + abs(float(exact.log_odds))) + 8
    bound += 4 * float(y) / float(exact.curvature)
    with ctx.workprec(1450):
        slope = exact.minor * (1 - exact.minor)
        t = exact.minor if alpha > 0.5 else 1 - exact.minor
        a = ball(alpha)
        assert relative_units(float(got.separation), slope) <= bound
        assert relative_units(float(got.beta), slope * ball(y) / ball(beta)) <= bound
        if alpha == 0.5 and y <= 2:
            assert got.alpha == 0.0
        else:
            assert relative_units(float(got.alpha), (t - (1 - a)) / (a * (1 - a))) <= bound
        for c in range(3):
            delta = ball(Fraction(k[c]) - Fraction(q[c]))
            assert relative_units(got.query[c], -2 * ball(beta) * slope * delta) <= bound
    assert np.array_equal(got.key, -got.query)


@pytest.mark.clause("GDA-thm-gradients")
def test_gradient_is_bounded_and_never_overflows_on_the_way() -> None:
    rng = np.random.default_rng(8)
    for _ in range(200):
        q, k = rng.uniform(-1.0, 1.0, size=(2, 3)) * 10.0 ** rng.uniform(-320, 308)
        beta = 10.0 ** rng.uniform(-320, 308)
        with np.errstate(all="raise"):
            got = energy_gradient(q, k, rng.uniform(0.01, 0.99), beta)
        assert np.isfinite(got.query).all()
        assert not np.isnan(got.beta)
        largest = float(np.abs(got.query).max())
        assert largest <= math.sqrt(beta / 2.0) * (1.0 + 64 * EPS) + 5e-324
    # beta t(1-t) is subnormal, its product with the jump is not
    assert energy_gradient([0.0], [3.0 * 2.0**530], 0.5, 2.0**-1074).query[0] == -3.0 * 2.0**-545
    # jump and beta times jump exceed float64, their product with t(1-t) does not
    assert energy_gradient([-TOP], [TOP], 0.3, TOP).query[0] == 0.0
    same = energy_gradient([1.0], [1.0], 0.3)
    assert (same.query, same.key, same.alpha, same.beta) == ([0.0], [0.0], 0.0, 0.0)
    assert same.separation == pytest.approx(0.21, rel=2 * EPS, abs=0.0)


@pytest.mark.clause("GDA-thm-gradients")
def test_small_separations_do_not_cancel_in_the_weight() -> None:
    # dE*/dalpha = (1 - 2 alpha) y to a relative y
    y, alpha = 1e-20, 0.3
    got = float(energy_gradient([0.0], [1e-10], alpha).alpha)
    assert got == pytest.approx((1.0 - 2.0 * alpha) * y, rel=16 * EPS, abs=0.0)


@pytest.mark.clause("GDA-thm-conditioning")
@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("y", [1e-9, 0.5, 1.9, 2.1, 3.0, 12.0])
def test_coordinate_derivatives_are_their_formulas(
    y: float, alpha: float, truth: Truths, relative_units: Units
) -> None:
    got, exact = coordinate_derivatives(y, alpha), truth(y, alpha)
    bound = 4 * (1 + y + abs(float(exact.log_odds))) + 16 + 24  # u, curvature, 2t-1 and products
    with ctx.workprec(1450):
        field = exact.minor * (1 - exact.minor) / exact.curvature
        assert relative_units(float(got.log_odds), field) <= bound
        m = (1 - 2 * exact.minor) * (-1 if alpha > 0.5 else 1)
        if alpha == 0.5 and y <= 2.0:
            assert got.separation == 0.0
        else:
            assert relative_units(float(got.separation), m * field) <= bound


def shares(s: Any, q: Any, k: Any, alpha: float, beta: float) -> tuple[arb, arb]:
    near = ball(alpha) * ball(-exact_separation(s, q, beta)).exp()
    far = (1 - ball(alpha)) * ball(-exact_separation(s, k, beta)).exp()
    return near / (near + far), far / (near + far)


@pytest.mark.clause("GDA-def-landscape", "GDA-thm-stationarity", "GDA-thm-curvature")
@pytest.mark.parametrize("offset", [0.0, 1e8])
@pytest.mark.parametrize("alpha", [1e-9, 0.3, 0.5, 0.9])
def test_landscape_derivatives_are_their_definitions(alpha: float, offset: float) -> None:
    rng = np.random.default_rng(4)
    s, q, k = rng.normal(size=(3, 3)) + offset
    beta = 0.8
    gradient = landscape_gradient(s, q, k, alpha, beta)
    hessian = landscape_hessian(s, q, k, alpha, beta)
    size = float(np.abs([s - q, s - k, k - q]).max())
    # relative to the largest terms: an exponent below 2 beta D size^2 |.| comes to 8 eps of itself
    allowed = 16 * EPS * (1 + 6 * beta * size**2)
    with ctx.workprec(300):
        near, far = shares(s, q, k, alpha, beta)
        b = Fraction(beta)
        for i in range(3):
            to_q, to_k = Fraction(s[i]) - Fraction(q[i]), Fraction(s[i]) - Fraction(k[i])
            want = 2 * (near * ball(b * to_q) + far * ball(b * to_k))
            assert gradient[i] == pytest.approx(float(want), abs=2 * beta * size * allowed)
            for j in range(3):
                product = (Fraction(k[i]) - Fraction(q[i])) * (Fraction(k[j]) - Fraction(q[j]))
                want = 2 * ball(b) * (i == j) - 4 * near * far * ball(b * b * product)
                scale = 2 * beta + 4 * (beta * size) ** 2
                assert hessian[i, j] == pytest.approx(float(want), abs=scale * allowed)


@pytest.mark.clause("GDA-def-landscape")
def test_landscape_derivatives_at_extreme_scales() -> None:
    with np.errstate(all="raise"):
        assert landscape_gradient([TOP], [-TOP], [TOP], 0.3, 1.0) == [0.0]
        assert landscape_gradient([TOP], [-TOP], [-TOP], 0.3, 1.0) == [math.inf]
        assert landscape_gradient([5e-324], [0.0], [0.0], 0.3, 0.5) == [5e-324]
        assert landscape_hessian([0.0], [-TOP], [TOP], 0.5, 1.0) == [[-math.inf]]
        assert landscape_hessian([TOP], [-TOP], [TOP], 0.5, 1.0) == [[2.0]]
