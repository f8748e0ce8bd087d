"""Targets behind a command: the protocol, what a process may do wrong, and what it is called."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gd_attention.conformance import CommandTarget, HarnessError, Report, TargetFault, verify
from gd_attention.conformance import command as command_module
from gd_attention.conformance.attempt import attempt
from gd_attention.conformance.bench import Bench
from gd_attention.conformance.case import Case
from gd_attention.conformance.contract import contract
from gd_attention.conformance.errors import TargetGone
from gd_attention.conformance.profile import find_profile
from gd_attention.conformance.shrink import shrink
from gd_attention.conformance.verdict import Verdict

LINES = Path(__file__).parents[1] / "targets" / "lines.py"

PLAIN = Case(np.array([[0.0, 1.0]]), np.array([[1.0, 1.0], [0.0, 3.0]]), id="plain")
# the habits of the target show where two keys are equal
EQUAL = Case(np.array([[0.0, 1.0]]), np.array([[1.0, 1.0], [1.0, 1.0]]), id="equal-keys")


def lines(habit: str, timeout: float = 20.0) -> CommandTarget:
    """The target with that habit."""
    return CommandTarget([sys.executable, str(LINES), habit], timeout)


@functools.cache
def judged(habit: str) -> Report:
    """The report on the target with that habit, made once."""
    with lines(habit) as target:
        return verify(target, contract="exact", cases=0)


@pytest.mark.clause("GDA-protocol-run", "GDA-protocol-start")
def test_a_command_with_every_capability_conforms():
    """Bad calls, dtypes and non-finite rows cross the pipe; errors come back as errors."""
    report = judged("none")
    assert report.verdict == "conforms", report.reason
    assert report.profile.declared
    assert {"errors", "mixed-dtype", "masked-nan"} <= report.profile.capabilities
    assert report.clause("GDA-input-dtype").exact > 10
    assert report.target == f"{sys.executable} {LINES} none"


@pytest.mark.clause("GDA-protocol-start", "GDA-protocol-run")
def test_without_declared_capabilities_the_target_is_probed():
    """A skip says that a capability is absent, and cases that need it are skipped."""
    with lines("skips") as target:
        profile = find_profile(target)
    assert not profile.declared
    assert "mask" not in profile.capabilities and "alpha-per-key" in profile.capabilities
    assert any("no masks here" in note for note in profile.notes)
    with lines("probed") as target:
        assert "mask" in find_profile(target).capabilities


@pytest.mark.clause("GDA-protocol-run")
def test_values_cross_the_pipe_unchanged():
    """The fields are those of a call without a pipe, to the bit and to the dtype."""
    from gd_attention import gd_attention

    case = Case(
        np.array([[0.1, -0.0]]),
        np.array([[5e-324, 1e308], [0.3, np.nan]]),
        values=np.array([[2**60, -7]] * 2),
        mask=np.array([True, False]),
        alpha=np.array([0.25, 0.5]),
        threshold=np.float32(np.inf),
    )
    with lines("none") as target:
        came = attempt(target, case).response
    assert came is not None
    direct = case.call(gd_attention)
    for name, value in came.fields.items():
        expected = getattr(direct, name)
        assert value.dtype == expected.dtype and value.tobytes() == expected.tobytes(), name


FAULTS = {
    "exits": "the process exited with status 3 while running case equal-keys",
    "aborts": "the process was killed by SIGABRT while running case equal-keys",
    "closes": "the process closed its standard output while running case equal-keys",
    "babbles": "the process answered with 'equal keys!': not a line of JSON while",
    "cuts": "the process exited with status 0 while running case equal-keys",
    "floods": "the process wrote a line of more than 16777216 bytes while",
    "misnumbers": "id: expected 1, got 2 while",
    "half": "result: expected the field index while",
}


@pytest.mark.clause("GDA-protocol-faults", "GDA-protocol-lines")
@pytest.mark.parametrize("habit", FAULTS)
def test_a_fault_is_named_and_survived(habit):
    """It says what the process did, on which case, and its last words; the next call works."""
    with lines(habit) as target:
        error = attempt(target, EQUAL).error
        assert isinstance(error, TargetFault)
        assert FAULTS[habit] in str(error)
        assert str(error).endswith("; last on stderr: two keys are equal")
        assert attempt(target, PLAIN).response is not None


@pytest.mark.clause("GDA-protocol-faults")
def test_a_process_that_hangs_is_killed():
    """The limit is the caller's; the process is gone afterwards, and another one answers."""
    with lines("hangs", timeout=1.5) as target:
        assert attempt(target, PLAIN).response is not None
        before = target._process
        error = attempt(target, EQUAL).error
        assert "the process gave no answer within 1.5 s while running case equal-keys" in str(error)
        assert before is not None and before._process.returncode is not None
        assert attempt(target, PLAIN).response is not None


