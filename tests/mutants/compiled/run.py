"""Make the copies of the compiled package and judge them, each in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .edits import Edit

__all__ = ["PACKAGE", "Ending", "altered", "ended"]

PACKAGE = Path(__file__).resolve().parents[3] / "accelerated"
_TRIAL = Path(__file__).with_name("trial.py")
_MOST_SECONDS = 300


@dataclass(frozen=True)
class Ending:
    """How the judgement of an edit ended: the trial that saw it, empty if none did."""

    edit: Edit
    seen_by: str
    said: str = ""

    @property
    def right(self) -> bool:
        """Mutants are seen, harmless edits are not."""
        return bool(self.seen_by) != bool(self.edit.harmless)


def altered(edit: Edit, source: str) -> str:
    """The source with the edit; ValueError if its text does not occur exactly once."""
    if (found := source.count(edit.old)) != 1:
        raise ValueError(f"edit {edit.name}: expected its text once in {edit.file}, got {found}")
    return source.replace(edit.old, edit.new)


def ended(edit: Edit) -> Ending:
    """Judge a copy of the package with the edit."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "edited"
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        file = copy / edit.file
        file.write_text(altered(edit, file.read_text(encoding="utf-8")), encoding="utf-8")
        environment = {**os.environ, "NUMBA_NUM_THREADS": "2"}
        environment.pop("NUMBA_CACHE_DIR", None)
        if edit.plain:
            environment["NUMBA_DISABLE_JIT"] = "1"
        run = subprocess.run(
            [sys.executable, _TRIAL, folder, copy.name, *edit.trials],
            capture_output=True, text=True, env=environment, timeout=_MOST_SECONDS,
        )  # fmt: skip
    if run.returncode < 0:
        return Ending(edit, edit.trials[0], f"the process died of signal {-run.returncode}")
    if run.returncode != 0:
        raise RuntimeError(f"edit {edit.name}: not judged: {run.stderr[-800:]}")
    passed = json.loads(run.stdout.splitlines()[-1])
    failed = [name for name, good in passed.items() if not good]
    return Ending(edit, failed[0] if failed else "", run.stderr[-300:])
