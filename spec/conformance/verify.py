"""Judge a target: fixed vectors, real data, generated cases; one report.

Clauses: GDA-conf-profile, GDA-conf-contract, GDA-conf-verdict, GDA-conf-report, GDA-conf-depth.
"""

from __future__ import annotations

import math
import os
import platform
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from gd_attention.conformance.attempt import attempt
from gd_attention.conformance.badcalls import is_portable, own_calls
from gd_attention.conformance.bench import Bench
from gd_attention.conformance.case import Case
from gd_attention.conformance.checkpoint import Checkpoint
from gd_attention.conformance.conclusion import conclude
from gd_attention.conformance.contract import EXACT, Contract, promised
from gd_attention.conformance.depth import CASES, Depth, Schedule, depth_named
from gd_attention.conformance.encoding import encode_array
from gd_attention.conformance.errors import HarnessError, Undecided
from gd_attention.conformance.inputs import fit
from gd_attention.conformance.libraries import adapt
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.profile import find_profile
from gd_attention.conformance.realdata import iris_cases
from gd_attention.conformance.report import ClauseReport, Counterexample, FamilyReport, Report
from gd_attention.conformance.requirements import CLAUSES, TELLING
from gd_attention.conformance.run import FamilyCount, Progress, Run
from gd_attention.conformance.shrink import shrink
from gd_attention.conformance.strategies import FAMILIES, Family
from gd_attention.conformance.target import describe, load, snippet
from gd_attention.conformance.vectors import (
    answer_of,
    basic_cases,
    corpus_digest,
    encode,
    load_vectors,
)
from gd_attention.conformance.verdict import Finding, Verdict

__all__ = ["CASES", "SEED", "Progress", "verify", "versions"]

# The seed of a run that does not say which: the date of the preprint.
SEED = 20250807


