"""Monotonic attention [6]: energies and the hard process."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from gd_attention.prior.monotonic import (
    fires,
    hard_process,
    monotonic_energies,
    read_memory,
    selection_probabilities,
)
from hypothesis import given
from hypothesis import strategies as st

U = 2.0**-53

tables = st.integers(1, 4).flatmap(
    lambda steps: st.integers(0, 5).flatmap(
        lambda entries: st.lists(
            st.lists(st.booleans(), min_size=entries, max_size=entries),
            min_size=steps,
            max_size=steps,
        ).map(lambda rows: np.array(rows, dtype=bool).reshape(steps, entries))
    )
)


def arguments(seed: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    shapes = [(3, 2), (4, 3), (5, 2), (5, 3), (5,), (5,)]
    return tuple(rng.normal(size=shape) for shape in shapes)


@pytest.mark.property_of("monotonic.monotonic_energies", "P-bounded")
@pytest.mark.parametrize("seed", range(4))
def test_energies_are_bounded_about_the_offset(seed: int) -> None:
    *rest, v = arguments(seed)
    rest[0] = 1e3 * rest[0]
    e = monotonic_energies(*rest, v, gain=-3.0, offset=0.5)
    bound = 3 * np.abs(v).sum() / np.linalg.norm(v)
    # a product and sum of 5 terms, the norm of 5 terms, and the offset
    assert np.abs(e - 0.5).max() <= bound * (1 + 24 * U)
    assert bound <= 3 * math.sqrt(5) * (1 + 24 * U)


@pytest.mark.parametrize("seed", range(3))
def test_energies_are_the_formula(seed: int) -> None:
    s, h, ws, wh, b, v = arguments(seed)
    e = monotonic_energies(s, h, ws, wh, b, v, gain=2.0, offset=-1.0)
    for i in range(3):
        for j in range(4):
            inner = [math.fsum([*(ws[a] * s[i]), *(wh[a] * h[j]), b[a]]) for a in range(5)]
            terms = [v[a] / math.hypot(*v) * math.tanh(inner[a]) for a in range(5)]
            # 6 sums and products in each argument, tanh within 4 units, 5 + 5 in norm and product
            sizes = [1 + np.abs(ws[a] * s[i]).sum() + np.abs(wh[a] * h[j]).sum() for a in range(5)]
            bound = 64 * U * (1 + 2 * sum(sizes))
            assert abs(e[i, j] - (2 * math.fsum(terms) - 1)) <= bound


@pytest.mark.property_of("monotonic.monotonic_energies", "P-scale-of-v")
@pytest.mark.parametrize("scale", [2.0**-900, 2.0**-1, 2.0**900])
def test_the_length_of_v_does_not_matter(scale: float) -> None:
    *rest, v = arguments(1)
    # powers of two are exact, and drop out at the division by the largest entry
    np.testing.assert_array_equal(
        monotonic_energies(*rest, v * scale), monotonic_energies(*rest, v)
    )


@pytest.mark.property_of("monotonic.selection_probabilities", "P-absolute")
@given(st.lists(st.integers(-256, 256), min_size=1, max_size=6), st.integers(0, 5))
def test_a_probability_depends_on_its_own_energy_alone(row: Any, at: int) -> None:
    e = np.array([row]) / 64
    at %= len(row)
    other = np.full_like(e, 3.0)
    other[0, at] = e[0, at]
    p = selection_probabilities(e)[0, at]
    assert selection_probabilities(other)[0, at] == p
    assert selection_probabilities(e[:, at : at + 1])[0, 0] == p
    # exp within 4 units, a sum and a quotient, in both
    assert p == pytest.approx(1 / (1 + math.exp(-e[0, at])), rel=24 * U, abs=0.0)


def test_masked_and_infinite_energies() -> None:
    np.testing.assert_array_equal(
        selection_probabilities([[np.inf, -np.inf, 0.0, 9.0]], [[True, True, True, False]]),
        [[1, 0, 0.5, 0]],
    )


@pytest.mark.property_of("monotonic.fires", "P-strict")
def test_a_probability_of_one_half_does_not_fire() -> None:
    tiny = math.ulp(0.0)
    np.testing.assert_array_equal(
        fires([[0.0, -0.0, tiny, -tiny, np.inf, 1.0]], [[True] * 5 + [False]]),
        [[False, False, True, False, True, False]],
    )


@pytest.mark.property_of("monotonic.fires", "P-absolute")
def test_a_shift_turns_selection_into_none() -> None:
    e = np.array([[1.0, 5.0, -2.0]])
    np.testing.assert_array_equal(hard_process(fires(e)), [0])
    np.testing.assert_array_equal(hard_process(fires(e - 12)), [-1])
    # a single bad candidate is rejected, not accepted for lack of others
    np.testing.assert_array_equal(hard_process(fires([[-7.0]])), [-1])


@pytest.mark.property_of("monotonic.hard_process", "P-first-hit")
@pytest.mark.property_of("monotonic.hard_process", "P-absorbing")
@given(tables, st.integers(0, 5))
def test_the_process_is_the_scan(hits: Any, start: int) -> None:
    steps, entries = hits.shape
    start = min(start, entries)
    expected, last = [], start
    for i in range(steps):
        while last < entries and not hits[i, last]:
            last += 1
        expected.append(last if last < entries else -1)
    np.testing.assert_array_equal(hard_process(hits, start), expected)
    np.testing.assert_array_equal(hard_process(np.stack([hits, hits]), start)[1], expected)


@pytest.mark.property_of("monotonic.hard_process", "P-monotone")
@pytest.mark.property_of("monotonic.hard_process", "P-absorbing")
@given(tables)
def test_indices_never_decrease_until_none_which_stays(hits: Any) -> None:
    index = hard_process(hits).tolist()
    found = [t for t in index if t >= 0]
    assert found == sorted(found)
    assert index == found + [-1] * (len(index) - len(found))


@pytest.mark.property_of("monotonic.hard_process", "P-not-best")
@given(tables)
def test_what_lies_behind_the_hit_is_not_looked_at(hits: Any) -> None:
    index = hard_process(hits)
    for i, t in enumerate(index):
        if t >= 0:
            changed = hits.copy()
            changed[i, t + 1 :] = ~changed[i, t + 1 :]
            np.testing.assert_array_equal(hard_process(changed)[: i + 1], index[: i + 1])


def test_an_entry_may_be_read_twice_and_failure_does_not_restart() -> None:
    hits = np.array([[0, 1, 0], [0, 1, 1], [0, 0, 0], [1, 1, 1]], dtype=bool)
    np.testing.assert_array_equal(hard_process(hits), [1, 1, -1, -1])


@pytest.mark.property_of("monotonic.read_memory", "P-none-is-zero")
@given(st.lists(st.integers(-1, 3), min_size=1, max_size=6))
def test_reading_none_gives_zero(index: Any) -> None:
    memory = np.arange(1.0, 13.0).reshape(4, 3)
    expected = [memory[t] if t >= 0 else np.zeros(3) for t in index]
    np.testing.assert_array_equal(read_memory(index, memory), expected)
    two = np.stack([memory, -memory])
    np.testing.assert_array_equal(read_memory(index, two)[1], [-row for row in expected])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: hard_process([[1, 0]]), TypeError, "hits: expected bool"),
        (lambda: hard_process([True]), ValueError, "hits: expected shape"),
        (lambda: hard_process([[True]], 2), ValueError, "start: expected an index in 0..1"),
        (lambda: read_memory([3], [[1.0]]), ValueError, "index: expected -1..0"),
        (lambda: read_memory([0.0], [[1.0]]), TypeError, "index: expected integers"),
        (lambda: fires([[math.nan]]), ValueError, "energies: expected no NaN"),
        (
            lambda: monotonic_energies([[1.0]], [[1.0]], [[1.0]], [[1.0]], [0.0], [0.0]),
            ValueError,
            "v: expected a vector other than zero",
        ),
        (
            lambda: monotonic_energies([[1.0]], [[1.0]], [[1.0, 1.0]], [[1.0]], [0.0], [1.0]),
            ValueError,
            "w_states: expected",
        ),
    ],
)
def test_errors_name_the_argument(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
