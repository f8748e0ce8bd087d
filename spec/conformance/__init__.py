"""The oracle and everything that judges an implementation.

``verify`` is the entry; the rest are the words it speaks in. Nothing here imports the reference.
"""

from __future__ import annotations

from gd_attention.conformance.assertion import assert_conforms
from gd_attention.conformance.case import Case
from gd_attention.conformance.command import CommandTarget
from gd_attention.conformance.contract import Contract
from gd_attention.conformance.errors import HarnessError, ReportError, TargetFault, Undecided
from gd_attention.conformance.libraries import LIBRARIES, adapt
from gd_attention.conformance.report import ClauseReport, Counterexample, FamilyReport, Report
from gd_attention.conformance.requirements import Profile
from gd_attention.conformance.target import CAPABILITIES
from gd_attention.conformance.verdict import Finding, Kind, Verdict
from gd_attention.conformance.verify import Progress, verify

__all__ = [
    "CAPABILITIES",
    "LIBRARIES",
    "Case",
    "ClauseReport",
    "CommandTarget",
    "Contract",
    "Counterexample",
    "FamilyReport",
    "Finding",
    "HarnessError",
    "Kind",
    "Profile",
    "Progress",
    "Report",
    "ReportError",
    "TargetFault",
    "Undecided",
    "Verdict",
    "adapt",
    "assert_conforms",
    "verify",
]
