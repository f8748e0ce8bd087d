"""``gd-attention trace``: the ids of the clauses, compared wherever they occur."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from gd_attention.cli.columns import write_columns
from gd_attention.cli.tracing import COLUMNS, Trace, find_checkout, trace
from rich.console import Console
from rich.table import Table

__all__ = ["trace_command"]

# Columns assumed where the output is no terminal: a log, a file, a pipe.
_WIDTH = 140

_PLACES = ("text", *COLUMNS, "vectors", "errata")


def trace_command(
    root: Annotated[
        Path | None,
        typer.Option(help="Root of a source checkout; found from the current folder if not given."),
    ] = None,
    write: Annotated[
        bool,
        typer.Option("--write", help="Rewrite the columns of spec/clauses.toml from the files."),
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="One line per clause, not only one per kind.")
    ] = False,
) -> None:
    """Compare the clause ids in text, registry, code, tests, proofs, mutants and vectors.

    Exit status: 0 all agree, 1 a difference, 2 no source checkout.
    """
    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH)
    checkout = find_checkout((root or Path.cwd()).resolve())
    if checkout is None:
        where = "--root" if root else "the current folder"
        console.print(f"no source checkout at or above {where}: spec/clauses.toml is not there")
        raise typer.Exit(2)
    if write:
        changed = write_columns(checkout)
        console.print("spec/clauses.toml rewritten" if changed else "spec/clauses.toml unchanged")
    found = trace(checkout)
    console.print(_by_clause(found) if every else _by_kind(found))
    for column in COLUMNS:
        if not any(clause.places(column) for clause in found.clauses):
            console.print(f"column {column}: empty, nothing there yet")
    for problem in found.problems:
        console.print(f"{problem.subject}: {problem.message}", markup=False, soft_wrap=True)
    if found.problems:
        console.print(f"trace: {len(found.problems)} differences")
        raise typer.Exit(1)
    console.print(f"trace: {len(found.clauses)} clauses agree")


def _by_kind(found: Trace) -> Table:
    table = Table(title="Clauses by kind: how many occur where")
    table.add_column("kind")
    for name in ("registered", *_PLACES):
        table.add_column(name, justify="right")
    kinds = list(dict.fromkeys(clause.kind for clause in found.clauses))
    for kind in kinds:
        mine = [clause for clause in found.clauses if clause.kind == kind]
        counts = [sum(bool(clause.places(place)) for clause in mine) for place in _PLACES]
        table.add_row(kind, str(len(mine)), *map(str, counts))
    return table


def _by_clause(found: Trace) -> Table:
    table = Table(title="Clauses: number of places")
    table.add_column("clause")
    table.add_column("kind")
    for name in _PLACES:
        table.add_column(name, justify="right")
    for clause in found.clauses:
        counts = [str(len(clause.places(place)) or "-") for place in _PLACES]
        table.add_row(clause.id, clause.kind, *counts)
    return table
