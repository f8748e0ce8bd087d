"""Counts per clause, the worst case and the smallest counterexample."""

from __future__ import annotations

import numpy as np
import pytest
from gd_attention.conformance.case import Case
from gd_attention.conformance.tally import Tally
from gd_attention.conformance.verdict import Finding, Verdict

CLAUSE = "GDA-energy-value"


def case(keys: int) -> Case:
    """A case with so many keys."""
    return Case(query=np.zeros((1, 2)), keys=np.zeros((keys, 2)))


def finding(verdict: Verdict, message: str, severity: float = 0.0) -> Finding:
    """A finding under the clause of these tests."""
    return Finding(CLAUSE, verdict, message, severity)


@pytest.mark.clause("GDA-conf-report")
def test_the_worst_is_shown_and_the_smallest_kept():
    """WRONG before UNDECIDED before the most severe ADMISSIBLE before SKIPPED; smallest WRONG."""
    tally = Tally()
    steps = [
        (case(1), finding(Verdict.EXACT, ""), None),
        (case(1), finding(Verdict.SKIPPED, "skip"), "skip"),
        (case(1), finding(Verdict.ADMISSIBLE, "half", 0.5), "half"),
        (case(1), finding(Verdict.ADMISSIBLE, "most", 0.9), "most"),
        (case(1), finding(Verdict.ADMISSIBLE, "less", 0.1), "most"),
        (case(1), finding(Verdict.UNDECIDED, "open"), "open"),
        (case(5), finding(Verdict.WRONG, "large"), "large"),
        (case(3), finding(Verdict.WRONG, "small"), "large"),
        (case(4), finding(Verdict.WRONG, "medium"), "large"),
    ]
    kept = tally.clauses[CLAUSE]
    for one, found, worst in steps:
        tally.add(one, [found])
        assert (kept.worst.message if kept.worst else None) == worst
    assert kept.counts == {
        Verdict.EXACT: 1,
        Verdict.SKIPPED: 1,
        Verdict.ADMISSIBLE: 3,
        Verdict.UNDECIDED: 1,
        Verdict.WRONG: 3,
    }
    assert kept.decided == 7
    assert kept.wrong is not None and kept.wrong.message == "small"
    assert kept.wrong_case is steps[7][0]


@pytest.mark.clause("GDA-conf-report")
def test_clauses_that_calls_do_not_decide_are_left_out():
    """A finding under a definition or an unknown clause is not counted."""
    tally = Tally()
    tally.add(case(1), [Finding("GDA-erratum-bisection", Verdict.WRONG, "no")])
    assert "GDA-erratum-bisection" not in tally.clauses
    assert all(kept.decided == 0 for kept in tally.clauses.values())
