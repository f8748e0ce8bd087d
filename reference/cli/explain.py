"""``gd-attention explain``: why a query selects its key."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from gd_attention.cli.inputs import (
    AlphaOption,
    BetaOption,
    KeysOption,
    LabelsOption,
    MaskOption,
    ScratchOption,
    ThresholdOption,
    faults,
    labels_of,
    number_or_rows,
)
from gd_attention.cli.watch import watch
from gd_attention.explanation import Explanation, KeyEvidence, Standing, explain
from gd_attention.files.reading import open_mask, open_rows
from gd_attention.files.rows import Rows
from gd_attention.files.scratch import Scratch
from gd_attention.files.streaming import Task
from gd_attention.files.typed import typed_row
from gd_attention.files.whole import whole_file
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["explain_command"]

# The table's own width where the output is no terminal.
_WIDTH = 120
_COLOURS = {
    Standing.SELECTED: "green",
    Standing.ADMITTED: "blue",
    Standing.TIED: "magenta",
    Standing.REFUSED: "red",
    Standing.MASKED: "dim",
}


def explain_command(
    keys: KeysOption,
    queries: Annotated[
        str | None, typer.Option(help="File of the queries (M, D).", metavar="FILE[::PART]")
    ] = None,
    row: Annotated[
        int | None, typer.Option(min=0, help="Which query of the file, counted from 0 (default).")
    ] = None,
    query: Annotated[
        str | None,
        typer.Option(
            help="In place of --queries the query itself: D numbers with commas between them; "
            "--query=-1,2 where the first is negative.",
            metavar="NUMBERS",
        ),
    ] = None,
    labels: LabelsOption = None,
    alpha: AlphaOption = "0.5",
    beta: BetaOption = 1.0,
    threshold: ThresholdOption = "inf",
    mask: MaskOption = None,
    count: Annotated[int, typer.Option(min=0, help="Keys to list.")] = 10,
    key: Annotated[
        list[int] | None,
        typer.Option(help="A further key to list, wherever it lies; may be given repeatedly."),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", help="File for everything, as JSON; - prints it, and no table."),
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option(help="File for the figure: *.svg, *.png or *.pdf. Needs matplotlib."),
    ] = None,
    scratch: ScratchOption = None,
) -> None:  # fmt: skip
    """Explain one selection: the first keys, margins, robustness radius and regimes.

    The keys are listed in the exact order by energy, whether a threshold admits them or not.

    Exit status: 0 done, 2 a file or an option is at fault, or cannot be written.
    """
    with faults("explain"), Scratch(scratch) as unpacked, watch() as bar:
        bar.step("reading")
        asked, row = _query(queries, row, query, unpacked)
        task = Task(
            queries=asked,
            keys=open_rows("keys", keys, unpacked),
            alpha=number_or_rows("alpha", alpha, unpacked),
            beta=beta,
            threshold=number_or_rows("threshold", threshold, unpacked),
            mask=None if mask is None else open_mask("mask", mask, unpacked),
        )
        names = labels_of(labels, task.keys, unpacked)
        bar.step("explaining")

        def explained(rows: Any, table: Any, mask: Any, **options: Any) -> Explanation:
            if mask is not None:
                mask = np.broadcast_to(mask, (1, len(table)))[0]
            return explain(
                rows[0], table, mask=mask, labels=names, count=count, also=key or (), **options
            )

        found: Explanation = task.call(explained, slice(row, row + 1), 0, len(task.keys))
        if figure is not None:
            from gd_attention.explanation.figure import save

            save(found, figure)
        document = json.dumps({"row": row, **found.to_json()}, indent=1, allow_nan=False) + "\n"
        if json_file is not None and str(json_file) != "-":
            with whole_file(json_file) as file:
                file.write(document.encode("utf-8"))
    if str(json_file) == "-":
        typer.echo(document, nl=False)
    else:
        _print(found, row)


def _query(
    queries: str | None, row: int | None, query: str | None, unpacked: Scratch
) -> tuple[Rows, int]:
    """The rows that hold the query, and which of them it is."""
    if (queries is None) == (query is None):
        got = "none" if query is None else "both"
        raise ValueError(f"queries: expected --queries or --query, got {got}")
    if query is not None:
        if row is not None:
            raise ValueError(f"row: expected none with --query, which is one query, got {row}")
        return typed_row("query", query, unpacked), 0
    found = open_rows("queries", queries or "", unpacked)
    row = row or 0
    if row >= len(found):
        raise found.source.error(f"expected a row {row}, got {len(found)} rows")
    return found, row


def _print(found: Explanation, row: int) -> None:
    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH)
    for line in (*_summary(found, row), ""):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(_table(found))


def _summary(found: Explanation, row: int) -> list[str]:
    chosen = found.selected
    head = "abstains" if chosen is None else f"selects key {_name(chosen)}"
    lines = [
        f"query {row} {head}: {found.admitted} of {found.count} keys admitted, "
        f"{found.masked} masked",
    ]
    if chosen is not None and found.runner_up < 0:
        lines.append("runner-up     none: no other key is admitted")
    elif chosen is not None:
        second = next(key for key in found.keys if key.index == found.runner_up)
        tie = ", an exact tie" if second.standing is Standing.TIED else ""
        lines.append(
            f"runner-up     key {_name(second)}, {found.energy_margin:.6g} higher in energy, "
            f"{found.distance_margin:.6g} farther{tie}"
        )
    kind = " (the distance to the boundary of the cell)" if found.tight else " (a lower bound)"
    lines.append(f"robustness    {found.robustness}{kind if found.radius < np.inf else ''}")
    if chosen is not None and not chosen.unique:
        lines.append(
            "uniqueness    the alignment point is one of two: weight 1/2 and separation above 2"
        )
    taus = [key for key in found.keys if key.threshold < np.inf]
    if taus and all(key.threshold >= key.ceiling for key in taus):
        lines.append(
            "threshold     not below the ceiling of any listed key: it refuses none of them"
        )
    return lines


def _name(key: KeyEvidence) -> str:
    return str(key.index) if key.label is None else f"{key.index} ({key.label})"


def _table(found: Explanation) -> Table:
    table = Table(box=SIMPLE_HEAD)
    table.add_column("rank", justify="right")
    table.add_column("key", justify="right")
    if any(key.label is not None for key in found.keys):
        table.add_column("label", overflow="fold")
    for name in ("distance", "separation", "energy", "coherence", "t*"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("regime")
    table.add_column("standing", overflow="fold")
    for key in found.keys:
        table.add_row(*_cells(key))
    return table


def _cells(key: KeyEvidence) -> list[Any]:
    cells: list[Any] = ["" if key.rank is None else str(key.rank), str(key.index)]
    if key.label is not None:
        cells.append(Text(key.label))
    numbers = (key.distance, key.separation, key.energy, key.coherence, key.coordinate)
    cells += ["" if np.isnan(number) else f"{number:.6g}" for number in numbers]
    regime = "" if key.regime is None else key.regime.name.lower()
    return [*cells, regime, Text(key.reason, style=_COLOURS[key.standing])]
