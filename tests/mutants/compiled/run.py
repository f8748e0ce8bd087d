"""Make the copies of the compiled package and judge them, each in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .edits import Edit
from .trial import TRIALS

__all__ = ["PACKAGE", "Ending", "altered", "ended"]

PACKAGE = Path(__file__).resolve().parents[3] / "accelerated"
_TRIAL = Path(__file__).with_name("trial.py")
_MOST_SECONDS = 300


@dataclass(frozen=True)
class Ending:
    """How the judgement of an edit ended.

    Attributes
    ----------
    seen_by, missed_by : tuple of str
        Of the trials that the registry names: those that failed, and those that passed.
    only_by : str
        Where none of them failed, another that did; empty if none.
    crashes : tuple of str
        The exceptions and signals that ended trials: none of them is an answer.
    said : str
        The end of the judging program's stderr.
    """

    edit: Edit
    seen_by: tuple[str, ...]
    missed_by: tuple[str, ...]
    only_by: str = ""
    crashes: tuple[str, ...] = ()
    said: str = ""

    @property
    def right(self) -> bool:
        """A mutant is seen by every trial named, in the way registered; a harmless edit by none."""
        if self.edit.harmless:
            return not self.seen_by and not self.crashes
        return bool(self.seen_by) and not self.missed_by and self.as_registered

    @property
    def as_registered(self) -> bool:
        """Whether trials ended by the crash that is registered, or by none."""
        return set(self.crashes) == ({self.edit.crashes} if self.edit.crashes else set())

    @property
    def fault(self) -> str:
        """What is wrong with the ending; empty if nothing is."""
        if self.right:
            return ""
        if not self.as_registered:
            return f"crashed: {', '.join(self.crashes) or 'not, as registered'}"
        if self.edit.harmless:
            return f"seen by {', '.join(self.seen_by)}"
        if self.only_by:
            return f"seen by {self.only_by} alone"
        return f"not seen by {', '.join(self.missed_by)}"


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
        failed, crashes, said = _tried(edit, folder, copy.name, edit.trials)
        only_by = ""
        if not failed and not edit.harmless:
            for trial in sorted(TRIALS.keys() - set(edit.trials)):
                seen, broke, _ = _tried(edit, folder, copy.name, (trial,))
                if seen and not broke:
                    only_by = trial
                    break
    missed = tuple(trial for trial in edit.trials if trial not in failed)
    return Ending(edit, failed, missed, only_by, crashes, said)


def _tried(
    edit: Edit, folder: str, name: str, trials: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """The trials that failed, the crashes among them, and what was said.

    The trial in which a signal ends the process has failed; those behind it are not made.
    """
    environment = {**os.environ, "NUMBA_NUM_THREADS": "2"}
    environment.pop("NUMBA_CACHE_DIR", None)
    if edit.plain:
        environment["NUMBA_DISABLE_JIT"] = "1"
    run = subprocess.run(
        [sys.executable, _TRIAL, folder, name, *trials],
        capture_output=True, text=True, env=environment, timeout=_MOST_SECONDS,
    )  # fmt: skip
    if run.returncode > 0:
        raise RuntimeError(f"edit {edit.name}: not judged: {run.stderr[-800:]}")
    ends = [json.loads(line) for line in run.stdout.splitlines()]
    failed = [end["trial"] for end in ends if not end["passed"]]
    crashes = [end["crash"] for end in ends if end["crash"]]
    if run.returncode < 0:
        failed += trials[len(ends) : len(ends) + 1]
        crashes.append(signal.Signals(-run.returncode).name)
    return tuple(failed), tuple(crashes), run.stderr[-300:]
