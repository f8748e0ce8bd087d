"""Decoding of pointer networks [5]."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from gd_attention.prior.pointer import pointer_log_probabilities, pointer_probabilities
from gd_attention.prior.pointer_decoding import decode, greedy_pointer, sequence_log_probability
from hypothesis import given
from hypothesis import strategies as st

U = 2.0**-53
rows = st.lists(st.integers(-3, 3), min_size=1, max_size=6).map(lambda row: np.array(row) / 64)


@pytest.mark.property_of("pointer_decoding.greedy_pointer", "P-argmax")
@pytest.mark.property_of("pointer_decoding.greedy_pointer", "P-none")
@given(rows, st.randoms(use_true_random=False))
def test_greedy_takes_the_first_largest_unmasked(row: Any, random: Any) -> None:
    mask = np.array([random.random() < 0.6 for _ in row])
    visible = [j for j in range(len(row)) if mask[j]]
    expected = max(visible, key=lambda j: (row[j], -j)) if visible else -1
    assert greedy_pointer(row, mask) == expected


@pytest.mark.property_of("pointer_decoding.greedy_pointer", "P-none")
def test_greedy_over_nothing_is_none() -> None:
    np.testing.assert_array_equal(greedy_pointer(np.zeros((2, 0))), [-1, -1])


@pytest.mark.property_of("pointer_decoding.greedy_pointer", "P-relative")
@pytest.mark.parametrize("score", [-1e300, -1.0, 0.0, 7.0])
def test_a_single_position_is_always_pointed_at(score: float) -> None:
    assert greedy_pointer([score]) == 0


@pytest.mark.property_of("pointer_decoding.sequence_log_probability", "P-chain")
@pytest.mark.property_of("pointer_decoding.sequence_log_probability", "P-total")
@pytest.mark.parametrize("seed", range(3))
def test_sequences_multiply_and_exhaust_the_mass(seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(3, 4))
    p, total = pointer_probabilities(scores), 0.0
    for chosen in itertools.product(range(4), repeat=3):
        value = float(np.exp(sequence_log_probability(scores, np.array(chosen))))
        # three softmaxes of relative error 2 (8 + 8 + 4) u on either side, sums and products of
        # logarithms of at most 8 in size
        bound = (2 * 3 * 40 + 3 * 8 * 4) * U
        assert value == pytest.approx(
            math.prod(p[i, chosen[i]] for i in range(3)), rel=bound, abs=0.0
        )
        total += value
    assert total == pytest.approx(1, rel=bound + 64 * U, abs=0.0)


def test_a_masked_position_has_no_probability() -> None:
    assert sequence_log_probability([[0.0, 0.0]], [1], [True, False]) == -np.inf


def table(seed: int, n: int) -> Any:
    """Scores that depend on the whole prefix, with exact ties, and some positions forbidden."""

    def step(prefix: tuple[int, ...]) -> Any:
        rng = np.random.default_rng([seed, len(prefix), *prefix])
        scores = rng.integers(-3, 4, size=n).astype(float)
        scores[rng.random(n) < 0.2] = -np.inf
        return scores

    return step


def log_probability(step: Any, sequence: tuple[int, ...]) -> float:
    total = 0.0
    for i, j in enumerate(sequence):
        scores = step(sequence[:i])
        allowed = np.isfinite(scores)
        if not allowed[j]:
            return -math.inf
        total += float(pointer_log_probabilities(np.where(allowed, scores, 0), allowed)[j])
    return total


@pytest.mark.property_of("pointer_decoding.decode", "P-exhaustive")
@pytest.mark.parametrize("seed", range(12))
def test_a_wide_beam_finds_the_most_probable_sequence(seed: int) -> None:
    step = table(seed, 3)
    found, value = decode(step, 3, width=9)
    best = max(log_probability(step, c) for c in itertools.product(range(3), repeat=3))
    assert value == best
    if found:
        assert log_probability(step, found) == value


@pytest.mark.property_of("pointer_decoding.decode", "P-greedy")
@pytest.mark.parametrize("seed", range(6))
def test_width_one_is_greedy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(-2, 3, size=(4, 5)).astype(float)
    found, value = decode(lambda prefix: scores[len(prefix)], 4)
    assert found == tuple(greedy_pointer(scores))
    assert value == sequence_log_probability(scores, np.array(found))


@pytest.mark.property_of("pointer_decoding.decode", "P-repeats")
def test_a_position_may_be_pointed_at_again() -> None:
    assert decode(lambda prefix: [0.0, 1.0], 3)[0] == (1, 1, 1)


def test_a_beam_that_dies_returns_nothing() -> None:
    assert decode(lambda prefix: [-math.inf] if prefix else [0.0], 2) == ((), -math.inf)
    assert decode(lambda prefix: [0.0], 0) == ((), 0.0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: decode(lambda prefix: [math.nan], 1), ValueError, "step: expected"),
        (lambda: decode(lambda prefix: [0.0], 1, 0), ValueError, "width: expected"),
        (lambda: sequence_log_probability([[0.0]], [1]), ValueError, "pointed: expected 0..0"),
        (lambda: sequence_log_probability([[0.0]], [0, 0]), ValueError, "pointed: expected shape"),
        (lambda: sequence_log_probability([[0.0]], [0.0]), TypeError, "pointed: expected int"),
    ],
)
def test_errors_name_the_argument(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
