"""The whole judgement: faulty targets fail under the right clause, a correct one conforms."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import warnings
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from gd_attention.conformance import HarnessError, Progress, Report, verify
from gd_attention.conformance.badcalls import own_calls
from gd_attention.conformance.contract import contract
from gd_attention.conformance.generate import derived_seed, draw
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.realdata import iris_cases
from gd_attention.conformance.reports.page import render_page
from gd_attention.conformance.requirements import CLAUSES
from gd_attention.conformance.strategies import FAMILIES, family
from gd_attention.conformance.target import capabilities_of, load
from gd_attention.conformance.vectors import decode, load_vectors

TARGETS = Path(__file__).parents[1] / "targets"

# Three cases a family: the fixed vectors and the Iris cases do most of the work in these tests.
CASES = 3 * len(FAMILIES)


@pytest.fixture(autouse=True)
def _targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(TARGETS)


@functools.cache
def judged(target: str, name: str = "float64", cases: int = CASES) -> Report:
    """The report on a target, made once."""
    return verify(target, contract=name, cases=cases)


def wrong(report: Report) -> set[str]:
    """The clauses with a WRONG case."""
    return {clause.id for clause in report.clauses if clause.wrong}


@pytest.mark.clause("GDA-conf-contract")
def test_an_honest_rounding_target_conforms():
    """Nothing exact in it: rounded separations, SciPy's brentq, float energies."""
    report = judged("scipy_brentq:select")
    assert (report.verdict, report.exit_code) == ("conforms", 0), report.reason
    # the contract is put to use: not every answer is the exact one
    admissible = {clause.id for clause in report.clauses if clause.admissible}
    assert admissible >= {"GDA-energy-value", "GDA-coordinate-value", "GDA-select-exact-order"}


@pytest.mark.clause("GDA-conf-report", "GDA-conf-contract")
def test_an_independent_correct_target_conforms():
    """Exact order by fractions and float energies: conforms under float64."""
    report = judged("fractions_order:select")
    assert report.verdict == "conforms", report.reason
    assert report.exit_code == 0
    assert wrong(report) == set()
    for clause in report.clauses:
        assert clause.undecided == 0
        assert clause.decided > 0 or not clause.required, clause.id
    # it validates nothing, and nothing else is outside its profile
    assert {c.id for c in report.clauses if not c.required} == {
        "GDA-input-shape",
        "GDA-input-dtype",
        "GDA-input-domain",
        "GDA-input-finite",
        "GDA-fill-representable",
    }


FAULTY = {
    "bisection_midpoint:select": {"GDA-align-half", "GDA-energy-value", "GDA-coordinate-value"},
    "rounded_energies:select": {"GDA-select-index", "GDA-select-exact-order"},
    "strict_threshold:select": {"GDA-admit-threshold", "GDA-admit-zero"},
    "small:last_tie": {"GDA-select-ties"},
    "small:mutates": {"GDA-call-pure"},
    "small:freezes": {"GDA-call-pure"},
    "small:drifts": {"GDA-call-repeatable"},
    "small:narrows": {"GDA-output-dtype"},
    "small:raises_on_ties": {"GDA-select-index"},
    "small:ignores_mask": {"GDA-admit-mask"},
    "small:follows_keys": {"GDA-input-exact"},
    "small:first_components": {"GDA-select-index"},
    "small:first_keys": {"GDA-select-index"},
    "small:first_queries": {"GDA-select-index"},
    "small:first_fill": {"GDA-output-fill"},
    "small:squeezes_beta": {"GDA-input-shape"},
    "small:forgives_masked_weights": {"GDA-input-domain"},
}


@pytest.mark.clause("GDA-conf-report", "GDA-conf-verdict")
@pytest.mark.parametrize("target", FAULTY)
def test_faulty_targets_fail_under_the_right_clause(target):
    """Each fault shows under its clause, with a counterexample."""
    report = judged(target)
    assert report.verdict == "fails"
    assert report.exit_code == 1
    assert FAULTY[target] <= wrong(report)
    for clause in report.clauses:
        assert (clause.counterexample is not None) == bool(clause.wrong)


