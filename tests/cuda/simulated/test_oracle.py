"""The oracle judges the kernels, as exact."""

from __future__ import annotations

from gd_attention.conformance import verify
from small import attend

# Generated cases, beside all vectors and a part of Iris.
CASES = 120


def test_the_oracle_finds_nothing_wrong() -> None:
    """All vectors, a fifth of Iris, six cases of every family; each call made twice."""
    report = verify(attend, contract="exact", capabilities=("all",), depth="quick", cases=CASES)
    wrong = {clause.id: clause.worst for clause in report.clauses if clause.wrong}
    assert wrong == {}
    assert sum(clause.undecided for clause in report.clauses) == 0
    assert report.verdict == "conforms"
    assert report.judged == report.planned >= 600
