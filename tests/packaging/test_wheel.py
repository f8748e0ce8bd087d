"""The wheel, installed in an empty directory, judges over all vectors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the sources, so that no build folder is left behind."""
    out = tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    source = tmp_path_factory.mktemp("source")
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            target = source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", out, source],
        check=True,
        capture_output=True,
    )
    (built,) = out.glob("*.whl")
    return built


def test_wheel_holds_the_standard(wheel: Path) -> None:
    """Every data file of the standard is in the wheel, and no test is."""
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        "gd_attention/spec/" + str(path.relative_to(ROOT / "spec"))
        for pattern in ("*.toml", "*.json", "text/*", "vectors/*.json", "data/*")
        for path in (ROOT / "spec").glob(pattern)
        if path.is_file()
    }
    expected |= {
        "gd_attention/conformance/report.schema.json",
        "gd_attention/conformance/reports/page.css",
    }
    assert expected <= names
    assert not [name for name in names if name.startswith("tests")]


def test_wheel_verifies_in_an_empty_directory(wheel: Path, tmp_path: Path) -> None:
    """A fresh environment with the wheel alone runs the verification over all vectors.

    The dependencies come from this environment's site-packages through a path file; the project
    itself comes from the wheel, which the test asserts.
    """
    home = tmp_path / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    (site,) = (home / "lib").glob("python3*/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    import numpy

    outer = Path(numpy.__file__).resolve().parents[1]
    # sys.path order: this environment's own packages first, then the dependencies.
    (site / "dependencies.pth").write_text(f"{outer}\n")
    empty = tmp_path / "empty"
    empty.mkdir()
    python = home / "bin" / "python"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    where = subprocess.run(
        [python, "-c", "import gd_attention.conformance as c; print(c.__file__)"],
        cwd=empty,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(home)
    report = empty / "report.json"
    run = subprocess.run(
        [
            python,
            "-m",
            "gd_attention.cli",
            "verify",
            "gd_attention:gd_attention",
            "--contract",
            "exact",
            "--cases",
            "0",
            "--report",
            report,
        ],
        cwd=empty,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    document = json.loads(report.read_text())
    assert document["verdict"] == "conforms"
    from gd_attention.conformance.vectors import load_vectors

    assert document["vectors"] == len(load_vectors())
