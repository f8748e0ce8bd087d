"""Exact squared lengths and separations, against fractions term by term."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from gd_attention.exact import (
    exact_separation,
    exact_separations,
    grid_squares,
    nearest,
    scaled_fraction,
)

LARGEST = float(np.finfo(np.float64).max)
TINY = 5e-324
EXTREMES = [0.0, -0.0, TINY, -TINY, 2.0**-1022, 1.0, math.nextafter(1.0, 2.0), -LARGEST, LARGEST]


def term_by_term(query: np.ndarray, key: np.ndarray, beta: float) -> Fraction:
    jumps = [Fraction(k) - Fraction(q) for q, k in zip(query.tolist(), key.tolist(), strict=True)]
    return Fraction(beta) * sum((jump**2 for jump in jumps), Fraction(0))


@pytest.mark.clause("GDA-def-separation", "GDA-conv-real", "GDA-signed-zero")
@pytest.mark.parametrize("beta", [1.0, 0.1, TINY, LARGEST])
def test_extreme_coordinates(beta: float) -> None:
    for q, k in itertools.product(EXTREMES, repeat=2):
        query, key = np.array([q, 0.3]), np.array([k, -7.0])
        assert exact_separation(query, key, beta) == term_by_term(query, key, beta)


@pytest.mark.clause("GDA-def-separation", "GDA-def-jump")
@pytest.mark.parametrize("seed", range(4))
def test_bulk_agrees_with_fractions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.integers(-300, 300, size=(7, 5)) if seed % 2 else 1.0
    keys = rng.normal(size=(7, 5)) * scale
    query = rng.normal(size=5)
    beta = float(rng.uniform(1e-3, 1e3))
    assert exact_separations(query, keys, beta) == [term_by_term(query, k, beta) for k in keys]


@pytest.mark.clause("GDA-def-separation", "GDA-conv-real")
@pytest.mark.parametrize("bits", range(20, 34))
@pytest.mark.parametrize("width", [1, 3, 64])
def test_the_machine_integer_path_never_overflows(bits: int, width: int) -> None:
    # full-length integers of either sign: the largest differences that these bits allow
    corner = float(2**bits - 1)
    query = np.full(width, -corner)
    squares, exponent = grid_squares(query, np.full((2, width), corner))
    assert Fraction(squares[1]) * Fraction(2) ** exponent == width * Fraction(2 * corner) ** 2


@pytest.mark.clause("GDA-select-ties", "GDA-select-exact-order", "GDA-thm-nearest")
def test_nearest_sees_the_last_bit_and_ties() -> None:
    keys = np.array([[1e200, 0.0], [3.0, 4.0], [4.0, 3.0], [math.nextafter(5.0, 0.0), 0.0]])
    origin = np.zeros(2)
    assert nearest(origin, keys, [2, 1, 0]) == 1
    assert nearest(origin, keys, range(4)) == 3
    # a gap of one part in 10**600: both squared lengths round to 2
    close = np.array([[1.0, 1.0, TINY], [1.0, 1.0, 0.0]])
    assert nearest(np.zeros(3), close, [0, 1]) == 1


@pytest.mark.clause("GDA-def-separation")
def test_no_keys_and_equal_rows() -> None:
    query = np.array([0.1, -0.0])
    assert exact_separations(query, np.empty((0, 2)), 1.0) == []
    assert exact_separations(query, np.array([[0.1, 0.0]]), LARGEST) == [0]
    assert exact_separations(np.zeros(2), np.zeros((3, 2)), 1.0) == [0, 0, 0]


@pytest.mark.clause("GDA-conv-real")
def test_scaled_fraction() -> None:
    assert scaled_fraction(12, -2) == 3
    assert scaled_fraction(3, -4) == Fraction(3, 16)
    assert scaled_fraction(-3, 5) == -96
    assert scaled_fraction(0, -5000) == 0
