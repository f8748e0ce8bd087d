"""Execute every proof in a fresh kernel, and print which theorem is proved where and how.

    python tools/run_proofs.py [NAME ...]

A notebook fails on an exception, on a warning, on anything written to stderr, and on a code cell
that was not executed. The table comes from the opening cells. Without names all notebooks run, and
every theorem T1 to T26 has to be in the table. Exit status: 0 all hold, 1 a failure, 2 a bad call.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from rich.console import Console
from rich.table import Table
from traitlets.config import Config

ROOT = Path(__file__).resolve().parents[1]
SUFFIX = ".proof.py"
KINDS = ("symbolic", "rigorous enclosure", "written argument")
THEOREMS = tuple(f"T{number}" for number in range(1, 27))
ERRATA = ("E1", "E2", "E3", "E4")
HEADER = "| theorem | clause | check | statement |"

# Two notebooks at a time: the machines that run this have two cores.
_AT_A_TIME = 2
# Ends a kernel that hangs; no notebook comes near it.
_CELL_SECONDS = 600
# The kernel's own warnings, at its start and end, are not the notebook's.
_STRICT = """
import warnings
warnings.simplefilter("error")
warnings.filterwarnings("ignore", module="ipykernel")
"""


@dataclass(frozen=True)
class Row:
    """One line of the table: a part of a theorem or of an erratum, and the kind of its check."""

    theorem: str
    clause: str
    check: str
    statement: str
    notebook: str

    @property
    def number(self) -> str:
        """The theorem or erratum without the name of the part: T26 of "T26.3" or "T26 order"."""
        return re.split(r"[ .]", self.theorem, maxsplit=1)[0]


def notebooks(folder: Path) -> list[Path]:
    """The proofs of a folder, by name."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def name_of(path: Path) -> str:
    """The name of a notebook, without its suffix."""
    return path.name.removesuffix(SUFFIX)


def read(path: Path) -> nbformat.NotebookNode:
    """A percent script as a notebook."""
    return jupytext.read(path, fmt="py:percent")


