"""The boundary of the walk, against rationals."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from gd_attention.calibration import boundary
from gd_attention.calibration.walk import crossing_probability
from gd_attention.prior.guarantee import error_bound
from hypothesis import given, settings
from hypothesis import strategies as st

TARGETS = st.sampled_from([0.01, 0.1, 0.3, 0.5, 0.9])
DELTAS = st.sampled_from([0.001, 0.05, 0.2, 0.9])


def crossing(sizes, errors, target) -> Fraction:
    """P(S_j <= c_j for some tested j), step by step in rationals."""
    p, tested = Fraction(target), dict(zip(sizes, errors, strict=True))
    alive, crossed = {0: Fraction(1)}, Fraction(0)
    for j in range(1, max(sizes) + 1):
        after: dict[int, Fraction] = {}
        for count, weight in alive.items():
            after[count] = after.get(count, Fraction(0)) + weight * (1 - p)
            after[count + 1] = after.get(count + 1, Fraction(0)) + weight * p
        crossed += sum((w for c, w in after.items() if c <= tested.get(j, -1)), Fraction(0))
        alive = {c: w for c, w in after.items() if c > tested.get(j, -1)}
    return crossed


def tail(errors: int, size: int, target: float) -> Fraction:
    p = Fraction(target)
    return sum(
        (math.comb(size, k) * p**k * (1 - p) ** (size - k) for k in range(errors + 1)), Fraction(0)
    )


@settings(max_examples=40)
@given(samples=st.integers(1, 70), target=TARGETS, delta=DELTAS)
def test_the_boundary_is_crossed_with_probability_delta_at_most(samples, target, delta) -> None:
    line = boundary(samples, target, delta)
    if not line.sizes.size:
        # not even no error at all is few enough
        assert tail(0, samples, target) > Fraction(delta)
        return
    sizes, errors = line.sizes.tolist(), line.errors.tolist()
    exact = crossing(sizes, errors, target)
    assert exact <= Fraction(line.crossing) <= Fraction(delta)
    # the stated bound is no looser than what is derived for it, at these sizes below 2**-30
    assert Fraction(line.crossing) <= exact * (1 + Fraction(1, 2**30)) + Fraction(1, 2**80)
    assert sizes[-1] == samples and line.level <= delta
    # the next number of errors at any size would be above the level
    for size, most in zip(sizes, errors, strict=True):
        assert most < 0 or tail(most, size, target) <= Fraction(line.level) * (
            1 + Fraction(1, 2**30)
        )
        assert tail(most + 1, size, target) >= Fraction(line.level) * (1 - Fraction(1, 2**30))


@given(samples=st.integers(30, 120), target=st.sampled_from([0.1, 0.3]), delta=DELTAS)
@settings(max_examples=10)
def test_no_larger_level_would_do(samples, target, delta) -> None:
    """At the level of the next jump of any boundary the walk crosses too often, or it is delta."""
    line = boundary(samples, target, delta)
    if line.level == delta:
        return
    higher = [
        tail(int(c) + 1, int(j), target) for j, c in zip(line.sizes, line.errors, strict=True)
    ]
    least = min(higher)
    errors = line.errors + np.array([value == least for value in higher])
    assert crossing(line.sizes.tolist(), errors.tolist(), target) > Fraction(delta) * (
        1 - Fraction(1, 2**30)
    )


def test_a_known_crossing() -> None:
    # one test of all: the binomial tail; two tests by hand: 1/4 + P(S_2 >= 1, S_3 <= 1) = 1/4 + 1/4
    for sizes, most, expected in (([10], [2], 56 / 1024), ([2, 3], [0, 1], 0.5)):
        found = crossing_probability(np.array(sizes), np.array(most), 0.5)
        # raised by 16 eps ((n + 1) log(n + 2) + n log 4) + 2 n eps: by 1.6e-13 for n = 10
        assert expected <= found <= expected * (1.0 + 2.0**-42)


def test_large_samples_are_quick_and_tight() -> None:
    line = boundary(1_000_000, 0.05, 0.05)
    # a level an order of magnitude below delta, whatever the size: the union is computed
    assert 0.05 / 30 < line.level < 0.05 and len(line.sizes) < 400
    assert 0.049 < line.crossing <= 0.05


def test_sizes_between_tests_take_the_test_below() -> None:
    line = boundary(1000, 0.1, 0.1)
    sizes = np.arange(0, 1001)
    tested, allowed = line.tested(sizes), line.allowed(sizes)
    assert (tested <= sizes).all() and (np.diff(allowed) >= 0).all()
    assert (allowed[sizes < line.sizes[0]] == -1).all() and allowed[1000] == line.errors[-1]
    assert (tested[line.sizes] == line.sizes).all()
    # as a bound: what is allowed is what the Clopper-Pearson bound at the level allows
    for size in line.sizes[::7].tolist():
        most = int(line.allowed(np.array([size]))[0])
        assert most < 0 or error_bound(most, size, line.level) <= 0.1 * (1 + 2.0**-30)
        assert error_bound(most + 1, size, line.level) > 0.1 * (1 - 2.0**-30)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, 0.1, 0.1), ValueError, "samples: expected at least 1, got 0"),
        ((2.0, 0.1, 0.1), TypeError, "samples: expected an integer"),
        ((5, 0.0, 0.1), ValueError, "target: expected a number in"),
        ((5, 0.1, 1.0), ValueError, "delta: expected a number in"),
        ((5, 0.1, math.nan), ValueError, "delta: expected a number in"),
    ],
)
def test_bad_arguments_are_named(arguments, error, message) -> None:
    with pytest.raises(error, match=message):
        boundary(*arguments)
