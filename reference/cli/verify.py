"""``gd-attention verify``: the judgement of an implementation, for a terminal.

Clause: GDA-conf-report, GDA-conf-depth.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from gd_attention.cli.interrupt import noted_interruptions
from gd_attention.cli.operators import list_operators, operator_run, show_operator
from gd_attention.cli.outputs import FILES, BadgeOption, HtmlOption, JunitOption
from gd_attention.cli.progress import bar
from gd_attention.cli.showing import console_for_output, show
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
from gd_attention.conformance.target import CAPABILITIES, FIELDS
from gd_attention.conformance.vectorfiles import write_failures
from gd_attention.conformance.verify import SEED

__all__ = ["verify_command"]

# Exit status where nothing was judged.
_FAULT = 2

# Groups of options in the help.
_TARGET = "What is judged, and by which promise"
_LENGTH = "How long"
_OPERATOR = "Operators of other works"


def verify_command(
    target: Annotated[
        str | None,
        typer.Argument(
            help="The implementation, as package.module:callable: mine:select for the function "
            "select in mine.py. Or give --command.",
            show_default=False,
        ),
    ] = None,
    contract: Annotated[
        str | None,
        typer.Option(
            help="What the target promises of its arithmetic: exact, float64, float32, float16 or "
            "bfloat16, and after a comma any of accumulate=FORMAT, distance=difference or "
            "distance=expanded, order_by=distance or order_by=energy. Without it the target's own "
            "declaration counts, else float64.",
            rich_help_panel=_TARGET,
        ),
    ] = None,
    cases: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Generated cases; 10000 unless quick or deep.",
            rich_help_panel=_LENGTH,
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Determines the generated cases.", rich_help_panel=_LENGTH)
    ] = SEED,
    report: Annotated[
        Path | None,
        typer.Option(help="File to write the report to, as JSON.", rich_help_panel=FILES),
    ] = None,
    export_failures: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the shrunk counterexamples, as vectors that `vectors run` replays.",
            rich_help_panel=FILES,
        ),
    ] = None,
    junit: JunitOption = None,
    html: HtmlOption = None,
    badge: BadgeOption = None,
    capabilities: Annotated[
        str | None,
        typer.Option(
            help="Declared capabilities and returned fields, comma-separated, or 'all'; probed "
            "without it. A declared one that raises is wrong, a probed one is absent. Known: "
            + ", ".join((*CAPABILITIES, *FIELDS)),
            rich_help_panel=_TARGET,
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="Seconds, with fewer cases: for the edit-and-run loop.",
            rich_help_panel=_LENGTH,
        ),
    ] = False,
    deep: Annotated[
        bool,
        typer.Option(
            "--deep",
            help="Rounds of cases until --cases or --minutes are reached.",
            rich_help_panel=_LENGTH,
        ),
    ] = False,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.0, help="Limit of a deep run, in minutes.", rich_help_panel=_LENGTH),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            help="File that a deep run is kept in: written every few seconds, and where the run "
            "goes on from if it exists.",
            rich_help_panel=_LENGTH,
        ),
    ] = None,
    arrays: Annotated[
        str | None,
        typer.Option(
            help="Library whose CPU arrays the target takes: " + ", ".join(LIBRARIES) + ". NumPy "
            "arrays without it.",
            rich_help_panel=_TARGET,
        ),
    ] = None,
    command: Annotated[
        str | None,
        typer.Option(
            help="The implementation as a command that speaks the line protocol, in quotes: "
            '"node mine.js".',
            rich_help_panel=_TARGET,
        ),
    ] = None,
    timeout: Annotated[
        float,
        typer.Option(
            min=0.001, help="Seconds for one case of a --command.", rich_help_panel=_TARGET
        ),
    ] = TIMEOUT,
    operator: Annotated[
        str | None,
        typer.Option(
            help="Judge the target as this prior operator; see --list-operators.",
            rich_help_panel=_OPERATOR,
        ),
    ] = None,
    ties: Annotated[
        str,
        typer.Option(
            help="The tie rule of --operator topk: lowest, any or all.",
            rich_help_panel=_OPERATOR,
        ),
    ] = "lowest",
    listing: Annotated[
        bool,
        typer.Option(
            "--list-operators",
            help="Print the prior operators with their calls.",
            rich_help_panel=_OPERATOR,
        ),
    ] = False,
) -> None:
    """Judge an implementation on vectors, real data and generated cases.

    A first look takes seconds: gd-attention verify mine:select --quick

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
            bar(minutes) as advance,
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
        raise HarnessError(
            f"--command: expected no other target, got {target!r} too; a command of several words "
            'goes in quotes: --command "node mine.js"'
        )
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
