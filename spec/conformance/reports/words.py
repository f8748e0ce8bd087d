"""The sentences that every form of a report shares.

Clause: GDA-conf-report.
"""

from __future__ import annotations

from gd_attention import spec
from gd_attention.conformance.report import ClauseReport, Counterexample, Report
from gd_attention.conformance.requirements import CLAUSES, TELLING, Profile

__all__ = [
    "clause_line",
    "counterexamples",
    "headline",
    "outside",
    "short_digest",
    "statement",
    "verdict_line",
]

_MARK = "import numpy"


def headline(report: Report) -> str:
    """One word for the whole run: conforms, fails, undecided or incomplete."""
    if report.verdict == "fails" or report.complete:
        return report.verdict
    return "incomplete"


def verdict_line(report: Report) -> str:
    """The verdict, what it is about, and why, in one line."""
    depth = "" if report.depth == "default" else f"{report.depth} run, "
    return (
        f"{report.verdict}: {report.target} under {report.contract}, {depth}{report.cases} cases, "
        f"{report.elapsed:.1f} s: {report.reason}"
    )


def short_digest(report: Report) -> str:
    """The first digits of the digest of the vectors."""
    return report.corpus_digest[:8]


def statement(clause: str) -> str:
    """What the registry says of a clause; empty for an id that this version does not know."""
    known = spec.clauses().get(clause)
    return "" if known is None else known.statement


def outside(clause: str, profile: Profile) -> str:
    """Why a clause does not apply to a target of that profile."""
    need = CLAUSES.get(clause)
    lacking = []
    if need is not None:
        if need.fields and not need.fields & profile.fields:
            lacking.append(_any("field", need.fields))
        lacking += [f"the capability {name}" for name in sorted(need.needs - profile.capabilities)]
        if need.one_of and not need.one_of & profile.capabilities:
            lacking.append(_any("capability", need.one_of))
    if not lacking:
        return "outside the profile"
    return f"outside the profile: the target lacks {', '.join(lacking)}"


def clause_line(clause: ClauseReport, report: Report) -> str:
    """What the run says about one clause, in one sentence or two."""
    if clause.counterexample is not None:
        return clause.counterexample.message
    if clause.status == "skipped":
        return outside(clause.id, report.profile)
    if clause.status == "silent":
        return "no case was decided, though the profile covers the clause"
    return clause.worst


def counterexamples(report: Report) -> list[tuple[list[ClauseReport], Counterexample]]:
    """The counterexamples, the most telling clause first.

    One call that serves several clauses comes once, with all of them.
    """
    order = {clause: place for place, clause in enumerate(TELLING)}
    calls: dict[str, list[ClauseReport]] = {}
    for clause in sorted(report.clauses, key=lambda item: order.get(item.id, len(order))):
        if clause.counterexample is not None:
            call = clause.counterexample.snippet.partition(_MARK)[2]
            calls.setdefault(call, []).append(clause)
    return [(found, found[0].counterexample) for found in calls.values() if found[0].counterexample]


def _any(kind: str, names: frozenset[str]) -> str:
    listed = sorted(names)
    if len(listed) == 1:
        return f"the {kind} {listed[0]}"
    plural = {"field": "fields", "capability": "capabilities"}[kind]
    return f"all of the {plural} {', '.join(listed)}"
