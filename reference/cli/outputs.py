"""The options that name the files of a report, the same for every command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["BadgeOption", "HtmlOption", "JunitOption"]

JunitOption = Annotated[
    Path | None, typer.Option(help="File to write the report to, as JUnit XML.")
]
HtmlOption = Annotated[
    Path | None, typer.Option(help="File to write the report to, as one HTML page.")
]
BadgeOption = Annotated[
    Path | None,
    typer.Option(
        help="File to write a badge to, named *.svg; the JSON for shields.io goes to *.json."
    ),
]
