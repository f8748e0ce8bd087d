"""Depths, limits, early stops, and runs that are interrupted and go on."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gd_attention.cli.app import app
from gd_attention.conformance import HarnessError, Progress, Report, verify
from gd_attention.conformance.depth import CASES, DEPTHS, ROUND, Schedule
from gd_attention.conformance.realdata import iris_cases
from gd_attention.conformance.strategies import FAMILIES, family
from gd_attention.conformance.vectors import load_vectors
from typer.testing import CliRunner

TARGETS = Path(__file__).parents[1] / "targets"
CHOSEN = (family("basic"), family("near-ties"), family("thresholds"))


@pytest.fixture(autouse=True)
def _targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(TARGETS)


def select(query: Any, keys: Any, *, threshold: Any = np.inf) -> np.ndarray:
    """Least index of a rounded score: right on most cases, WRONG on near-ties and thresholds."""
    query, keys = np.asarray(query, np.float64), np.asarray(keys, np.float64)
    score = ((query[..., :, None, :] - keys[..., None, :, :]) ** 2).sum(-1).astype(np.float32)
    return score.argmin(-1)


def same(one: Report, two: Report) -> bool:
    """Equal but for the time that was taken."""
    return replace(one, elapsed=0.0) == replace(two, elapsed=0.0)


@pytest.mark.clause("GDA-conf-depth")
def test_depths_nest_in_size():
    """Every depth has all vectors; quick has part of Iris and fewer cases."""
    quick = verify("small:index_list", depth="quick", families=FAMILIES[:2], cases=4)
    assert (quick.depth, quick.vectors) == ("quick", len(load_vectors()))
    assert quick.real == len(iris_cases())
    part, whole = iris_cases(DEPTHS["quick"].iris_step)[0], iris_cases()[0]
    assert len(part.query) * 5 == len(whole.query) == len(part.keys)
    assert DEPTHS["quick"].cases < DEPTHS["default"].cases == CASES
    assert verify("small:index_list", cases=0).depth == "default"


@pytest.mark.clause("GDA-conf-depth")
def test_a_family_may_get_more_than_its_share():
    """In a quick run thresholds do; not where the number of cases was asked for."""
    quick = DEPTHS["quick"]
    share = quick.cases // len(FAMILIES)

    def sizes(cases: int | None) -> dict[str, int]:
        schedule = Schedule(quick, (), FAMILIES, cases, 7)
        found = {portion.stage: len(portion.cases()) for portion in schedule.portions()}
        assert schedule.total == sum(found.values())
        return found

    expected = dict.fromkeys((item.name for item in FAMILIES), share)
    assert sizes(None) == {**expected, "thresholds": share + quick.more["thresholds"]}
    assert sizes(len(FAMILIES)) == dict.fromkeys(expected, 1)


@pytest.mark.clause("GDA-conf-depth")
def test_the_part_of_iris_keeps_its_meaning():
    """Each asking flower is forbidden itself and nothing else."""
    for part in iris_cases(7):
        for row, (query, allowed) in enumerate(zip(part.query, part.mask, strict=True)):
            assert np.flatnonzero(~allowed).tolist() == [7 * row]
            assert np.array_equal(query, part.keys[7 * row])


@pytest.mark.clause("GDA-conf-depth")
def test_rounds_of_a_deep_run():
    """Whole rounds, each from its own seed, and the same whatever the limit is."""

    def drawn(cases: int, start: int = 0) -> list[tuple[str, bytes]]:
        schedule = Schedule(DEPTHS["deep"], (), CHOSEN[:2], cases, 7)
        return [
            (portion.stage, b"".join(case.keys.tobytes() for case in portion.cases()))
            for portion in schedule.portions(start)
        ]

    two = drawn(2 * ROUND * 2)
    assert [stage for stage, _ in two] == ["basic", "near-ties"] * 2
    assert len({keys for _, keys in two}) == 4
    assert drawn(2 * ROUND * 2 - 1) == two
    assert drawn(ROUND) == two[:2]
    assert drawn(2 * ROUND * 2, 3) == two[3:]
    assert Schedule(DEPTHS["deep"], (), CHOSEN, 1, 7).total == 3 * ROUND
    endless = Schedule(DEPTHS["deep"], (), CHOSEN, None, 7)
    assert endless.total is None
    assert len(list(itertools.islice(endless.portions(), 100))) == 100
    assert list(Schedule(DEPTHS["deep"], (), (), None, 7).portions()) == []


@pytest.mark.clause("GDA-conf-depth")
def test_a_limit_of_time_leaves_no_family_out():
    """Time is up at once, and every family had its turn all the same."""
    report = verify("small:index_list", depth="deep", minutes=0, families=CHOSEN)
    assert [item.cases for item in report.families] == [ROUND] * 3
    assert report.depth == "deep"


@pytest.mark.clause("GDA-conf-depth")
def test_an_interruption_is_not_lost_in_the_drawing(monkeypatch):
    """Hypothesis may fail while it cleans up after an interruption; that is one all the same."""
    from gd_attention.conformance import generate

    def interrupted(*_):
        try:
            raise KeyboardInterrupt
        finally:
            raise AssertionError("clean-up")

    monkeypatch.setattr(generate, "_round", interrupted)
    with pytest.raises(KeyboardInterrupt):
        generate.draw(CHOSEN[0].strategy, "basic", 1, 0)


class _Pulled(Exception):
    """Stands for whatever ends a process; not caught by the run."""


def _pull(after: int) -> Any:
    """A progress that ends the run when so many cases are done."""

    def progress(step: Progress) -> None:
        if step.done >= after:
            raise _Pulled

    return progress


@pytest.mark.clause("GDA-conf-depth")
@pytest.mark.parametrize("target", [select, "small:selection_like", "small:narrows"])
def test_a_resumed_run_equals_an_uninterrupted_one(target, tmp_path):
    """Interrupted in the vectors, in a family, and between rounds: the same report, all in all."""
    settings = {"depth": "deep", "families": CHOSEN, "cases": 2 * ROUND * len(CHOSEN), "seed": 3}
    whole = verify(target, **settings)
    vectors = len(load_vectors())
    path = tmp_path / "run.json"
    for after in (vectors - 1, vectors + 10, vectors + 60, vectors + 200, vectors + 200):
        with pytest.raises(_Pulled):
            verify(target, **settings, resume=path, progress=_pull(after))
    resumed = verify(target, **settings, resume=path)
    assert same(resumed, whole)
    assert resumed.verdict == whole.verdict
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.json"]
    # and it is kept: asked again it judges nothing more, asked for more it goes on
    steps: list[Progress] = []
    assert same(verify(target, **settings, resume=path, progress=steps.append), whole)
    assert {step.stage for step in steps} <= {"resuming", "shrinking"}
    longer = {**settings, "cases": 3 * ROUND * len(CHOSEN)}
    assert same(verify(target, **longer, resume=path), verify(target, **longer))


@pytest.mark.clause("GDA-conf-depth")
def test_time_of_earlier_parts_counts(tmp_path):
    """The elapsed time adds up over an interruption."""
    path = tmp_path / "run.json"
    settings = {"depth": "deep", "families": CHOSEN, "cases": 1, "resume": path}
    first = verify("small:index_list", **settings)
    document = json.loads(path.read_text(encoding="utf-8"))
    document["elapsed"] = 1000.0
    path.write_text(json.dumps(document), encoding="utf-8")
    assert first.elapsed < 1000.0 < verify("small:index_list", **settings).elapsed


@pytest.mark.clause("GDA-conf-depth")
@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"target": "small:index_array"}, "its target is small:index_list"),
        ({"contract": "exact"}, "its contract is float64, this run's is exact"),
        ({"seed": 4}, "its seed is 3, this run's is 4"),
        ({"families": CHOSEN[:2]}, "its families is"),
        ({"capabilities": ["mask"]}, "its capabilities is"),
    ],
)
def test_another_run_is_refused(changes, named, tmp_path):
    """A state of another target, contract, seed, family or profile is not added to."""
    path = tmp_path / "run.json"
    settings = {"depth": "deep", "families": CHOSEN, "cases": 1, "seed": 3, "resume": path}
    verify("small:index_list", **settings)
    before = path.read_bytes()
    arguments = {"target": "small:index_list", **settings, **changes}
    with pytest.raises(HarnessError, match="holds another run") as caught:
        verify(**arguments)
    assert named in str(caught.value)
    assert path.read_bytes() == before


@pytest.mark.clause("GDA-conf-depth")
@pytest.mark.parametrize("name", ["corpus", "versions"])
def test_other_vectors_and_versions_are_refused(name, tmp_path):
    """What determines the cases and their verdicts is bound too."""
    path = tmp_path / "run.json"
    settings = {"depth": "deep", "families": CHOSEN, "cases": 1, "resume": path}
    verify("small:index_list", **settings)
    document = json.loads(path.read_text(encoding="utf-8"))
    document["binding"][name] = "other"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(HarnessError, match=f"its {name} is other"):
        verify("small:index_list", **settings)


@pytest.mark.clause("GDA-conf-depth")
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no run"),
        ("[]", "holds no run"),
        ('{"format": "gda-run/0"}', "holds no run"),
        ("{}", "holds no run"),
        ("damaged", "is damaged"),
    ],
)
def test_a_file_that_is_no_run(content, message, tmp_path):
    """Said as such, and the file is left alone."""
    path = tmp_path / "run.json"
    settings = {"depth": "deep", "families": CHOSEN, "cases": 1, "resume": path}
    if content == "damaged":
        verify("small:index_list", **settings)
        document = json.loads(path.read_text(encoding="utf-8"))
        del document["clauses"]["GDA-select-ties"]
        content = json.dumps(document)
    path.write_text(content, encoding="utf-8")
    with pytest.raises(HarnessError, match=message):
        verify("small:index_list", **settings)
    assert path.read_text(encoding="utf-8") == content


@pytest.mark.clause("GDA-conf-depth")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"depth": "shallow"}, "depth: expected one of quick, default, deep, got 'shallow'"),
        ({"depth": "deep"}, "a deep run needs cases or minutes"),
        ({"depth": "deep", "minutes": -1.0}, "minutes: expected a finite number"),
        ({"depth": "deep", "minutes": np.nan}, "minutes: expected a finite number"),
        ({"minutes": 1.0}, "minutes: only a deep run has it"),
        ({"depth": "quick", "resume": "run.json"}, "resume: only a deep run has it"),
        ({"stop_at": ["GDA-conf-oracle"]}, "no clauses that calls decide: GDA-conf-oracle"),
        ({"stop_at": "GDA-select-index"}, "stop_at: expected a collection"),
        ({"depth": "deep", "cases": 1, "resume": "nowhere/run.json"}, "resume: no folder"),
        (
            {"depth": "deep", "cases": 1, "resume": "x", "stop_at": ["GDA-select-ties"]},
            "stop_at: a run that stops early is not resumed",
        ),
    ],
)
def test_limits_that_make_no_sense(arguments, message):
    """Named, with what was expected."""
    with pytest.raises(HarnessError, match=message):
        verify("small:index_list", **arguments)


@pytest.mark.clause("GDA-conf-depth", "GDA-conf-report")
def test_an_early_stop_is_a_failure_and_counts_what_was_judged():
    """The run ends at the WRONG case it waits for, and not at another's."""
    report = verify("small:last_tie", stop_at=["GDA-select-ties"])
    assert (report.verdict, report.exit_code) == ("fails", 1)
    assert report.vectors < len(load_vectors())
    assert report.generated == report.real == 0
    assert report.clause("GDA-select-ties").wrong == 1
    assert sum(item.cases for item in report.families) == 0
    other = verify("small:last_tie", stop_at=["GDA-call-pure"], families=CHOSEN[:1], cases=1)
    assert other.vectors == len(load_vectors())
    assert other.generated == 1


