"""Reports and counterexamples made by hand, for what no target of the tests shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from gd_attention.conformance import Counterexample, Report
from gd_attention.conformance.case import Case
from gd_attention.conformance.conclusion import conclude
from gd_attention.conformance.encoding import encode_array
from gd_attention.conformance.vectors import encode

CLAUSE = "GDA-select-index"


def example(case: Case, message: str = "made by hand", **returned: Any) -> Counterexample:
    """A counterexample of a case, with what the target returned."""
    named = replace(case, id="made", clauses=(CLAUSE,), flags=("counterexample",))
    arrays = {name: encode_array(np.asarray(value)) for name, value in returned.items()}
    return Counterexample(message, encode(named), named.snippet("mine:select"), arrays)


def concluded(report: Report, **changes: Any) -> Report:
    """The report with changes, and the verdict that follows from them."""
    changed = replace(report, **changes)
    verdict, reason = conclude(changed.clauses, judged=changed.judged, planned=changed.planned)
    return replace(changed, verdict=verdict, reason=reason)


def with_clause(report: Report, name: str, **changes: Any) -> Report:
    """The report with another count, or counterexample, of one clause."""
    clauses = tuple(
        replace(clause, **changes) if clause.id == name else clause for clause in report.clauses
    )
    return concluded(report, clauses=clauses)


def with_examples(report: Report, *examples: Counterexample) -> Report:
    """The report with these counterexamples, one for each of its first clauses."""
    clauses = list(report.clauses)
    for place, found in enumerate(examples):
        clauses[place] = replace(clauses[place], wrong=1, counterexample=found)
    return concluded(report, clauses=tuple(clauses))
