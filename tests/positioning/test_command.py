"""``gd-attention map``: files, comparison, exit status."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from gd_attention.cli import map as command
from gd_attention.cli.app import app
from gd_attention.positioning import survey as module
from gd_attention.positioning.gda import ENTRIES
from typer.testing import CliRunner


@pytest.fixture(autouse=True)
def _few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows are enough to see what the command does."""
    monkeypatch.setattr(module, "entries", lambda: ENTRIES[:2])


def run(*arguments: str):
    return CliRunner().invoke(app, ["map", *arguments])


def test_files_are_written_and_compared(tmp_path: Path):
    files = {name: tmp_path / f"map.{name}" for name in ("json", "csv", "svg", "png")}
    options = [text for name, path in files.items() for text in (f"--{name}", str(path))]
    written = run(*options)
    assert written.exit_code == 0, written.output
    data = json.loads(files["json"].read_text())
    assert [row["key"] for row in data["rows"]] == ["gda-shared", "gda-shared-threshold"]
    assert len(list(csv.reader(files["csv"].read_text().splitlines()))) == 3
    assert files["svg"].read_text().startswith("<?xml")
    assert files["png"].read_bytes().startswith(b"\x89PNG")
    again = tmp_path / "again.svg"
    run("--svg", str(again))
    assert again.read_bytes() == files["svg"].read_bytes()
    same = run("--check", str(files["json"]))
    assert (same.exit_code, "the map equals" in same.output) == (0, True)
    data["rows"][1]["vertical"]["novelty"] = 0.5
    files["json"].write_text(json.dumps(data))
    changed = run("--check", str(files["json"]))
    assert changed.exit_code == 1
    assert (
        "rows, gda-shared-threshold, vertical, novelty: 0.5 there, 1.0 measured" in changed.output
    )


def test_files_that_cannot_be_used_end_with_status_2(tmp_path: Path):
    missing = run("--check", str(tmp_path / "none.json"))
    assert missing.exit_code == 2
    unwritable = run("--json", str(tmp_path / "no folder" / "map.json"))
    assert unwritable.exit_code == 2
    assert command.__all__ == ["map_command"]
