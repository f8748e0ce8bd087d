"""From the counts of a run to its verdict.

Clause: GDA-conf-report.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gd_attention.conformance.requirements import ALWAYS

__all__ = ["Counted", "Status", "conclude", "status"]

# passed, wrong, undecided, silent (due, but no case decided it), skipped (outside the profile)
Status = str


class Counted(Protocol):
    """The counts of one clause."""

    @property
    def id(self) -> str: ...

    @property
    def wrong(self) -> int: ...

    @property
    def undecided(self) -> int: ...

    @property
    def decided(self) -> int: ...

    @property
    def required(self) -> bool: ...


def status(clause: Counted) -> Status:
    """What a run says about one clause: wrong, undecided, silent, skipped or passed."""
    if clause.wrong:
        return "wrong"
    if clause.undecided:
        return "undecided"
    if not clause.decided:
        return "silent" if clause.required or clause.id in ALWAYS else "skipped"
    return "passed"


def conclude(clauses: Sequence[Counted], *, judged: int, planned: int) -> tuple[str, str]:
    """The verdict of a run and its reason in one sentence.

    Parameters
    ----------
    clauses : sequence
        Every clause that calls decide; one that every target owes counts as silent if missing.
    judged, planned : int
        Cases that were judged, and that the run set out to judge.
    """
    found: dict[str, list[str]] = {"wrong": [], "undecided": [], "silent": []}
    for clause in clauses:
        found.setdefault(status(clause), []).append(clause.id)
    listed = {clause.id for clause in clauses}
    found["silent"] += [clause for clause in ALWAYS if clause not in listed]
    if found["wrong"]:
        return "fails", f"wrong under {', '.join(found['wrong'])}"
    if judged < planned:
        return "undecided", f"incomplete: {judged} of {planned} cases were judged"
    if found["undecided"]:
        named = ", ".join(found["undecided"])
        return "undecided", f"the oracle could not decide cases under {named}"
    if found["silent"]:
        return "undecided", f"no case was decided under {', '.join(found['silent'])}"
    return "conforms", "nothing wrong, nothing undecided, every clause of the profile decided"
