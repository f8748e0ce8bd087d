"""T10: the derivatives of the alignment energy, and the Lipschitz bound."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import support as su
from flint import arb
from gd_attention import gd_attention
from gd_attention.alignment import align
from gd_attention.gradients import energy_gradient
from hypothesis import assume, example, given
from hypothesis import strategies as st
from numpy.typing import NDArray


@dataclass
class Pair:
    """A query and a key with integer coordinates times a power of two, so that k - q is exact."""

    query: NDArray[np.float64]
    key: NDArray[np.float64]
    jump: list[Fraction]
    squared: Fraction
    beta: float
    separation: Fraction
    alpha: float

    def gradient(self) -> Any:
        return energy_gradient(self.query, self.key, self.alpha, self.beta)

    def error(self) -> float:
        """The relative error of dE*/dseparation = v = u(1-u) as the reference forms it.

        u has the error of T13's interval: v follows the separation with |dlog v/dlog y| =
        y m^2/c, c the curvature. For m >= 1/2, c >= 0.17 (proof of T13), so this is below 6y; for
        m < 1/2, y <= 2 artanh(m)/m <= 2.2 and c >= 0.6 m^2, so it is below 4. The computed
        separation is off by (D + 4) eps, and in the second range by `ROOT`. Products add 4 eps.
        """
        y = float(self.separation)
        moved = (len(self.jump) + 4) * su.EPS * max(4.0, 6.0 * y) + 4 * su.ROOT
        return moved + su.minor_error(y, self.alpha) + 4 * su.EPS


@st.composite
def placed(draw: st.DrawFn) -> Pair:
    size = draw(st.integers(1, 4))
    vectors = st.lists(st.integers(-9, 9), min_size=size, max_size=size)
    query, delta = draw(vectors), draw(vectors)
    assume(any(delta))
    unit = Fraction(2) ** draw(st.integers(-40, 40))
    target = draw(st.one_of(su.moderate, su._power(-200, 2.8)))
    jump = [unit * x for x in delta]
    squared = sum((x * x for x in jump), Fraction(0))
    beta = float(Fraction(target) / squared)
    return Pair(
        np.array([float(unit * x) for x in query]),
        np.array([float(unit * (x + y)) for x, y in zip(query, delta, strict=True)]),
        jump,
        squared,
        beta,
        Fraction(beta) * squared,
        draw(su.weights),
    )


def slope_range(separation: Fraction, alpha: float) -> Any:
    """A ball around dE*/dseparation from secants: E* is concave, a minimum of concave functions.

    The secants reach 2^-200 to either side, and the energies are certified to many more bits than
    the deficit, about exp(-separation), lies below them.
    """
    accuracy = 500 + 2 * math.ceil(float(separation)) + su.bits(float(separation), alpha)
    step = separation / 2**200
    below, here, above = (
        su.certified(separation + k * step, alpha, accuracy).energy for k in (-1, 0, 1)
    )
    with su.precision(accuracy + 400):
        right = (above - here) / su.rational(step)
        left = (here - below) / su.rational(step)
        return right.union(left)


@pytest.mark.clause("GDA-thm-gradients")
@given(placed())
def test_gradient_in_positions_and_beta(pair: Pair) -> None:
    """The chain rule from a secant enclosure of dE*/dseparation.

    grad_q separation = -2 beta Delta and dseparation/dbeta = L^2 are exact rationals. Where u is
    subnormal, `TINY` stands for its error.
    """
    gradient = pair.gradient()
    error = pair.error()
    slope = slope_range(pair.separation, pair.alpha)
    with su.precision(400):
        assert su.within(float(gradient.separation), slope, error)
        factor = 2 * Fraction(pair.beta)
        for c, delta in enumerate(pair.jump):
            exact = -su.rational(factor * delta) * slope
            absolute = su.TINY * (1 + float(factor * abs(delta)))
            assert su.within(float(gradient.query[c]), exact, error, absolute)
            assert su.within(float(gradient.key[c]), -exact, error, absolute)
        absolute = su.TINY * (1 + float(pair.squared))
        assert su.within(float(gradient.beta), su.rational(pair.squared) * slope, error, absolute)


@pytest.mark.clause("GDA-thm-gradients")
@given(placed())
def test_gradient_in_alpha(pair: Pair) -> None:
    """dphi/dalpha at the minimiser (envelope theorem), by power series of phi in alpha.

    It is (t - (1-alpha))/(alpha(1-alpha)) and monotone in the separation as t is: the values for a
    separation off by `ROOT` and the (D + 4) eps of its computation enclose it. What else moves X =
    y tanh z, of which the derivative is a fraction of slope at most 1 in logarithms: for z >= 1
    r <= 4z eps moves m by (2z / sinh 2z) r / c, below 14 eps; for y < 1 r <= 13 eps of h moves it
    by 26 eps; h itself 2.5 eps; X, expm1 and the quotient 5 eps. Together below 48 eps.
    """
    value = float(pair.gradient().alpha)
    moved = Fraction(su.ROOT) + (len(pair.jump) + 4) * Fraction(su.EPS)
    ends = [envelope(pair.separation * (1 + sign * moved), pair.alpha) for sign in (-1, 1)]
    with su.precision(400):
        exact = ends[0].union(ends[1])
        assert not abs(arb(value) - exact) > 48 * su.EPS * abs(exact) + su.TINY


def envelope(separation: Fraction, alpha: float) -> Any:
    accuracy = su.bits(float(separation), alpha) + 200
    point = su.certified(separation, alpha, accuracy).coordinate
    with su.precision(accuracy + 100):
        lam = su.rational(separation)
        return su.taylor(lambda weight: su.landscape(lam, weight, point), arb(alpha), 1)[1]


@pytest.mark.clause("GDA-thm-gradients", "GDA-align-half")
@given(st.one_of(st.floats(2.05, 40.0), st.just(3.0)))
@example(3.0)
def test_kink_in_alpha_at_one_half(separation: float) -> None:
    """Left and right secants of certified energies: opposite slopes, the tie rule takes the left.

    The secant over e = 2^-30 differs from the slope by at most e/2 times the second derivative
    between, the derivative of (t - (1-alpha))/(alpha(1-alpha)). Next to alpha = 1/2, where
    dt/dalpha = -(v/c)/(alpha(1-alpha)) with v <= 1/4, it is at most 4 (1/c + 1) + 1 <= 10/c. c
    grows with |h| and with the separation, from 0.05 at 2.05.
    """
    value = float(energy_gradient([0.0], [math.sqrt(separation)], 0.5, 1.0).alpha)
    at, left, right = (
        su.certified(separation, alpha).energy for alpha in (0.5, 0.5 - 2.0**-30, 0.5 + 2.0**-30)
    )
    with su.precision(200):
        # twice (10/c)/2: the rounding of the length, few eps, disappears in the rest
        slack = 10 / 0.05 * 2.0**-30
        assert abs(arb(value) - (at - left) * 2**30) < slack
        assert abs(arb(value) + (right - at) * 2**30) < slack
    assert value > 0.0


@pytest.mark.clause("GDA-thm-gradients")
def test_kink_at_separation_three() -> None:
    """The text's 1.7171..., a number of four decimals."""
    value = float(energy_gradient([0.0], [1.0], 0.5, 3.0).alpha)
    assert math.floor(value * 1e4) == 17171


