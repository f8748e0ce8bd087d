"""Conformance in a pytest suite: one test per clause.

    from gd_attention.conformance.pytest import parametrize_with_clauses

    @parametrize_with_clauses("mine:select", contract="float64")
    def test_conformance(clause):
        pass

The ids of the tests are the ids of the clauses. Nothing is called while pytest collects: the ids
come from the standard, so every worker of a parallel run collects the same tests. The first test
that runs judges the target, and all tests of the function share its report. The decorator itself
makes a test fail, skip or xfail; the body may assert more about its `ClauseReport`.

Clauses: GDA-conf-report, GDA-conf-profile.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from gd_attention.conformance.assertion import assert_conforms
from gd_attention.conformance.errors import HarnessError
from gd_attention.conformance.report import ClauseReport, Report
from gd_attention.conformance.reports.words import clause_line
from gd_attention.conformance.requirements import CLAUSES
from gd_attention.conformance.verify import verify

__all__ = ["assert_conforms", "parametrize_with_clauses"]

_ARGUMENT = "clause"

_Test = TypeVar("_Test", bound=Callable[..., Any])


def parametrize_with_clauses(
    target: Callable[..., Any] | str,
    *,
    expected_failures: Mapping[str, str] | None = None,
    **options: Any,
) -> Callable[[_Test], _Test]:
    """Decorate a test function so that it runs once per clause of the standard.

    Parameters
    ----------
    target : callable or str
        The implementation, or its name ``package.module:callable``.
    expected_failures : mapping of str to str, optional
        Clause ids that are known to fail, with the reason of each. Such a clause is an xfail with
        its reason. If it passes, or is outside the profile, its test fails: the entry is stale.
    **options
        As for `verify`: contract, cases, seed, capabilities and the others.

    Returns
    -------
    decorator
        For a function with an argument ``clause``, which is the `ClauseReport`; fixtures may stand
        beside it.

    Raises
    ------
    ValueError
        ``expected_failures`` names no clause that calls decide, or gives no reason.
    TypeError
        The decorated function has no argument ``clause``, or is a coroutine.

    Notes
    -----
    A clause that is WRONG, undecided, or due and not decided by any case fails, with its
    counterexample. A clause outside the profile is skipped with the reason. A target that cannot be
    judged, and a run that did not judge every planned case, fail every test.

    Clause: GDA-conf-report.
    """
    expected = dict(expected_failures or {})
    _check_expected(expected)
    run = _Run(target, options)

    def decorate(test: _Test) -> _Test:
        if inspect.iscoroutinefunction(test):
            raise TypeError(f"{test.__name__}: expected a plain function, got a coroutine")
        if _ARGUMENT not in inspect.signature(test).parameters:
            raise TypeError(f"{test.__name__}: expected an argument named {_ARGUMENT}")

        @functools.wraps(test)
        def checked(*given: Any, **named: Any) -> Any:
            __tracebackhide__ = True
            clause = named.pop(_ARGUMENT)
            return test(*given, **named, **{_ARGUMENT: run.check(clause, expected.get(clause))})

        mark = pytest.mark.parametrize(_ARGUMENT, tuple(CLAUSES), ids=tuple(CLAUSES))
        marked: _Test = mark(checked)
        return marked

    return decorate


def _check_expected(expected: Mapping[str, str]) -> None:
    unknown = sorted(set(expected) - set(CLAUSES))
    if unknown:
        raise ValueError(
            f"expected_failures: no clause that calls decide: {', '.join(unknown)}; "
            f"known are {', '.join(CLAUSES)}"
        )
    for clause, reason in expected.items():
        if not isinstance(reason, str) or not reason.strip():
            raise ValueError(f"expected_failures: {clause}: expected a reason, got {reason!r}")


@dataclass
class _Run:
    """The judgement of a target, made when the first test asks for it and kept."""

    target: Callable[..., Any] | str
    options: Mapping[str, Any]
    report: Report | None = None
    fault: str | None = None

    def check(self, name: str, expected: str | None) -> ClauseReport:
        """The clause's report if it passed; else the test ends here as pytest's outcome."""
        __tracebackhide__ = True
        report = self._judged()
        clause = report.clause(name)
        said = f"{name} {clause.status}: {clause_line(clause, report)}"
        if clause.status == "skipped":
            if expected is not None:
                self._stale(name, expected, said)
            pytest.skip(said)
        if clause.status == "passed":
            if not report.complete:
                pytest.fail(
                    f"{name}: incomplete run: {report.judged} of {report.planned} cases judged",
                    pytrace=False,
                )
            if expected is not None:
                self._stale(name, expected, "it passes")
            return clause
        if expected is not None:
            pytest.xfail(f"{expected} ({said})")
        pytest.fail(f"{said}\n\n{_about(report)}{_snippet(clause)}", pytrace=False)

    def _judged(self) -> Report:
        __tracebackhide__ = True
        if self.report is None and self.fault is None:
            try:
                self.report = verify(self.target, **self.options)
            except HarnessError as error:
                # kept, so that a broken target is not tried again for every clause
                self.fault = str(error)
        if self.report is None:
            pytest.fail(f"not judged: {self.fault}", pytrace=False)
        return self.report

    @staticmethod
    def _stale(name: str, reason: str, said: str) -> None:
        __tracebackhide__ = True
        pytest.fail(
            f"{name} was expected to fail ({reason}), but {said}: remove it from expected_failures",
            pytrace=False,
        )


def _about(report: Report) -> str:
    version = report.versions.get("gd-attention", "unknown")
    return (
        f"{report.target} under {report.contract}, seed {report.seed}, gd-attention {version}, "
        f"vectors {report.corpus_digest[:8]}"
    )


def _snippet(clause: ClauseReport) -> str:
    return "" if clause.counterexample is None else f"\n\n{clause.counterexample.snippet}"
