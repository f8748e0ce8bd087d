"""A report on a terminal or in a log.

Clause: GDA-conf-report.
"""

from __future__ import annotations

import sys

import typer
from gd_attention.cli.tables import clause_table, family_table
from gd_attention.conformance import Report
from gd_attention.conformance.reports.words import verdict_line
from gd_attention.conformance.requirements import TELLING
from rich.console import Console

__all__ = ["console_for_output", "show"]

# Columns assumed where the output is no terminal: a log, a file, a pipe.
_WIDTH = 140

# The fewest columns that hold the table of clauses with something of the worst case.
_NARROWEST = 100

# Counterexamples printed; the report file holds them all.
_SHOWN = 3


def console_for_output() -> Console:
    if not sys.stdout.isatty():
        return Console(width=_WIDTH)
    console = Console()
    return console if console.width >= _NARROWEST else Console(width=_NARROWEST)


def show(console: Console, found: Report) -> None:
    """Print header, tables, counterexamples and, last, the verdict."""
    profile = found.profile
    versions = ", ".join(f"{name} {number}" for name, number in found.versions.items())
    lines = [
        f"target        {found.target}",
        f"contract      {found.contract}",
        f"depth         {found.depth}",
        *([f"arrays        {found.arrays}"] if found.arrays else []),
        f"versions      {versions}",
        f"seed          {found.seed}",
        f"corpus        sha256 {found.corpus_digest}",
        f"fields        {', '.join(sorted(profile.fields))}",
        f"capabilities  {', '.join(sorted(profile.capabilities)) or 'none'} "
        f"({'declared' if profile.declared else 'probed'})",
        *(f"  absent: {note}" for note in profile.notes),
    ]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if found.families:
        console.print(family_table(found))
    console.print(clause_table(found, console.width))
    decided = ", ".join(f"{count} {kind}" for kind, count in found.decisions.items())
    console.print(f"indices by case: {decided}", markup=False, highlight=False, soft_wrap=True)
    for snippet in _snippets(found):
        typer.echo(f"counterexample:\n\n{snippet}")
    if any(clause.status == "silent" for clause in found.clauses):
        typer.echo("a longer run may decide what no case of this one did: --cases, or no --quick\n")
    typer.echo(verdict_line(found))


def _snippets(found: Report) -> list[str]:
    """The first few counterexamples; one that serves several clauses comes once."""
    calls: dict[str, list[str]] = {}
    for clause in sorted(found.clauses, key=lambda item: TELLING.index(item.id)):
        if clause.counterexample is not None:
            lines = clause.counterexample.snippet.splitlines()
            # comments first: the clause, and what was expected
            head = next(n for n, line in enumerate(lines) if not line.startswith("#"))
            call = "\n".join(lines[head:]) + "\n"
            calls.setdefault(call, []).append("\n".join(lines[:head]))
    shown = []
    for call, heads in list(calls.items())[:_SHOWN]:
        # each head names a clause and what was expected; one message may serve several
        said = dict.fromkeys(line for comments in heads for line in comments.splitlines())
        shown.append("\n".join([*said, call]))
    return shown
