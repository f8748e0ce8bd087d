"""The bench a target is judged on: one case in, findings out.

Clauses: GDA-conf-verdict, GDA-call-pure, GDA-call-repeatable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from gd_attention.conformance.attempt import Attempt, attempt, disagreement
from gd_attention.conformance.case import Case
from gd_attention.conformance.contract import Contract
from gd_attention.conformance.errors import TargetGone, Undecided
from gd_attention.conformance.expectation import Expectation
from gd_attention.conformance.inputs import belongs, hand
from gd_attention.conformance.judge import (
    judge,
    judge_error,
    judge_exception,
    judge_skip,
    judge_undecided,
    judge_unfit,
)
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.requirements import Profile
from gd_attention.conformance.target import capabilities_of
from gd_attention.conformance.verdict import Finding, Verdict
from numpy.typing import NDArray

__all__ = ["Bench", "Judged"]

_REPEATABLE = "GDA-call-repeatable"

# Called between a call and its repetition when a single case is examined for repeatability.
_OTHER = Case(query=np.array([[0.5, -2.0]]), keys=np.array([[1.0, 1.0], [0.0, -2.0]]))


@dataclass(frozen=True)
class Judged:
    """A case with its findings.

    ``called`` is the first call with a copy of what it returned, None where the case was skipped;
    ``expectation`` is None where the oracle had nothing to say or could not.
    """

    case: Case
    findings: list[Finding]
    called: tuple[Attempt, dict[str, NDArray[Any]] | None] | None
    expectation: Expectation | None


@dataclass(frozen=True)
class Bench:
    """A target under a contract with a profile.

    ``solver`` replaces the oracle's `solve`; one that remembers serves many targets that are judged
    on the same cases.
    """

    target: Callable[..., Any]
    contract: Contract
    profile: Profile
    solver: Callable[[Case, Contract], Expectation] | None = None

    def first(self, case: Case, *, explain: bool = False) -> Judged:
        """Call the target once and judge what came."""
        case, foreign = hand(case, self.contract.inputs)
        if foreign:
            return Judged(case, judge_unfit(case, foreign), None, None)
        if not capabilities_of(case) <= self.profile.capabilities:
            return Judged(case, judge_skip(case, self.profile), None, None)
        # arrays that cannot hold the case
        unfit = getattr(self.target, "gda_unfit", None)
        if unfit is not None and (reason := unfit(case)):
            return Judged(case, judge_skip(case, self.profile, reason), None, None)
        outcome = attempt(self.target, case)
        if isinstance(outcome.error, TargetGone):
            # the failures before it were judged; this call was not made
            return Judged(case, judge_skip(case, self.profile, str(outcome.error)), None, None)
        kept = None if outcome.response is None else outcome.response.fingerprint()
        findings, expectation = self._findings(case, outcome, explain)
        findings.append(
            Finding("GDA-call-pure", Verdict.WRONG, outcome.modified)
            if outcome.modified
            else Finding("GDA-call-pure", Verdict.EXACT)
        )
        return Judged(case, findings, (outcome, kept), expectation)

    def again(self, judged: Judged) -> list[Finding]:
        """Repeat the call of a judged case and compare."""
        if judged.called is None:
            return []
        outcome, kept = judged.called
        message = disagreement(outcome, kept, attempt(self.target, judged.case))
        return [Finding(_REPEATABLE, Verdict.WRONG if message else Verdict.EXACT, message)]

    def wrong(self, case: Case, clause: str) -> Finding | None:
        """The WRONG finding of a case under one clause, None if it has none."""
        if not belongs(case, self.contract.inputs):
            return None
        judged = self.first(case)
        findings = judged.findings
        if clause == _REPEATABLE:
            attempt(self.target, _OTHER)
            findings = self.again(judged)
        for finding in findings:
            if finding.clause == clause and finding.verdict is Verdict.WRONG:
                return finding
        return None

    def explained(self, case: Case, finding: Finding) -> Finding:
        """A finding of the case once more, with a message that says if it is rounding or a bug."""
        for again in self.first(case, explain=True).findings:
            if (again.clause, again.verdict) == (finding.clause, finding.verdict):
                return again
        return finding

    def _findings(
        self, case: Case, outcome: Attempt, explain: bool
    ) -> tuple[list[Finding], Expectation | None]:
        if case.expects is not None:
            return judge_error(case, outcome.error, outcome.result), None
        try:
            expectation = (self.solver or solve)(case, self.contract)
        except Undecided as error:
            return judge_undecided(case, error), None
        if outcome.response is None:
            assert outcome.error is not None
            return judge_exception(case, outcome.error), expectation
        return judge(
            case, expectation, outcome.response, self.profile, explain=explain
        ), expectation
