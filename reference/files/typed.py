"""A row of numbers that was typed, as a row of a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .address import Address
from .delimited import cell_numbers
from .rows import Rows
from .scratch import Scratch

__all__ = ["typed_row"]

# Stands in messages where the path of a file would.
_PLACE = Path("the command line")


def typed_row(role: str, text: str, scratch: Scratch) -> Rows:
    """One row from numbers with commas between them, each read as the nearest float64.

    Parameters
    ----------
    role : str
        What messages begin with.
    text : str
        Cells as in a line of a CSV file.
    scratch : Scratch

    Raises
    ------
    FileError
        Naming the column of a cell that is no number.
    """
    cells = text.split(",")
    row = Rows(
        Address(role, _PLACE), scratch.new(), 0, np.dtype(np.float64), (1, len(cells))
    )  # fmt: skip
    row.path.write_bytes(cell_numbers(row, 0, [cells]).tobytes())
    return row
