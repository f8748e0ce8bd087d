"""The loop of a run: portion by portion, each case called twice.

Counts change when a portion is complete and never in between, so that a run that is interrupted
can go on from its last portion as if nothing had happened.

Clauses: GDA-conf-depth, GDA-conf-verdict, GDA-call-repeatable.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from gd_attention.conformance.bench import Bench, Judged
from gd_attention.conformance.case import Case
from gd_attention.conformance.depth import Portion, Schedule
from gd_attention.conformance.errors import Undecided
from gd_attention.conformance.strategies import Family
from gd_attention.conformance.tally import Tally
from gd_attention.conformance.verdict import Finding, Verdict

__all__ = ["FamilyCount", "Progress", "Run"]

# Cases between a call and its repetition.
_BLOCK = 64


@dataclass(frozen=True)
class Progress:
    """How far a run has come.

    Attributes
    ----------
    done : int
        Cases judged.
    total : int or None
        Cases in all; None where time alone ends the run.
    stage : str
        What is being judged.
    elapsed : float
        Seconds that the run has judged for, those before an interruption included.
    """

    done: int
    total: int | None
    stage: str
    elapsed: float = 0.0


@dataclass
class FamilyCount:
    """Cases drawn from a family, judged, and hitting its own predicate."""

    cases: int = 0
    judged: int = 0
    hits: int = 0


@dataclass
class Run:
    """What a run has found so far, and how it goes on.

    Attributes
    ----------
    bench : Bench
        The target.
    progress : callable or None
        Called with a `Progress` after every block of cases.
    stop_at : collection of str
        Clauses of which one WRONG case ends the run.
    tally : Tally
    stages : dict of str to FamilyCount
        By stage, in the order in which they came up.
    position : int
        Portions completed.
    done : int
        Cases judged.
    before : float
        Seconds spent before an interruption.
    stopped : bool
        Whether ``stop_at`` ended the run.
    """

    bench: Bench
    progress: Callable[[Progress], None] | None = None
    stop_at: Collection[str] = ()
    tally: Tally = field(default_factory=Tally)
    stages: dict[str, FamilyCount] = field(default_factory=dict)
    position: int = 0
    done: int = 0
    before: float = 0.0
    stopped: bool = False
    _started: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        """Seconds in all."""
        return self.before + time.monotonic() - self._started

    def go(
        self,
        schedule: Schedule,
        seconds: float | None = None,
        after: Callable[[], None] | None = None,
    ) -> None:
        """Judge the portions of a schedule from the present position on.

        Parameters
        ----------
        schedule : Schedule
        seconds : float, optional
            Ends the run at a portion, once every family had its turn.
        after : callable, optional
            Called after every portion.
        """
        for portion in schedule.portions(self.position):
            timed_out = seconds is not None and self.elapsed >= seconds
            if timed_out and self.position >= schedule.least:
                break
            self._judge(portion, schedule.total)
            if after is not None:
                after()
            if self.stopped:
                break

    def say(self, stage: str, total: int | None = None, ahead: int = 0) -> None:
        """Tell the caller how far the run has come."""
        if self.progress is not None:
            self.progress(Progress(self.done + ahead, total, stage, self.elapsed))

    def _judge(self, portion: Portion, total: int | None) -> None:
        found: list[tuple[Judged, list[Finding]]] = []
        for block in self._blocks(portion.cases()):
            found += block
            self.say(portion.stage, total, len(found))
            if self.stopped:
                break
        count = self.stages.setdefault(portion.stage, FamilyCount())
        for judged, findings in found:
            self.tally.add(judged.case, findings)
            count.cases += 1
            if judged.expectation is not None:
                count.judged += 1
                count.hits += portion.family is not None and _hits(portion.family, judged)
        self.done += len(found)
        self.position += 1

    def _blocks(self, cases: Sequence[Case]) -> Iterator[list[tuple[Judged, list[Finding]]]]:
        for first in range(0, len(cases), _BLOCK):
            block: list[Judged] = []
            for case in cases[first : first + _BLOCK]:
                block.append(self.bench.first(case))
                self._watch(block[-1].findings)
                if self.stopped:
                    break
            found = []
            for judged in block:
                again = self.bench.again(judged)
                self._watch(again)
                found.append((judged, [*judged.findings, *again]))
            yield found

    def _watch(self, findings: Sequence[Finding]) -> None:
        for finding in findings:
            if finding.clause in self.stop_at and finding.verdict is Verdict.WRONG:
                self.stopped = True


def _hits(family: Family, judged: Judged) -> bool:
    assert judged.expectation is not None
    try:
        return family.hits(judged.case, judged.expectation)
    except Undecided:
        return False
