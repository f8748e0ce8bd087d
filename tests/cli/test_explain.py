"""``gd-attention explain``: table, JSON, figure, exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gd_attention import explain
from gd_attention.cli.app import app
from typer.testing import CliRunner


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Queries, keys, labels and a mask for pairs."""
    np.save(tmp_path / "q.npy", np.array([[9.0, 9.0], [0.0, 0.0]]))
    np.save(tmp_path / "k.npy", np.array([[3.0, 0.0], [0.0, 1.0], [1.0, 0.0]]))
    (tmp_path / "l.csv").write_text("label\nfar\n[up]\nright\n")
    np.save(tmp_path / "m.npy", np.array([[True, True, True], [True, False, True]]))
    return tmp_path


def run(folder: Path, *arguments: object) -> Any:
    given = ["--queries", folder / "q.npy", "--keys", folder / "k.npy", *arguments]
    return CliRunner().invoke(app, ["explain", *map(str, given)])


def test_table(files: Path) -> None:
    """An exact tie is told, labels are no markup, the threshold's fault is named."""
    found = run(files, "--row", 1, "--labels", files / "l.csv", "--threshold", 0.6)
    assert found.exit_code == 0, found.output
    lines = found.stdout.splitlines()
    assert lines[0] == "query 1 selects key 1 ([up]): 2 of 3 keys admitted, 0 masked"
    assert lines[1].endswith("key 2 (right), 0 higher in energy, 0 farther, an exact tie")
    assert lines[2].startswith("robustness    no shift of the query shorter than 0 changes this")
    rows = [line.split() for line in lines if line.lstrip()[:2] in ("1 ", "2 ", "3 ")]
    assert rows[0] == ["1", "1", "[up]", "1", "1", "0.25", "0.778801", "0.5", "one", "selected"]
    assert " ".join(rows[1][-4:]) == "exact tie, greater index"
    assert " ".join(rows[2][-5:]) == "three refused: E* above 0.6"


def test_json_is_what_the_function_returns(files: Path) -> None:
    found = run(files, "--row", 1, "--mask", files / "m.npy", "--key", 1, "--json", "-")
    keys = np.load(files / "k.npy")
    expected = explain([0.0, 0.0], keys, mask=[True, False, True], also=[1]).to_json()
    assert json.loads(found.stdout) == {"row": 1, **expected}
    # key 2 at 1, the other at 3: their bisector is at 2
    assert json.loads(found.stdout)["radius"] == 2.0
    again = run(files, "--row", 1, "--json", files / "x.json", "--figure", files / "x.svg")
    assert again.exit_code == 0 and "selects key 1" in again.stdout
    assert json.loads((files / "x.json").read_text())["index"] == 1
    assert (files / "x.svg").read_text().startswith("<?xml")


def test_a_typed_query_is_the_row_of_a_file(files: Path) -> None:
    np.save(files / "q.npy", np.array([[-1.5, 0.1]]))
    typed = ["--query=-1.5,0.1", "--keys", str(files / "k.npy"), "--json", "-"]
    found = CliRunner().invoke(app, ["explain", *typed])
    assert found.exit_code == 0 and found.stdout == run(files, "--json", "-").stdout
    for arguments, message in (
        (
            ["--query", "1,x"],
            "query: the command line: row 0, column 1: expected a number, got 'x'",
        ),
        (["--query", "1,,2"], "row 0, column 1: expected a number, got an empty cell"),
        (["--query", "1,inf"], "row 0, column 1: expected a finite number, got inf"),
        (["--query", "1"], "the command line"),
        (["--query", "1,2", "--row", "0"], "row: expected none with --query"),
        (["--query", "1,2", "--queries", str(files / "q.npy")], "--queries or --query, got both"),
        ([], "--queries or --query, got none"),
    ):
        found = CliRunner().invoke(app, ["explain", "--keys", str(files / "k.npy"), *arguments])
        assert found.exit_code == 2 and message in found.stderr, (arguments, found.output)


def test_faults_end_with_status_2(files: Path) -> None:
    for arguments, message in (
        (["--row", 2], "q.npy: expected a row 2, got 2 rows"),
        (["--labels", files / "q.npy"], "labels: "),
        (["--key", 3], "also: expected a key below 3, got 3"),
        (["--alpha", 2], "alpha: expected values in (0, 1)"),
        (["--figure", files / "x.nothing"], "nothing"),
        (["--json", files / "no folder" / "x.json"], "no folder"),
    ):
        found = run(files, *arguments)
        assert found.exit_code == 2 and message in found.stderr, (arguments, found.output)
        assert found.stderr.startswith("gd-attention explain: ")
    bad = np.load(files / "q.npy")
    bad[1, 0] = np.inf
    np.save(files / "q.npy", bad)
    found = run(files, "--row", 1)
    assert "q.npy: row 1, column 0: expected a finite number, got inf" in found.stderr
