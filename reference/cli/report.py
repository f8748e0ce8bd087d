"""``gd-attention report``: a stored report, shown again and rendered in other forms.

Clause: GDA-conf-report.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from gd_attention.cli.outputs import BadgeOption, HtmlOption, JunitOption
from gd_attention.cli.showing import console_for_output, show
from gd_attention.conformance import HarnessError, Report
from gd_attention.conformance.reports.files import Outputs
from gd_attention.conformance.reports.words import verdict_line

__all__ = ["report_command"]

# Exit status where the file holds no report that can be trusted.
_FAULT = 2


def report_command(
    file: Annotated[Path, typer.Argument(help="A report that verify --report wrote.")],
    junit: JunitOption = None,
    html: HtmlOption = None,
    badge: BadgeOption = None,
) -> None:
    """Render a stored report; without options, print it.

    Exit status: that of the stored verdict, 0 conforms, 1 fails or undecided; 2 the file cannot be
    read, was cut short or edited, or an output cannot be written.
    """
    outputs = Outputs(junit=junit, html=html, badge=badge)
    try:
        found = Report.read(file)
        outputs.write(found, keep=file)
    except HarnessError as error:
        typer.echo(f"no report: {error}", err=True)
        raise typer.Exit(_FAULT) from None
    if outputs:
        typer.echo(verdict_line(found))
    else:
        show(console_for_output(), found)
    raise typer.Exit(found.exit_code)
