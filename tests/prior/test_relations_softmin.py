"""Relation R3: the softmin relaxation of T20 against softmax over squared distances.

The statements and their proofs are in docs/prior-relations.md. The inequalities between exact
numbers are asserted on the oracle's certified energies, in balls and without any tolerance; the
relaxation that is computed is compared with the bounds plus its rounding.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb, fmpq
from gd_attention import relaxation
from gd_attention.conformance import certificate
from gd_attention.conformance.balls import precision
from gd_attention.conformance.rational import Exact
from gd_attention.prior.dot_product import attention_weights
from gd_attention.prior.gibbs import gibbs_weights
from hypothesis import given
from hypothesis import strategies as st

EPS = 2.0**-52
# the relative error that `align` states for its energy, and 2 eps of the separation in the plane
ENERGY = 18 * EPS
# exp within 4 units, up to 6 terms in the sum, a quotient
WEIGHT = 16 * EPS

alphas = st.one_of(
    st.just(0.5), st.floats(0.01, 0.99), st.integers(2, 40).map(lambda p: 0.5 + 2.0**-p)
)


def ball(number: Fraction) -> Any:
    return arb(fmpq(number.numerator, number.denominator))


def certified(separation: Fraction, alpha: float) -> Any:
    exact = Exact(separation.numerator, 0, separation.denominator)
    return certificate.alignment(exact, alpha, 200).energy


def total_variation(one: Any, other: Any) -> float:
    return float(np.abs(one - other).sum() / 2)


@given(st.one_of(st.floats(1e-6, 1.999), st.floats(1e-3, 1.0)), alphas)
def test_the_energy_is_its_tangent_at_zero_up_to_the_bound(separation: float, alpha: float) -> None:
    """``0 <= c y - E*(y) <= (1 - 2 alpha)^2 y^2 / (4 (2 - y))``, y < 2, c = alpha (1 - alpha)."""
    y, a = Fraction(separation), Fraction(alpha)
    with precision(400):
        missing = ball(a * (1 - a) * y) - certified(y, alpha)
        # the balls are exact to about 150 bits: below and above mean just that
        assert not missing < 0
        assert not missing > ball((1 - 2 * a) ** 2 * y * y / (4 * (2 - y)))


@pytest.mark.parametrize("alpha", [0.001, 0.25, 0.999])
def test_the_missing_part_is_of_second_order(alpha: float) -> None:
    """It is ``c (1 - 2 alpha)^2 y^2 / 2 + O(y^3)`` (T14): no higher power of y would bound it."""
    a, y = Fraction(alpha), Fraction(1, 10**6)
    with precision(400):
        leading = ball(a * (1 - a) * (1 - 2 * a) ** 2 * y * y / 2)
        ratio = float((ball(a * (1 - a) * y) - certified(y, alpha)) / leading)
    # T14's remainder is of order y
    assert abs(ratio - 1) < 1e-5


@given(st.floats(1e-3, 1e3), alphas)
def test_the_energy_is_close_to_its_ceiling_far_out(separation: float, alpha: float) -> None:
    """``0 < C - E* <= log(1 + (a/w) e^(-y/4))``, a = min, w = max(alpha, 1 - alpha)."""
    y, a = Fraction(separation), Fraction(alpha)
    minor, major = min(a, 1 - a), max(a, 1 - a)
    with precision(2000):
        exact = Exact(y.numerator, 0, y.denominator)
        deficit = -ball(major).log() - certificate.alignment(exact, alpha, 1800).energy
        assert not deficit <= 0
        assert not deficit > (1 + ball(minor / major) * (-ball(y) / 4).exp()).log()


points = st.lists(st.tuples(st.integers(-8, 8), st.integers(-8, 8)), min_size=2, max_size=6)
temperatures = st.sampled_from([0.03125, 0.25, 1.0, 8.0])


@given(points, alphas, temperatures)
def test_close_by_the_softmin_is_softmax_over_squared_distances(
    rows: list[tuple[int, int]], alpha: float, temperature: float
) -> None:
    """Total variation at most ``tanh(eps/4)`` to scores ``-c beta |q-k|^2 / T``."""
    keys = np.array(rows) / 8
    beta = 0.875
    separations = beta * (keys**2).sum(axis=1)  # at most 1.75
    found = relaxation([[0.0, 0.0]], keys, alpha=alpha, beta=beta, temperature=temperature)
    slope = alpha * (1 - alpha)
    soft = gibbs_weights(-slope * separations, 1 / temperature)
    most = separations.max()
    eps = (1 - 2 * alpha) ** 2 * most**2 / (4 * (2 - most)) / temperature
    # exponents off by ENERGY relative in each of two energies, each at most c * most
    rounding = 2 * (ENERGY * 2 * slope * most / temperature + WEIGHT)
    assert total_variation(found.weights[0], soft) <= math.tanh(eps / 4) + rounding


@given(points, temperatures)
def test_at_one_half_it_is_softmax_up_to_separation_two(
    rows: list[tuple[int, int]], temperature: float
) -> None:
    """The bound is 0: the softmin IS softmax with inverse temperature ``beta / (4 T)``."""
    keys = np.array(rows) / 8
    squares = (keys**2).sum(axis=1)
    found = relaxation([[0.0, 0.0]], keys, temperature=temperature).weights[0]
    rounding = 2 * (ENERGY * 2 * 0.5 / temperature + WEIGHT)
    np.testing.assert_allclose(
        found, gibbs_weights(-squares, 0.25 / temperature), rtol=rounding, atol=0
    )


@pytest.mark.parametrize("dimension", [2, 3])
def test_with_equal_norms_that_is_scaled_dot_product_attention(dimension: int) -> None:
    """Norm 1 at most, alpha = 1/2, beta = 1/2, ``T = sqrt(D)/4``: the weights of [2]."""
    rng = np.random.default_rng(dimension)
    signs = rng.choice([-1.0, 1.0], size=(6, dimension)) / 2
    query = rng.integers(-4, 5, size=(5, dimension)) / 8
    found = relaxation(query, signs, beta=0.5, temperature=math.sqrt(dimension) / 4).weights
    expected = attention_weights(query, signs)
    # separations of at most 3/2, over T, and 4 eps of the scale and of T
    rounding = 2 * (2 * (ENERGY + 4 * EPS) * 0.375 / 0.35 + WEIGHT)
    np.testing.assert_allclose(found, expected, rtol=rounding, atol=0)


@pytest.mark.parametrize("alpha", [0.5, 0.2, 0.9])
@pytest.mark.parametrize("near", [4.0, 40.0, 400.0])
def test_far_out_the_softmin_saturates_and_softmax_does_not(alpha: float, near: float) -> None:
    """Two keys, separations y and y + 8: tanh(eps/4) to the uniform, softmax keeps its odds."""
    separations = np.array([near, near + 8])
    keys = np.sqrt(separations)[:, None]
    temperature = 0.25
    found = relaxation([[0.0]], keys, alpha=alpha, temperature=temperature).weights[0]
    minor, major = min(alpha, 1 - alpha), max(alpha, 1 - alpha)
    ceiling = -math.log(major)
    eps = math.log1p(minor / major * math.exp(-near / 4)) / temperature
    # energies up to the ceiling, over T
    rounding = 4 * ENERGY * ceiling / temperature + 2 * WEIGHT
    assert total_variation(found, np.array([0.5, 0.5])) <= math.tanh(eps / 4) + rounding
    # no key is ever lighter than this, however far: energies differ by less than the ceiling
    assert found.min() > math.exp(-ceiling / temperature) / 2 * (1 - rounding)
    # softmax sees the difference of 8 alone
    odds = alpha * (1 - alpha) * 8 / temperature
    soft = gibbs_weights(-alpha * (1 - alpha) * separations, 1 / temperature)
    # a product and a quotient of each exponent round, and those of the odds
    exponents = 4 * EPS * alpha * (1 - alpha) * (near + 8) / temperature
    assert soft[1] == pytest.approx(1 / (1 + math.exp(odds)), rel=exponents + WEIGHT, abs=0)
    assert total_variation(soft, np.array([0.5, 0.5])) > 0.4
