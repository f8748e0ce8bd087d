"""The root and its readings: each factor of the energy's error budget, checked on its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flint import arb
from gd_attention.minimiser import minor_log_odds, newton_root, positive_root, pull, sigmoid_reading

EPS = 2.0**-52

Truths = Callable[..., Any]
Units = Callable[[float, arb], float]
Pairs = Callable[[str, int], tuple[np.ndarray, np.ndarray]]


@pytest.mark.clause("GDA-def-log-odds")
def test_log_odds_of_every_size_hold_their_bound(truth: Truths, relative_units: Units) -> None:
    weights = [5e-324, 1e-310, 1e-300, 1e-12, 0.1, 0.2499, 0.25, 0.3, 0.4999]
    weights += [0.5 - 2.0**-54, 0.5 - 2.0**-40]
    for a in weights:
        # 2.5: one for each logarithm, half for the sum
        assert relative_units(float(minor_log_odds(np.array(a))), truth(1.0, a).log_odds) <= 2.5, a
    assert minor_log_odds(np.array(0.5)) == 0.0


@pytest.mark.clause("GDA-thm-computation")
def test_root_keeps_its_digits_however_small_it_is(truth: Truths, relative_units: Units) -> None:
    """A long step that ends beside a small root leaves the rounding of where it started."""
    # F'(z) z is at least the sum of F's terms below z = 1, each off by at most 5 eps, and the
    # rounding of z and of the balance double that
    bound = 16
    for power in (54, 50, 40, 30, 20, 10, 3):
        a = 0.5 - 2.0**-power
        for y in (1e-300, 0.01, 0.5, 1.0, 1.9, 2.0 - 2.0**-40, 2.0, 2.0 + 2.0**-40, 2.5, 9.0, 300):
            root = positive_root(float(y), a)
            assert relative_units(root, truth(float(y), a).root) <= bound, (y, a)


@pytest.mark.clause("GDA-thm-computation")
@pytest.mark.parametrize("kind", ["broad", "middle", "critical", "half"])
def test_root_of_broad_pairs(kind: str, truth: Truths, relative_units: Units, pairs: Pairs) -> None:
    for y, alpha in zip(*pairs(kind, 60), strict=True):
        if 1e-300 < y < 1e4 and not (alpha == 0.5 and y <= 2.0):
            root = positive_root(float(y), float(min(alpha, 1.0 - alpha)))
            assert relative_units(root, truth(y, alpha).root) <= 16, (y, alpha)


@pytest.mark.clause("GDA-thm-computation")
def test_triple_root_is_returned_and_not_iterated_to() -> None:
    y = np.array([0.0, 1.0, float(np.nextafter(2.0, 0.0)), 2.0])
    m, force = pull(y, np.full(4, 0.5))
    assert (m == 0.0).all()
    assert (force == 0.0).all()
    assert positive_root(2.0, 0.5) == 0.0
    assert positive_root(float(np.nextafter(2.0, 3.0)), 0.5) > 1e-8


@pytest.mark.clause("GDA-thm-computation")
def test_both_roots_of_a_negative_field_are_reached_from_their_side() -> None:
    # x + h/2 - (y/2) tanh x at y = 3, h = 0.1: roots left and right of artanh(sqrt(1/3))
    y, field = np.array([3.0]), np.array([-0.05])
    turn = float(np.arctanh(np.sqrt(1.0 / 3.0)))
    left = float(newton_root(y, field, np.zeros(1))[0])
    right = float(newton_root(y, field, np.array([1.5]))[0])
    assert 0.0 < left < turn < right < 1.5
    for root in (left, right):
        # the terms are at most 1.5, and the slope at most 1/2
        assert abs(root + 0.05 - 1.5 * np.tanh(root)) <= 8.0 * EPS


@pytest.mark.clause("GDA-thm-closed-form")
def test_reading_neither_overflows_nor_loses_tiny_weights() -> None:
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        u, product, ratio = sigmoid_reading(np.array([1e-310, 0.3]), np.array([40.0, 1e4]))
    # p -> a/(1-a), and p/a keeps its digits where p is subnormal
    assert ratio.tolist() == pytest.approx([1.0, 1.0 / 0.7], rel=4.0 * EPS, abs=0.0)
    assert product.tolist() == [1e-310, pytest.approx(0.3 / 0.7, rel=4.0 * EPS, abs=0.0)]
    assert u[1] == 0.0


@pytest.mark.clause("GDA-thm-computation", "GDA-energy-value")
def test_error_of_the_root_enters_the_energy_through_the_value_of_f() -> None:
    """Next to the critical point the slope of F cancels: a wrong root costs the energy nothing."""
    y, a = 2.0, 0.5 - 2.0**-20
    z = positive_root(y, a)

    def energy(root: float) -> float:
        u, product, _ = sigmoid_reading(np.array(a), np.array(y * np.tanh(root)))
        return float(y * u * u + np.log1p(product))

    moved = z * (1.0 + 2.0**-8)
    value = moved - 0.5 * float(minor_log_odds(np.array(a))) - 0.5 * y * np.tanh(moved)
    change = energy(moved) - energy(z)
    u = 1.0 / (1.0 + np.exp(2.0 * z))
    # the essay's factor, constant to the relative size 2**-8 of the move
    assert change == pytest.approx(4.0 * y * u * u * (1.0 - u) * value, rel=2.0**-6, abs=0.0)
    assert abs(change) < 2.0**-8 * 2.0**-16 * energy(z)
