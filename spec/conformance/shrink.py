"""A smaller case that is WRONG under the same clause.

Greedy and deterministic: edits are tried in a fixed order, a candidate is taken when it is smaller
and still WRONG under the clause, and the search ends when a round over all edits changes nothing
or the budget is spent. The oracle judges every candidate, so the result is a counterexample in its
own right, whatever it was made from.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from gd_attention.conformance.case import Case
from gd_attention.conformance.edits import EDITS, measure, places, simpler_at
from gd_attention.conformance.verdict import Finding

__all__ = ["shrink"]

# Candidates judged for one clause. A case of 20 numbers takes about 200.
_BUDGET = 400
# A slow target must not hold up the report; a fast one never comes near this.
_SECONDS = 10.0


def shrink(
    case: Case,
    finding: Finding,
    wrong: Callable[[Case], Finding | None],
    *,
    budget: int = _BUDGET,
    seconds: float = _SECONDS,
) -> tuple[Case, Finding]:
    """Reduce a counterexample.

    Parameters
    ----------
    case : Case
        A case that is WRONG; a bad call is returned as it is.
    finding : Finding
        Its finding.
    wrong : callable Case -> Finding or None
        The WRONG finding of a candidate under the same clause, None if there is none.
    budget : int
        Most candidates to judge.
    seconds : float
        Wall-clock limit, a safety net for slow targets only.

    Returns
    -------
    case, finding
        Never larger than what was given.
    """
    if case.expects is not None:
        return case, finding
    search = _Search(case, finding, wrong, budget, time.monotonic() + seconds)
    while search.round():
        pass
    return search.case, search.finding


@dataclass
class _Search:
    case: Case
    finding: Finding
    wrong: Callable[[Case], Finding | None]
    budget: int
    deadline: float
    size: tuple[int, int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.size = measure(self.case)

    def round(self) -> bool:
        """Try every edit until it yields no smaller case; whether anything changed."""
        changed = False
        for edit in EDITS:
            while self._improve(edit):
                changed = True
        for name, place in places(self.case):
            changed |= self._improve(partial(simpler_at, name=name, place=place))
        return changed and not self._spent()

    def _improve(self, edit: Callable[[Case], Iterator[Case]]) -> bool:
        for candidate in edit(self.case):
            size = measure(candidate)
            if size >= self.size:
                continue
            if self._spent():
                return False
            self.budget -= 1
            finding = self.wrong(candidate)
            if finding is not None:
                self.case, self.finding, self.size = candidate, finding, size
                return True
        return False

    def _spent(self) -> bool:
        return self.budget <= 0 or time.monotonic() > self.deadline
