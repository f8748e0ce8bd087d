"""How deep a run goes, and the portions of cases that it consists of.

*quick* is for the edit-and-run loop of an author: all vectors, a part of Iris, few cases a family.
*default* is the judgement that a report stands for. *deep* draws round after round, each from a
seed of its own, for as long as asked; it can be interrupted and taken up again, because a round is
determined by its number and the seed alone.

Vectors come first in every depth: they are the densest in trouble.

Clause: GDA-conf-depth.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

from gd_attention.conformance.case import Case
from gd_attention.conformance.errors import HarnessError
from gd_attention.conformance.generate import derived_seed, draw
from gd_attention.conformance.strategies import Family

__all__ = ["CASES", "DEPTHS", "ROUND", "Depth", "Portion", "Schedule", "depth_named"]

# Generated cases of a default run.
CASES = 10_000
# Those of a quick run: 40 a family meet every kind and every extra of a family. Thresholds have the
# most kinds, and what they probe has the most scales: 40 let an admission with a tolerance pass.
_QUICK = 800
_QUICK_MORE = MappingProxyType({"thresholds": 80})
# Cases that one family contributes to a round of a deep run.
ROUND = 50


@dataclass(frozen=True)
class Depth:
    """How deep a run goes.

    Attributes
    ----------
    name : str
    cases : int or None
        Generated cases, shared evenly among the families; None where the run goes on in rounds
        until a limit is reached.
    iris_step : int
        Every so many flowers ask for their neighbour; all of them are keys.
    about : str
        One line for a report.
    more : mapping of str to int
        Cases that a family gets beyond its share, unless the number of cases is asked for.
    """

    name: str
    cases: int | None
    iris_step: int
    about: str
    more: Mapping[str, int] = field(default_factory=dict)


DEPTHS = MappingProxyType(
    {
        item.name: item
        for item in (
            Depth(
                "quick",
                _QUICK,
                5,
                "all vectors, every fifth flower of Iris, few cases",
                _QUICK_MORE,
            ),
            Depth("default", CASES, 1, "all vectors, Iris, the cases of a judgement"),
            Depth("deep", None, 1, "all vectors, Iris, rounds of cases for as long as asked"),
        )
    }
)


def depth_named(name: str) -> Depth:
    """The depth of that name; HarnessError if there is none."""
    if name not in DEPTHS:
        raise HarnessError(f"depth: expected one of {', '.join(DEPTHS)}, got {name!r}")
    return DEPTHS[name]


@dataclass(frozen=True)
class Portion:
    """Cases that are drawn and judged in one go.

    Attributes
    ----------
    stage : str
        What is shown while it runs: ``vectors``, ``iris`` or the name of a family.
    family : Family or None
        None for fixed cases.
    cases : callable () -> sequence of Case
        Draws them.
    """

    stage: str
    family: Family | None
    cases: Callable[[], Sequence[Case]]


class Schedule:
    """The portions of a run, in order, determined by depth, families, number and seed.

    Parameters
    ----------
    depth : Depth
    fixed : sequence of (stage, cases)
        The cases that every run begins with.
    families : sequence of Family
    cases : int or None
        Generated cases, rounded up to the same number for each family; the depth's if None.
    seed : int
    """

    def __init__(
        self,
        depth: Depth,
        fixed: Sequence[tuple[str, Sequence[Case]]],
        families: Sequence[Family],
        cases: int | None,
        seed: int,
    ) -> None:
        self._fixed = tuple(fixed)
        self._families = tuple(families)
        self._seed = seed
        wanted = depth.cases if cases is None else cases
        self._rounds: int | None = 1
        share = 0
        if not self._families:
            self._rounds = 0
        elif depth.cases is not None:
            assert wanted is not None
            share = -(-wanted // len(self._families))
        else:
            share = ROUND
            self._rounds = None
            if wanted is not None:
                self._rounds = -(-wanted // (ROUND * len(self._families)))
        more = depth.more if cases is None else {}
        self._shares = {family.name: share + more.get(family.name, 0) for family in self._families}
        self._numbered = depth.cases is None
        self.total: int | None = None
        if self._rounds is not None:
            generated = self._rounds * sum(self._shares.values())
            self.total = sum(len(given) for _, given in self._fixed) + generated
        # where a limit of time may end the run: not before every family had its turn
        self.least = len(self._fixed) + (len(self._families) if self._rounds != 0 else 0)

    def portions(self, start: int = 0) -> Iterator[Portion]:
        """The portions from a place on; cases are drawn when a portion is asked for them."""
        return itertools.islice(self._all(), start, None)

    def _all(self) -> Iterator[Portion]:
        for stage, given in self._fixed:
            yield Portion(stage, None, partial(tuple, given))
        numbers = itertools.count() if self._rounds is None else range(self._rounds)
        for number in numbers:
            seed = derived_seed(self._seed, "round", number) if self._numbered else self._seed
            for family in self._families:
                yield Portion(family.name, family, self._drawing(family, seed))

    def _drawing(self, family: Family, seed: int) -> Callable[[], Sequence[Case]]:
        share = self._shares[family.name]
        return lambda: draw(family.strategy, family.name, share, seed) if share else ()
