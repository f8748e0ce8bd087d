"""The integration, in suites of its own: one test per clause, run once, honest outcomes."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from gd_attention.conformance import HarnessError, assert_conforms
from gd_attention.conformance.pytest import parametrize_with_clauses
from gd_attention.conformance.requirements import CLAUSES
from junitparser import Failure, JUnitXml, Skipped, TestCase

CLAUSE = "GDA-conf-report"
TARGETS = Path(__file__).parents[1] / "targets"

SUITE = """
from gd_attention.conformance.pytest import parametrize_with_clauses

@parametrize_with_clauses({arguments})
def test_conformance(clause, tmp_path):
    assert clause.status == "passed"
    assert tmp_path.is_dir()
"""

# Counts in a file how often a target is judged.
COUNTING = """
import gd_attention.conformance.pytest as plugin

judge = plugin.verify

def verify(*given, **named):
    with open("judged", "a") as file:
        file.write("x")
    return judge(*given, **named)

plugin.verify = verify
"""


def suite(folder: Path, arguments: str, *options: str) -> tuple[str, dict[str, TestCase]]:
    """Run a suite in its own process; what it printed, and its cases by clause."""
    (folder / "conftest.py").write_text(COUNTING)
    (folder / "test_mine.py").write_text(SUITE.format(arguments=arguments))
    strict = ("-W", "error", "--strict-markers", "-p", "no:cacheprovider")
    output = ("-rA", "--junitxml=out.xml")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *strict, *output, *options, "test_mine.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(TARGETS)},
        capture_output=True,
        text=True,
    )
    cases = {}
    if (folder / "out.xml").exists():
        for case in next(iter(JUnitXml.fromfile(str(folder / "out.xml")))):
            name = case.name.removeprefix("test_conformance")
            cases[name.strip("[]")] = case
    return run.stdout + run.stderr, cases


def outcome(case: TestCase) -> str:
    """Passed, failed, skipped or xfailed."""
    for result in case.result:
        if isinstance(result, Failure):
            return "failed"
        if isinstance(result, Skipped):
            return "xfailed" if result.type == "pytest.xfail" else "skipped"
    return "passed"


def times(folder: Path) -> int:
    path = folder / "judged"
    return len(path.read_text()) if path.exists() else 0


@pytest.mark.clause(CLAUSE)
def test_one_test_per_clause(tmp_path):
    """Ids are clause ids; inside the profile they pass, outside they skip with the reason."""
    printed, cases = suite(tmp_path, "'small:index_array', cases=20, seed=7")
    assert list(cases) == list(CLAUSES), printed
    assert outcome(cases["GDA-select-ties"]) == "passed"
    assert {outcome(case) for case in cases.values()} == {"passed", "skipped"}
    (reason,) = cases["GDA-admit-mask"].result
    assert "outside the profile: the target lacks the capability mask" in reason.message
    assert times(tmp_path) == 1


@pytest.mark.clause(CLAUSE)
def test_wrong_clauses_fail_with_a_counterexample(tmp_path):
    """Message, settings and snippet; the other clauses still pass."""
    _, cases = suite(tmp_path, "'small:last_tie', cases=0")
    failed = {name for name, case in cases.items() if outcome(case) == "failed"}
    assert "GDA-select-ties" in failed
    assert outcome(cases["GDA-call-pure"]) == "passed"
    (result,) = cases["GDA-select-ties"].result
    assert result.message.startswith("Failed: GDA-select-ties wrong: query 0: expected index 0")
    for part in ("small:last_tie under float64, seed", "import numpy as np", "print(last_tie("):
        assert part in result.text
    assert times(tmp_path) == 1


@pytest.mark.clause(CLAUSE)
def test_expected_failures(tmp_path):
    """One that fails is an xfail with its reason; one that passes or is outside must go."""
    expected = {
        "GDA-select-ties": "ties go to the last",
        "GDA-call-pure": "stale",
        "GDA-admit-mask": "no mask",
    }
    _, cases = suite(tmp_path, f"'small:last_tie', cases=0, expected_failures={expected}")
    assert outcome(cases["GDA-select-ties"]) == "xfailed"
    assert "ties go to the last" in cases["GDA-select-ties"].result[0].message
    for name, why in (("GDA-call-pure", "it passes"), ("GDA-admit-mask", "outside the profile")):
        assert outcome(cases[name]) == "failed"
        message = cases[name].result[0].message
        assert why in message and "remove it from expected_failures" in message


@pytest.mark.clause(CLAUSE)
def test_less_than_a_run_fails(tmp_path):
    """A target that cannot be judged fails every test, and is tried once."""
    printed, cases = suite(tmp_path, "'small:raises', cases=0")
    assert {outcome(case) for case in cases.values()} == {"failed"}, printed
    assert "not judged: small:raises: the basic case" in cases["GDA-select-ties"].result[0].message
    assert times(tmp_path) == 1


@pytest.mark.clause(CLAUSE)
def test_collecting_calls_nothing(tmp_path):
    """The ids are there without an import of the target, let alone a call."""
    printed, _ = suite(tmp_path, "'no_such_module:f'", "--collect-only")
    assert "test_conformance[GDA-select-index]" in printed
    assert times(tmp_path) == 0


@pytest.mark.clause(CLAUSE)
def test_workers_agree_on_the_tests(tmp_path):
    """Parallel workers collect the same ids; each judges the target at most once."""
    printed, cases = suite(tmp_path, "'small:index_array', cases=0", "-n", "2")
    assert set(cases) == set(CLAUSES), printed
    assert 1 <= times(tmp_path) <= 2


@pytest.mark.clause(CLAUSE)
@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"GDA-typo": "typing error"}, "no clause that calls decide: GDA-typo;"),
        ({"GDA-thm-merge": "no call decides it"}, "no clause that calls decide"),
        ({"GDA-select-ties": " "}, "GDA-select-ties: expected a reason"),
        ({"GDA-select-ties": None}, "expected a reason, got None"),
    ],
)
def test_unknown_expectations_are_refused(expected, message):
    """At once, not when the tests run."""
    with pytest.raises(ValueError, match=message):
        parametrize_with_clauses("small:index_array", expected_failures=expected)


@pytest.mark.clause(CLAUSE)
def test_functions_that_cannot_be_decorated():
    """Without the argument nothing could be handed over; a coroutine would never run."""
    decorate = parametrize_with_clauses("small:index_array")
    with pytest.raises(TypeError, match="expected an argument named clause"):
        decorate(lambda other: None)

    async def waits(clause):
        pass

    with pytest.raises(TypeError, match="got a coroutine"):
        decorate(waits)


@pytest.mark.clause(CLAUSE)
def test_assert_conforms(monkeypatch):
    """The report of a target that conforms; else the line of the verdict and a snippet."""
    monkeypatch.syspath_prepend(TARGETS)
    assert assert_conforms("small:index_array", cases=0, contract="exact").conforms
    with pytest.raises(AssertionError) as caught:
        assert_conforms("small:last_tie", cases=0)
    line, blank, *snippet = str(caught.value).splitlines()
    assert line.startswith("fails: small:last_tie under float64, ") and blank == ""
    assert snippet[0].startswith("# GDA-select-")
    ast.parse("\n".join(snippet))
    with pytest.raises(HarnessError):
        assert_conforms("no_such_module:f")


@pytest.mark.clause(CLAUSE)
def test_conformance_imports_no_pytest():
    """Who judges outside a test suite needs no pytest, and no browser."""
    code = (
        "import sys, gd_attention.conformance\n"
        "import gd_attention.cli.app\n"
        "print([name for name in ('pytest', '_pytest', 'playwright') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
