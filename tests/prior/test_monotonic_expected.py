"""The expected alignment of monotonic attention [6], against exact enumeration of all tosses."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from gd_attention.prior.monotonic import hard_process
from gd_attention.prior.monotonic_expected import expected_alignment, expected_alignment_parallel
from hypothesis import given
from hypothesis import strategies as st

U = 2.0**-53

# probabilities in eighths, 0 and 1 among them: floats that are exact, and so are 1 - p
tables = st.sampled_from([(1, 1), (1, 4), (2, 2), (2, 3), (3, 2), (2, 4), (4, 2)]).flatmap(
    lambda shape: st.lists(
        st.integers(0, 8), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]
    ).map(lambda flat: np.array(flat).reshape(shape) / 8)
)


def recurrence_error(steps: int, entries: int) -> float:
    """Relative: 1 - p, a product and a sum per entry, a product per step; nothing cancels."""
    return (3 * entries + 1) * steps * U * 1.1


def parallel_error(steps: int, entries: int) -> float:
    """Relative: twice 1 - p and a product per entry (c above and below), a sum, 3 more a step."""
    return (5 * entries + 3) * steps * U * 1.1


def outcomes(p: Any) -> Any:
    """Every table of tosses, and its exact probability."""
    for tosses in itertools.product([False, True], repeat=p.size):
        hits = np.array(tosses).reshape(p.shape)
        weights = [
            Fraction(q) if hit else 1 - Fraction(q) for q, hit in zip(p.flat, tosses, strict=True)
        ]
        yield hits, math.prod(weights, start=Fraction(1))


def enumerated(p: Any, process: Any = hard_process, start: int = 0) -> Any:
    result = np.full(p.shape, Fraction(0), dtype=object)
    for hits, probability in outcomes(p):
        if probability:
            for i, t in enumerate(process(hits, start)):
                if t >= 0:
                    result[i, t] += probability
    return result


@pytest.mark.property_of("monotonic_expected.expected_alignment", "P-expectation")
@given(tables, st.integers(0, 3))
def test_the_recurrence_is_the_expectation_of_the_process(p: Any, start: int) -> None:
    start %= p.shape[1]
    initial = np.eye(p.shape[1])[start]
    found, exact = expected_alignment(p, initial), enumerated(p, start=start)
    for value, wanted in zip(found.flat, exact.flat, strict=True):
        assert abs(Fraction(float(value)) - wanted) <= recurrence_error(*p.shape) * wanted


def test_other_conventions_after_a_failure_are_not_the_expectation() -> None:
    p = np.array([[0.25, 0.5], [0.5, 0.25], [0.75, 0.5]])

    def keeps_the_last(hits: Any, start: int) -> list[int]:
        result, last = [], start
        for row in hits:
            later = [j for j in range(last, len(row)) if row[j]]
            result.append(later[0] if later else -1)
            last = later[0] if later else last
        return result

    def stays_at_the_end(hits: Any, start: int) -> list[int]:
        result, last = [], start
        for row in hits:
            later = [j for j in range(last, len(row)) if row[j]]
            last = later[0] if later else len(row) - 1
            result.append(last if later else -1)
        return result

    found = expected_alignment(p)
    for other in (keeps_the_last, stays_at_the_end):
        difference = np.abs(found - enumerated(p, other).astype(float)).max()
        # the exact tables differ by this much: no rounding
        assert difference > 0.05


@pytest.mark.property_of("monotonic_expected.expected_alignment", "P-sub-probability")
@given(tables)
def test_mass_only_leaves(p: Any) -> None:
    sums = expected_alignment(p).sum(axis=1)
    slack = recurrence_error(*p.shape) + p.shape[1] * U
    previous = 1.0
    for total in sums:
        assert 0 <= total <= previous * (1 + slack)
        previous = total


@pytest.mark.property_of("monotonic_expected.expected_alignment", "P-hard-limit")
@given(tables)
def test_certain_tosses_give_the_hard_process(p: Any) -> None:
    hits = p > 0.5
    index = hard_process(hits)
    expected = (index[:, None] == np.arange(p.shape[1])).astype(float)
    np.testing.assert_array_equal(expected_alignment(hits.astype(float)), expected)


@pytest.mark.property_of("monotonic_expected.expected_alignment", "P-monotone-support")
@given(tables)
def test_no_step_reads_before_the_last(p: Any) -> None:
    rows = expected_alignment(p)
    for before, after in itertools.pairwise(rows):
        support = np.flatnonzero(before)
        first = support[0] if support.size else len(before)
        assert not after[:first].any()


@pytest.mark.property_of("monotonic_expected.expected_alignment", "P-prefix")
@given(tables, st.integers(0, 3))
def test_later_probabilities_do_not_matter(p: Any, at: int) -> None:
    at %= p.shape[1]
    changed = p.copy()
    changed[:, at + 1 :] = 1 - changed[:, at + 1 :]
    found, other = expected_alignment(p), expected_alignment(changed)
    np.testing.assert_array_equal(other[:, : at + 1], found[:, : at + 1])


@pytest.mark.property_of("monotonic_expected.expected_alignment", "P-geometric")
@given(tables)
def test_the_first_step_is_geometric(p: Any) -> None:
    first = expected_alignment(p)[0]
    for j, value in enumerate(first):
        exact = Fraction(p[0, j]) * math.prod(
            (1 - Fraction(q) for q in p[0, :j]), start=Fraction(1)
        )
        assert abs(Fraction(float(value)) - exact) <= recurrence_error(1, p.shape[1]) * exact


def test_known_answer_where_a_clipped_parallel_form_returns_zeros() -> None:
    found = expected_alignment([[1.0, 0.3, 0.5]], [0.0, 1.0, 0.0])
    # 0.3, then 0.7 / 2: 1 - p rounds once, and so does each product
    np.testing.assert_allclose(found, [[0.0, 0.3, 0.35]], rtol=4 * U, atol=0)


def test_memory_of_no_entries_and_masked_rows() -> None:
    assert expected_alignment(np.zeros((2, 0))).shape == (2, 0)
    assert expected_alignment_parallel(np.zeros((2, 0))).shape == (2, 0)
    np.testing.assert_array_equal(expected_alignment(np.zeros((2, 3))), np.zeros((2, 3)))
    np.testing.assert_array_equal(expected_alignment_parallel(np.zeros((2, 3))), np.zeros((2, 3)))


@pytest.mark.property_of("monotonic_expected.expected_alignment_parallel", "P-parallel")
@given(st.integers(0, 10**6), st.integers(1, 40))
def test_the_parallel_form_equals_the_recurrence(seed: int, entries: int) -> None:
    rng = np.random.default_rng(seed)
    p = rng.random((2, 3, entries)) * 0.999
    initial = rng.dirichlet(np.ones(entries)) * (1 - 2.0**-40)
    bound = recurrence_error(3, entries) + parallel_error(3, entries)
    np.testing.assert_allclose(
        expected_alignment_parallel(p, initial), expected_alignment(p, initial), rtol=bound, atol=0
    )


@pytest.mark.property_of("monotonic_expected.expected_alignment_parallel", "P-parallel")
def test_the_parallel_form_holds_where_clipping_loses_everything() -> None:
    p, initial = np.full((1, 200), 0.5), np.eye(200)[100]
    expected = np.concatenate([np.zeros(100), 0.5 ** np.arange(1, 101)])
    # powers of two throughout: exact
    np.testing.assert_array_equal(expected_alignment_parallel(p, initial)[0], expected)
    np.testing.assert_array_equal(expected_alignment(p, initial)[0], expected)


@pytest.mark.property_of("monotonic_expected.expected_alignment_parallel", "P-refuses")
@pytest.mark.parametrize(
    "p", [[[1.0, 0.3, 0.5]], np.full((1, 1100), 0.5)], ids=["one", "underflow"]
)
def test_the_parallel_form_refuses_a_vanished_product(p: Any) -> None:
    initial = np.eye(len(p[0]))[-1]
    with pytest.raises(ValueError, match="probabilities: expected exclusive products"):
        expected_alignment_parallel(p, initial)
    assert expected_alignment(p, initial)[0, -1] == 0.5


def test_the_last_probability_may_be_one() -> None:
    # no product that is divided by holds it
    np.testing.assert_array_equal(expected_alignment_parallel([[0.5, 1.0]]), [[0.5, 0.5]])


@pytest.mark.parametrize("form", [expected_alignment, expected_alignment_parallel])
@pytest.mark.parametrize(
    ("p", "initial", "message"),
    [
        ([[1.5]], None, "probabilities: expected values in"),
        ([[math.nan]], None, "probabilities: expected finite"),
        ([0.5], None, "probabilities: expected shape"),
        ([[0.5]], [0.5, 0.5], "initial: expected shape"),
        ([[0.5, 0.5]], [-0.5, 0.5], "initial: expected values of at least 0"),
        ([[0.5, 0.5]], [0.75, 0.5], "initial: expected a sum of at most 1"),
    ],
)
def test_errors_name_the_argument(form: Any, p: Any, initial: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        form(p, initial)
