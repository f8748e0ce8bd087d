"""Counts per clause, and the cases worth showing.

Clause: GDA-conf-report.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gd_attention.conformance.case import Case
from gd_attention.conformance.collect import RANK
from gd_attention.conformance.edits import measure
from gd_attention.conformance.requirements import CLAUSES
from gd_attention.conformance.verdict import Finding, Kind, Verdict

__all__ = ["ClauseTally", "Tally"]

_KINDS = tuple(Kind)


@dataclass
class ClauseTally:
    """What the cases said under one clause.

    Attributes
    ----------
    counts : dict of Verdict to int
        Cases per verdict.
    worst : Finding or None
        The worst finding so far that has something to say, and the case it came from.
    wrong : Finding or None
        The finding of the smallest WRONG case, with that case.
    """

    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    worst: Finding | None = None
    worst_case: Case | None = None
    wrong: Finding | None = None
    wrong_case: Case | None = None
    wrong_size: tuple[int, int, int] = (0, 0, 0)

    @property
    def decided(self) -> int:
        """Cases with an answer, right or wrong."""
        counts = self.counts
        return counts[Verdict.EXACT] + counts[Verdict.ADMISSIBLE] + counts[Verdict.WRONG]

    def add(self, case: Case, finding: Finding) -> None:
        """Count a finding and keep it if it is the worst, or the smallest WRONG one."""
        self.counts[finding.verdict] += 1
        if finding.verdict is Verdict.EXACT:
            return
        if self.worst is None or _severity(finding) > _severity(self.worst):
            self.worst, self.worst_case = finding, case
        if finding.verdict is Verdict.WRONG:
            size = measure(case)
            if self.wrong is None or size < self.wrong_size:
                self.wrong, self.wrong_case, self.wrong_size = finding, case, size


class Tally:
    """The tallies of all clauses of kind must.

    Attributes
    ----------
    clauses : dict of str to ClauseTally
    kinds : dict of Kind to int
        Cases by what their index had to decide.
    judged : int
        Cases counted, those outside the profile included.
    decided : int
        Cases with an answer, right or wrong: called, and nothing about them left undecided.
    """

    def __init__(self) -> None:
        self.clauses = {clause: ClauseTally() for clause in CLAUSES}
        self.kinds = dict.fromkeys(Kind, 0)
        self.judged = 0
        self.decided = 0

    def add(self, case: Case, findings: Iterable[Finding]) -> None:
        """Count the findings of a case; clauses that are not decided by calls are left out."""
        findings = list(findings)
        verdicts = {finding.verdict for finding in findings}
        self.judged += 1
        self.decided += Verdict.UNDECIDED not in verdicts and not verdicts <= {Verdict.SKIPPED}
        worst = -1
        for finding in findings:
            if finding.kind is not None:
                worst = max(worst, _KINDS.index(finding.kind))
            tally = self.clauses.get(finding.clause)
            if tally is not None:
                tally.add(case, finding)
        if worst >= 0:
            self.kinds[_KINDS[worst]] += 1


def _severity(finding: Finding) -> tuple[int, float]:
    # a skip says nothing about the target's answers, so an admissible one is shown before it
    rank = 0 if finding.verdict is Verdict.SKIPPED else RANK[finding.verdict]
    return rank, finding.severity