@pytest.mark.clause("GDA-select-ties", "GDA-admit-threshold")
@pytest.mark.parametrize(
    ("target", "clean"),
    [
        ("strict_threshold:select", "GDA-align-"),
        ("strict_threshold:select", "GDA-energy-"),
        ("strict_threshold:select", "GDA-select-ties"),
        ("small:last_tie", "GDA-admit-"),
        ("small:narrows", "GDA-select-"),
        ("small:mutates", "GDA-select-"),
        ("small:drifts", "GDA-select-"),
    ],
)
def test_faulty_targets_are_not_blamed_for_more(target, clean):
    """Clauses that a fault does not touch stay clean."""
    assert not {clause for clause in wrong(judged(target)) if clause.startswith(clean)}


@pytest.mark.clause("GDA-conf-report")
@pytest.mark.parametrize(
    ("target", "clause", "numbers"),
    [
        ("bisection_midpoint:select", "GDA-align-half", 2),
        ("rounded_energies:select", "GDA-select-exact-order", 3),
        ("strict_threshold:select", "GDA-admit-threshold", 3),
        ("small:last_tie", "GDA-select-ties", 3),
    ],
)
def test_counterexamples_are_small_and_real(target, clause, numbers):
    """The vector decodes to a call on which the target is WRONG; it is as small as can be."""
    report = judged(target)
    example = report.clause(clause).counterexample
    assert example is not None
    vector = decode(example.vector)
    case = vector.case
    assert case.query.size + case.keys.size <= numbers
    assert capabilities_of(case) <= report.profile.capabilities
    assert vector.answer is not None
    if clause != "GDA-align-half":
        result = case.call(load(target))
        index = np.asarray(result["index"] if isinstance(result, dict) else result)
        exact = [row.index for row in vector.answer.rows]
        assert index.ravel().tolist() != exact


@pytest.mark.clause("GDA-conf-report")
@pytest.mark.parametrize("target", sorted(FAULTY))
def test_snippets_run_as_pasted(target):
    """The snippet of every counterexample runs by itself and says what was expected."""
    examples = [c.counterexample for c in judged(target).clauses if c.counterexample][:2]
    for example in examples:
        assert example.message.splitlines()[0] in example.snippet
        run = subprocess.run(
            [sys.executable, "-c", example.snippet],
            env={**os.environ, "PYTHONPATH": str(TARGETS)},
            capture_output=True,
            text=True,
        )
        raised = "the call raised" in example.message
        assert (run.returncode != 0) == raised, run.stderr
        assert run.stdout or raised


@pytest.mark.clause("GDA-conf-profile")
@pytest.mark.parametrize(
    "target", ["small:index_array", "small:index_list", "small:selection_like", "small:reuses"]
)
def test_partial_profiles_conform(target):
    """An index array, a list, two fields: what is not returned is skipped, not wrong."""
    report = judged(target)
    assert report.verdict == "conforms", report.reason
    assert report.clause("GDA-output-gather").skipped > 0
    assert report.clause("GDA-output-gather").decided == 0
    assert not report.clause("GDA-output-gather").required


@pytest.mark.clause("GDA-conf-profile")
def test_a_declared_capability_is_not_negotiable():
    """What a probe would have excused is WRONG once declared."""
    assert judged("small:index_list").verdict == "conforms"
    report = verify("small:index_list", cases=0, capabilities=["mask"])
    assert report.profile.declared
    assert report.clause("GDA-admit-mask").wrong > 0
    example = report.clause("GDA-select-index").counterexample
    assert example is not None and "TypeError" in example.message


