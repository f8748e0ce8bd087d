"""The landscape, the jump, the separation and the log-odds against exact arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx, fmpq
from gd_attention.alignment import align
from gd_attention.landscape import energy, jump, log_odds, separation

EPS = 2.0**-52
LARGEST = float(np.finfo(np.float64).max)
TINY = 5e-324

Units = Callable[[float, arb], float]


def ball(number: float | Fraction) -> arb:
    exact = Fraction(number)
    return arb(fmpq(exact.numerator, exact.denominator))


def square(first: np.ndarray, second: np.ndarray) -> Fraction:
    terms = (
        (Fraction(float(a)) - Fraction(float(b))) ** 2 for a, b in zip(first, second, strict=True)
    )
    return sum(terms, Fraction(0))


def landscape(s: np.ndarray, q: np.ndarray, k: np.ndarray, alpha: float, beta: float) -> arb:
    """Phi of exact data; call at high precision."""
    y_q, y_k = ball(Fraction(beta) * square(s, q)), ball(Fraction(beta) * square(s, k))
    a = ball(alpha)
    if y_q + y_k < 1:
        return -(a * (-y_q).expm1() + (1 - a) * (-y_k).expm1()).log1p()
    low = y_q.min(y_k)  # in front: ball arithmetic has no exp(-1e600)
    return low - (a * (low - y_q).exp() + (1 - a) * (low - y_k).exp()).log()


@pytest.mark.clause("GDA-def-landscape")
@pytest.mark.parametrize("scale", [1e-150, 1e-8, 0.1, 1.0, 10.0, 1e100])
@pytest.mark.parametrize("alpha", [1e-300, 0.2, 0.5, 1 - 2.0**-53])
def test_landscape_holds_its_bound(scale: float, alpha: float, relative_units: Units):
    rng = np.random.default_rng(0)
    d = 3
    s, q, k = rng.normal(size=(3, 8, d)) * scale
    s[0], s[1] = q[0], k[1]
    for i, value in enumerate(energy(s, q, k, alpha, 0.7)):
        with ctx.workprec(1500):
            exact = landscape(s[i], q[i], k[i], alpha, 0.7)
        if value < np.finfo(np.float64).tiny:  # subnormal: each of about 6 steps keeps to the grid
            assert abs(value - float(exact)) <= 6 * TINY
            continue
        # D + 4 of the separations, not amplified: phi is at least their mean under the mixture's
        # posterior. The formula: expm1, two products, a sum and log1p, amplified at most
        # (1/2) / ((1/2) log 2) = 1.45 times, or two logarithms, two sums and logaddexp: below 6.
        assert relative_units(value, exact) <= d + 4 + 6, (s[i], q[i], k[i])


@pytest.mark.clause("GDA-def-landscape")
def test_landscape_ends():
    q, k = np.zeros(2), np.array([3.0, 4.0])
    assert energy(q, q, q, 0.3) == 0.0
    assert energy(q, q, k, 0.3) == pytest.approx(-np.log(0.3), rel=1e-9, abs=0.0)  # exp(-25) aside
    # both exponentials underflow, their logarithms do not
    assert energy([100.0, 0.0], q, k, 0.5) == pytest.approx(
        97.0**2 + 16 + np.log(2), rel=1e-15, abs=0.0
    )
    assert energy([1e200, 0.0], q, k) == np.inf
    assert energy([1e200, 0.0], q, k, beta=1e-400 + 1e-300) == pytest.approx(
        1e100, rel=1e-15, abs=0.0
    )
    assert energy([LARGEST, 0.0], [-LARGEST, 0.0], [-LARGEST, 0.0], beta=TINY) > 1e290


@pytest.mark.clause("GDA-def-alignment-point", "GDA-def-energy", "GDA-thm-axis")
@pytest.mark.parametrize("alpha", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("length", [0.5, 1.5, 3.0])
def test_the_alignment_energy_is_the_least_of_the_landscape(alpha: float, length: float):
    rng = np.random.default_rng(3)
    q = rng.normal(size=3)
    direction = rng.normal(size=3)
    k = q + length * direction / np.linalg.norm(direction)
    aligned = align(separation(q, k), alpha)
    least = energy(q + aligned.coordinate * (k - q), q, k, alpha)
    assert least == pytest.approx(float(aligned.energy), rel=64 * EPS, abs=0.0)
    around = q + rng.uniform(-0.5, 1.5, (4000, 1)) * (k - q) + 0.1 * rng.normal(size=(4000, 3))
    assert energy(around, q, k, alpha).min() >= least
    along = q + np.linspace(-1, 2, 3001)[:, None] * (k - q)
    assert energy(along, q, k, alpha).min() >= least - 16 * EPS
    # orthogonal displacement y costs beta |y|^2 exactly (T1)
    off = np.cross(k - q, rng.normal(size=3))
    assert energy(along + off, q, k, alpha) == pytest.approx(
        energy(along, q, k, alpha) + off @ off, rel=64 * EPS, abs=0.0
    )


@pytest.mark.clause("GDA-def-jump")
@pytest.mark.parametrize("exponent", [-1070, -520, 0, 520, 1020])
def test_jump_at_every_scale(exponent: int):
    # 2, 3, 6 -> 7: exact, and the square of the length is out of range at the outer scales
    q = np.ldexp([1.0, 1.0, 1.0], exponent)
    k = np.ldexp([3.0, 4.0, 7.0], exponent)
    result = jump(q, k)
    assert result.delta.tolist() == np.ldexp([2.0, 3.0, 6.0], exponent).tolist()
    assert result.length == np.ldexp(7.0, exponent)
    assert result.direction == pytest.approx(np.array([2.0, 3.0, 6.0]) / 7, rel=2 * EPS, abs=0.0)


@pytest.mark.clause("GDA-def-jump")
def test_jump_length_holds_against_fractions():
    rng = np.random.default_rng(5)
    q, k = rng.normal(size=(2, 50, 4)) * 10.0 ** rng.uniform(-150, 150, (50, 1))
    result = jump(q, k)
    for i in range(50):
        exact = square(q[i], k[i])
        # half the error of the sum of squares, (D + 3)/2 roundings of half an eps, and the root
        assert abs(Fraction(float(result.length[i])) ** 2 / exact - 1) <= 8 * Fraction(EPS)
    assert np.linalg.norm(result.direction, axis=-1) == pytest.approx(
        np.ones(50), rel=8 * EPS, abs=0.0
    )


@pytest.mark.clause("GDA-def-jump")
def test_jump_ends():
    same = jump([[1.0, 2.0], [-0.0, 0.0]], [[1.0, 2.0], [0.0, -0.0]])
    assert same.length.tolist() == [0.0, 0.0]
    assert same.direction.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    # the difference overflows, its direction does not
    far = jump([-LARGEST, 0.0], [LARGEST, 0.0])
    assert far.delta[0] == far.length == np.inf
    assert far.direction.tolist() == [1.0, 0.0]
    # one component overflows a length that is representable: it does not, and neither may another
    assert jump([0.0, 0.0], [LARGEST / 2, LARGEST / 2]).length < np.inf
    assert jump([0.0], [TINY]).length == TINY
    assert jump([0.0], [TINY]).direction.tolist() == [1.0]


@pytest.mark.clause("GDA-def-separation", "GDA-energy-overflow")
def test_separation_scales_without_overflow_on_the_way():
    assert separation([0.0, 0.0], [3.0, 4.0], 0.5) == 12.5
    assert separation([0.0], [2.0**600], 2.0**-1000) == 2.0**200
    assert separation([0.0], [2.0**-600], 2.0**1000) == 2.0**-200
    assert separation([0.0], [LARGEST], 1.0) == np.inf
    assert separation([-LARGEST], [LARGEST], TINY) < np.inf
    assert separation([0.0], [-0.0], LARGEST) == 0.0
    batched = separation(np.zeros((2, 1, 3)), np.ones((4, 3)))
    assert batched.tolist() == [[3.0] * 4] * 2


@pytest.mark.clause("GDA-def-log-odds")
def test_log_odds_hold_their_bound(relative_units: Units):
    weights = [TINY, 1e-310, 1e-300, 1e-12, 0.2, np.nextafter(0.25, 0), 0.25, 0.4, 0.75, 0.999]
    weights += [np.nextafter(0.5, 0), np.nextafter(0.5, 1), 0.5 - 1e-9, 1 - 1e-9, 1 - 2.0**-53]
    for weight, value in zip(weights, log_odds(weights), strict=True):
        with ctx.workprec(1500):
            exact = ((1 - ball(float(weight))) / ball(float(weight))).log()
        assert relative_units(value, exact) <= 2.5, weight
    assert log_odds(0.5) == 0.0


@pytest.mark.clause("GDA-input-shape", "GDA-input-finite", "GDA-input-dtype", "GDA-input-domain")
@pytest.mark.parametrize("function", [jump, separation, lambda q, k: energy(q, q, k)])
@pytest.mark.parametrize(
    ("query", "key", "error", "name"),
    [
        ([0.0], [0.0, 1.0], ValueError, "key"),
        ([np.nan], [1.0], ValueError, "query"),
        ([1.0], [np.inf], ValueError, "key"),
        ([], [], ValueError, "D >= 1"),
        (1.0, [1.0], ValueError, "query"),
        ([True], [1.0], TypeError, "query"),
        ([1.0], [1j], TypeError, "key"),
        (np.zeros((2, 1)), np.zeros((3, 1)), ValueError, "key"),
    ],
)
def test_bad_vectors(
    function: Callable[..., Any], query: Any, key: Any, error: type[Exception], name: str
):
    with pytest.raises(error, match=rf"{name}|^s:"):
        function(query, key)


@pytest.mark.clause("GDA-input-domain", "GDA-input-shape")
def test_bad_scalars():
    for beta in (0.0, -1.0, np.inf, np.nan, [1.0]):
        with pytest.raises(ValueError, match="beta"):
            separation([0.0], [1.0], beta)
        with pytest.raises(ValueError, match="beta"):
            energy([0.0], [0.0], [1.0], 0.5, beta)
    with pytest.raises(ValueError, match="alpha"):
        energy([0.0], [0.0], [1.0], 1.0)
    with pytest.raises(ValueError, match="alpha"):
        energy(np.zeros((2, 1)), [0.0], [1.0], [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match="alpha"):
        log_odds([0.5, 0.0])
