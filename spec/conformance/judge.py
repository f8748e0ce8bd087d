"""What one response says about each clause.

The judge compares a response with the oracle's expectation and attributes every difference to
clauses. It computes nothing of the operator itself: every number it compares with comes from the
expectation.

Clause: GDA-conf-verdict.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gd_attention.conformance.case import Case
from gd_attention.conformance.collect import Collector, deferred
from gd_attention.conformance.errors import TargetFault, Undecided
from gd_attention.conformance.expectation import Expectation
from gd_attention.conformance.requirements import MAIN, MISSING, Profile
from gd_attention.conformance.rows import Rows, is_batched
from gd_attention.conformance.target import FIELDS, Response, capabilities_of
from gd_attention.conformance.verdict import Finding, Verdict

__all__ = [
    "judge",
    "judge_error",
    "judge_exception",
    "judge_skip",
    "judge_undecided",
    "judge_unfit",
]


def judge(
    case: Case,
    expectation: Expectation,
    response: Response,
    profile: Profile,
    *,
    explain: bool = False,
) -> list[Finding]:
    """The findings of a valid call: one per clause that the case touches.

    Parameters
    ----------
    case : Case
        The call; its arrays are as they were before the call.
    expectation : Expectation
        The oracle's answer to the case under the contract of the run.
    response : Response
        What the target returned.
    profile : Profile
        Fields of the profile that are missing from the response are WRONG.
    explain : bool
        Whether messages say if it is rounding or a bug; that takes further certificates.
    """
    findings = Collector()
    findings.note(profile.silent, Verdict.SKIPPED)
    if not _shapes_agree(case, expectation, response, profile, findings):
        return findings.findings()
    _dtypes(case, expectation, response, profile, findings)
    Rows(case, expectation, response, profile, findings, explain=explain).judge()
    return findings.findings()


def judge_exception(case: Case, error: BaseException) -> list[Finding]:
    """The findings of a valid call inside the profile that raised, or returned no index."""
    findings = Collector()
    message = f"expected a result, {_raised(error)}"
    findings.note(("GDA-select-index", *case.clauses), Verdict.WRONG, deferred(message))
    return findings.findings()


def judge_error(case: Case, error: BaseException | None, result: Any = None) -> list[Finding]:
    """The findings of a bad call: it must raise the exception that the case expects."""
    findings = Collector()
    clauses = case.clauses or ("GDA-input-domain",)
    expected: type[Exception] = {"ValueError": ValueError, "TypeError": TypeError}[
        case.expects or "ValueError"
    ]
    if isinstance(error, expected):
        findings.note(clauses, Verdict.EXACT)
    else:
        about = f" naming {case.argument}" if case.argument else ""
        came = f"the call returned a {type(result).__name__}" if error is None else _raised(error)
        message = f"expected {expected.__name__}{about}, {came}"
        findings.note(clauses, Verdict.WRONG, deferred(message))
    return findings.findings()


def judge_skip(case: Case, profile: Profile, reason: str = "") -> list[Finding]:
    """The findings of a case outside the profile: SKIPPED under the clauses it would touch.

    A case inside it may be skipped for a reason that lies in the harness.
    """
    findings = Collector()
    missing = sorted(capabilities_of(case) - profile.capabilities)
    message = reason or "outside the profile: " + ", ".join(missing)
    clauses = [clause for name in missing for clause in MISSING[name]]
    if case.expects is None:
        clauses.append("GDA-select-index")
    findings.note([*clauses, *case.clauses], Verdict.SKIPPED, deferred(message))
    return findings.findings()


def judge_unfit(case: Case, reason: str) -> list[Finding]:
    """The findings of a case with numbers that the contract's dtype does not hold: SKIPPED."""
    findings = Collector()
    findings.note(("GDA-select-index", *case.clauses), Verdict.SKIPPED, deferred(reason))
    return findings.findings()


def _raised(error: BaseException) -> str:
    """What a call did instead of returning: a fault of its process is no exception of the call."""
    if isinstance(error, TargetFault):
        return str(error)
    return f"the call raised {type(error).__name__}: {error}"


def judge_undecided(case: Case, error: Undecided) -> list[Finding]:
    """The findings of a case that the oracle could not decide as a whole."""
    findings = Collector()
    message = str(error)
    findings.note(("GDA-select-index", *case.clauses), Verdict.UNDECIDED, deferred(message))
    return findings.findings()


def _shapes_agree(
    case: Case,
    expectation: Expectation,
    response: Response,
    profile: Profile,
    findings: Collector,
) -> bool:
    shape = expectation.shape
    shapes = {
        "index": shape,
        "output": (*shape, expectation.width),
        "energy": shape,
        "coordinate": shape,
        "alignment_point": (*shape, expectation.dimension),
        "unique": shape,
    }
    batch = ("GDA-batch-broadcast",) if is_batched(case) else ()
    agree = True
    for name in FIELDS:
        if name not in profile.fields:
            continue
        got = response.get(name)
        if got is not None and got.shape == shapes[name]:
            findings.note(batch, Verdict.EXACT)
            continue
        agree = False
        came = "nothing" if got is None else f"shape {got.shape}"
        message = f"{name}: expected shape {shapes[name]}, got {came}"
        findings.note((MAIN[name], *batch), Verdict.WRONG, deferred(message))
    return agree


def _dtypes(
    case: Case, expectation: Expectation, response: Response, profile: Profile, findings: Collector
) -> None:
    findings.note(("GDA-output-dtype",), Verdict.EXACT)
    values = np.asarray(case.keys if case.values is None else case.values).dtype
    real = expectation.real_dtypes
    copied: tuple[str, ...] = (values.newbyteorder("=").name,)
    if copied[0] in real:
        # a copied row is the same numbers in any format at least as wide
        copied = real
    expected = {
        "output": copied,
        "energy": real,
        "coordinate": real,
        "alignment_point": real,
        "unique": ("bool",),
    }
    for name, dtypes in expected.items():
        got = response.get(name)
        if got is None or name not in profile.fields or got.dtype.newbyteorder("=").name in dtypes:
            continue
        message = f"{name}: expected dtype {' or '.join(dtypes)}, got {got.dtype}"
        findings.note(("GDA-output-dtype",), Verdict.WRONG, deferred(message))
