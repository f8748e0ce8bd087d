"""``verify --report --junit --html --badge`` and ``report``: files, exit status, messages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from gd_attention.cli.app import app
from gd_attention.conformance import Report
from made import concluded
from typer.testing import CliRunner, Result

CLAUSE = "GDA-conf-report"
TARGETS = Path(__file__).parents[1] / "targets"
NAMES = {"junit": "r.xml", "html": "r.html", "badge": "b.svg"}


def run(*arguments: object) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(autouse=True)
def _targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(TARGETS)


def options(folder: Path) -> list[object]:
    return [part for key, name in NAMES.items() for part in (f"--{key}", folder / name)]


@pytest.mark.clause(CLAUSE)
def test_a_run_writes_every_form_and_a_stored_one_gives_them_again(tmp_path):
    """The same bytes from the run and from its stored report; the status is the verdict's."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    stored = first / "r.json"
    verify = run("verify", "small:last_tie", "--cases", 0, "--report", stored, *options(first))
    assert verify.exit_code == 1, verify.output
    again = run("report", stored, *options(second))
    assert again.exit_code == 1, again.output
    assert again.stdout.startswith("fails: small:last_tie under float64, ")
    written = sorted(path.name for path in second.iterdir())
    assert written == ["b.json", "b.svg", "r.html", "r.xml"]
    for name in written:
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert json.loads((first / "b.json").read_text())["isError"] is True


@pytest.mark.clause(CLAUSE)
def test_a_stored_report_is_printed(tmp_path, conforming):
    """Without options the tables and the verdict, and the status of the verdict."""
    path = tmp_path / "r.json"
    conforming.write(path)
    shown = run("report", path)
    assert shown.exit_code == 0
    assert re.search(r"GDA-select-ties +[1-9]", shown.stdout)
    assert shown.stdout.splitlines()[-1].startswith("conforms: small:index_array under float64")
    concluded(conforming, judged=conforming.planned - 1).write(path)
    shown = run("report", path)
    assert shown.exit_code == 1
    assert "incomplete" in shown.stdout.splitlines()[-1]


@pytest.mark.clause(CLAUSE)
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[: len(text) // 2], "cut short"),
        (lambda text: "", "the file is empty"),
        (lambda text: text.replace('"seed": ', '"seed": 1'), "completeness marker"),
        (lambda text: text.replace('"verdict": "fails"', '"verdict": "conforms"'), "edited"),
        (lambda text: text.replace('"seed"', '"sead"'), "sead"),
    ],
)
def test_a_damaged_file_is_a_fault(tmp_path, failing, damage, message):
    """Exit 2, a message that names the file, and nothing is written."""
    path = tmp_path / "r.json"
    failing.write(path)
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    result = run("report", path, *options(tmp_path))
    assert result.exit_code == 2
    assert message in result.stderr and "r.json" in result.stderr
    assert "Traceback" not in result.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.json"]


@pytest.mark.clause(CLAUSE)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--junit", "no/folder/x.xml"], "--junit: no folder"),
        (["--html", "."], "is a folder"),
        (["--badge", "badge.png"], "--badge: expected a name that ends in .svg"),
        (["--html", "same", "--junit", "same"], "would overwrite the file of --junit"),
        (["--report", "b.json", "--badge", "b.svg"], "--badge: b.json would overwrite"),
    ],
)
def test_outputs_are_checked_before_the_run(tmp_path, monkeypatch, arguments, message):
    """Exit 2 before anything is judged, and no file is left."""
    monkeypatch.chdir(tmp_path)
    result = run("verify", "small:index_list", "--cases", 0, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.clause(CLAUSE)
def test_the_report_that_is_read_is_not_replaced(tmp_path, conforming, monkeypatch):
    """A badge named after the report would overwrite it."""
    monkeypatch.chdir(tmp_path)
    conforming.write("r.json")
    result = run("report", "r.json", "--badge", "r.svg")
    assert result.exit_code == 2
    assert "would overwrite the report that is read" in result.stderr
    assert Report.read("r.json") == conforming


@pytest.mark.clause(CLAUSE)
def test_a_file_that_cannot_be_written(tmp_path, conforming):
    """A fault with a message, and none of the files."""
    path = tmp_path / "r.json"
    conforming.write(path)
    # longer than any file system takes
    result = run("report", path, "--junit", tmp_path / "r.xml", "--html", tmp_path / ("h" * 300))
    assert result.exit_code == 2
    assert "cannot write the report" in result.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.json"]