SLOW = """
import time
from small import index_list

def select(query, keys):
    time.sleep(0.002)
    return index_list(query, keys)
"""


@pytest.mark.clause("GDA-conf-depth", "GDA-conf-report")
def test_an_interrupted_command_has_no_verdict(tmp_path):
    """Status 2, no verdict, a state that goes on; and the counts of an uninterrupted run."""
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    call = [sys.executable, "-m", "gd_attention.cli", "verify", "slow:select", "--deep"]
    call += ["--cases", str(ROUND * len(FAMILIES)), "--resume", "run.json"]
    env = {**os.environ, "PYTHONPATH": str(TARGETS)}
    state = tmp_path / "run.json"
    with subprocess.Popen(
        [*call, "--report", "report.json"],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not state.exists():
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        printed, said = process.communicate()
    assert process.returncode == 2, printed + said
    assert "interrupted: no verdict; --resume run.json goes on" in said
    assert "conforms" not in printed and not (tmp_path / "report.json").exists()
    first = json.loads(state.read_text(encoding="utf-8"))["position"]
    assert 0 < first < 2 + len(FAMILIES)


@pytest.mark.clause("GDA-conf-depth")
@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--quick", "--deep"], 2, "--quick and --deep: one of them"),
        (["--deep"], 2, "a deep run needs cases or minutes"),
        (["--resume", "x"], 2, "resume: only a deep run has it"),
        (["--quick", "--cases", "20"], 0, "depth         quick"),
        (["--quick", "--cases", "20"], 0, "conforms: small:index_list under float64, quick run, "),
    ],
)
def test_depths_on_the_command_line(arguments, status, message):
    """The options, and what they refuse."""
    run = CliRunner().invoke(app, ["verify", "small:index_list", *arguments])
    assert run.exit_code == status, run.output
    assert message in run.stdout + run.stderr
