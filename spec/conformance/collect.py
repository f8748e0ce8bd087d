"""The findings of one case: the worst verdict per clause.

A case is one call and gives one verdict under each clause it touches, whatever the number of its
queries: the worst over the queries, and among admissible ones the most severe.

Clause: GDA-conf-verdict.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from gd_attention.conformance.expectation import Interval
from gd_attention.conformance.formats import FLOAT64, Format
from gd_attention.conformance.verdict import Finding, Kind, Verdict

__all__ = ["RANK", "Collector", "deferred", "grade"]

RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}
_KINDS = tuple(Kind)


def deferred(message: str) -> Callable[[], str]:
    """A message that is already built, in the form that `Collector.note` takes."""
    return lambda: message


class Collector:
    """Keeps the worst finding per clause; a message is only built when it is kept."""

    def __init__(self) -> None:
        self._worst: dict[str, tuple[int, float, int, Callable[[], str] | None]] = {}

    def note(
        self,
        clauses: Iterable[str],
        verdict: Verdict,
        message: Callable[[], str] | None = None,
        severity: float = 0.0,
        kind: Kind | None = None,
    ) -> None:
        """Record a verdict under each of the clauses."""
        entry = (RANK[verdict], severity, -1 if kind is None else _KINDS.index(kind), message)
        for clause in clauses:
            kept = self._worst.get(clause)
            if kept is None or entry[:3] > kept[:3]:
                self._worst[clause] = entry

    def findings(self) -> list[Finding]:
        """One finding per clause, in the order in which the clauses came up."""
        verdicts = list(Verdict)
        return [
            Finding(
                clause,
                verdicts[rank],
                "" if message is None else message(),
                severity,
                None if kind < 0 else _KINDS[kind],
            )
            for clause, (rank, severity, kind, message) in self._worst.items()
        ]


def grade(value: float, interval: Interval, form: Format = FLOAT64) -> tuple[Verdict, float]:
    """The verdict on a number returned in a format, and how much of its allowance it uses.

    The severity is the distance from the correctly rounded value over the allowance on that side,
    dimensionless, in [0, 1] for an admissible value. NaN is WRONG.
    """
    if value == interval.nearest or (form != FLOAT64 and _rounds_to(interval.nearest, value, form)):
        return Verdict.EXACT, 0.0
    if not interval.lower <= value <= interval.upper:
        return Verdict.WRONG, 1.0
    bound = interval.upper if value > interval.nearest else interval.lower
    # halves: the distance between two floats of opposite sign can overflow, that of halves cannot
    allowance = abs(bound / 2 - interval.nearest / 2)
    used = abs(value / 2 - interval.nearest / 2)
    if allowance == 0.0 or math.isinf(allowance):
        # halving lost a subnormal allowance, or the allowance is unbounded
        return Verdict.ADMISSIBLE, 1.0 if allowance == 0.0 else 0.0
    return Verdict.ADMISSIBLE, min(1.0, used / allowance)


def _rounds_to(nearest: float, value: float, form: Format) -> bool:
    """Whether what rounds to ``nearest`` in float64 is known to round to ``value`` in the format.

    Only where ``nearest`` lies halfway between two numbers of the format do both roundings say less
    than the first; such a value is not called exact.
    """
    if not math.isfinite(nearest) or value != form.nearest(nearest):
        return False
    below, above = form.floor(nearest), form.ceil(nearest)
    return below == above or nearest - below != above - nearest
