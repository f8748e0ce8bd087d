"""Run a notebook with each of its altered claims, and report how each run ended.

    python replay.py NOTEBOOK CONTROLS

A notebook is run once, cell by cell. In front of a cell with an altered claim the process forks;
the child runs the altered cell and what follows, until something fails. So a control costs its own
cell and the rest, and starts from the very state that the true claim starts from.

Prints a JSON object: name of the control -> name of the exception, null where nothing failed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import tomllib
import traceback
import warnings
from pathlib import Path
from typing import Any


def load(path: Path) -> list[dict[str, str]]:
    """The controls of a file, each with name, why, old and new."""
    controls = tomllib.loads(path.read_text(encoding="utf-8"))["control"]
    for control in controls:
        absent = {"name", "why", "old", "new"} - control.keys()
        if absent:
            raise ValueError(f"{path.name}: control {control.get('name')!r} lacks {sorted(absent)}")
    names = [control["name"] for control in controls]
    if len(set(names)) != len(names):
        raise ValueError(f"{path.name}: a name used twice")
    return controls


def cells(text: str) -> list[str]:
    """The cells of a percent script; prose cells are comments."""
    return re.split(r"(?m)^(?=# %%)", text)


def placed(notebook: Path, controls: list[dict[str, str]]) -> dict[int, list[dict[str, str]]]:
    """The controls by the number of the cell that each alters."""
    text = notebook.read_text(encoding="utf-8")
    parts = cells(text)
    found: dict[int, list[dict[str, str]]] = {}
    for control in controls:
        count = text.count(control["old"])
        if count != 1:
            raise ValueError(f"{notebook.name}: {control['name']}: old occurs {count} times")
        inside = [number for number, part in enumerate(parts) if control["old"] in part]
        if not inside:
            raise ValueError(f"{notebook.name}: {control['name']}: old spans several cells")
        found.setdefault(inside[0], []).append(control)
    return found


def replay(notebook: Path, controls: list[dict[str, str]]) -> dict[str, str | None]:
    """How each altered run ended; the run without alteration has to succeed."""
    parts = cells(notebook.read_text(encoding="utf-8"))
    by_cell = placed(notebook, controls)
    namespace: dict[str, Any] = {"__name__": "__main__", "__file__": str(notebook)}
    ended: dict[str, str | None] = {}
    for number, part in enumerate(parts):
        for control in by_cell.get(number, []):
            altered = part.replace(control["old"], control["new"])
            ended[control["name"]] = _forked([altered, *parts[number + 1 :]], namespace)
        # after the last control the true notebook has nothing more to show: `make proofs` runs it
        if number < max(by_cell, default=0):
            _run(part, namespace)
    return ended


def _run(part: str, namespace: dict[str, Any]) -> None:
    exec(compile(part, "<cell>", "exec"), namespace)


def _forked(parts: list[str], namespace: dict[str, Any]) -> str | None:
    """Run the cells in a child process; the name of the exception, None if there was none."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # the threads that a fork leaves behind are idle pools of libraries
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        status: str | None = None
        try:
            for part in parts:
                _run(part, namespace)
        except BaseException as error:
            status = type(error).__name__
            traceback.print_exc()
        os.write(writing, json.dumps(status).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return json.loads(answer) if answer else "the process died"


def main() -> None:
    """Run the command."""
    notebook, controls = map(Path, sys.argv[1:])
    os.environ["MPLBACKEND"] = "agg"
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "proofs"))
    warnings.simplefilter("error")
    with open(os.devnull, "w") as sink, contextlib.redirect_stdout(sink):
        ended = replay(notebook, load(controls))
    print(json.dumps(ended))


if __name__ == "__main__":
    main()