@pytest.mark.clause("GDA-thm-gradients")
@given(placed())
def test_gradient_is_no_longer_than_its_bound(pair: Pair) -> None:
    """|grad_q E*| <= min(beta L / 2, 1 / L), squared, up to the error of a component."""
    gradient = pair.gradient()
    squared = sum((Fraction(g) ** 2 for g in gradient.query.tolist()), Fraction(0))
    beta = Fraction(pair.beta)
    bound = min(beta * beta * pair.squared / 4, 1 / pair.squared)
    assert squared <= bound * (1 + 3 * Fraction(pair.error()))
    assert np.array_equal(gradient.query, -gradient.key)


@pytest.mark.clause("GDA-thm-gradients")
def test_bound_is_attained_at_the_critical_point() -> None:
    """Separation 2, alpha 1/2: |grad| = sqrt(beta/2) = 1 for beta = 2 and L = 1, exactly."""
    gradient = energy_gradient([[0.0, 0.0]], [[0.0, 1.0]], 0.5, 2.0)
    assert np.array_equal(gradient.query, [[0.0, -1.0]])


@pytest.mark.clause("GDA-thm-gradients")
@given(st.tuples(su.moderate, su.moderate), su.weights, su._power(-3, 3))
@example((2.0, 2.0000001), 0.5, 2.0)
@example((0.5, 0.6), 0.5, 2.0)
def test_energy_is_lipschitz_in_the_query(
    targets: tuple[float, float], alpha: float, beta: float
) -> None:
    """|E*(L) - E*(L')| <= sqrt(beta/2) |L - L'|: nothing changes faster than along the jump.

    The separations are rounded once from rationals, which E* does not amplify (T6).
    """
    lengths = [Fraction(math.sqrt(target / beta)) for target in targets]
    separations = [float(Fraction(beta) * length**2) for length in lengths]
    energies = [Fraction(e) for e in align(separations, alpha).energy.tolist()]
    slack = (Fraction(su.ENERGY) + Fraction(su.EPS)) * sum(energies) + Fraction(su.TINY)
    rise = max(abs(energies[0] - energies[1]) - slack, Fraction(0))
    assert rise**2 <= Fraction(beta) / 2 * (lengths[0] - lengths[1]) ** 2


@pytest.mark.clause("GDA-thm-gradients", "GDA-output-gather")
@given(st.lists(st.integers(-20, 20), min_size=2, max_size=5, unique=True), st.floats(-0.2, 0.2))
def test_output_is_one_hot_in_the_values(keys: list[int], shift: float) -> None:
    """Off ties the output does not move with the query, and is one value row.

    The query stays within 0.05 and 0.45 right of its key; every other key is an integer away.
    """
    positions = np.array(keys, dtype=np.float64)[:, None]
    query = np.array([[0.25 + keys[0]]])
    values = np.arange(2.0 * len(keys)).reshape(-1, 2) ** 2
    still = gd_attention(query, positions, values)
    moved = gd_attention(query + shift, positions, values)
    assert np.array_equal(still.output, moved.output)
    assert np.array_equal(still.output[0], values[0])
