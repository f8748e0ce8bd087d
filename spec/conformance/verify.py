"""Judge a target: fixed vectors, real data, generated cases; one report.

Clauses: GDA-conf-profile, GDA-conf-contract, GDA-conf-verdict, GDA-conf-report.
"""

from __future__ import annotations

import platform
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from gd_attention.conformance.bench import Bench, Judged
from gd_attention.conformance.case import Case
from gd_attention.conformance.contract import EXACT, Contract, promised
from gd_attention.conformance.errors import HarnessError, Undecided
from gd_attention.conformance.generate import draw
from gd_attention.conformance.inputs import fit, widened
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.profile import find_profile
from gd_attention.conformance.realdata import iris_cases
from gd_attention.conformance.report import ClauseReport, Counterexample, FamilyReport, Report
from gd_attention.conformance.requirements import ALWAYS, TELLING
from gd_attention.conformance.shrink import shrink
from gd_attention.conformance.strategies import FAMILIES, Family
from gd_attention.conformance.tally import Tally
from gd_attention.conformance.target import describe, load
from gd_attention.conformance.vectors import answer_of, corpus_digest, encode, load_vectors
from gd_attention.conformance.verdict import Finding, Verdict

__all__ = ["CASES", "SEED", "Progress", "verify"]

# Generated cases of a run that does not say how many.
CASES = 10_000
# The seed of a run that does not say which: the date of the preprint.
SEED = 20250807

# Cases between a call and its repetition.
_BLOCK = 64


@dataclass(frozen=True)
class Progress:
    """How far a run has come: cases judged, cases in all, and what is being judged."""

    done: int
    total: int
    stage: str


