"""``gd-attention select``: the rows written, whole files, certificates, exit status."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gd_attention import gd_attention
from gd_attention.cli import certify
from gd_attention.cli.app import app
from typer.testing import CliRunner

RANDOM = np.random.default_rng(2)
QUERY, KEYS = RANDOM.normal(size=(9, 3)), RANDOM.normal(size=(20, 3))
VALUES = RANDOM.normal(size=(20, 2)).astype(np.float32)
VALUES[[10, 7, 2]] = [[np.nan, np.inf], [-np.inf, 0.1], [1e-45, 3.0]]
LABELS = [f"l{i % 7}" for i in range(20)]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Queries, keys, values and labels."""
    for name, table in (("q", QUERY), ("k", KEYS), ("v", VALUES)):
        np.save(tmp_path / f"{name}.npy", table)
    (tmp_path / "l.csv").write_text("label\n" + "\n".join(LABELS) + "\n")
    (tmp_path / "scratch").mkdir()
    return tmp_path


def run(folder: Path, *arguments: object) -> Any:
    given = ["--queries", folder / "q.npy", "--keys", folder / "k.npy", *arguments]
    return CliRunner().invoke(app, ["select", *map(str, given)])


def everything(folder: Path) -> list[object]:
    return ["--values", folder / "v.npy", "--labels", folder / "l.csv", "--threshold", 0.3,
            "--fill", -1, "--points", "--scratch", folder / "scratch"]  # fmt: skip


def expected() -> Any:
    found = gd_attention(QUERY, KEYS, VALUES, threshold=0.3, fill=-1.0)
    # an abstention, and values that JSON and decimal texts could lose
    assert {-1, 10, 7, 2} <= set(found.index.tolist()), "the data lost their point"
    return found


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "npz"])
def test_what_is_written_reads_back_as_the_reference(files: Path, suffix: str) -> None:
    """Every bit, NaN and infinities included; the order of the queries."""
    out = files / f"out.{suffix}"
    ran = run(files, *everything(files), "-o", out)
    assert ran.exit_code == 0 and not ran.stdout, ran.output
    one = expected()
    names = [LABELS[i] if i >= 0 else None for i in one.index]
    if suffix == "npz":
        with np.load(out) as found:
            for name in ("index", "energy", "coordinate", "unique", "output", "alignment_point"):
                assert found[name].dtype == getattr(one, name).dtype
                assert found[name].tobytes() == getattr(one, name).tobytes()
            assert found["query"].tolist() == list(range(9))
            assert found["label"].tolist() == [name or "" for name in names]
        return
    if suffix == "csv":
        rows = list(csv.DictReader(out.read_text().splitlines()))
        assert list(rows[0]) == [
            "query", "index", "label", "energy", "coordinate", "unique", "output_0", "output_1",
            "alignment_point_0", "alignment_point_1", "alignment_point_2",
        ]  # fmt: skip
        assert [row["label"] or None for row in rows] == names
        assert [row["unique"] == "true" for row in rows] == one.unique.tolist()
        output = [[float(row[f"output_{i}"]) for i in range(2)] for row in rows]
        points = [[float(row[f"alignment_point_{i}"]) for i in range(3)] for row in rows]
    else:
        rows = [json.loads(line) for line in out.read_text().splitlines()]
        assert [row["label"] for row in rows] == names
        assert [row["unique"] for row in rows] == one.unique.tolist()
        assert rows[one.index.tolist().index(-1)]["energy"] == "Infinity"
        output = [[float(x) for x in row["output"]] for row in rows]
        points = [row["alignment_point"] for row in rows]
    assert [int(row["query"]) for row in rows] == list(range(9))
    assert [int(row["index"]) for row in rows] == one.index.tolist()
    assert [float(row["energy"]) for row in rows] == one.energy.tolist()
    assert [float(row["coordinate"]) for row in rows] == one.coordinate.tolist()
    assert np.array(output, np.float32).tobytes() == one.output.tobytes()
    assert points == one.alignment_point.tolist()


@pytest.mark.parametrize("form", ["jsonl", "csv", "npz"])
def test_sizes_and_the_compiled_operator_change_no_byte(files: Path, form: str) -> None:
    seen = set()
    for more in ([], ["--query-rows", 2, "--key-rows", 3], ["--key-rows", 1], ["--accelerated"]):
        ran = run(files, *everything(files), *more, "--format", form, "-o", files / "out")
        assert ran.exit_code == 0, ran.output
        seen.add((files / "out").read_bytes())
    assert len(seen) == 1
    assert not list((files / "scratch").iterdir())
    assert not list(files.glob(".out*"))


def test_standard_output_and_columns_that_are_left_out(files: Path) -> None:
    ran = run(files, "--beta", 0.1)
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    assert list(rows[0]) == ["query", "index", "energy", "coordinate", "unique"]
    assert [row["index"] for row in rows] == gd_attention(QUERY, KEYS, beta=0.1).index.tolist()
    assert not ran.stderr
    assert run(files, "--beta", 0.1, "--format", "csv").stdout.splitlines()[0] == ",".join(rows[0])


def test_a_fault_in_the_middle_leaves_the_old_file(files: Path) -> None:
    """The last key is bad: blocks were written already."""
    keys = KEYS.copy()
    keys[19, 2] = np.nan
    np.save(files / "k.npy", keys)
    (files / "out.csv").write_text("old")
    ran = run(files, "--query-rows", 1, "-o", files / "out.csv")
    assert ran.exit_code == 2
    assert ran.stderr == (
        f"gd-attention select: keys: {files / 'k.npy'}: row 19, column 2: "
        "expected a finite number, got nan\n"
    )
    assert (files / "out.csv").read_text() == "old"
    queries = np.vstack([QUERY, [[np.nan] * 3]])
    np.save(files / "k.npy", KEYS)
    np.save(files / "q.npy", queries)
    ran = run(files, "--query-rows", 1, "-o", files / "out.csv")
    assert ran.exit_code == 2 and "q.npy: row 9, column 0" in ran.stderr
    assert (files / "out.csv").read_text() == "old"
    assert sorted(path.name for path in files.iterdir()) == [
        "k.npy", "l.csv", "out.csv", "q.npy", "scratch", "v.npy",
    ]  # fmt: skip


