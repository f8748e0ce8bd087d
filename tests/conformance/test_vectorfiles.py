"""Vector files outside the corpus: reading, choosing, exporting, replaying, adding."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gd_attention.cli.additions import STORE, add_vectors
from gd_attention.cli.app import app
from gd_attention.conformance import HarnessError, Verdict
from gd_attention.conformance.flags import FLAGS
from gd_attention.conformance.replay import replay
from gd_attention.conformance.vectorfiles import (
    check_answers,
    choose,
    read_vectors,
    write_failures,
)
from gd_attention.conformance.vectors import document, dumps, encode, load_vectors
from typer.testing import CliRunner

ROOT = Path(__file__).parents[2]
TARGETS = ROOT / "tests" / "targets"
# put together here, so that the trace does not take it for a clause that the test guards
UNKNOWN = "-".join(["GDA", "no", "such"])
VECTORS = {vector.case.id: vector for vector in load_vectors()}


def nearest(query: Any, keys: Any) -> Any:
    """Argmin over rounded squared distances: wrong on a near-tie, right on plain calls."""
    query, keys = np.asarray(query, np.float64), np.asarray(keys, np.float64)
    difference = query[..., :, None, :] - keys[..., None, :, :]
    return (difference**2).sum(axis=-1).argmin(axis=-1)


def saved(folder: Path, *names: str, **changes: Any) -> Path:
    """A file with some vectors of the corpus, the first entry changed."""
    chosen = (VECTORS[name] for name in names)
    entries = [encode(item.case, item.answer, item.certificate) for item in chosen]
    entries[0].update(changes)
    path = folder / "some.json"
    path.write_text(dumps(document("some", "A test.", entries)), encoding="utf-8")
    return path


@pytest.mark.clause("GDA-conf-vectors")
def test_reading_gives_back_what_was_written(tmp_path: Path) -> None:
    (read,) = read_vectors(saved(tmp_path, "near-tenths"))
    assert encode(read.case, read.answer) == encode(
        VECTORS["near-tenths"].case, VECTORS["near-tenths"].answer
    )


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: path.unlink(), "No such file"),
        (lambda path: path.write_text("{"), "not JSON"),
        (lambda path: path.write_text("{}"), "required property"),
        (lambda path: path.write_text(path.read_text()[:-40]), "not JSON"),
        (lambda path: path.write_text(path.read_text().replace("0x1.", "1.")), "inputs"),
        (
            lambda path: path.write_text(path.read_text().replace("near-tie", "nonsense")),
            "nonsense",
        ),
        (
            lambda path: path.write_text(path.read_text().replace("GDA-select-index", UNKNOWN)),
            UNKNOWN,
        ),
    ],
    ids=["missing", "no json", "empty", "truncated", "decimal", "flag", "clause"],
)
@pytest.mark.clause("GDA-conf-vectors")
def test_a_bad_file_is_refused_by_name(tmp_path: Path, spoil: Any, message: str) -> None:
    path = saved(tmp_path, "near-tenths")
    spoil(path)
    with pytest.raises(HarnessError, match=message) as caught:
        read_vectors(path)
    assert "some.json" in str(caught.value)


@pytest.mark.clause("GDA-conf-vectors")
def test_an_id_is_used_once(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="'near-tenths' is used twice"):
        read_vectors(saved(tmp_path, "near-tenths", "near-tenths"))


@pytest.mark.clause("GDA-conf-vectors")
def test_an_edited_answer_judges_nothing(tmp_path: Path) -> None:
    answer = encode(VECTORS["near-tenths"].case, VECTORS["near-tenths"].answer)["answer"]
    answer["rows"][0]["index"] = 1 - answer["rows"][0]["index"]
    path = saved(tmp_path, "near-tenths", answer=answer)
    with pytest.raises(HarnessError, match="near-tenths: the stored answer is not the oracle's"):
        check_answers("some.json", read_vectors(path))


@pytest.mark.clause("GDA-conf-vectors")
def test_choosing() -> None:
    both = choose(VECTORS.values(), flags=["critical", "degenerate"])
    assert both and all({"critical", "degenerate"} <= set(item.case.flags) for item in both)
    some = choose(VECTORS.values(), themes=["priors", "masks"], clauses=["GDA-select-priors"])
    assert {item.theme for item in some} == {"priors", "masks"}
    for words in ({"flags": ["x"]}, {"clauses": ["x"]}, {"themes": ["x"]}, {"ids": ["x"]}):
        with pytest.raises(HarnessError, match="no vector has the"):
            choose(VECTORS.values(), **words)


@pytest.mark.clause("GDA-conf-vectors")
def test_every_flag_is_shown_at_least_five_times() -> None:
    counts = {flag: sum(flag in vector.case.flags for vector in VECTORS.values()) for flag in FLAGS}
    assert {flag: count for flag, count in counts.items() if count < 5} == {}


@pytest.mark.clause("GDA-conf-vectors", "GDA-conf-verdict")
def test_replaying() -> None:
    plain = [VECTORS["basic-default"], VECTORS["family-order-012"]]
    found = replay(nearest, plain)
    assert [row.verdict for row in found.rows] == [Verdict.EXACT, Verdict.SKIPPED]
    assert found.exit_code == 0
    wrong = replay(nearest, [VECTORS["near-absorbed"]], contract="exact")
    assert wrong.rows[0].verdict is Verdict.WRONG
    assert wrong.rows[0].finding is not None
    assert wrong.rows[0].finding.clause in VECTORS["near-absorbed"].case.clauses
    assert wrong.exit_code == 1


@pytest.mark.clause("GDA-conf-vectors")
def test_a_replay_that_decided_nothing_is_no_pass() -> None:
    skipped = replay(nearest, [VECTORS["mask-one"]])
    assert skipped.decided == 0
    assert skipped.exit_code == 1
    with pytest.raises(HarnessError, match="expected at least one"):
        replay(nearest, [])


def command(*arguments: object, cwd: Path = TARGETS) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would, in the folder of the targets."""
    return subprocess.run(
        [sys.executable, "-m", "gd_attention.cli", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
    )


@pytest.mark.clause("GDA-conf-vectors", "GDA-conf-report")
def test_exported_failures_replay(tmp_path: Path) -> None:
    """A failure that verify exports fails again, and passes for a correct target."""
    out = tmp_path / "failures"
    run = command("verify", "bisection_midpoint:select", "--cases", 20, "--export-failures", out)
    assert run.returncode == 1
    files = sorted(out.glob("*.json"))
    assert "counterexample-gda-align-half.json" in [path.name for path in files]
    again = command("vectors", "run", "bisection_midpoint:select", *files)
    assert again.returncode == 1
    assert f"{len(files)} wrong" in again.stdout
    right = command("vectors", "run", "gd_attention:gd_attention", *files, "--contract", "exact")
    assert right.returncode == 0, right.stdout
    assert "0 wrong" in right.stdout


@pytest.mark.clause("GDA-conf-vectors")
def test_listing_showing_exporting(tmp_path: Path) -> None:
    runner = CliRunner()
    ids = runner.invoke(app, ["vectors", "list", "--flag", "critical", "--ids"]).stdout.split()
    assert "critical-invisible" in ids
    flags = runner.invoke(app, ["vectors", "list", "--flags"]).stdout
    assert all(flag in flags for flag in FLAGS)
    shown = runner.invoke(app, ["vectors", "show", "equal-quarter"])
    assert "threshold-equal: The threshold equals" in shown.stdout
    assert "query 0: index 1, energy 0.265625" in shown.stdout
    as_json = runner.invoke(app, ["vectors", "show", "equal-quarter", "--json"])
    assert json.loads(as_json.stdout)["id"] == "equal-quarter"
    assert runner.invoke(app, ["vectors", "show", "no-such"]).exit_code == 2
    out = tmp_path / "out"
    done = runner.invoke(app, ["vectors", "export", str(out)])
    assert done.exit_code == 0, done.output
    for path in (ROOT / "spec" / "vectors").glob("*.json"):
        copy = out / path.name
        if path.name == "schema.json":
            assert json.loads(copy.read_text()) == json.loads(path.read_text())
        elif json.loads(path.read_text())["vectors"]:
            assert copy.read_bytes() == path.read_bytes()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The folders that adding a vector reads and writes."""
    root = tmp_path / "checkout"
    for folder in ("tools", "spec", "reference"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return root


@pytest.mark.clause("GDA-conf-vectors")
def test_adding_a_vector(checkout: Path, tmp_path: Path) -> None:
    """The generator of the enlarged checkout writes what adding wrote; nothing else changes."""
    example = encode(VECTORS["near-tenths"].case) | {"id": "newly-found"}
    (path,) = write_failures(tmp_path, [example])
    before = {file: file.read_bytes() for file in checkout.rglob("*") if file.is_file()}
    done = command("vectors", "add", path, "--flag", "counterexample", cwd=checkout)
    assert done.returncode == 0, done.stderr
    after = {file: file.read_bytes() for file in checkout.rglob("*") if file.is_file()}
    changed = {file for file in after if after[file] != before.get(file)}
    written = checkout / "spec" / "vectors" / "found.json"
    assert changed == {checkout / STORE, written}
    stored = {entry["id"]: entry for entry in json.loads(written.read_text())["vectors"]}
    entry = stored["newly-found"]
    assert "counterexample" in entry["flags"]
    answer = encode(VECTORS["near-tenths"].case, VECTORS["near-tenths"].answer)["answer"]
    assert entry["answer"] == answer
    tool = checkout / "tools" / "make_vectors.py"
    subprocess.run([sys.executable, tool, "--output", tmp_path / "made"], check=True)
    assert (tmp_path / "made" / "found.json").read_bytes() == written.read_bytes()


@pytest.mark.parametrize(
    ("change", "words", "message"),
    [
        ({}, {}, "the id 'near-tenths' is taken"),
        ({"id": "new"}, {"flags": ["nonsense"]}, "unknown flags: nonsense"),
        ({"id": "new"}, {"clauses": [UNKNOWN]}, f"unknown clauses: {UNKNOWN}"),
        ({"id": "new", "error": {"kind": "ValueError", "argument": "keys"}}, {}, "must raise"),
    ],
    ids=["taken", "flag", "clause", "raises"],
)
@pytest.mark.clause("GDA-conf-vectors")
def test_what_cannot_be_added(
    checkout: Path, tmp_path: Path, change: Any, words: Any, message: str
) -> None:
    """Nothing is written before every check has passed."""
    entry = encode(VECTORS["near-tenths"].case) | change
    (path,) = write_failures(tmp_path, [entry])
    before = (checkout / STORE).read_bytes()
    with pytest.raises(HarnessError, match=message):
        add_vectors(checkout, read_vectors(path), **words)
    assert (checkout / STORE).read_bytes() == before
