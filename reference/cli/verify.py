"""``gd-attention verify``: the judgement of an implementation, for a terminal.

Clause: GDA-conf-report.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from gd_attention.cli.tables import clause_table, family_table
from gd_attention.conformance import HarnessError, Progress, Report, verify
from gd_attention.conformance.profile import parse_capabilities
from gd_attention.conformance.requirements import TELLING
from gd_attention.conformance.target import CAPABILITIES, FIELDS
from gd_attention.conformance.verify import CASES, SEED
from rich import progress as bars
from rich.console import Console

__all__ = ["verify_command"]

# Exit status where nothing was judged.
_FAULT = 2

# Columns assumed where the output is no terminal: a log, a file, a pipe.
_WIDTH = 140

# The fewest columns that hold the table of clauses with something of the worst case.
_NARROWEST = 100

# Counterexamples printed; the report file holds them all.
_SHOWN = 3


def verify_command(
    target: Annotated[str, typer.Argument(help="The implementation, as package.module:callable.")],
    contract: Annotated[
        str | None,
        typer.Option(
            help="What the target promises of its arithmetic: exact, float64, float32, float16 or "
            "bfloat16, with any of accumulate=, distance=difference|expanded, "
            "order_by=distance|energy after a comma. Without it the target's own declaration "
            "counts, else float64."
        ),
    ] = None,
    cases: Annotated[int, typer.Option(min=0, help="Generated cases.")] = CASES,
    seed: Annotated[int, typer.Option(help="Determines the generated cases.")] = SEED,
    report: Annotated[
        Path | None, typer.Option(help="File to write the report to, as JSON.")
    ] = None,
    capabilities: Annotated[
        str | None,
        typer.Option(
            help="Declared capabilities and returned fields, comma-separated, or 'all'; probed "
            "without it. Known: " + ", ".join((*CAPABILITIES, *FIELDS))
        ),
    ] = None,
) -> None:
    """Judge an implementation on vectors, real data and generated cases.

    Exit status: 0 conforms, 1 fails or undecided, 2 the harness or the call is at fault.
    """
    console = _console()
    # a script's path starts with its own folder, a target lies in the current one
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        if report is not None and not report.resolve().parent.is_dir():
            raise HarnessError(f"--report: no folder {report.resolve().parent}")
        declared = None if capabilities is None else parse_capabilities(capabilities)
        with _bar() as progress:
            found = verify(
                target,
                contract=contract,
                cases=cases,
                seed=seed,
                progress=progress,
                capabilities=declared,
            )
        if report is not None:
            _write(found, report)
    except HarnessError as error:
        typer.echo(f"not judged: {error}", err=True)
        raise typer.Exit(_FAULT) from None
    _show(console, found)
    raise typer.Exit(found.exit_code)


def _write(found: Report, path: Path) -> None:
    try:
        found.write(path)
    except OSError as error:
        raise HarnessError(f"--report: {error}") from error


def _console() -> Console:
    if not sys.stdout.isatty():
        return Console(width=_WIDTH)
    console = Console()
    return console if console.width >= _NARROWEST else Console(width=_NARROWEST)


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None] | None]:
    """A progress bar on stderr where that is a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (
        bars.TextColumn("{task.description:16}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeElapsedColumn(),
    )
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as display:
        task = display.add_task("starting", total=None)

        def advance(step: Progress) -> None:
            display.update(task, completed=step.done, total=step.total, description=step.stage)

        yield advance


def _show(console: Console, found: Report) -> None:
    """Print header, tables, counterexamples and, last, the verdict."""
    profile = found.profile
    versions = ", ".join(f"{name} {number}" for name, number in found.versions.items())
    lines = [
        f"target        {found.target}",
        f"contract      {found.contract}",
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
    typer.echo(
        f"{found.verdict}: {found.target} under {found.contract}, {found.cases} cases, "
        f"{found.elapsed:.1f} s: {found.reason}"
    )


def _snippets(found: Report) -> list[str]:
    """The first few counterexamples; one that serves several clauses comes once."""
    calls: dict[str, list[str]] = {}
    for clause in sorted(found.clauses, key=lambda item: TELLING.index(item.id)):
        if clause.counterexample is not None:
            said, start, call = clause.counterexample.snippet.partition("import numpy")
            calls.setdefault(start + call, []).append(said)
    shown = []
    for call, heads in list(calls.items())[:_SHOWN]:
        # each head names a clause and what was expected; one message may serve several
        lines = dict.fromkeys(line for head in heads for line in head.splitlines())
        shown.append("\n".join([*lines, call]))
    return shown
