"""The words of a verdict.

Clause: GDA-conf-verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Verdict"]


class Verdict(StrEnum):
    """What the oracle says about one case under one clause, from best to worst.

    EXACT: the exact answer; for real-valued fields the correctly rounded one. ADMISSIBLE: not
    exact, but inside what the declared contract allows. SKIPPED: outside the target's profile.
    UNDECIDED: the oracle could not decide at its precision cap. WRONG: anything else.
    """

    EXACT = "exact"
    ADMISSIBLE = "admissible"
    SKIPPED = "skipped"
    UNDECIDED = "undecided"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """A verdict under one clause.

    Attributes
    ----------
    clause : str
        Clause id.
    verdict : Verdict
    message : str
        What came and what was expected; empty for an exact answer.
    severity : float
        How far an admissible answer uses its allowance, in [0, 1]; dimensionless. It picks the
        worst case that a report shows.
    """

    clause: str
    verdict: Verdict
    message: str = ""
    severity: float = 0.0