def verify(
    target: Callable[..., Any] | str,
    *,
    contract: Contract | str | Mapping[str, Any] | None = None,
    cases: int | None = None,
    seed: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    capabilities: Iterable[str] | None = None,
    families: Sequence[Family] | None = None,
) -> Report:
    """Judge a target against the standard.

    Parameters
    ----------
    target : callable or str
        The implementation, or its name ``package.module:callable``.
    contract : Contract, str or mapping, optional
        What the target promises of its arithmetic: a record, a name as ``float64``, ``exact`` or
        ``float32,distance=expanded``, or the keys of a record. Without it the target's attribute
        ``gda_contract`` counts, and without that ``float64``.
    cases : int, optional
        Generated cases, shared evenly among the families and rounded up; `CASES` by default.
    seed : int, optional
        Determines the generated cases; `SEED` by default.
    progress : callable, optional
        Called with a `Progress` after every block of cases.
    capabilities : iterable of str, optional
        Declared capabilities, and fields that the target promises to return; ``all`` stands for
        every one. Without them the target's attribute ``gda_capabilities`` counts, and without
        that the target is probed.
    families : sequence of Family, optional
        The families to draw from, all by default.

    Returns
    -------
    Report

    Raises
    ------
    HarnessError
        The target is missing or not callable, returns no index, or raises on a plain call; the
        contract or a capability is unknown. Nothing was judged then.

    Notes
    -----
    Clause: GDA-conf-report. Every case is called twice, the second time after others. Warnings
    and floating-point flags that the target raises are ignored: they are no part of its answer.
    """
    count = CASES if cases is None else cases
    if count < 0:
        raise HarnessError(f"cases: expected a number >= 0, got {count}")
    name = target if isinstance(target, str) else describe(target)
    function = load(target) if isinstance(target, str) else target
    if not callable(function):
        raise HarnessError(f"target: expected a callable, got a {type(function).__name__}")
    chosen = promised(function, contract)
    form = chosen.inputs
    start = time.monotonic()
    with _quiet():
        vectors = [vector.case for vector in load_vectors()]
        basics = [case for case in vectors if "basic" in case.flags and case.expects is None]
        bench = Bench(function, chosen, find_profile(function, basics, capabilities, form))
        real = [fit(case, form) for case in iris_cases()]
        run = _Run(bench, progress)
        given = FAMILIES if families is None else families
        drawn_from = tuple(family.under(form) for family in given)
        share = -(-count // len(drawn_from)) if drawn_from else 0
        run.total = len(vectors) + len(real) + share * len(drawn_from)
        run.judge("vectors", vectors)
        run.judge("iris", real)
        drawn = [run.family(family, share, SEED if seed is None else seed) for family in drawn_from]
        # in this order, as a counterexample that was shrunk for one clause may serve later ones
        reports = {clause: _clause_report(clause, run, name) for clause in TELLING}
        clauses = tuple(reports[clause] for clause in run.tally.clauses)
    verdict, reason = _verdict(clauses)
    return Report(
        target=name,
        contract=chosen.name,
        verdict=verdict,
        reason=reason,
        seed=SEED if seed is None else seed,
        corpus_digest=corpus_digest(),
        versions=_versions(),
        profile=bench.profile,
        vectors=len(vectors),
        real=len(real),
        generated=share * len(drawn_from),
        families=tuple(drawn),
        clauses=clauses,
        elapsed=time.monotonic() - start,
        decisions={str(kind): count for kind, count in run.tally.kinds.items()},
    )


@dataclass
class _Run:
    """The judging of cases in blocks: each block is called, then called again."""

    bench: Bench
    progress: Callable[[Progress], None] | None
    tally: Tally = field(default_factory=Tally)
    shrunk: list[Case] = field(default_factory=list)
    total: int = 0
    done: int = 0

    def say(self, stage: str) -> None:
        """Tell the caller how far the run has come."""
        if self.progress is not None:
            self.progress(Progress(self.done, self.total, stage))

    def judge(self, stage: str, cases: Sequence[Case]) -> None:
        """Judge given cases."""
        for _ in self._judged(stage, cases):
            pass

    def family(self, family: Family, count: int, seed: int) -> FamilyReport:
        """Draw cases from a family and judge them."""
        judged = hits = 0
        for item in self._judged(
            family.name, draw(family.strategy, family.name, count, seed) if count else []
        ):
            if item.expectation is not None:
                judged += 1
                hits += _hits(family, item)
        return FamilyReport(family.name, count, judged, hits)

    def _judged(self, stage: str, cases: Sequence[Case]) -> Iterator[Judged]:
        for first in range(0, len(cases), _BLOCK):
            block = [self.bench.first(case) for case in cases[first : first + _BLOCK]]
            for item in block:
                self.tally.add(item.case, [*item.findings, *self.bench.again(item)])
                yield item
            self.done += len(block)
            self.say(stage)


def _hits(family: Family, judged: Judged) -> bool:
    assert judged.expectation is not None
    try:
        return family.hits(judged.case, judged.expectation)
    except Undecided:
        return False


def _clause_report(clause: str, run: _Run, target: str) -> ClauseReport:
    tally, bench, example = run.tally.clauses[clause], run.bench, None
    worst = tally.worst.message if tally.worst is not None else ""
    if tally.wrong is not None and tally.wrong_case is not None:
        run.say("shrinking")
        case, finding = _reduced(clause, tally.wrong_case, tally.wrong, bench, run.shrunk)
        finding = bench.explained(case, finding)
        case = replace(
            case, id=f"counterexample-{clause}", flags=("counterexample",), clauses=(clause,)
        )
        example = Counterexample(finding.message, _vector(case), _snippet(case, finding, target))
        worst = finding.message
    elif tally.worst is not None and tally.worst.severity:
        worst = f"{tally.worst.severity:.2f} of the allowance: {worst}"
    elif tally.worst is not None and tally.worst.kind is not None and tally.worst_case is not None:
        worst = bench.explained(tally.worst_case, tally.worst).message
    return ClauseReport(
        id=clause,
        exact=tally.counts[Verdict.EXACT],
        admissible=tally.counts[Verdict.ADMISSIBLE],
        wrong=tally.counts[Verdict.WRONG],
        undecided=tally.counts[Verdict.UNDECIDED],
        skipped=tally.counts[Verdict.SKIPPED],
        required=bench.profile.covers(clause),
        worst=" ".join(worst.split()),
        counterexample=example,
    )


def _reduced(
    clause: str, case: Case, finding: Finding, bench: Bench, shrunk: list[Case]
) -> tuple[Case, Finding]:
    """The smallest counterexample found; one that was shrunk for another clause may serve."""
    for candidate in shrunk:
        found = bench.wrong(candidate, clause)
        if found is not None:
            return candidate, found
    case, finding = shrink(case, finding, lambda candidate: bench.wrong(candidate, clause))
    shrunk.append(case)
    return case, finding


def _vector(case: Case) -> dict[str, Any]:
    """The case in the format of the vectors, with its answer where the oracle has one."""
    if case.dtype == "bfloat16":
        # the same numbers in a dtype that every reader of vectors has
        case = widened(case)
    answer = None
    if case.expects is None:
        with suppress(Undecided):
            answer = answer_of(case, solve(case, EXACT))
    return encode(case, answer)


def _snippet(case: Case, finding: Finding, target: str) -> str:
    said = "".join(f"# {line}\n" for line in finding.message.splitlines())
    return f"# {finding.clause}\n{said}{case.snippet(target)}"


def _verdict(clauses: tuple[ClauseReport, ...]) -> tuple[str, str]:
    wrong = [clause for clause in clauses if clause.wrong]
    if wrong:
        named = ", ".join(clause.id for clause in wrong)
        return "fails", f"wrong under {named}"
    undecided = [clause for clause in clauses if clause.undecided]
    if undecided:
        named = ", ".join(clause.id for clause in undecided)
        return "undecided", f"the oracle could not decide cases under {named}"
    silent = [
        clause
        for clause in clauses
        if (clause.required or clause.id in ALWAYS) and not clause.decided
    ]
    if silent:
        named = ", ".join(clause.id for clause in silent)
        return "undecided", f"no case was decided under {named}"
    return "conforms", "nothing wrong, nothing undecided, every clause of the profile decided"


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in ("gd-attention", "numpy", "python-flint", "hypothesis"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
