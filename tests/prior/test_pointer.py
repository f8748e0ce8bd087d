"""Pointer networks [5]: scores, distribution and its bound."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx
from gd_attention.prior.pointer import (
    largest_probability,
    pointer_log_probabilities,
    pointer_probabilities,
    pointer_scores,
)
from hypothesis import given
from hypothesis import strategies as st

U = 2.0**-53


def softmax_error(n: int, gap: float = 8.0) -> float:
    """A relative bound for a softmax of n scores within a gap.

    The difference to the largest rounds once, by u times the gap in the exponent; exp is within 4
    units in the last place, 8 u, in each of numerator and sum; n - 1 sums and the quotient.
    """
    return 2 * (gap + 8 + n) * U


# multiples of 1/64 in -4..4: exact ties and exact shifts
scores_of = st.lists(st.integers(-256, 256), min_size=1, max_size=7).map(
    lambda row: np.array(row) / 64
)


def parameters(seed: int, n: int, hidden: int = 5) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    return (
        rng.normal(size=(3, 2)) * 3,
        rng.normal(size=(n, 4)) * 3,
        rng.normal(size=(hidden, 2)),
        rng.normal(size=(hidden, 4)),
        rng.normal(size=hidden),
    )


@pytest.mark.property_of("pointer.pointer_scores", "P-pairwise")
@pytest.mark.parametrize("seed", range(3))
def test_scores_are_the_formula_pair_by_pair(seed: int) -> None:
    d, e, w2, w1, v = parameters(seed, 4)
    u = pointer_scores(d, e, w2, w1, v)
    for i in range(3):
        for j in range(4):
            inner = [math.fsum([*(w1[a] * e[j]), *(w2[a] * d[i])]) for a in range(5)]
            expected = math.fsum(v[a] * math.tanh(inner[a]) for a in range(5))
            # 7 products and sums in the argument, of slope at most 1; tanh within 4 units; 6 more
            # roundings in the product with v
            size = sum(
                abs(v[a]) * (2 + np.abs(w1[a] * e[j]).sum() + np.abs(w2[a] * d[i]).sum())
                for a in range(5)
            )
            assert abs(u[i, j] - expected) <= 16 * U * size
            alone = pointer_scores(d[i : i + 1], e[j : j + 1], w2, w1, v)
            assert abs(u[i, j] - alone[0, 0]) <= 32 * U * size


@pytest.mark.property_of("pointer.pointer_scores", "P-bounded")
@pytest.mark.parametrize("seed", range(5))
def test_scores_are_bounded_by_v(seed: int) -> None:
    d, e, w2, w1, v = parameters(seed, 6)
    bound = np.abs(v).sum()
    # 5 products and 4 sums
    assert np.abs(pointer_scores(1e6 * d, e, w2, w1, v)).max() <= bound * (1 + 9 * U)
    # and the bound is reached: every tanh saturated with the sign of v
    w = np.sign(v)[:, None] * 100
    assert pointer_scores([[1.0]], [[0.0]], w, w, v)[0, 0] == pytest.approx(
        bound, rel=9 * U, abs=0.0
    )


@pytest.mark.property_of("pointer.pointer_scores", "P-any-length")
@pytest.mark.parametrize("n", [0, 1, 2, 9])
def test_the_same_parameters_serve_every_length(n: int) -> None:
    d, e, w2, w1, v = parameters(0, n)
    p = pointer_probabilities(pointer_scores(d, e, w2, w1, v))
    assert p.shape == (3, n)
    np.testing.assert_allclose(p.sum(axis=1), np.full(3, float(n > 0)), rtol=2 * n * U, atol=0)


@pytest.mark.property_of("pointer.pointer_probabilities", "P-distribution")
@given(scores_of, st.randoms(use_true_random=False))
def test_the_distribution_is_the_softmax_of_what_is_unmasked(row: Any, random: Any) -> None:
    mask = np.array([random.random() < 0.7 for _ in row])
    p = pointer_probabilities(row, mask)
    ctx.prec = 120
    terms = [arb(float(s)).exp() if m else arb(0) for s, m in zip(row, mask, strict=True)]
    for term, value in zip(terms, p, strict=True):
        if not mask.any() or not bool(term > 0):
            assert value == 0
        else:
            exact = float((term / sum(terms, arb(0))).mid())
            assert value > 0
            assert abs(value - exact) <= softmax_error(len(row)) * exact


@pytest.mark.property_of("pointer.pointer_probabilities", "P-equivariant")
@given(scores_of, st.randoms(use_true_random=False))
def test_permuted_positions_permute_the_probabilities(row: Any, random: Any) -> None:
    order = list(range(len(row)))
    random.shuffle(order)
    # only the order of the sum changes
    np.testing.assert_allclose(
        pointer_probabilities(row[order]),
        pointer_probabilities(row)[order],
        rtol=2 * len(row) * U,
        atol=0,
    )


@pytest.mark.property_of("pointer.pointer_probabilities", "P-shift")
@given(scores_of, st.integers(-1000, 1000))
def test_an_exact_shift_changes_no_bit(row: Any, shift: int) -> None:
    np.testing.assert_array_equal(pointer_probabilities(row + shift), pointer_probabilities(row))


@pytest.mark.property_of("pointer.pointer_probabilities", "P-not-sharp")
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_no_pointer_is_sharper_than_v_allows(seed: int, n: int) -> None:
    d, e, w2, w1, v = parameters(seed, n)
    p = pointer_probabilities(pointer_scores(50 * d, 50 * e, w2, w1, v))
    gap = 2 * np.abs(v).sum()
    # scores within 9 u of the bound move the exponent by 9 u gap
    slack = softmax_error(n, gap) + 10 * U * gap
    assert p.max() <= largest_probability(v, n) * (1 + slack)


@pytest.mark.property_of("pointer.largest_probability", "P-attained")
@pytest.mark.parametrize("n", [1, 2, 10])
def test_the_largest_probability_is_attained(n: int) -> None:
    v = np.array([0.5, -1.25, 0.25])
    row = np.full(n, -2.0)
    row[0] = 2.0
    expected = pointer_probabilities(row)[0]
    assert largest_probability(v, n) == pytest.approx(expected, rel=2 * softmax_error(n), abs=0.0)


@pytest.mark.property_of("pointer.pointer_probabilities", "P-masked-zero")
def test_nothing_to_point_at_gives_zeros() -> None:
    np.testing.assert_array_equal(pointer_probabilities(np.zeros((2, 0))), np.zeros((2, 0)))
    mask = [[False, False], [True, True]]
    np.testing.assert_array_equal(pointer_probabilities([1.0, 1.0], [False, False]), [0, 0])
    np.testing.assert_array_equal(
        pointer_probabilities(np.zeros((2, 2)), mask), [[0, 0], [0.5, 0.5]]
    )
    assert np.isneginf(pointer_log_probabilities([1.0, 1.0], [False, False])).all()


@pytest.mark.property_of("pointer.pointer_log_probabilities", "P-logarithm")
@given(scores_of)
def test_log_probabilities_are_the_logarithms(row: Any) -> None:
    p, logs = pointer_probabilities(row), pointer_log_probabilities(row)
    # log p <= 10 in size: one rounding of the difference, one of the logarithm, beside softmax's
    bound = softmax_error(len(row)) + 16 * U
    assert np.abs(logs - np.log(p)).max() <= 2 * bound


@pytest.mark.property_of("pointer.pointer_log_probabilities", "P-logarithm")
def test_log_probabilities_outlive_underflow() -> None:
    assert pointer_probabilities([0.0, -2000.0])[1] == 0
    np.testing.assert_array_equal(pointer_log_probabilities([0.0, -2000.0]), [0, -2000])
    np.testing.assert_array_equal(pointer_probabilities([-1e308, 1e308]), [0, 1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pointer_scores([[1.0]], [[1.0]], [[1.0, 2.0]], [[1.0]], [1.0]), "w_states: exp"),
        (lambda: pointer_scores([[1.0]], [[1.0]], [[1.0]], [[1.0]], [1.0, 2.0]), "w_states: exp"),
        (lambda: pointer_probabilities([math.nan]), "scores: expected finite"),
        (lambda: pointer_probabilities([1.0, 2.0], [True, False, True]), "mask: expected"),
        (lambda: largest_probability([1.0], 0), "n: expected an integer >= 1"),
    ],
)
def test_errors_name_the_argument(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