@pytest.mark.clause("GDA-protocol-faults")
def test_a_line_that_nobody_asked_for_is_a_fault():
    """The second of two answers would be taken for the answer to the next case."""
    with lines("twice") as target:
        assert isinstance(attempt(target, EQUAL).error, NotImplementedError)
        # the line may still be on its way
        target._process._threads[1].join(0.5)
        error = attempt(target, PLAIN).error
        assert "unasked" in str(error)


@pytest.mark.clause("GDA-protocol-faults")
@pytest.mark.parametrize("habit", ["exits", "refuses"])
def test_no_fault_and_no_skip_passes(habit):
    """Inside the profile a target cannot pass by failing; the message is not a wrong index."""
    report = judged(habit)
    assert (report.verdict, report.exit_code) == ("fails", 1)
    clause = report.clause("GDA-select-index")
    assert clause.wrong and clause.counterexample is not None
    said = clause.counterexample.message
    expected = {"refuses": "skipped: equal keys"}.get(habit, "the process ")
    assert expected in said and "expected index" not in said


@pytest.mark.clause("GDA-protocol-faults")
@pytest.mark.parametrize("habit", ["exits", "refuses"])
def test_a_fault_is_not_the_error_that_a_bad_call_demands(habit):
    """Only the kind that the text names is."""
    case = Case(EQUAL.query, EQUAL.keys, alpha=2.0, expects="ValueError", id="bad")
    with lines(habit) as target:
        profile = find_profile(target)
        findings = Bench(target, contract("exact"), profile).first(case).findings
    assert Verdict.WRONG in {finding.verdict for finding in findings}


@pytest.mark.clause("GDA-protocol-faults")
def test_a_fault_does_not_show_a_capability_to_be_absent():
    """A target that crashes on masks has masks, wrong ones."""
    with lines("fears-masks") as target:
        assert "mask" in find_profile(target).capabilities


@pytest.mark.clause("GDA-protocol-faults", "GDA-protocol-start")
@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("", "expected a program"),
        ("'", "No closing quotation"),
        ("no-such-program-anywhere", "cannot be run"),
        ([sys.executable, "-c", "raise SystemExit(7)"], "exited with status 7"),
        ([sys.executable, "-c", "import sys; sys.exit('out of paper')"], "out of paper"),
        ([sys.executable, "-c", "input(); print('hello')"], "not a line of JSON"),
        ([sys.executable, "-c", "input(); print('{}')"], "protocol: expected 'gda-lines/1'"),
        ([sys.executable, "-c", "input(); print('[1]')"], "expected an object"),
        ([sys.executable, str(LINES), "other-protocol"], "got 'gda-lines/2'"),
    ],
)
def test_a_fault_at_the_start_is_the_harness_s(command, message):
    """Nothing can be judged."""
    with pytest.raises(HarnessError, match="command") as caught:
        CommandTarget(command)
    assert message in str(caught.value)


@pytest.mark.clause("GDA-protocol-faults")
def test_start_has_a_limit(monkeypatch):
    """A process that never answers does not hold up the harness."""
    monkeypatch.setattr(command_module, "_START", 0.5)
    with pytest.raises(HarnessError, match=r"no answer within 0\.5 s"):
        lines("mute")


@pytest.mark.clause("GDA-protocol-start")
def test_a_process_that_declares_something_else_is_refused():
    """The profile of a run is that of its first process."""
    with lines("changes") as target:
        assert attempt(target, PLAIN).response is not None
        assert isinstance(attempt(target, EQUAL).error, TargetFault)
        assert "declared something else" in str(attempt(target, PLAIN).error)


