"""``gd-attention select``: the operator over files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, BinaryIO

import numpy as np
import typer
from gd_attention.cli.certify import certified_threshold, certifies, statement
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
from gd_attention.files.reading import open_mask, open_rows
from gd_attention.files.results import Column, Format, writer
from gd_attention.files.rows import Texts
from gd_attention.files.scratch import Scratch
from gd_attention.files.streaming import Sizes, Task, selections
from gd_attention.files.whole import whole_file
from gd_attention.selection import Selection

__all__ = ["select_command"]

_SUFFIXES = {
    ".jsonl": Format.JSONL, ".ndjson": Format.JSONL, ".csv": Format.CSV, ".npz": Format.NPZ,
}  # fmt: skip


def select_command(
    queries: Annotated[
        str, typer.Option(help="File of the queries (M, D).", metavar="FILE[::PART]")
    ],
    keys: KeysOption,
    values: Annotated[
        str | None,
        typer.Option(help="File of the values (N, V); without it none are written.",
                     metavar="FILE[::PART]"),
    ] = None,
    labels: LabelsOption = None,
    alpha: AlphaOption = "0.5",
    beta: BetaOption = 1.0,
    threshold: ThresholdOption = "inf",
    mask: MaskOption = None,
    fill: Annotated[float, typer.Option(help="Output where a query abstains.")] = 0.0,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; default: standard output.")
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="Default: by the suffix of --output, or jsonl."),
    ] = None,
    points: Annotated[bool, typer.Option(help="Write the alignment points too.")] = False,
    accelerated: Annotated[
        bool, typer.Option("--accelerated", help="Use the compiled operator: the same bits.")
    ] = False,
    calibrate_risk: Annotated[
        float | None,
        typer.Option(help="Certify a threshold for this risk of a wrong label, and use it.",
                     metavar="RISK"),
    ] = None,
    delta: Annotated[
        float | None, typer.Option(help="Probability that the certificate may fail.")
    ] = None,
    labelled: Annotated[
        str | None,
        typer.Option(
            help="File of queries with true labels, none of them a key: the column 'label' and all "
            "others, or the members 'queries' and 'labels' of an .npz.",
            metavar="FILE",
        ),
    ] = None,
    scratch: ScratchOption = None,
    query_rows: Annotated[
        int | None, typer.Option(min=1, help="Queries in memory at a time; no bit depends on it.")
    ] = None,
    key_rows: Annotated[
        int | None, typer.Option(min=1, help="Keys in memory at a time; no bit depends on it.")
    ] = None,
) -> None:  # fmt: skip
    """Select a key for every row of a file, or abstain.

    Files are .npy, .npz, .csv or .parquet, of any length: nothing is held whole in memory. PART is
    the member of an .npz, or columns joined by commas. A result has one row for each query, in
    their order; index -1 is an abstention.

    Exit status: 0 done, 1 no threshold is certifiable, 2 a file or an option is at fault, or the
    output cannot be written.
    """
    with faults("select"), Scratch(scratch) as unpacked, watch() as bar:
        goal = _format(form, output)
        bar.step("reading")
        task = Task(
            queries=open_rows("queries", queries, unpacked),
            keys=open_rows("keys", keys, unpacked),
            values=None if values is None else open_rows("values", values, unpacked),
            alpha=number_or_rows("alpha", alpha, unpacked),
            beta=beta,
            threshold=number_or_rows("threshold", threshold, unpacked),
            mask=None if mask is None else open_mask("mask", mask, unpacked),
            fill=fill,
        )
        names = labels_of(labels, task.keys, unpacked)
        operator = _operator(accelerated)

        def rows_of(task: Task) -> Sizes:
            sizes = Sizes.fitting(task, accelerated)
            return Sizes(query_rows or sizes.queries, key_rows or sizes.keys)

        if certifies(calibrate_risk, delta, labelled):
            assert calibrate_risk is not None and delta is not None and labelled is not None
            bar.step("certifying")
            certificate = certified_threshold(
                task, names, labelled, calibrate_risk, delta, operator, rows_of, unpacked,
                bar.advance,
            )  # fmt: skip
            typer.echo(statement(certificate), err=True)
            task = replace(task, threshold=certificate.threshold)
        bar.step("selecting", len(task.queries) * len(task.keys))
        with _opened(output) as file:
            rows = writer(goal, file, unpacked)
            for first, found in selections(task, operator, rows_of(task), bar.advance):
                rows.write(_columns(first, found, names, task.values is not None, points))
            rows.close()


def _format(form: Format | None, output: Path | None) -> Format:
    if form is None and output is not None:
        if output.suffix.lower() not in _SUFFIXES:
            raise ValueError(
                f"--output {output}: expected a suffix of {', '.join(_SUFFIXES)}, or --format"
            )
        return _SUFFIXES[output.suffix.lower()]
    if form == Format.NPZ and output is None:
        raise ValueError("--format npz: expected --output FILE")
    return form or Format.JSONL


def _operator(accelerated: bool) -> Callable[..., Selection]:
    if accelerated:
        from gd_attention.accelerated import gd_attention as compiled

        return compiled
    from gd_attention import gd_attention

    return gd_attention


def _columns(
    first: int, found: Selection, labels: Texts | None, values: bool, points: bool
) -> dict[str, Column]:
    """The columns of a block of the result."""
    columns: dict[str, Column] = {
        "query": np.arange(first, first + len(found.index)),
        "index": found.index,
    }
    if labels is not None:
        chosen = found.index >= 0
        taken = iter(labels.take(found.index[chosen]))
        columns["label"] = [next(taken) if yes else None for yes in chosen.tolist()]
    columns |= {
        "energy": found.energy,
        "coordinate": found.coordinate,
        "unique": found.unique,
    }
    if values:
        columns["output"] = found.output
    if points:
        columns["alignment_point"] = found.alignment_point
    return columns


@contextmanager
def _opened(output: Path | None) -> Iterator[BinaryIO]:
    if output is None:
        yield typer.get_binary_stream("stdout")
        return
    with whole_file(output) as file:
        yield file
