"""The oracle of the prior operators: honest functions pass, every planted fault is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import honest
import numpy as np
import pytest
from flint import arb, fmpq
from gd_attention.cli.app import app
from gd_attention.conformance.balls import precision
from gd_attention.conformance.encoding import decode_array
from gd_attention.conformance.errors import HarnessError
from gd_attention.conformance.operators import OPERATORS, verify_operator
from gd_attention.conformance.operators.reading import judge_values, rational
from gd_attention.conformance.operators.record import Call, Setting
from gd_attention.conformance.operators.threshold import entmax_row, sparsemax_row
from gd_attention.conformance.verdict import Verdict
from planted import MUTANTS
from typer.testing import CliRunner

HONEST: dict[str, Callable[..., Any]] = {
    "sparsemax": honest.sparsemax,
    "entmax": honest.entmax,
    "topk": honest.topk_weights,
    "sdpa": honest.sdpa,
    "hopfield": honest.hopfield,
    "monotonic": honest.monotonic,
    "unique-hard": honest.unique_hard,
}

U, TINY = fmpq(1, 2**53), fmpq(1, 2**1022)


def test_every_operator_has_an_honest_implementation_and_four_mutants() -> None:
    assert set(OPERATORS) == set(HONEST) == set(MUTANTS)
    assert all(len(mutants) >= 4 for mutants in MUTANTS.values())


@pytest.mark.parametrize("contract", ["float64", "float32"])
@pytest.mark.parametrize("name", OPERATORS)
def test_honest_implementations_conform(name: str, contract: str) -> None:
    found = verify_operator(name, HONEST[name], contract=contract, cases=150, capabilities=["all"])
    assert found.verdict == "conforms", (found.reason, found.worst)
    assert found.judged == found.planned
    assert all(counts.decided for counts in found.families.values())


def test_honest_indices_conform_as_top_k() -> None:
    found = verify_operator("topk", honest.topk_index, cases=150, capabilities=["all"])
    assert found.verdict == "conforms", (found.reason, found.worst)


@pytest.mark.parametrize(
    ("name", "mutant"),
    [(name, mutant) for name, mutants in MUTANTS.items() for mutant in mutants],
    ids=lambda item: getattr(item, "__name__", item),
)
def test_planted_faults_are_found(name: str, mutant: Callable[..., Any]) -> None:
    found = verify_operator(name, mutant, cases=150)
    assert found.verdict == "fails", found.reason
    assert found.counterexamples
    for aspect, vector in found.counterexamples.items():
        # the exported arguments reproduce the fault, and the exact answer travels with them
        arguments = {
            key: decode_array(value) if isinstance(value, dict) else value
            for key, value in vector["arguments"].items()
        }
        call = Call(vector["family"], arguments)
        assert vector["exact"]
        if aspect in OPERATORS[name].aspects:
            given = [np.array(v) if isinstance(v, np.ndarray) else v for v in arguments.values()]
            with np.errstate(all="ignore"):
                judged = OPERATORS[name].judge(call, mutant(*given), Setting())
            assert Verdict.WRONG in {f.verdict for f in judged.findings if f.clause == aspect}


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([1, 1, 0], [fmpq(1, 2), fmpq(1, 2), 0]),
        ([1, None, fmpq(1, 2)], [fmpq(3, 4), 0, fmpq(1, 4)]),
        ([0, 1], [0, 1]),
        ([fmpq(3, 2), 0, 0], [1, 0, 0]),
        ([7], [1]),
        ([0, 0, 0], [fmpq(1, 3)] * 3),
    ],
)
def test_known_answers_of_sparsemax(scores: list[Any], expected: list[Any]) -> None:
    row = sparsemax_row([None if s is None else fmpq(s) for s in scores], U)
    assert row.weights == [fmpq(x) for x in expected]
    # alpha-entmax at 2 is the same map: the enclosures hold the rationals
    again = entmax_row([None if s is None else fmpq(s) for s in scores], fmpq(2), U, TINY)
    with precision(200):
        assert all(ball.overlaps(arb(x)) for ball, x in zip(again.weights, expected, strict=True))
    assert again.support == [x > 0 for x in expected]


@pytest.mark.parametrize("alpha", [fmpq(5, 4), fmpq(3, 2), fmpq(2), fmpq(3)])
def test_entmax_encloses_a_point_of_the_simplex(alpha: Any) -> None:
    scores = [fmpq(k, 7) for k in (3, -2, 5, 0, 1)]
    row = entmax_row(scores, alpha, U, TINY)
    with precision(256):
        total = sum(row.weights, arb(0))
        assert total.contains(1) and total.rad() < 1e-30
    # one-hot exactly from the gap 1/(alpha - 1) on
    gap = 1 / (alpha - 1)
    assert entmax_row([gap, fmpq(0)], alpha, U, TINY).support == [True, False]
    assert entmax_row([gap * fmpq(99, 100), fmpq(0)], alpha, U, TINY).support == [True, True]


def test_a_third_correctly_rounded_is_exact_and_its_neighbour_is_not() -> None:
    for got, verdict in ((1 / 3, Verdict.EXACT), (np.nextafter(1 / 3, 1), Verdict.WRONG)):
        third = fmpq(1, 3)
        array = np.array([got])
        assert judge_values("value", array, [third], [(third, third)], "x").verdict is verdict
    # the rational of a float is the float
    assert rational(0.1) == fmpq(3602879701896397, 2**55)


def test_ties_of_top_k_are_judged_by_the_declared_rule() -> None:
    backwards = MUTANTS["topk"][0]
    assert verify_operator("topk", backwards, cases=60).verdict == "fails"
    assert verify_operator("topk", backwards, cases=60, ties="any").verdict == "conforms"
    threshold = MUTANTS["topk"][-1]
    assert verify_operator("topk", threshold, cases=60, ties="all").verdict == "conforms"
    assert verify_operator("topk", threshold, cases=60, ties="any").verdict == "fails"


def test_nothing_decided_is_no_pass() -> None:
    def absent(*_: Any) -> Any:
        raise NotImplementedError("not here")

    assert verify_operator("sdpa", absent, cases=30).verdict == "undecided"
    assert verify_operator("sdpa", honest.sdpa, cases=0).verdict == "undecided"


def test_a_target_that_answers_nothing_is_a_fault_of_the_call() -> None:
    with pytest.raises(HarnessError, match="plainest cases"):
        verify_operator("sdpa", lambda query: query, cases=30)
    with pytest.raises(HarnessError, match="expected shape"):
        verify_operator("sparsemax", lambda scores: scores[0], cases=30)
    with pytest.raises(HarnessError, match="operator: unknown name"):
        verify_operator("softermax", honest.sparsemax)
    with pytest.raises(HarnessError, match="capabilities"):
        verify_operator("sdpa", honest.sdpa, capabilities=["clamp"])


def test_a_target_that_forgets_is_not_repeatable() -> None:
    calls = []

    def drifting(scores: Any) -> Any:
        calls.append(1)
        return honest.sparsemax(scores) * (1 if len(calls) % 2 else np.nextafter(1, 0))

    assert verify_operator("sparsemax", drifting, cases=30).aspects["repeatable"].wrong


def test_the_command_line_writes_report_and_vector(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "target_of_operators.py").write_text("def f(scores):\n    return scores\n")
    report = tmp_path / "report.json"
    options = ["--cases", "30", "--report", str(report), "--export-failures", str(tmp_path / "out")]
    call = ["verify", "--operator", "sparsemax", "target_of_operators:f", *options]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 1, result.output
    assert "counterexample:" in result.output and "fails: wrong in value" in result.output
    stored = json.loads(report.read_text())
    assert stored["verdict"] == "fails" and stored["families"]["ties"]["wrong"]
    vector = json.loads((tmp_path / "out" / "sparsemax-value.json").read_text())
    assert set(vector["exact"]["weights"][0][0]) == {"low", "high"}
    wrong = (["--operator", "nothing"], ["--operator", "topk", "--ties", "odd"], ["--ties", "any"])
    for bad in wrong:
        assert CliRunner().invoke(app, ["verify", "target_of_operators:f", *bad]).exit_code == 2
    listed = CliRunner().invoke(app, ["verify", "--list-operators"])
    assert listed.exit_code == 0 and all(name in listed.output for name in OPERATORS)


@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
def test_torch_functions_are_judged_as_they_are() -> None:
    found = verify_operator(
        "sdpa",
        "torch.nn.functional:scaled_dot_product_attention",
        arrays="torch",
        cases=60,
        capabilities=["empty"],
    )
    assert found.verdict == "conforms", (found.reason, found.worst)


def test_counterexamples_stay_inside_the_definition() -> None:
    def nan_if_masked(scores: Any) -> Any:
        hidden = np.isneginf(scores).any(-1, keepdims=True)
        return np.where(hidden, np.nan, honest.sparsemax(scores)).astype(scores.dtype)

    vector = verify_operator("sparsemax", nan_if_masked, cases=60).counterexamples["value"]
    scores = decode_array(vector["arguments"]["scores"])
    assert np.isfinite(scores).any(axis=-1).all() and scores.shape == (1, 2)


def test_the_page_of_the_peers_is_that_of_the_data() -> None:
    root = Path(__file__).resolve().parents[2]
    spec = spec_from_file_location("judge_peers", root / "tools" / "judge_peers.py")
    assert spec is not None and spec.loader is not None
    tool = module_from_spec(spec)
    spec.loader.exec_module(tool)
    reports = json.loads(tool.DATA.read_text(encoding="utf-8"))
    assert tool.page(reports) == tool.PAGE.read_text(encoding="utf-8")
    assert len(reports) == 2 * len(tool.PEERS)