@pytest.mark.clause("GDA-protocol-faults")
def test_a_process_that_keeps_failing_is_given_up(monkeypatch):
    """Calls that are not made are skipped, shrinking ends, and the run is not a pass."""
    with lines("exits") as target:
        bench = Bench(target, contract("exact"), find_profile(target))
        monkeypatch.setattr(command_module, "_LOST", 0.0)
        for _ in range(4):
            judged = bench.first(EQUAL)
            assert {f.verdict for f in judged.findings if f.clause == "GDA-select-index"} == {
                Verdict.WRONG
            }
        wrong = next(f for f in judged.findings if f.clause == "GDA-select-index")
        last = bench.first(PLAIN)
        assert {finding.verdict for finding in last.findings} == {Verdict.SKIPPED}
        assert "given up after 4 faults" in last.findings[0].message
        kept, _ = shrink(EQUAL, wrong, lambda case: bench.wrong(case, "GDA-select-index"))
        assert kept is EQUAL
        with pytest.raises(TargetGone):
            PLAIN.call(target)
        with pytest.raises(HarnessError, match="given up"):
            find_profile(target)


@pytest.mark.clause("GDA-protocol-run")
def test_what_the_protocol_cannot_hold_is_not_sent():
    """An exception of the harness must not pass for the exception that a bad call demands."""
    case = Case(PLAIN.query.astype(object), PLAIN.keys, expects="TypeError", id="objects")
    case = replace(case, clauses=("GDA-input-dtype",))
    with lines("none") as target:
        findings = Bench(target, contract("exact"), find_profile(target)).first(case).findings
        assert {finding.verdict for finding in findings} == {Verdict.SKIPPED}
        with pytest.raises(HarnessError, match="cannot hold"):
            case.call(target)


@pytest.mark.clause("GDA-protocol-lines")
def test_large_messages_do_not_block():
    """More than a pipe holds, in both directions, while neither side reads."""
    keys = np.arange(60_000.0).reshape(-1, 2)
    case = Case(keys[:3000], keys[:4], id="large")
    with lines("none") as target:
        response = attempt(target, case).response
    assert response is not None and response.fields["index"].shape == (3000,)


@pytest.mark.clause("GDA-protocol-faults", "GDA-conf-report")
def test_the_snippet_runs_as_pasted():
    """Pasted into a shell it gives the answers: the declaration, and the call's."""
    report = judged("refuses")
    example = report.clause("GDA-select-index").counterexample
    assert example is not None
    run = subprocess.run(["sh"], input=example.snippet, capture_output=True, text=True, check=True)
    first, second = map(json.loads, run.stdout.splitlines())
    assert first["name"] == "lines"
    assert second == {"id": 1, "skipped": "equal keys"}


def command_line(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The command, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "gd_attention.cli", "verify", *map(str, arguments)],
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        capture_output=True,
        text=True,
    )


@pytest.mark.clause("GDA-protocol-faults", "GDA-conf-report")
@pytest.mark.parametrize(
    ("habit", "status", "says"),
    [
        ("probed", 0, "conforms: "),
        ("exits", 1, "exited with status 3"),
        ("mute", 2, "not judged: "),
    ],
)
def test_exit_status(habit, status, says, tmp_path):
    """0, 1 and 2, with a sentence each."""
    script = LINES
    if habit == "mute":
        script = tmp_path / "mute.py"
        script.write_text("print('later')", encoding="utf-8")
    run = command_line(
        "--command", f"{sys.executable} {script} {habit}", "--contract", "exact", "--cases", 0
    )
    assert run.returncode == status, run.stdout + run.stderr
    assert says in run.stdout + run.stderr


@pytest.mark.clause("GDA-protocol-faults")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["small:index_list", "--command", "cat"], "expected no other target"),
        (["--command", "cat", "--arrays", "numpy"], "takes lines, not arrays"),
        (["--command", "cat", "--timeout", "0"], "--timeout"),
        (["--command", ""], "expected a program"),
    ],
)
def test_faults_of_the_call(arguments, message):
    """Exit 2."""
    run = command_line(*arguments)
    assert run.returncode == 2
    assert message in run.stderr
