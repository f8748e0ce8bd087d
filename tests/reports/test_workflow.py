"""The workflow in the guide to CI: what it may be called with, and its steps, run in bash."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from gd_attention.conformance import Report

CLAUSE = "GDA-conf-report"
ROOT = Path(__file__).parents[2]


def fence(language: str, part: str) -> str:
    """The only fence of a language in the guide that contains the part."""
    page = (ROOT / "docs" / "guides" / "verify-in-ci.md").read_text(encoding="utf-8")
    fences = re.findall(rf"^```{language}\n(.*?)^```$", page, flags=re.M | re.S)
    (found,) = (text for text in fences if part in text)
    return found


def environment(**more: str) -> dict[str, str]:
    """The environment of a user who installed the package: its command first on the path."""
    command = Path(sys.executable).parent
    return {**os.environ, "PATH": f"{command}{os.pathsep}{os.environ['PATH']}", **more}


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder with the guide's implementation in it."""
    (tmp_path / "mine.py").write_text(fence("python", "# mine.py"))
    return tmp_path


def workflow() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(fence("yaml", "workflow_call"))
    return loaded


@pytest.mark.clause(CLAUSE)
def test_the_workflow_can_be_called():
    """A reusable workflow, with inputs that its steps use, and nothing of a shell in between."""
    found = workflow()
    # YAML 1.1 reads the key "on" as true
    inputs = found[True]["workflow_call"]["inputs"]
    assert inputs["target"]["required"] is True
    (job,) = found["jobs"].values()
    steps = job["steps"]
    used = set()
    for step in steps:
        assert "${{" not in step.get("run", ""), "an input in a script would be run by the shell"
        used |= set(re.findall(r"inputs\.(\w+)", str(step.get("env", {}))))
    assert used == inputs.keys()
    assert steps[-1]["if"] == "always()"


@pytest.mark.clause(CLAUSE)
@pytest.mark.skipif(shutil.which("bash") is None, reason="the workflow runs in bash")
def test_the_commands_of_the_workflow(mine):
    """The steps after the installation, in bash as on the server."""
    (job,) = workflow()["jobs"].values()
    scripts = [step["run"] for step in job["steps"] if "run" in step]
    assert scripts[0].startswith("python -m pip install ")
    for script in scripts[1:]:
        if script.startswith("gd-attention verify"):
            script = script.rstrip() + " --cases 0"
        run = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=mine,
            env=environment(TARGET="mine:select", CONTRACT="float64"),
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stdout + run.stderr
    written = sorted(path.name for path in (mine / "report").iterdir())
    assert written == ["badge.json", "badge.svg", "index.html", "junit.xml", "report.json"]
    assert Report.read(mine / "report" / "report.json").conforms
