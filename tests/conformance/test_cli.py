"""The command line: exit status, report file, what is printed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from gd_attention.cli.app import app
from typer.testing import CliRunner

TARGETS = Path(__file__).parents[1] / "targets"


def command(*arguments: object, cwd: Path = TARGETS) -> subprocess.CompletedProcess[str]:
    """Run the command in the folder of the targets, as a user in his own folder would."""
    return subprocess.run(
        [sys.executable, "-m", "gd_attention.cli", *map(str, arguments)],
        cwd=cwd,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        capture_output=True,
        text=True,
    )


def test_version():
    """One line, the version of the package."""
    run = command("--version")
    assert run.returncode == 0
    assert run.stdout.strip() == f"gd-attention {version('gd-attention')}"


@pytest.mark.clause("GDA-conf-report")
def test_conforming_target(tmp_path):
    """Exit 0, header and tables, the verdict on the last line, the report file."""
    path = tmp_path / "report.json"
    run = command("verify", "small:index_array", "--cases", 20, "--seed", 5, "--report", path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stderr == ""
    lines = run.stdout.splitlines()
    assert lines[-1].startswith("conforms: small:index_array under float64, ")
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["verdict"] == "conforms"
    assert document["seed"] == 5
    for text in ("seed          5", "sha256 " + document["corpus_digest"], "numpy", "hypothesis"):
        assert text in run.stdout
    assert re.search(r"GDA-select-ties +[1-9]", run.stdout)
    assert re.search(r"near-ties +1 ", run.stdout)
    assert re.search(r"absent: mask: TypeError", run.stdout)
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.clause("GDA-conf-report")
def test_failing_target():
    """Exit 1; a counterexample that runs as pasted from the output; the verdict last."""
    run = command("verify", "small:last_tie", "--cases", 0)
    assert run.returncode == 1
    assert run.stdout.splitlines()[-1].startswith("fails: small:last_tie under float64")
    assert "counterexample:\n\n# GDA-select-" in run.stdout
    snippet = re.search(r"^# GDA-.*?^print\(.*?$", run.stdout, flags=re.M | re.S)
    assert snippet is not None
    assert "expected index 0" in snippet.group()
    pasted = subprocess.run(
        [sys.executable, "-c", snippet.group()], cwd=TARGETS, capture_output=True, text=True
    )
    assert pasted.returncode == 0, pasted.stderr
    assert pasted.stdout


@pytest.mark.clause("GDA-conf-report")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mine.js", "--command", "node"], "a command of several words goes in quotes"),
        (["no_such_module:f"], "not judged: target: cannot import 'no_such_module'"),
        (["small"], "not judged: target: expected package.module:callable"),
        (["small:NOT_CALLABLE"], "is not callable"),
        (["small:raises"], "the basic case probe-plain raised RuntimeError: not written yet"),
        (["small:returns_text"], "wrong return type"),
        (["small:index_list", "--contract", "float8"], "contract: expected one of exact, float64"),
        (["small:index_list", "--capabilities", "telepathy"], "unknown telepathy"),
        (["small:index_list", "--report", "no-such-folder/report.json"], "--report: no folder"),
        (["small:index_list", "--cases", "-3"], "Invalid value"),
        ([], "Missing argument"),
    ],
)
def test_faults_of_the_call(arguments, message, monkeypatch):
    """Exit 2 and a message on stderr; nothing is judged."""
    monkeypatch.syspath_prepend(TARGETS)
    run = CliRunner().invoke(app, ["verify", *arguments])
    assert run.exit_code == 2
    assert message in run.stderr
    assert "conforms" not in run.stdout
    assert "Traceback" not in run.stderr


@pytest.mark.clause("GDA-conf-profile")
def test_capabilities_are_declared_on_the_command_line():
    """A declared capability that is not there fails."""
    run = command("verify", "small:index_list", "--cases", 0, "--capabilities", "mask,alpha")
    assert run.returncode == 1
    assert "capabilities  alpha, mask (declared)" in run.stdout
