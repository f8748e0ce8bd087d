"""The options that name arrays in files, the same for `select` and `explain`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from gd_attention.cli.certify import NotCertifiable
from gd_attention.errors import PrecisionCapError
from gd_attention.files.errors import FileError
from gd_attention.files.reading import open_numbers, open_texts
from gd_attention.files.rows import Rows, Texts
from gd_attention.files.scratch import Scratch

__all__ = [
    "FAULT",
    "NO_ANSWER",
    "AlphaOption",
    "BetaOption",
    "KeysOption",
    "LabelsOption",
    "MaskOption",
    "ScratchOption",
    "ThresholdOption",
    "faults",
    "labels_of",
    "number_or_rows",
]

# Exit status where a file or the call is at fault.
FAULT = 2
# Exit status where the files are in order and the answer is no.
NO_ANSWER = 1

KeysOption = Annotated[str, typer.Option(help="File of the keys (N, D).", metavar="FILE[::PART]")]
LabelsOption = Annotated[
    str | None, typer.Option(help="File with a label for each key.", metavar="FILE[::PART]")
]
AlphaOption = Annotated[
    str,
    typer.Option(help="Mixing weight in (0, 1): a number, or a file with one for each key."),
]
BetaOption = Annotated[float, typer.Option(help="Precision, positive.")]
ThresholdOption = Annotated[
    str, typer.Option(help="Greatest energy admitted: a number, or a file with one for each key.")
]
MaskOption = Annotated[
    str | None,
    typer.Option(
        help="File of booleans, true where a key may be selected: for each key (N,), or for each "
        "query and key (M, N).",
        metavar="FILE[::PART]",
    ),
]
ScratchOption = Annotated[
    Path | None,
    typer.Option(help="Folder for unpacked .npz, .csv and .parquet; default: that of the system."),
]


@contextmanager
def faults(command: str) -> Iterator[None]:
    """Turn what a user can mend into a line on standard error and exit status 2; 1 where an open
    comparison or an uncertified risk leaves no answer.
    """
    try:
        yield
    except (NotCertifiable, PrecisionCapError) as error:
        typer.echo(f"gd-attention {command}: {error}", err=True)
        raise typer.Exit(NO_ANSWER) from None
    except (FileError, TypeError, ValueError, OSError, ImportError) as error:
        typer.echo(f"gd-attention {command}: {error}", err=True)
        raise typer.Exit(FAULT) from None


def number_or_rows(role: str, text: str, scratch: Scratch) -> float | Rows:
    """A number for all keys, or a file with one for each."""
    try:
        return float(text)
    except ValueError:
        return open_numbers(role, text, scratch)


def labels_of(text: str | None, keys: Rows, scratch: Scratch) -> Texts | None:
    """The labels of the keys, if a file was given.

    Raises
    ------
    FileError
        As `open_texts`; also if there is not one for each key.
    """
    if text is None:
        return None
    labels = open_texts("labels", text, scratch)
    if len(labels) != len(keys):
        raise FileError(
            f"labels: {text}: expected {len(keys)} labels as there are rows in "
            f"{keys.source.path}, got {len(labels)}"
        )
    return labels
