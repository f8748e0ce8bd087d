"""Shrinking: smaller, still wrong, valid, deterministic, bounded."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from gd_attention.conformance.case import Case
from gd_attention.conformance.edits import EDITS, measure, places, simpler_at
from gd_attention.conformance.shrink import shrink
from gd_attention.conformance.verdict import Finding, Verdict

FINDING = Finding("GDA-select-index", Verdict.WRONG, "first")


def big() -> Case:
    """A batched case with every argument, odd numbers everywhere."""
    rng = np.random.default_rng(1)
    return Case(
        query=rng.normal(size=(2, 3, 4)),
        keys=rng.normal(size=(2, 6, 4)),
        values=rng.normal(size=(6, 2)),
        alpha=rng.uniform(0.1, 0.9, size=(2, 6)),
        beta=1.2345,
        threshold=rng.uniform(size=(2, 3, 6)),
        mask=rng.uniform(size=(3, 6)) < 0.8,
        fill=np.array([1.5, 2.5]),
    )


def shrunk(case, predicate, **limits):
    """The case shrunk while the predicate holds, with the cases that were judged."""
    seen = []

    def wrong(candidate):
        seen.append(candidate)
        return Finding(FINDING.clause, Verdict.WRONG, "later") if predicate(candidate) else None

    return (*shrink(case, FINDING, wrong, **limits), seen)


def test_a_fault_of_two_keys_shrinks_to_two_keys():
    """What has nothing to do with the fault goes, and the numbers become plain."""
    case, finding, seen = shrunk(big(), lambda c: c.keys.shape[-2] >= 2)
    assert case.arguments().keys() == {"query", "keys"}
    assert case.query.shape == (1, 1)
    assert case.keys.shape == (2, 1)
    assert set(case.query.ravel()) | set(case.keys.ravel()) == {0.0}
    assert finding.message == "later"
    assert len(seen) <= 400


def test_arguments_that_matter_stay():
    """A fault of threshold, mask and alpha per key keeps these, as small as they can be."""

    def wrong(c):
        return (
            c.mask is not None
            and not np.all(c.mask)
            and np.ndim(c.alpha) > 0
            and np.unique(c.alpha).size > 1
            and np.isscalar(c.threshold)
            and 0.0 < c.threshold < 1.0
        )

    case, _, _ = shrunk(replace(big(), threshold=0.123456), wrong)
    assert case.arguments().keys() == {"query", "keys", "alpha", "threshold", "mask"}
    assert case.keys.shape == (2, 1)
    assert case.alpha.shape == (2,)
    assert case.threshold == 0.1
    assert case.mask.sum() == case.mask.size - 1


def test_candidates_are_smaller_and_valid():
    """No candidate is larger, none lets a NaN through, alpha and beta stay in their domain."""
    start = big()
    keys = start.keys.copy()
    keys[:, 2] = np.nan
    mask = start.mask.copy()
    mask[:, 2] = False
    start = replace(start, keys=keys, mask=mask)
    _, _, seen = shrunk(start, lambda c: c.keys.shape[-2] >= 3 and np.isnan(c.keys).any())
    assert seen
    for case in seen:
        assert measure(case) < measure(start)
        hidden = ~np.isfinite(case.keys).all(-1)
        if hidden.any():
            mask = np.broadcast_to(case.mask, (*case.query.shape[:-1], case.keys.shape[-2]))
            assert not (mask & hidden[..., None, :]).any()
        assert np.all((np.asarray(case.alpha) > 0) & (np.asarray(case.alpha) < 1))
        assert 0.0 < case.beta < math.inf


def test_shrinking_is_deterministic():
    """The same candidates in the same order."""

    def wrong(c):
        return c.query.sum() + c.keys.sum() > 0.5

    first, _, seen = shrunk(big(), wrong)
    second, _, again = shrunk(big(), wrong)
    assert [measure(case) for case in seen] == [measure(case) for case in again]
    assert np.array_equal(first.keys, second.keys)


def test_the_budget_bounds_the_work():
    """At most so many candidates are judged; without any the case stays."""
    case, _, seen = shrunk(big(), lambda c: True, budget=7)
    assert len(seen) == 7
    assert measure(case) < measure(big())
    start = big()
    assert shrunk(start, lambda c: True, budget=0)[0] is start
    assert shrunk(start, lambda c: True, seconds=0.0)[0] is start


def test_bad_calls_are_left_alone():
    """A bad call may hold anything; it is not edited."""
    case = Case(query="text", keys=None, expects="TypeError")
    assert shrunk(case, lambda c: True)[0] is case


@pytest.mark.parametrize("edit", EDITS)
def test_edits_of_a_minimal_case_are_not_smaller(edit):
    """A case that is as small as can be has no smaller neighbour."""
    case = Case(query=np.zeros((1, 1)), keys=np.zeros((1, 1)))
    assert all(measure(candidate) >= measure(case) for candidate in edit(case))


def test_numbers_become_shorter():
    """A single number tries plain values and fewer digits."""
    case = Case(query=np.array([[0.123456789]]), keys=np.zeros((1, 1)), alpha=0.3333)
    found = [float(c.query[0, 0]) for c in simpler_at(case, "query", (0, 0))]
    assert found == [0.0, 1.0, -1.0, 2.0, 0.1, 0.12, 0.123, 0.12346]
    assert [c.alpha for c in simpler_at(case, "alpha", ())] == [0.5, 0.25, 0.75, 0.3, 0.33, 0.333]
    assert ("alpha", ()) in places(case)
    assert list(simpler_at(case, "mask", ())) == []
