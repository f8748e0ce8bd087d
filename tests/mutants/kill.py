"""Judging the mutants: the same cases for all, so they and the oracle's answers are kept.

A mutant is judged until a clause that it is registered to break sees it. It is *killed* then; a
mutant that only other clauses see survives, as the judge would have blamed it for the wrong thing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
from gd_attention.conformance.bench import Bench
from gd_attention.conformance.case import Case
from gd_attention.conformance.contract import FLOAT64, Contract
from gd_attention.conformance.contract import contract as contract_named
from gd_attention.conformance.depth import DEPTHS, Portion, Schedule
from gd_attention.conformance.errors import HarnessError
from gd_attention.conformance.expectation import Expectation
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.profile import find_profile
from gd_attention.conformance.realdata import iris_cases
from gd_attention.conformance.run import Run
from gd_attention.conformance.strategies import FAMILIES
from gd_attention.conformance.vectors import load_vectors
from gd_attention.conformance.verify import SEED

from mutants import kernels, landscape, layout, masks, passage, selection, thresholds, validation
from mutants.registry import MUTANTS, Mutant

__all__ = ["THEMES", "Corpus", "Death", "all_mutants", "conforms", "judge"]

# The modules of mutants, in the order in which the table shows them.
THEMES = (landscape, passage, selection, thresholds, masks, layout, validation, kernels)


@dataclass(frozen=True)
class Death:
    """How the judgement of a mutant ended.

    Attributes
    ----------
    mutant : Mutant
    killers : tuple of str
        The registered clauses that saw it in the case that ended the run; empty for a survivor.
    others : tuple of str
        Clauses that it is not registered to break and that saw it before.
    cases : int
        Cases judged.
    stage : str
        Where the last of them came from.
    depth : str
    fault : str
        Why it was not judged at all, empty otherwise.
    """

    mutant: Mutant
    killers: tuple[str, ...]
    others: tuple[str, ...]
    cases: int
    stage: str
    depth: str
    fault: str = ""

    @property
    def killed(self) -> bool:
        """Whether a registered clause saw it."""
        return bool(self.killers)


class Corpus:
    """The portions of a depth, and the oracle's answers to their cases, kept between mutants."""

    def __init__(self, depth: str) -> None:
        chosen = DEPTHS[depth]
        fixed = (
            ("vectors", [vector.case for vector in load_vectors()]),
            ("iris", iris_cases(chosen.iris_step)),
        )
        self.depth = depth
        schedule = Schedule(chosen, fixed, FAMILIES, None, SEED)
        self.total, self.least = schedule.total, schedule.least
        self._portions = [
            Portion(portion.stage, portion.family, _once(portion.cases))
            for portion in schedule.portions()
        ]
        self._answers: dict[tuple[int, str], Expectation] = {}

    def portions(self, start: int = 0) -> Iterator[Portion]:
        """As a schedule's."""
        return islice(self._portions, start, None)

    def solve(self, case: Case, contract: Contract) -> Expectation:
        """The oracle's answer, made once for each case and contract."""
        # cases live as long as the corpus, so that an identity is never used twice
        place = (id(case), contract.name)
        if place not in self._answers:
            self._answers[place] = solve(case, contract)
        return self._answers[place]


def _once(draw: Callable[[], Sequence[Case]]) -> Callable[[], Sequence[Case]]:
    return cache(lambda: tuple(draw()))


def judge(mutant: Mutant, corpus: Corpus) -> Death:
    """Judge a mutant until a registered clause sees it, or to the end."""
    target = mutant.target()
    contract = contract_named(mutant.contract)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            profile = find_profile(target)
        except HarnessError as error:
            return Death(mutant, (), (), 0, "smoke", corpus.depth, str(error))
        run = Run(Bench(target, contract, profile, corpus.solve), stop_at=mutant.breaks)
        run.go(corpus)  # type: ignore[arg-type]
    wrong = [name for name, tally in run.tally.clauses.items() if tally.wrong is not None]
    return Death(
        mutant,
        tuple(name for name in mutant.breaks if name in wrong),
        tuple(name for name in wrong if name not in mutant.breaks),
        run.done,
        list(run.stages)[-1],
        corpus.depth,
    )


def conforms(target: Callable[..., Any], corpus: Corpus) -> str:
    """Why a target does not conform under ``float64``; empty if it does."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        profile = find_profile(target)
        run = Run(Bench(target, FLOAT64, profile, corpus.solve))
        run.go(corpus)  # type: ignore[arg-type]
    silent = [
        name
        for name, tally in run.tally.clauses.items()
        if profile.covers(name) and not tally.decided
    ]
    seen = [tally.worst.message for tally in run.tally.clauses.values() if tally.wrong is not None]
    return "; ".join([*seen, *(f"{name} not decided" for name in silent)])


def all_mutants() -> list[Mutant]:
    """Every mutant, theme by theme."""
    names = [theme.__name__.rpartition(".")[2] for theme in THEMES]
    return sorted(MUTANTS.values(), key=lambda mutant: names.index(mutant.theme))
