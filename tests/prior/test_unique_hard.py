"""Masked unique-hard attention [18, 19]: exact ties, both sides, strict masks."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from gd_attention.prior.unique_hard import (
    exact_scores,
    position_mask,
    unique_hard_attention,
    unique_hard_index,
)
from hypothesis import given
from hypothesis import strategies as st

rows = st.lists(st.integers(-3, 3), min_size=1, max_size=7).map(lambda row: np.array(row) / 64)
random = st.randoms(use_true_random=False)
sides = st.sampled_from(["leftmost", "rightmost"])


def scan(row: Any, mask: Any, tie: str) -> int:
    """The definition: over the visible positions one after another."""
    best = -1
    for j in range(len(row)):
        if mask[j] and (
            best < 0 or row[j] > row[best] or (tie == "rightmost" and row[j] == row[best])
        ):
            best = j
    return best


@pytest.mark.property_of("unique_hard.unique_hard_index", "P-largest")
@pytest.mark.property_of("unique_hard.unique_hard_index", "P-leftmost")
@pytest.mark.property_of("unique_hard.unique_hard_index", "P-rightmost")
@pytest.mark.property_of("unique_hard.unique_hard_index", "P-none")
@given(rows, random, sides)
def test_the_index_is_the_scan(row: Any, source: Any, tie: Any) -> None:
    mask = np.array([source.random() < 0.6 for _ in row], dtype=bool)
    expected = scan(row, mask, tie)
    assert unique_hard_index(row, mask, tie=tie) == expected
    whole = (64 * row).astype(np.int64)
    assert unique_hard_index(whole, mask, tie=tie) == expected
    assert unique_hard_index(whole.astype(object), mask, tie=tie) == expected


@pytest.mark.property_of("unique_hard.unique_hard_index", "P-mirror")
@given(rows)
def test_rightmost_is_leftmost_reversed(row: Any) -> None:
    right = unique_hard_index(row, tie="rightmost")
    assert right == len(row) - 1 - unique_hard_index(row[::-1], tie="leftmost")


@pytest.mark.property_of("unique_hard.unique_hard_index", "P-monotone-invariant")
@given(rows, sides)
def test_an_increasing_map_keeps_the_index(row: Any, tie: Any) -> None:
    # exact on these dyadic values, and increasing
    mapped = row**3 + row / 4 + 5
    assert unique_hard_index(mapped, tie=tie) == unique_hard_index(row, tie=tie)


@pytest.mark.property_of("unique_hard.unique_hard_index", "P-none")
@pytest.mark.parametrize("tie", ["leftmost", "rightmost"])
def test_nothing_to_read(tie: Any) -> None:
    np.testing.assert_array_equal(unique_hard_index(np.zeros((2, 0)), tie=tie), [-1, -1])
    assert unique_hard_index([1.0, 2.0], [False, False], tie=tie) == -1


@pytest.mark.parametrize("tie", ["leftmost", "rightmost"])
def test_extreme_integers_and_booleans(tie: Any) -> None:
    least = np.iinfo(np.int64).min
    scores = np.array([least, least], dtype=np.int64)
    assert unique_hard_index(scores, [True, False], tie=tie) == 0
    assert unique_hard_index(np.array([False, True, False]), tie=tie) == 1


@pytest.mark.property_of("unique_hard.position_mask", "P-strict")
@pytest.mark.property_of("unique_hard.position_mask", "P-mirror")
@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_strict_masks(n: int) -> None:
    future, past = position_mask(n, "future"), position_mask(n, "past")
    assert future.tolist() == [[j < i for j in range(n)] for i in range(n)]
    np.testing.assert_array_equal(past, future[::-1, ::-1])
    assert not future.diagonal().any()
    assert not past.diagonal().any()
    assert position_mask(n, "none").all()


numbers = st.one_of(
    st.integers(-6, 6).map(lambda whole: whole / 10),
    st.floats(allow_nan=False, allow_infinity=False),
)


@pytest.mark.property_of("unique_hard.exact_scores", "P-exact")
@given(
    st.lists(numbers, min_size=3, max_size=3),
    st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=5),
)
def test_scores_order_as_rational_inner_products(query: Any, keys: Any) -> None:
    found = exact_scores([query], keys)[0]
    exact = [
        sum((Fraction(a) * Fraction(b) for a, b in zip(query, key, strict=True)), Fraction(0))
        for key in keys
    ]
    for i in range(len(keys)):
        for j in range(len(keys)):
            assert (found[i] < found[j]) == (exact[i] < exact[j])
            assert (found[i] == found[j]) == (exact[i] == exact[j])


@pytest.mark.property_of("unique_hard.exact_scores", "P-exact")
def test_a_tie_that_summation_in_floats_would_break() -> None:
    # all sums are 1; in floats only where 1 comes last, from either end
    keys = [[1e16, 1.0, -1e16], [1e16, -1e16, 1.0], [-1e16, 1e16, 1.0], [1.0, 1e16, -1e16]]
    keys.append([-1e16, 1.0, 1e16])
    assert len({sum(key) for key in keys}) > 1
    query, values = [[1.0, 1.0, 1.0]], [[1.0], [2.0], [3.0], [4.0], [5.0]]
    assert unique_hard_attention(query, keys, values, tie="leftmost") == 1
    assert unique_hard_attention(query, keys, values, tie="rightmost") == 5


def draw(seed: int) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    return (
        rng.integers(-1, 2, size=(2, 5, 2)) / 2,
        rng.integers(-1, 2, size=(2, 5, 2)) / 2,
        rng.normal(size=(2, 5, 3)),
    )


@pytest.mark.property_of("unique_hard.unique_hard_attention", "P-one-or-none")
@given(st.integers(0, 10**6), sides, st.sampled_from(["none", "future", "past"]))
def test_each_row_is_one_value_or_zero(seed: int, tie: Any, masking: Any) -> None:
    q, keys, values = draw(seed)
    visible = np.random.default_rng(seed).random((5, 5)) < 0.7
    out = unique_hard_attention(q, keys, values, tie=tie, masking=masking, mask=visible)
    allowed = visible & position_mask(5, masking)
    for b in range(2):
        for i in range(5):
            # these inner products are exact in floats
            at = scan(keys[b] @ q[b, i], allowed[i], tie)
            np.testing.assert_array_equal(out[b, i], values[b, at] if at >= 0 else np.zeros(3))


@pytest.mark.property_of("unique_hard.unique_hard_attention", "P-sides")
@given(st.permutations(range(6)))
def test_without_ties_the_sides_agree(order: Any) -> None:
    keys, values = np.array(order)[:, None], np.arange(6.0)[:, None]
    results = [
        unique_hard_attention([[1.0]], keys, values, tie=tie) for tie in ("leftmost", "rightmost")
    ]
    assert results[0] == results[1] == order.index(5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: unique_hard_index([1.0], tie="first"), "tie: expected 'leftmost'"),
        (lambda: unique_hard_index([np.nan], tie="leftmost"), "scores: expected finite"),
        (lambda: position_mask(2, "causal"), "masking: expected"),
        (lambda: exact_scores([[1.0]], [[1.0, 2.0]]), "keys: expected shape"),
        (
            lambda: unique_hard_attention([[1.0]], [[1.0]] * 2, [[1.0]], tie="leftmost"),
            "values: expected 2 rows",
        ),
        (
            lambda: unique_hard_attention(
                [[1.0]], [[1.0]] * 2, [[1.0]] * 2, tie="leftmost", masking="future"
            ),
            "masking: expected M = N",
        ),
    ],
)
def test_errors_name_the_argument(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