def test_faults_end_with_status_2(files: Path) -> None:
    (files / "short.csv").write_text("label\na\n")
    for arguments, message in (
        (["--values", files / "q.npy"], "values: .*q.npy: expected 20 rows as in .*k.npy, got 9"),
        (["--labels", files / "short.csv"], "labels: .*: expected 20 labels .*, got 1"),
        (["--alpha", "0"], r"alpha: expected values in \(0, 1\)"),
        (["--alpha", "none.csv"], "alpha: none.csv: no such file"),
        (["--threshold", "nan"], "threshold: "),
        (["--beta", "-1"], "beta: expected a finite number > 0"),
        (["--format", "npz"], "--format npz: expected --output FILE"),
        (["-o", files / "out.txt"], "expected a suffix of .jsonl"),
        (["-o", files / "none" / "out.csv"], "none"),
        (["--scratch", files / "none"], "none"),
        (["--delta", "0.1"], "expected --calibrate-risk and --labelled too"),
    ):
        ran = run(files, *arguments)
        assert ran.exit_code == 2, (arguments, ran.output)
        assert re.search(message, ran.stderr) and ran.stderr.startswith("gd-attention select: ")


def test_no_terminal_no_progress_and_a_pipe_that_closes(files: Path) -> None:
    """The command as a process of its own: clean lines, and no traceback if nobody reads."""
    command = [sys.executable, "-m", "gd_attention.cli", "select", "--queries", files / "q.npy",
               "--keys", files / "k.npy"]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0 and ran.stderr == ""
    assert len(ran.stdout.splitlines()) == 9
    read, write = os.pipe()
    os.close(read)
    closed = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, timeout=300)
    os.close(write)
    assert "Traceback" not in closed.stderr


@pytest.fixture
def labelled(files: Path) -> Callable[[int], Path]:
    """Queries close to keys, with the key's label but for some errors among the far ones."""

    def make(errors: int) -> Path:
        chosen = RANDOM.integers(0, 20, 300)
        spread = np.linspace(0.0, 0.1, 300)
        table = KEYS[chosen] + spread[:, None] * RANDOM.normal(size=(300, 3))
        names = [LABELS[i] for i in chosen]
        names[300 - errors :] = ["wrong"] * errors
        np.savez(files / "labelled.npz", queries=table, labels=np.array(names))
        return files / "labelled.npz"

    return make


def test_a_certified_threshold_is_the_one_that_is_used(files: Path, labelled: Any) -> None:
    from gd_attention.calibration import energy_levels, threshold_for_risk

    path = labelled(60)
    common = ["--labels", files / "l.csv", "--calibrate-risk", 0.1, "--delta", 0.05, "--labelled"]
    ran = run(files, *common, path)
    assert ran.exit_code == 0, ran.output
    with np.load(path) as data:
        levels = energy_levels(data["queries"], KEYS)
        wrong = np.array(LABELS)[levels.index] != data["labels"]
    one = threshold_for_risk(levels.level, wrong, 0.1, 0.05)
    assert one.certified and one.coverage < 1.0
    assert ran.stderr.startswith(
        f"certified: threshold {one.threshold!r} has a risk of at most 0.1"
    )
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    direct = gd_attention(QUERY, KEYS, threshold=one.threshold)
    assert [row["index"] for row in rows] == direct.index.tolist()
    for more in (["--key-rows", 3, "--query-rows", 7], ["--accelerated"]):
        again = run(files, *common, path, *more)
        assert (again.stdout, again.stderr) == (ran.stdout, ran.stderr)


def test_what_is_not_certifiable_is_status_1_and_no_file(files: Path, labelled: Any) -> None:
    ran = run(files, "--labels", files / "l.csv", "--calibrate-risk", 0.001, "--delta", 0.05,
              "--labelled", labelled(0), "-o", files / "out.csv")  # fmt: skip
    assert ran.exit_code == 1
    assert ran.stderr.startswith("gd-attention select: not certifiable: no threshold has a risk")
    assert not (files / "out.csv").exists()


def test_calls_that_certify_nothing_are_refused(files: Path, labelled: Any) -> None:
    path = labelled(0)
    wanted = ["--calibrate-risk", 0.1, "--delta", 0.05, "--labelled", path]
    np.savez(files / "both.npz", queries=KEYS, labels=np.array(LABELS), keys=KEYS)
    np.save(files / "m.npy", np.ones((9, 20), bool))
    for arguments, message in (
        (wanted, "expected --labels"),
        ([*wanted, "--labels", files / "l.csv", "--threshold", 0.2], "--threshold: not with"),
        ([*wanted, "--labels", files / "l.csv", "--mask", files / "m.npy"], "mask: expected one"),
        (
            [*wanted[:-1], files / "both.npz", "--keys", files / "both.npz", "--labels",
             files / "l.csv"],
            "expected queries that are no keys",
        ),
        ([*wanted[:3], 0.0, *wanted[4:], "--labels", files / "l.csv"], "delta: "),
    ):  # fmt: skip
        ran = run(files, *arguments)
        assert ran.exit_code == 2 and message in ran.stderr, (arguments, ran.output)
    assert certify.certifies(0.1, 0.1, "x") and not certify.certifies(None, None, None)
