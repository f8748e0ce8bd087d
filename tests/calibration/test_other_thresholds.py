"""Thresholds for a coverage and for a false-admission rate: what they say of their sample."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from gd_attention import gd_attention
from gd_attention.calibration import (
    conformal_p_value,
    energy_levels,
    threshold_for_coverage,
    threshold_for_false_admission,
)
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

SCORES = st.sampled_from([0.0, 0.125, 0.25, 0.3, 0.5, 0.7, math.inf])
SAMPLES = hnp.arrays(np.float64, st.integers(1, 40), elements=SCORES)


@given(level=SAMPLES, coverage=st.sampled_from([0.01, 0.2, 0.5, 0.8, 1.0]))
def test_the_coverage_is_reached_and_not_below(level, coverage) -> None:
    found = threshold_for_coverage(level, coverage)
    assert found.coverage == (level <= found.threshold).mean()
    assert found.below == (level < found.threshold).mean()
    assert found.tied == (level == found.threshold).sum()
    reachable = (level < math.inf).mean() >= coverage
    assert found.reached == reachable
    if reachable:
        assert found.below < coverage <= found.coverage and found.lower <= found.upper
    else:
        assert found.coverage == (level < math.inf).mean()
        assert "at no threshold" in found.limited_by


def test_a_share_means_the_number_that_it_prints_as() -> None:
    # the float 0.8 exceeds 4/5, and 0.8 of 1000 is 800
    found = threshold_for_coverage(np.arange(1000.0), 0.8)
    assert found.threshold == 799.0 and found.coverage == 0.8 and found.limited_by == "nothing"
    tied = threshold_for_coverage([0.0, 1.0, 1.0, 1.0], 0.5)
    assert (tied.coverage, tied.below) == (1.0, 0.25) and tied.limited_by.startswith("a tie of 3")
    coarse = threshold_for_coverage([0.0, 1.0, 2.0], 0.5)
    assert coarse.coverage == 2 / 3 and "multiples of 1/3" in coarse.limited_by


def test_the_limits_of_the_population_are_beta_quantiles() -> None:
    # Beta(1, 1) is uniform, Beta(1, n) has the tail (1 - x)^n
    one = threshold_for_coverage([0.3], 1.0, delta=0.1)
    # SciPy's inverse of the incomplete beta function is trusted to 2**-40 by the certificates
    assert [one.lower, one.upper] == pytest.approx([0.1, 0.9], rel=2.0**-40, abs=0.0)
    first = threshold_for_coverage(np.arange(5.0), 0.2, delta=0.1)
    quantiles = [1 - 0.9 ** (1 / 5), 1 - 0.1 ** (1 / 5)]
    assert [first.lower, first.upper] == pytest.approx(quantiles, rel=2.0**-40, abs=0.0)


@given(
    level=SAMPLES,
    rate=st.sampled_from([0.1, 0.25, 0.5, 0.9]),
    delta=st.sampled_from([None, 0.05, 0.4]),
)
def test_the_rank_is_the_largest_that_is_proved(level, rate, delta) -> None:
    found = threshold_for_false_admission(level, rate, delta=delta)
    size, p = len(level), Fraction(rate)

    def proved(rank: int) -> bool:
        if delta is None:
            return Fraction(rank, size + 1) <= p
        terms = (math.comb(size, j) * p**j * (1 - p) ** (size - j) for j in range(rank))
        return sum(terms, Fraction(0)) <= Fraction(delta)

    # the bound is raised by 2**-40: at no rate and delta here does the tail come as near
    ranks = [rank for rank in range(1, size + 1) if proved(rank)]
    assert found.rank == (ranks[-1] if ranks else 0) and found.certified == bool(ranks)
    assert found.admitted == (level <= found.threshold).sum()
    if ranks:
        at = np.sort(level)[found.rank - 1]
        assert found.threshold < at and math.nextafter(found.threshold, math.inf) == at
        assert found.bound <= rate and found.admitted < found.rank
        assert np.array_equal(conformal_p_value(level, level) <= found.rank / (size + 1),
                              level <= found.threshold)  # fmt: skip
    else:
        assert found.threshold == -math.inf and found.bound == 1.0
        assert "are needed" in found.limited_by


@pytest.mark.parametrize("delta", [None, 0.05])
def test_the_sample_that_is_asked_for_is_enough(delta: float | None) -> None:
    short = threshold_for_false_admission([1.0], 0.1, delta=delta)
    least = int(short.limited_by.split()[4])
    assert not threshold_for_false_admission(np.ones(least - 1), 0.1, delta=delta).certified
    assert threshold_for_false_admission(np.ones(least), 0.1, delta=delta).certified


def test_the_operator_admits_what_was_counted() -> None:
    rng = np.random.default_rng(4)
    keys = rng.integers(-3, 4, (30, 2)).astype(float)
    outside = rng.integers(-9, 10, (400, 2)) + rng.choice([0.0, 0.5], (400, 2))
    level = energy_levels(outside, keys, beta=0.3).level
    found = threshold_for_false_admission(level, 0.2, delta=0.05)
    selects = gd_attention(outside, keys, beta=0.3, threshold=found.threshold).index >= 0
    assert selects.sum() == found.admitted and 0 < found.admitted < 0.2 * 400
    tie = threshold_for_false_admission(np.zeros(50), 0.5)
    assert tie.certified and tie.admitted == 0 and tie.limited_by.startswith("a tie at rank 25")
    assert gd_attention([[0.0]], [[0.0]], threshold=tie.threshold).index[0] == -1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: threshold_for_coverage([0.1], 0.0), "coverage: expected a number in"),
        (lambda: threshold_for_coverage([0.1], 1.5), "coverage: expected a number in"),
        (lambda: threshold_for_coverage([], 0.5), "level: expected shape"),
        (lambda: threshold_for_coverage([0.1], 0.5, delta=0.0), "delta: expected"),
        (lambda: threshold_for_false_admission([0.1], 1.0), "rate: expected"),
        (lambda: threshold_for_false_admission([0.1], 0.1, delta=2.0), "delta: expected"),
        (lambda: conformal_p_value([-1.0], [0.1]), "level: expected numbers >= 0"),
        (lambda: conformal_p_value([1.0], []), "calibration: expected shape"),
    ],
)
def test_bad_arguments_are_named(call, message) -> None:
    with pytest.raises(ValueError, match=message):
        call()