def verify(
    target: Callable[..., Any] | str,
    *,
    contract: Contract | str | Mapping[str, Any] | None = None,
    cases: int | None = None,
    seed: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    capabilities: Iterable[str] | None = None,
    arrays: str | None = None,
    families: Sequence[Family] | None = None,
    depth: str = "default",
    minutes: float | None = None,
    resume: str | os.PathLike[str] | None = None,
    stop_at: Collection[str] = (),
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
        Generated cases, shared evenly among the families and rounded up; by default what the
        depth says. In a deep run they are rounded up to whole rounds.
    seed : int, optional
        Determines the generated cases; `SEED` by default.
    progress : callable, optional
        Called with a `Progress` after every block of cases.
    capabilities : iterable of str, optional
        Declared capabilities, and fields that the target promises to return; ``all`` stands for
        every one. Without them the target's attribute ``gda_capabilities`` counts, and without
        that the target is probed.
    arrays : {"numpy", "torch", "jax", "strict"}, optional
        The library whose arrays the target takes; see `adapt`. Without it the target gets NumPy
        arrays as the cases hold them.
    families : sequence of Family, optional
        The families to draw from, all by default.
    depth : {"default", "quick", "deep"}
        How many cases; ``deep`` goes on until ``cases`` or ``minutes`` are reached, and needs one
        of them.
    minutes : float, optional
        Limit of a deep run, in minutes of judging, those before an interruption included. Every
        family has its turn first.
    resume : path, optional
        File that a deep run is kept in: it goes on from there if the file exists, and writes its
        state there every few seconds.
    stop_at : collection of str, optional
        Clauses of which one WRONG case ends the run. The report then counts what was judged.

    Returns
    -------
    Report

    Raises
    ------
    HarnessError
        The target is missing or not callable, or its basic answers show that the harness or the
        wiring is at fault (GDA-conf-smoke); the contract, a capability, the library of arrays or
        the depth is unknown; the file to resume from holds another run. Nothing was judged then.

    Notes
    -----
    Clause: GDA-conf-report. Every case is called twice, the second time after others. Warnings
    and floating-point flags that the target raises are ignored: they are no part of its answer.
    """
    chosen_depth = depth_named(depth)
    _check_limits(chosen_depth, cases, minutes, resume, stop_at)
    name = target if isinstance(target, str) else describe(target)
    function = load(target) if isinstance(target, str) else target
    if not callable(function):
        raise HarnessError(f"target: expected a callable, got a {type(function).__name__}")
    if arrays is not None:
        function = adapt(function, arrays)
    chosen = promised(function, contract)
    form = chosen.inputs
    start = SEED if seed is None else seed
    given = FAMILIES if families is None else families
    drawn_from = tuple(family.under(form) for family in given)
    with _quiet():
        vectors = [vector.case for vector in load_vectors()]
        bench = Bench(function, chosen, find_profile(function, basic_cases(), capabilities, form))
        real = [fit(case, form) for case in iris_cases(chosen_depth.iris_step)]
        schedule = Schedule(
            chosen_depth,
            (("vectors", vectors), ("calls", own_calls()), ("iris", real)),
            drawn_from,
            cases,
            start,
        )
        run = Run(bench, progress, stop_at)
        seconds = None if minutes is None else 60.0 * minutes
        if resume is None:
            run.go(schedule, seconds)
        else:
            binding = {
                "target": name,
                "contract": chosen.name,
                "depth": depth,
                "seed": start,
                "corpus": corpus_digest(),
                "versions": versions(),
                "families": [family.name for family in drawn_from],
                "fields": sorted(bench.profile.fields),
                "capabilities": sorted(bench.profile.capabilities),
            }
            _go_on(run, schedule, seconds, Checkpoint.at(resume, binding))
        # in this order, as a counterexample that was shrunk for one clause may serve later ones
        shrunk: list[Case] = []
        reports = {clause: _clause_report(clause, run, name, shrunk) for clause in TELLING}
        clauses = tuple(reports[clause] for clause in run.tally.clauses)
    counts = {stage: run.stages.get(stage, FamilyCount()) for stage in ("vectors", "calls", "iris")}
    drawn = tuple(
        FamilyReport(family.name, count.cases, count.judged, count.hits)
        for family in drawn_from
        for count in [run.stages.get(family.name, FamilyCount())]
    )
    # where time alone ends a run, what it set out to judge is what it judged
    planned = run.done if schedule.total is None else schedule.total
    verdict, reason = conclude(clauses, judged=run.tally.judged, planned=planned)
    return Report(
        target=name,
        contract=chosen.name,
        verdict=verdict,
        reason=reason,
        seed=start,
        corpus_digest=corpus_digest(),
        versions=versions(),
        profile=bench.profile,
        vectors=counts["vectors"].cases,
        calls=counts["calls"].cases,
        real=counts["iris"].cases,
        generated=sum(family.cases for family in drawn),
        planned=planned,
        judged=run.tally.judged,
        decided=run.tally.decided,
        families=drawn,
        clauses=clauses,
        elapsed=run.elapsed,
        depth=depth,
        arrays=getattr(function, "gda_arrays", None),
        decisions={str(kind): count for kind, count in run.tally.kinds.items()},
    )


def _check_limits(
    depth: Depth,
    cases: int | None,
    minutes: float | None,
    resume: str | os.PathLike[str] | None,
    stop_at: Collection[str],
) -> None:
    if cases is not None and cases < 0:
        raise HarnessError(f"cases: expected a number >= 0, got {cases}")
    if minutes is not None and not 0.0 <= minutes < math.inf:
        raise HarnessError(f"minutes: expected a finite number >= 0, got {minutes}")
    if isinstance(stop_at, str):
        raise HarnessError(f"stop_at: expected a collection of clause ids, got {stop_at!r}")
    unknown = sorted(set(stop_at) - CLAUSES.keys())
    if unknown:
        raise HarnessError(f"stop_at: no clauses that calls decide: {', '.join(unknown)}")
    if depth.cases is None:
        if cases is None and minutes is None:
            raise HarnessError("depth: a deep run needs cases or minutes to end at")
    elif minutes is not None or resume is not None:
        which = "minutes" if minutes is not None else "resume"
        raise HarnessError(f"{which}: only a deep run has it, this one is {depth.name}")
    if resume is not None and stop_at:
        raise HarnessError("stop_at: a run that stops early is not resumed")


def _go_on(run: Run, schedule: Schedule, seconds: float | None, checkpoint: Checkpoint) -> None:
    """A run that is kept on disk, from where the disk says."""
    checkpoint.load(run)
    if run.position:
        run.say("resuming", schedule.total)
    try:
        run.go(schedule, seconds, lambda: checkpoint.save_at_times(run))
    finally:
        # also after an interruption: the state is that after the last whole portion
        checkpoint.save(run)


def _clause_report(clause: str, run: Run, target: str, shrunk: list[Case]) -> ClauseReport:
    tally, bench, example = run.tally.clauses[clause], run.bench, None
    worst = tally.worst.message if tally.worst is not None else ""
    if tally.wrong is not None and tally.wrong_case is not None:
        run.say("shrinking", run.done)
        case, finding = _reduced(clause, tally.wrong_case, tally.wrong, bench, shrunk)
        finding = bench.explained(case, finding)
        case = replace(
            case,
            id=f"counterexample-{clause.lower()}",
            flags=("counterexample",),
            clauses=(clause,),
        )
        returned, raised = _outcome(bench, case)
        example = Counterexample(
            finding.message,
            _vector(case),
            _snippet(case, finding, target, bench),
            returned,
            raised,
        )
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


def _vector(case: Case) -> dict[str, Any] | None:
    """The case in the format of the vectors, with its answer where the oracle has one.

    None for a call that no other language can make.
    """
    if not is_portable(case):
        return None
    answer = None
    if case.expects is None:
        with suppress(Undecided):
            answer = answer_of(case, solve(case, EXACT))
    return encode(case, answer)


def _outcome(bench: Bench, case: Case) -> tuple[dict[str, Any] | None, str | None]:
    """What the target returned for a case, field by field, or what it raised."""
    outcome = attempt(bench.target, case)
    if outcome.error is not None:
        return None, f"{type(outcome.error).__name__}: {outcome.error}"
    if outcome.response is None:
        return None, None
    returned = {}
    for name, value in outcome.response.fields.items():
        # an array of a dtype without a meaning elsewhere (long double) is left out
        with suppress(TypeError):
            returned[name] = encode_array(value)
    return returned, None


def _snippet(case: Case, finding: Finding, target: str, bench: Bench) -> str:
    said = "".join(f"# {line}\n" for line in finding.message.splitlines())
    return f"# {finding.clause}\n{said}{snippet(bench.target, case, target)}"


def versions() -> dict[str, str]:
    """The versions that a run depends on, by package.

    Clause: GDA-conf-report.
    """
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
