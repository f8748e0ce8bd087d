"""The oracle and everything that judges an implementation.

``verify`` is the entry; the rest are the words it speaks in. Nothing here imports the reference.
"""

from __future__ import annotations

from gd_attention.conformance.assertion import assert_conforms
from gd_attention.conformance.case import Case
from gd_attention.conformance.errors import HarnessError, ReportError, Undecided
from gd_attention.conformance.report import ClauseReport, Counterexample, FamilyReport, Report
from gd_attention.conformance.requirements import Profile
from gd_attention.conformance.target import CAPABILITIES
from gd_attention.conformance.verdict import Finding, Verdict
from gd_attention.conformance.verify import Progress, verify

__all__ = [
    "CAPABILITIES",
    "Case",
    "ClauseReport",
    "Counterexample",
    "FamilyReport",
    "Finding",
    "HarnessError",
    "Profile",
    "Progress",
    "Report",
    "ReportError",
    "Undecided",
    "Verdict",
    "assert_conforms",
    "verify",
]
