"""What a risk threshold says of its sample, and that the operator does what was certified."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gd_attention import gd_attention
from gd_attention.calibration import boundary, energy_levels, threshold_for_risk
from gd_attention.prior.guarantee import error_bound, sgr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

SCORES = st.sampled_from([0.0, 0.125, 0.25, 0.3, 0.5, 0.7, math.inf])
METHODS = st.sampled_from(["simultaneous", "sgr"])


def draw(data, most=60):
    m = data.draw(st.integers(1, most))
    level = data.draw(hnp.arrays(np.float64, m, elements=SCORES))
    wrong = data.draw(hnp.arrays(np.bool_, m, elements=st.sampled_from([False] * 5 + [True])))
    return level, wrong


@settings(max_examples=150)
@given(data=st.data(), target=st.sampled_from([0.1, 0.3, 0.6]), method=METHODS)
def test_the_certificate_speaks_of_what_is_accepted(data, target, method) -> None:
    level, wrong = draw(data)
    found = threshold_for_risk(level, wrong, target, 0.2, method=method)
    taken = level <= found.threshold
    assert found.accepted == taken.sum() and found.errors == wrong[taken].sum()
    assert found.coverage == taken.mean() and found.samples == len(level)
    if not found.certified:
        assert found.threshold == -math.inf and found.bound == 1.0 and math.isnan(found.risk)
    else:
        assert found.bound <= target and found.risk == wrong[taken].mean()
        # every threshold up to the next level accepts the same
        above = math.nextafter(found.next_level, 0.0)
        assert np.array_equal(level <= above, taken & (level < math.inf))
    order = data.draw(st.permutations(range(len(level))))
    again = threshold_for_risk(level[order], wrong[order], target, 0.2, method=method)
    assert (again.threshold, again.bound) == (found.threshold, found.bound)


@given(data=st.data(), target=st.sampled_from([0.1, 0.3, 0.6]), delta=st.sampled_from([0.05, 0.4]))
def test_no_larger_set_meets_the_boundary(data, target, delta) -> None:
    level, wrong = draw(data, 200)
    found = threshold_for_risk(level, wrong, target, delta)
    line = boundary(len(level), target, delta)
    sets = [(int((level <= t).sum()), int(wrong[level <= t].sum()), t)
            for t in sorted(set(level.tolist()) - {math.inf})]  # fmt: skip
    meeting = []
    for size, errors, t in sets:
        allowed, tested = (int(of(np.array([size]))[0]) for of in (line.allowed, line.tested))
        # the bound is rounded up: where it equals the target, as (0 of 1, 0.6, 0.4), it refuses
        if errors <= allowed and error_bound(errors, tested, line.level) <= target:
            meeting.append((size, t))
    assert found.certified == bool(meeting)
    if meeting:
        assert (found.accepted, found.threshold) == meeting[-1]
    fixed = [size for size, errors, _ in sets if error_bound(errors, size, delta) <= target]
    assert found.permitted == (fixed[-1] if fixed else 0) / len(level)
    assert found.accepted <= (fixed[-1] if fixed else 0)
    # the curve holds every set and its bounds
    assert found.curve.accepted.tolist() == [size for size, _, _ in sets]
    assert found.curve.pointwise.tolist() == [error_bound(e, s, delta) for s, e, _ in sets]


@given(data=st.data(), target=st.sampled_from([0.1, 0.3, 0.6]))
def test_the_bisection_is_that_of_the_prior_operator(data, target) -> None:
    level, wrong = draw(data)
    answered = level < math.inf
    found = threshold_for_risk(level, wrong, target, 0.2, method="sgr")
    if not answered.any():
        assert not found.certified
        return
    same = sgr(-level[answered], wrong[answered], target, 0.2)
    assert (found.certified, found.accepted, found.errors) == (
        same.certified,
        same.accepted,
        same.errors,
    )
    assert found.level == same.level and found.bound == same.bound


@pytest.mark.parametrize("alpha", ["shared", "per key"])
def test_the_operator_admits_exactly_what_was_certified(alpha: str) -> None:
    """A lattice: equal energies are common, and the floats next to them are tried as well."""
    rng = np.random.default_rng(3)
    keys = rng.integers(-3, 4, (30, 2)).astype(float)
    query = rng.integers(-4, 5, (700, 2)) + rng.choice([0.0, 0.25], (700, 2))
    weights = 0.5 if alpha == "shared" else rng.choice([0.5, 0.45, 0.4], 30)
    call = {"alpha": weights, "beta": 0.7}
    found = energy_levels(query, keys, **call)
    wrong = rng.random(700) < np.minimum(0.9, found.level)
    chosen = threshold_for_risk(found.level, wrong, 0.15, 0.05)
    assert chosen.certified and 0.1 < chosen.coverage < 1.0
    selects = gd_attention(query, keys, threshold=chosen.threshold, **call).index >= 0
    assert selects.sum() == chosen.accepted and wrong[selects].sum() == chosen.errors
    assert np.array_equal(selects, found.level <= chosen.threshold)
    # just below, a whole tie is gone; up to the next level nothing comes
    below = math.nextafter(chosen.threshold, 0.0)
    fewer = gd_attention(query, keys, threshold=below, **call).index >= 0
    assert np.array_equal(fewer, found.level < chosen.threshold)
    assert (found.level == chosen.threshold).sum() > 1
    above = math.nextafter(chosen.next_level, 0.0)
    same = gd_attention(query, keys, threshold=above, **call).index >= 0
    assert np.array_equal(same, selects)


def test_what_is_not_certified_abstains() -> None:
    found = threshold_for_risk(np.zeros(20), np.zeros(20, bool), 0.1, 0.05)
    assert not found.certified and "29 accepted without an error are needed" in found.limited_by
    assert gd_attention([[0.0]], [[0.0]], threshold=found.threshold).index[0] == -1
    enough = threshold_for_risk(np.zeros(29), np.zeros(29, bool), 0.1, 0.05)
    assert enough.certified and enough.coverage == 1.0 and enough.level == 0.05
    assert enough.limited_by.startswith("nothing")
    bad = threshold_for_risk(np.zeros(100), np.arange(100) < 40, 0.1, 0.05)
    assert not bad.certified and bad.limited_by.startswith("errors")


def test_a_tie_cannot_hide_its_errors() -> None:
    level = np.full(400, 0.5)
    for method in ("simultaneous", "sgr"):
        found = threshold_for_risk(level, np.arange(400) < 200, 0.3, 0.05, method=method)
        assert not found.certified


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([], np.zeros(0, bool), 0.1, 0.1), ValueError, "level: expected shape"),
        (([[0.5]], [[True]], 0.1, 0.1), ValueError, "level: expected shape"),
        (([0.5, -1.0], [True, False], 0.1, 0.1), ValueError, "level: expected numbers >= 0"),
        (([0.5, math.nan], [True, False], 0.1, 0.1), ValueError, "level: expected"),
        (([0.5], [1], 0.1, 0.1), TypeError, "wrong: expected dtype bool"),
        (([0.5], [True, False], 0.1, 0.1), ValueError, "wrong: expected shape"),
        (([0.5], [True], 1.0, 0.1), ValueError, "target: expected a number in"),
        (([0.5], [True], 0.1, 0.0), ValueError, "delta: expected a number in"),
        (([0.5], [True], 0.1, [0.1]), ValueError, "delta: expected a number in"),
    ],
)
def test_bad_arguments_are_named(arguments, error, message) -> None:
    with pytest.raises(error, match=message):
        threshold_for_risk(*arguments)


def test_the_method_is_one_of_two() -> None:
    with pytest.raises(ValueError, match="method: expected one of"):
        threshold_for_risk([0.5], [True], 0.1, 0.1, method="bonferroni")
