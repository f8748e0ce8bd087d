"""The options that name the files of a report, the same for every command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["FILES", "BadgeOption", "HtmlOption", "JunitOption"]

# Their group in the help of a command.
FILES = "Files to write, each whole or not at all"

JunitOption = Annotated[
    Path | None,
    typer.Option(help="File to write the report to, as JUnit XML.", rich_help_panel=FILES),
]
HtmlOption = Annotated[
    Path | None,
    typer.Option(help="File to write the report to, as one HTML page.", rich_help_panel=FILES),
]
BadgeOption = Annotated[
    Path | None,
    typer.Option(
        help="File to write a badge to, named *.svg; the JSON for shields.io goes to *.json.",
        rich_help_panel=FILES,
    ),
]
