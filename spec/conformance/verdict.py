"""The words of a verdict.

Clause: GDA-conf-verdict, GDA-conf-three-way.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Kind", "Verdict"]


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


class Kind(StrEnum):
    """What the index of a case had to decide, from the plainest to the worst.

    PLAIN: the declared arithmetic can return one index only. TIE: several keys have the least
    energy exactly, and the least index counts. UNRESOLVABLE: the exact index is unique, but the
    declared arithmetic cannot tell it from another one, so that both are admissible. WRONG: the
    returned index is not admissible.
    """

    PLAIN = "plain"
    TIE = "exact tie"
    UNRESOLVABLE = "unresolvable at this precision"
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
    kind : Kind or None
        For a finding about an index, what it had to decide.
    """

    clause: str
    verdict: Verdict
    message: str = ""
    severity: float = 0.0
    kind: Kind | None = None
