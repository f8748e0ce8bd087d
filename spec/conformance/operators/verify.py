"""Judge a function as one of the prior operators."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from gd_attention.conformance.errors import HarnessError
from gd_attention.conformance.libraries import library_named
from gd_attention.conformance.operators.attempt import COMMON, Caller, Outcome
from gd_attention.conformance.operators.catalogue import operator_named
from gd_attention.conformance.operators.reading import worst
from gd_attention.conformance.operators.record import Call, Family, Operator, Setting
from gd_attention.conformance.operators.report import Counts, OperatorReport, snippet, vector
from gd_attention.conformance.operators.shrink import shrink, size
from gd_attention.conformance.operators.topk import TIES
from gd_attention.conformance.target import describe, load
from gd_attention.conformance.verdict import Finding, Verdict
from gd_attention.conformance.verify import SEED, versions

__all__ = ["CASES", "CONTRACTS", "verify_operator"]

CONTRACTS = ("float64", "float32")

# Generated cases of a run that does not say how many.
CASES = 400


def verify_operator(
    operator: str,
    target: Callable[..., Any] | str,
    *,
    contract: str = "float64",
    ties: str = "lowest",
    cases: int = CASES,
    seed: int = SEED,
    arrays: str | None = None,
    capabilities: Iterable[str] = (),
) -> OperatorReport:
    """Judge a target as an operator.

    Parameters
    ----------
    operator : str
        A name of `OPERATORS`.
    target : callable or str
        The implementation, or its name ``package.module:callable``. It gets the arguments that the
        operator's ``call`` lists, by position. Where it raises NotImplementedError, the case counts
        as skipped.
    contract : {"float64", "float32"}
        Dtype of inputs, outputs and arithmetic; the allowance is derived from it.
    ties : {"lowest", "any", "all"}
        The tie rule of top-k, other operators have none.
    cases : int
        Generated cases, shared evenly among the families and rounded up.
    seed : int
        Determines the cases.
    arrays : {"numpy", "torch", "jax", "strict"}, optional
        The library whose arrays the target takes, NumPy's without it.
    capabilities : iterable of str
        What the target promises beyond the definition: ``empty`` (where no entry is left or there
        is none, the answer is zero or none), ``clamp`` (k beyond n keeps all); ``all`` for both.
        Families that need one are skipped without it.

    Returns
    -------
    OperatorReport

    Raises
    ------
    HarnessError
        An unknown name, a missing target, or a target that answers none of the plainest cases in
        the promised form: nothing was judged.
    """
    chosen = operator_named(operator)
    if contract not in CONTRACTS:
        raise HarnessError(f"contract: expected one of {', '.join(CONTRACTS)}, got {contract!r}")
    if ties not in TIES:
        raise HarnessError(f"ties: expected one of {', '.join(TIES)}, got {ties!r}")
    if ties != "lowest" and operator != "topk":
        raise HarnessError(f"ties: only topk has a tie rule, not {operator}")
    if cases < 0:
        raise HarnessError(f"cases: expected a number >= 0, got {cases}")
    known = {family.needs for family in chosen.families} - {""}
    declared = set(capabilities)
    if declared == {"all"}:
        declared = known
    if unknown := sorted(declared - known):
        listed = ", ".join(sorted(known)) or "none"
        raise HarnessError(f"capabilities: {operator} has {listed}, got {', '.join(unknown)}")
    function = load(target) if isinstance(target, str) else target
    if not callable(function):
        raise HarnessError(f"target: expected a callable, got a {type(function).__name__}")
    setting = Setting(contract, ties)
    library = None if arrays in (None, "numpy") else library_named(str(arrays))
    run = _Run(Caller(chosen, function, setting, library), seed, frozenset(declared))
    each = math.ceil(cases / len(chosen.families))
    with _quiet():
        for family in chosen.families:
            run.family(family, each, skip=bool(family.needs) and family.needs not in declared)
        name = target if isinstance(target, str) else describe(target)
        examples = run.examples(name, arrays or "numpy")
    verdict, reason = run.conclusion()
    return OperatorReport(
        operator=operator,
        target=name,
        contract=contract,
        ties=ties if operator == "topk" else "",
        arrays=arrays or "numpy",
        capabilities=tuple(sorted(declared)),
        seed=seed,
        versions=versions(),
        planned=each * len(chosen.families),
        judged=run.judged,
        families=run.families,
        aspects=run.aspects,
        worst={name: found.message for name, found in run.worst.items() if found.message},
        counterexamples=examples,
        verdict=verdict,
        reason=reason,
    )


class _Run:
    """The counts of a run, and the smallest wrong case of each aspect."""

    def __init__(self, caller: Caller, seed: int, declared: frozenset[str]) -> None:
        self.caller, self._seed, self._declared = caller, seed, declared
        self.operator: Operator = caller.operator
        names = (*COMMON, *self.operator.aspects)
        self.aspects = {name: Counts() for name in names}
        self.families = {family.name: Counts() for family in self.operator.families}
        self.worst: dict[str, Finding] = {}
        self.wrong: dict[str, Call] = {}
        self.judged = 0

    def family(self, family: Family, cases: int, *, skip: bool) -> None:
        """Draw and judge the cases of a family."""
        if skip:
            self.families[family.name].skipped += cases
            return
        # a family's cases depend on its name and the seed, not on those before it
        rng = np.random.default_rng([self._seed, *family.name.encode()])
        faults = []
        for _ in range(cases):
            call = Call(family.name, family.draw(rng, self.caller.setting))
            outcome = self.caller.outcome(call)
            self._add(family, call, outcome)
            faults.append(outcome.faulty)
        if family is self.operator.families[0] and faults and all(faults):
            raise HarnessError(
                "the target answers none of the plainest cases in the promised form: "
                f"{self.worst['answer'].message}; the call is {self.operator.call}, "
                f"it returns {self.operator.returns}"
            )

    def _add(self, family: Family, call: Call, outcome: Outcome) -> None:
        self.judged += 1
        total = Finding("", Verdict.EXACT)
        for finding in outcome.judged.findings:
            _count(self.aspects[finding.clause], finding.verdict)
            total = worst(total, finding)
            first = self.worst.get(finding.clause)
            self.worst[finding.clause] = finding if first is None else worst(first, finding)
            if finding.verdict is Verdict.WRONG:
                known = self.wrong.get(finding.clause)
                if known is None or size(call) < size(known):
                    self.wrong[finding.clause] = call
        _count(self.families[family.name], total.verdict)

    def examples(self, target: str, library: str) -> dict[str, dict[str, Any]]:
        """A shrunk counterexample for every wrong aspect."""
        found = {}
        for aspect, call in self.wrong.items():

            def is_wrong(candidate: Call, aspect: str = aspect) -> bool:
                # outside the definition and what was declared, any answer would do
                return (
                    self.operator.needs(candidate) <= self._declared
                    and _wrong(self.caller.outcome(candidate), aspect) is not None
                )

            small = shrink(self.operator, call, is_wrong)
            outcome = self.caller.outcome(small)
            finding = _wrong(outcome, aspect)
            # a target that is not repeatable may answer otherwise now
            message = self.worst[aspect].message if finding is None else finding.message
            self.worst[aspect] = Finding(aspect, Verdict.WRONG, message)
            record = vector(self.operator, small, outcome, message, target, self.caller.setting)
            record["snippet"] = snippet(small, f"{aspect}: {message}", target, library)
            found[aspect] = record
        return found

    def conclusion(self) -> tuple[str, str]:
        """The verdict and its reason in one sentence."""
        wrong = [name for name, counts in self.aspects.items() if counts.wrong]
        if wrong:
            return "fails", f"wrong in {', '.join(wrong)}"
        undecided = [name for name, counts in self.aspects.items() if counts.undecided]
        if undecided:
            return "undecided", f"the oracle could not decide cases in {', '.join(undecided)}"
        for group in self.operator.owed:
            if not any(self.aspects[name].decided for name in group):
                return "undecided", f"no case was decided in {' or '.join(group)}"
        silent = [
            family.name
            for family in self.operator.families
            if not family.needs and not self.families[family.name].decided
        ]
        if silent:
            return "undecided", f"no case was decided in the families {', '.join(silent)}"
        return "conforms", "nothing wrong, nothing undecided, every family decided"


def _wrong(outcome: Outcome, aspect: str) -> Finding | None:
    for finding in outcome.judged.findings:
        if finding.clause == aspect and finding.verdict is Verdict.WRONG:
            return finding
    return None


def _count(counts: Counts, verdict: Verdict) -> None:
    setattr(counts, verdict.value, getattr(counts, verdict.value) + 1)


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