def rows(path: Path) -> tuple[list[Row], list[str]]:
    """The table of the opening cell, and what is wrong with it."""
    name = name_of(path)
    cells = read(path).cells
    lines = cells[0].source.splitlines() if cells and cells[0].cell_type == "markdown" else []
    if HEADER not in lines:
        return [], [f"{name}: the opening cell has no table with the header {HEADER}"]
    found, problems = [], []
    for line in lines[lines.index(HEADER) + 2 :]:
        if not line.startswith("|"):
            break
        # a vertical bar of a formula is written \|
        parts = [part.strip() for part in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(parts) != 4:
            problems.append(f"{name}: expected 4 columns: {line}")
            continue
        row = Row(*parts, notebook=name)
        found.append(row)
        if row.number not in THEOREMS + ERRATA:
            problems.append(f"{name}: no such theorem or erratum: {row.theorem}")
        unknown = [kind for kind in parts[2].split(" + ") if kind not in KINDS]
        if unknown:
            problems.append(f"{name}: {parts[0]}: no such kind of check: {', '.join(unknown)}")
    if not found:
        problems.append(f"{name}: the table is empty")
    return found, problems


def registry_problems(table: list[Row], registry: Path) -> list[str]:
    """Rows whose clause is not registered, or belongs to another theorem."""
    entries = tomllib.loads(registry.read_text(encoding="utf-8"))["clause"]
    theorem_of = {entry["id"]: entry.get("theorem") for entry in entries}
    problems = []
    for row in table:
        if row.clause not in theorem_of:
            problems.append(f"{row.notebook}: {row.clause} is not registered")
        elif row.number in THEOREMS and theorem_of[row.clause] != row.number:
            problems.append(f"{row.notebook}: {row.clause} is not the clause of {row.number}")
    return problems


def missing(table: list[Row]) -> list[str]:
    """Theorems without a row."""
    present = {row.number for row in table}
    return [theorem for theorem in THEOREMS if theorem not in present]


def execute(path: Path, scratch: Path) -> list[str]:
    """Run a notebook in a fresh kernel; what is wrong with the run, nothing if all holds."""
    name = name_of(path)
    book = read(path)
    if not any(cell.cell_type == "code" for cell in book.cells):
        return [f"{name}: no code cell"]
    book.cells.insert(0, nbformat.v4.new_code_cell(_STRICT))
    # sockets in the file system: nothing listens on a port
    sockets = {"transport": "ipc", "ip": str(scratch / name)}
    client = NotebookClient(
        book,
        config=Config({"AsyncKernelManager": sockets}),
        kernel_name="python3",
        timeout=_CELL_SECONDS,
        resources={"metadata": {"path": str(path.parent)}},
    )
    # no start-up file and no history of a user reaches the kernel
    environment = {**os.environ, "IPYTHONDIR": str(scratch), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        # the loop of a pool's thread is closed with the run, not left to the garbage collector
        asyncio.run(client.async_execute(env=environment))
    except CellExecutionError as error:
        return [f"{name}: {error.ename}: {error.evalue}\n{error}"]
    except (CellTimeoutError, DeadKernelError) as error:
        return [f"{name}: {error}"]
    return faults(name, book)


def faults(name: str, book: nbformat.NotebookNode) -> list[str]:
    """Cells of an executed notebook that did not run, raised, or wrote to stderr."""
    problems = []
    for place, cell in enumerate(book.cells):
        if cell.cell_type != "code":
            continue
        if cell.execution_count is None:
            problems.append(f"{name}: cell {place} was not executed")
        for output in cell.outputs:
            if output.output_type == "error":
                problems.append(f"{name}: cell {place}: {output.ename}: {output.evalue}")
            elif output.output_type == "stream" and output.name == "stderr":
                problems.append(f"{name}: cell {place} wrote to stderr: {output.text.strip()}")
    return problems


def run_all(paths: list[Path], console: Console) -> list[str]:
    """Execute the notebooks, two at a time; a line for each as it ends."""
    problems: list[str] = []
    began = monotonic()
    with (
        tempfile.TemporaryDirectory() as scratch,
        ThreadPoolExecutor(_AT_A_TIME) as pool,
    ):
        running = {pool.submit(execute, path, Path(scratch)): path for path in paths}
        for done, future in enumerate(as_completed(running), start=1):
            found = future.result()
            problems += found
            verdict = "FAILED" if found else "holds"
            console.print(
                f"[{done}/{len(paths)}] {name_of(running[future])}: {verdict}"
                f" ({monotonic() - began:.0f} s since the start)",
                markup=False,
                highlight=False,
            )
    return problems


def printed(table: list[Row]) -> Table:
    """The table: theorem, clause, notebook, kind of check, statement."""
    shown = Table(title="What is proved where, and how")
    for column in ("theorem", "clause", "notebook", "check", "statement"):
        shown.add_column(column, no_wrap=column in ("theorem", "clause"))

    places = {number: place for place, number in enumerate(THEOREMS + ERRATA)}
    for row in sorted(table, key=lambda row: places.get(row.number, len(places))):
        shown.add_row(row.theorem, row.clause, row.notebook, row.check, row.statement)
    return shown


def main(arguments: list[str] | None = None, folder: Path = ROOT / "proofs") -> int:
    """Run the command; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="notebooks to run; all if none is given")
    names = parser.parse_args(arguments).names
    console = Console() if sys.stdout.isatty() else Console(width=160)
    everything = notebooks(folder)
    if unknown := sorted(set(names) - {name_of(path) for path in everything}):
        console.print(f"no such notebook in {folder}: {', '.join(unknown)}")
        return 2
    chosen = [path for path in everything if not names or name_of(path) in names]
    table: list[Row] = []
    problems: list[str] = [] if chosen else [f"no notebook in {folder}"]
    for path in chosen:
        found, wrong = rows(path)
        table += found
        problems += wrong
    if not names:
        problems += [f"{theorem}: no row in any notebook" for theorem in missing(table)]
    problems += registry_problems(table, ROOT / "spec" / "clauses.toml")
    problems += run_all(chosen, console)
    console.print(printed(table))
    for problem in problems:
        console.print(problem, markup=False, highlight=False, soft_wrap=True)
    if problems:
        console.print(f"proofs: {len(problems)} failures")
        return 1
    console.print(f"proofs: {len(chosen)} notebooks hold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