@pytest.mark.clause("GDA-conf-profile")
def test_a_promised_field_is_not_negotiable():
    """A field that is declared and not returned is WRONG, where it would be skipped."""
    report = verify("small:index_list", cases=0, capabilities=["energy"])
    assert report.clause("GDA-energy-value").wrong > 0
    assert report.clause("GDA-coordinate-value").wrong == 0


@pytest.mark.clause("GDA-conf-profile")
def test_capabilities_outside_are_skipped():
    """Declaring fewer skips the rest."""
    report = verify("small:ignores_mask", cases=0, capabilities=[])
    assert report.verdict == "conforms", report.reason
    assert report.clause("GDA-admit-mask").decided == 0
    assert report.clause("GDA-admit-mask").skipped > 0


@pytest.mark.clause("GDA-conf-report")
def test_nothing_decided_is_not_a_pass(monkeypatch):
    """Without vectors, real data and generated cases the verdict is undecided."""
    module = sys.modules["gd_attention.conformance.verify"]
    monkeypatch.setattr(module, "load_vectors", lambda *step: ())
    monkeypatch.setattr(module, "iris_cases", lambda *step: ())
    report = verify("fractions_order:select", cases=0)
    assert report.verdict == "undecided"
    assert report.exit_code == 1
    assert "GDA-select-index" in report.reason and "GDA-select-ties" in report.reason


@pytest.mark.clause("GDA-conf-report", "GDA-conf-oracle")
def test_an_undecided_case_is_not_a_pass(monkeypatch):
    """One case that the oracle gives up on makes the verdict undecided."""
    from gd_attention.conformance import Undecided, bench

    def gives_up(case, chosen):
        if case.id == "iris-half":
            raise Undecided("cap reached")
        return solve(case, chosen)

    monkeypatch.setattr(bench, "solve", gives_up)
    report = verify("small:declared", cases=0)
    assert report.verdict == "undecided"
    assert report.clause("GDA-select-index").undecided == 1
    assert report.clause("GDA-select-index").worst == "cap reached"


@pytest.mark.clause("GDA-conf-report")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target": "no_such_module:f"}, "cannot import"),
        ({"target": 3}, "expected a callable"),
        ({"target": "small:raises"}, "RuntimeError: not written yet"),
        ({"target": "small:returns_text"}, "wrong return type"),
        (
            {"target": "small:index_list", "contract": "float8"},
            "contract: expected one of exact, float64",
        ),
        ({"target": "small:index_list", "cases": -1}, "cases: expected a number >= 0"),
        ({"target": "small:index_list", "capabilities": ["telepathy"]}, "unknown telepathy"),
    ],
)
def test_faults_of_the_harness(arguments, message):
    """What cannot be judged raises HarnessError."""
    with pytest.raises(HarnessError, match=message):
        verify(**{"cases": 0, **arguments})


@pytest.mark.clause("GDA-conf-report")
def test_report_as_data(tmp_path):
    """The report follows its schema, whole or not at all."""
    report = judged("rounded_energies:select")
    path = tmp_path / "report.json"
    report.write(path)
    document = json.loads(path.read_text(encoding="utf-8"))
    schema = json.loads(
        (files("gd_attention.conformance") / "report.schema.json").read_text(encoding="utf-8")
    )
    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["verdict"] == "fails"
    assert [clause["id"] for clause in document["clauses"]] == list(CLAUSES)
    assert document["vectors"] == len(load_vectors())
    assert document["real"] == len(iris_cases())
    assert document["generated"] == CASES
    assert document["versions"].keys() == {
        "python",
        "numpy",
        "python-flint",
        "hypothesis",
        "gd-attention",
    }
    # a write that fails leaves the old file and nothing else
    missing = tmp_path / "folder"
    missing.mkdir()
    with pytest.raises(OSError):
        report.write(missing)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["folder", "report.json"]


