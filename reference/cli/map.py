"""``gd-attention map``: the two-axis map of prior work, measured from scratch."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from gd_attention.conformance.files import write_files
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

__all__ = ["map_command"]

# The table's own width where the output is no terminal.
_WIDTH = 170
# What fits a terminal; the files have all columns.
_SHOWN = (0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15)


def map_command(
    json_file: Annotated[
        Path | None, typer.Option("--json", help="File for all numbers, as JSON.")
    ] = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="File for the table, as CSV.")
    ] = None,
    svg: Annotated[Path | None, typer.Option(help="File for the figure, as SVG.")] = None,
    png: Annotated[Path | None, typer.Option(help="File for the figure, as PNG.")] = None,
    seed: Annotated[int, typer.Option(help="Of the families of inputs.")] = 20,
    check: Annotated[
        Path | None,
        typer.Option(help="JSON written before: compare with it instead of printing the table."),
    ] = None,
) -> None:
    """Measure nineteen prior operators and GD-Attention on the same inputs.

    Horizontal numbers (blending to selection) and vertical ones (rejection of ambiguity, of
    novelty) stay apart; there is no score. Figures need matplotlib.

    Exit status: 0 done, 1 --check found a difference, 2 a file could not be read or written.
    """
    from gd_attention.positioning.survey import survey
    from gd_attention.positioning.table import to_csv

    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH)
    before = _read(check) if check is not None else None
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True,
    ) as progress:  # fmt: skip
        task = progress.add_task("measuring")
        data = survey(seed, lambda name: progress.update(task, description=name))
    texts = {}
    if json_file is not None:
        texts[json_file] = json.dumps(data, indent=1) + "\n"
    if csv_file is not None:
        texts[csv_file] = to_csv(data)
    try:
        write_files(texts)
        figures = [path for path in (svg, png) if path is not None]
        if figures:
            from gd_attention.positioning.figure import draw

            draw(data, *figures)
    except (OSError, ImportError) as error:
        typer.echo(f"gd-attention map: {error}", err=True)
        raise typer.Exit(2) from None
    if before is None:
        console.print(_table(data))
    elif before != data:
        typer.echo(f"the map differs from {check}: {_difference(before, data)}")
        raise typer.Exit(1)
    else:
        typer.echo(f"the map equals {check}: {len(data['rows'])} rows")


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        typer.echo(f"gd-attention map: --check {path}: {error}", err=True)
        raise typer.Exit(2) from None
    return found


def _difference(before: Any, now: Any, where: str = "the map") -> str:
    """The first place where two documents differ."""
    if isinstance(before, dict) and isinstance(now, dict) and before.keys() == now.keys():
        pairs = [(f"{where}, {key}", before[key], now[key]) for key in now]
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        names = [item.get("key", i) if isinstance(item, dict) else i for i, item in enumerate(now)]
        pairs = [(f"{where}, {n}", b, a) for n, b, a in zip(names, before, now, strict=True)]
    else:
        return f"{where}: {before!r} there, {now!r} measured"
    return next(_difference(b, a, w) for w, b, a in pairs if b != a)


def _table(data: dict[str, Any]) -> Table:
    from gd_attention.positioning.table import COLUMNS, cells

    table = Table(title="selection and consistency, measured", row_styles=["", "dim"])
    for column in _SHOWN:
        table.add_column(COLUMNS[column], overflow="fold")
    for row in data["rows"]:
        texts = cells(row)
        table.add_row(*(texts[column] for column in _SHOWN))
    return table
