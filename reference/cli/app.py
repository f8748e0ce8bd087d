"""The command ``gd-attention``."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer
from gd_attention.cli.explain import explain_command
from gd_attention.cli.map import map_command
from gd_attention.cli.report import report_command
from gd_attention.cli.select import select_command
from gd_attention.cli.trace import trace_command
from gd_attention.cli.vectors import vectors_app
from gd_attention.cli.verify import verify_command

__all__ = ["app", "main"]

app = typer.Typer(
    help="GD-Attention: select, explain, judge an implementation, trace clauses, map prior work.",
    no_args_is_help=True,
    add_completion=False,
    # a traceback decorated with local variables floods a log
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gd-attention {version('gd-attention')}")
        raise typer.Exit


@app.callback()
def _options(
    show: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    pass


app.command("select")(select_command)
app.command("explain")(explain_command)
app.command("verify")(verify_command)
app.command("report")(report_command)
app.command("trace")(trace_command)
app.command("map")(map_command)
app.add_typer(vectors_app, name="vectors")


def main() -> None:
    """Run the command line; the entry point of the script."""
    app()
