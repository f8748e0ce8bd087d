"""``gd-attention verify``: the judgement of an implementation, for a terminal.

Clause: GDA-conf-report, GDA-conf-depth.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from gd_attention.cli.interrupt import noted_interruptions
from gd_attention.cli.operators import list_operators, operator_run, show_operator
from gd_attention.cli.outputs import BadgeOption, HtmlOption, JunitOption
from gd_attention.cli.tables import clause_table, family_table
from gd_attention.conformance import (
    LIBRARIES,
    CommandTarget,
    HarnessError,
    Progress,
    Report,
    verify,
)
from gd_attention.conformance.command import TIMEOUT
from gd_attention.conformance.profile import parse_capabilities
from gd_attention.conformance.reports.files import Outputs
from gd_attention.conformance.reports.words import verdict_line
from gd_attention.conformance.requirements import TELLING
from gd_attention.conformance.target import CAPABILITIES, FIELDS
from gd_attention.conformance.vectorfiles import write_failures
from gd_attention.conformance.verify import SEED
from rich import progress as bars
from rich.console import Console

__all__ = ["console_for_output", "show", "verify_command"]

# Exit status where nothing was judged.
_FAULT = 2

# Columns assumed where the output is no terminal: a log, a file, a pipe.
_WIDTH = 140

# The fewest columns that hold the table of clauses with something of the worst case.
_NARROWEST = 100

# Seconds between two lines of progress where there is no terminal.
_QUIET = 60.0

# Counterexamples printed; the report file holds them all.
_SHOWN = 3


def verify_command(
    target: Annotated[
        str | None,
        typer.Argument(
            help="The implementation, as package.module:callable; or give --command.",
            show_default=False,
        ),
    ] = None,
    contract: Annotated[
        str | None,
        typer.Option(
            help="What the target promises of its arithmetic: exact, float64, float32, float16 or "
            "bfloat16, with any of accumulate=, distance=difference|expanded, "
            "order_by=distance|energy after a comma. Without it the target's own declaration "
            "counts, else float64."
        ),
    ] = None,
    cases: Annotated[
        int | None, typer.Option(min=0, help="Generated cases; 10000 unless quick or deep.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Determines the generated cases.")] = SEED,
    report: Annotated[
        Path | None, typer.Option(help="File to write the report to, as JSON.")
    ] = None,
    export_failures: Annotated[
        Path | None,
        typer.Option(help="Folder for the shrunk counterexamples, as vectors to replay."),
    ] = None,
    junit: JunitOption = None,
    html: HtmlOption = None,
    badge: BadgeOption = None,
    capabilities: Annotated[
        str | None,
        typer.Option(
            help="Declared capabilities and returned fields, comma-separated, or 'all'; probed "
            "without it. Known: " + ", ".join((*CAPABILITIES, *FIELDS))
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer cases: for the edit-and-run loop.")
    ] = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="Rounds of cases until --cases or --minutes are reached.")
    ] = False,
    minutes: Annotated[
        float | None, typer.Option(min=0.0, help="Limit of a deep run, in minutes.")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            help="File that a deep run is kept in: written every few seconds, and where the run "
            "goes on from if it exists."
        ),
    ] = None,
    arrays: Annotated[
        str | None,
        typer.Option(
            help="Library whose CPU arrays the target takes: " + ", ".join(LIBRARIES) + ". NumPy "
            "arrays without it."
        ),
    ] = None,
    command: Annotated[
        str | None,
        typer.Option(help="The implementation as a command that speaks the line protocol."),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0.001, help="Seconds for one case of a --command.")
    ] = TIMEOUT,
    operator: Annotated[
        str | None,
        typer.Option(help="Judge the target as this prior operator; see --list-operators."),
    ] = None,
    ties: Annotated[
        str, typer.Option(help="The tie rule of --operator topk: lowest, any or all.")
    ] = "lowest",
    listing: Annotated[
        bool,
        typer.Option("--list-operators", help="Print the prior operators with their calls."),
    ] = False,
) -> None:
    """Judge an implementation on vectors, real data and generated cases.

    Exit status: 0 conforms, 1 fails or undecided, 2 the harness or the call is at fault, or the run
    was interrupted.
    """
    console = console_for_output()
    # a script's path starts with its own folder, a target lies in the current one
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    if listing:
        list_operators()
        return
    try:
        if operator is not None:
            judged = operator_run(
                operator,
                target,
                contract=contract,
                ties=ties,
                cases=cases,
                seed=seed,
                arrays=arrays,
                capabilities=capabilities,
                report=report,
                export_failures=export_failures,
                others={
                    "--junit": junit,
                    "--html": html,
                    "--badge": badge,
                    "--quick": quick,
                    "--deep": deep,
                    "--minutes": minutes,
                    "--resume": resume,
                    "--command": command,
                },
            )
            show_operator(console, judged)
            raise typer.Exit(judged.exit_code)
        if ties != "lowest":
            raise HarnessError("--ties: only with --operator topk")
        outputs = Outputs(report=report, junit=junit, html=html, badge=badge)
        outputs.check()
        if quick and deep:
            raise HarnessError("--quick and --deep: one of them")
        declared = None if capabilities is None else parse_capabilities(capabilities)
        with (
            _judged(target, command, timeout, arrays) as function,
            noted_interruptions() as check,
            _bar(minutes) as advance,
        ):

            def progress(step: Progress) -> None:
                check()
                advance(step)

            found = verify(
                function,
                contract=contract,
                cases=cases,
                seed=seed,
                progress=progress,
                capabilities=declared,
                depth="quick" if quick else "deep" if deep else "default",
                minutes=minutes,
                resume=resume,
                arrays=arrays,
            )
        outputs.write(found)
        if export_failures is not None:
            _export(found, export_failures)
    except HarnessError as error:
        typer.echo(f"not judged: {error}", err=True)
        raise typer.Exit(_FAULT) from None
    except KeyboardInterrupt:
        kept = f"; --resume {resume} goes on" if resume is not None else ""
        typer.echo(f"interrupted: no verdict{kept}", err=True)
        raise typer.Exit(_FAULT) from None
    show(console, found)
    raise typer.Exit(found.exit_code)


@contextmanager
def _judged(
    target: str | None, command: str | None, timeout: float, arrays: str | None
) -> Iterator[Callable[..., Any] | str]:
    """The target that the call names; a command runs as long as it is judged."""
    if target is not None and command is None:
        yield target
        return
    if command is None:
        raise HarnessError("Missing argument: expected TARGET or --command")
    if target is not None:
        raise HarnessError(f"--command: expected no other target, got {target!r} too")
    if arrays is not None:
        raise HarnessError("--arrays: a --command takes lines, not arrays")
    with CommandTarget(command, timeout) as function:
        yield function


def _export(found: Report, folder: Path) -> None:
    examples = (clause.counterexample for clause in found.clauses)
    vectors = (item.vector for item in examples if item is not None)
    try:
        write_failures(folder, (vector for vector in vectors if vector is not None))
    except OSError as error:
        raise HarnessError(f"--export-failures: {error}") from error


def console_for_output() -> Console:
    if not sys.stdout.isatty():
        return Console(width=_WIDTH)
    console = Console()
    return console if console.width >= _NARROWEST else Console(width=_NARROWEST)


@contextmanager
def _bar(minutes: float | None) -> Iterator[Callable[[Progress], None]]:
    """A progress bar on stderr where that is a terminal, a line now and then elsewhere."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    columns = (
        bars.TextColumn("{task.description:16}"),
        bars.BarColumn(),
        bars.TextColumn("{task.fields[cases]} cases"),
        bars.TimeElapsedColumn(),
    )
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as display:
        task = display.add_task("starting", total=None, cases=0)

        def advance(step: Progress) -> None:
            share = _share(step, minutes)
            display.update(
                task,
                description=step.stage,
                cases=step.done,
                completed=share,
                total=None if share is None else 1.0,
            )

        yield advance


def _share(step: Progress, minutes: float | None) -> float | None:
    """What is done of the run, by cases or by time, whichever ends it first; None if unknown."""
    shares = []
    if minutes is not None:
        shares.append(step.elapsed / max(60.0 * minutes, step.elapsed, 1e-9))
    if step.total is not None:
        shares.append(step.done / max(step.total, step.done, 1))
    return max(shares, default=None)


def _lines() -> Callable[[Progress], None]:
    """Progress for a log: a line a minute, so that a short run prints none."""
    said = time.monotonic()

    def say(step: Progress) -> None:
        nonlocal said
        if time.monotonic() - said >= _QUIET:
            said = time.monotonic()
            of = "" if step.total is None else f" of {step.total}"
            line = f"{step.done}{of} cases, {step.elapsed / 60.0:.1f} min, {step.stage}"
            typer.echo(line, err=True)

    return say


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