@pytest.mark.clause("GDA-conf-report")
def test_progress_and_counts():
    """Progress ends at the number of cases; families share them evenly, rounded up."""
    steps: list[Progress] = []
    chosen = [family("basic"), family("ties")]
    report = verify("small:index_array", cases=21, progress=steps.append, families=chosen)
    assert [(f.name, f.cases) for f in report.families] == [("basic", 11), ("ties", 11)]
    assert report.generated == 22
    assert steps[-1].done == steps[-1].total == report.cases
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert all(f.hits <= f.judged <= f.cases for f in report.families)


@pytest.mark.clause("GDA-conf-report")
def test_the_seed_decides_the_cases():
    """The same seed draws the same cases, another seed others; families differ."""

    def inputs(seed, name="basic"):
        cases = draw(family(name).strategy, name, 30, seed)
        return [(case.query.tobytes(), case.keys.tobytes()) for case in cases]

    assert inputs(1) == inputs(1)
    assert inputs(1) != inputs(2)
    assert derived_seed(1, "a", 0) != derived_seed(1, "b", 0)
    assert derived_seed(1, "a", 0) == 0xC8B6AB1EF8E6E82


@pytest.mark.clause("GDA-conf-report")
def test_drawing_is_exact_and_never_ends_early():
    """As many cases as asked, also where Hypothesis sees the end of the possibilities."""
    from hypothesis import strategies as st

    few = st.sampled_from(load_vectors()[:2]).map(lambda vector: vector.case)
    assert len(draw(few, "few", 25, 1)) == 25
    with pytest.raises(HarnessError, match="family none: its strategy draws no cases"):
        draw(few.filter(lambda case: False), "none", 5, 1)


@pytest.mark.clause("GDA-conf-verdict")
def test_warnings_of_a_target_are_no_exceptions():
    """Where warnings are errors a target's warning is still no answer."""
    target = load("small:index_list")

    def warns(query, keys):
        warnings.warn("slow", stacklevel=2)
        np.float64(1.0) / np.zeros(1)
        return target(query, keys)

    with np.errstate(all="raise"):
        assert verify(warns, cases=0).verdict == "conforms"


@pytest.mark.clause("GDA-conf-contract")
def test_contract_names():
    """Both contracts have names that the report repeats."""
    assert contract("exact").name == "exact"
    assert judged("fractions_order:select").contract == "float64"


@pytest.mark.clause("GDA-conf-report")
@pytest.mark.parametrize("name", ["exact", "float64"])
def test_the_reference_conforms(name):
    """Under both contracts, nothing outside the profile, every clause decided."""
    report = verify(
        "gd_attention:gd_attention", contract=name, cases=10 * len(FAMILIES), capabilities=["all"]
    )
    assert report.verdict == "conforms", report.reason
    assert all(clause.required and clause.decided for clause in report.clauses)
    assert sum(clause.skipped + clause.undecided for clause in report.clauses) == 0


@pytest.mark.clause("GDA-input-dtype", "GDA-conf-report")
def test_calls_that_only_python_can_make_are_judged(tmp_path):
    """Objects, strings and None are no vectors; the report says so and reads back."""
    report = judged("small:reads_anything", "exact", 0)
    assert wrong(report) == {"GDA-input-dtype"}
    assert report.calls == len(own_calls()) > 0
    example = report.clause("GDA-input-dtype").counterexample
    assert example is not None and example.vector is None
    report.write(tmp_path / "report.json")
    assert Report.read(tmp_path / "report.json") == report
    assert "GDA-input-dtype" in render_page(report)


@pytest.mark.clause("GDA-conf-depth")
def test_such_a_call_survives_a_resumption(tmp_path):
    """The state of a deep run names the call, as no vector holds it."""
    settings = {"contract": "exact", "depth": "deep", "cases": 1}
    path = tmp_path / "run.json"
    first = verify("small:reads_anything", **settings, resume=path)
    again = verify("small:reads_anything", **settings, resume=path)
    assert replace(first, elapsed=0.0) == replace(again, elapsed=0.0)
    assert wrong(again) == {"GDA-input-dtype"}
