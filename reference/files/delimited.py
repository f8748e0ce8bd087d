"""CSV: numbers and texts between commas, UTF-8, a line a row.

The first line names the columns if none of its cells reads as a number; where some do and others do
not, a wrong cell could pass for a name, so the file is refused. A file of texts always begins with
the name of its column: nothing else would tell a name from a text.

A number is read as the nearest float64.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from .address import Address
from .rows import Rows, Texts
from .scratch import Scratch
from .textfile import TextWriter

__all__ = ["cell_numbers", "csv_rows", "csv_texts"]

_BLOCK = 1 << 18  # cells converted at a time
_FLOAT = np.dtype(np.float64)

Float = NDArray[np.float64]


def csv_rows(source: Address, scratch: Scratch, *, without: str | None = None) -> Rows:
    """The numbers of a CSV file, unpacked.

    Parameters
    ----------
    source : Address
        With a part, the columns of these names in this order.
    scratch : Scratch
    without : str, optional
        Name of a column to leave out.

    Raises
    ------
    FileError
        Naming row, line and column: a cell that is no number, a row of another length, an empty
        line; also if the file has no row, or lacks a column that was named.
    """
    with _Lines(source) as lines:
        first = next(lines, None)
        if first is None:
            raise source.error("the file holds no row")
        names = _header(source, first)
        row = next(lines, None) if names else first
        if row is None:
            raise source.error("the file holds no row of numbers")
        first_line = lines.number
        picked = _picked(source, names, without, len(row))
        path, count = scratch.new(), 0
        with path.open("wb") as file:
            block: list[list[str]] = []
            while row is not None:
                if len(row) != len(first):
                    _ragged(source, count + len(block), lines.number, len(first), len(row))
                block.append([row[i] for i in picked])
                row = next(lines, None)
                if row is None or len(block) * len(picked) >= _BLOCK:
                    table = Rows(
                        source, path, 0, _FLOAT, (count + len(block), len(picked)), "C",
                        tuple(names[i] for i in picked) if names else (), first_line,
                    )  # fmt: skip
                    file.write(cell_numbers(table, count, block).tobytes())
                    count += len(block)
                    block = []
    return table


def csv_texts(source: Address, scratch: Scratch) -> Texts:
    """The texts of one column, unpacked: the one that was named, or "label", or the only one.

    Raises
    ------
    FileError
        As `csv_rows`.
    """
    with _Lines(source) as lines, TextWriter(scratch) as writer:
        names = next(lines, None)
        if names is None:
            raise source.error("the file holds no row")
        column = _text_column(source, names)
        for row in lines:
            if len(row) != len(names):
                _ragged(source, len(writer), lines.number, len(names), len(row))
            writer.write([row[column]])
    return writer.texts()


class _Lines:
    """The rows of cells of a file. Empty lines may stand at its end alone."""

    def __init__(self, source: Address) -> None:
        self._source = source
        # utf-8-sig: spreadsheets write a mark before the first cell
        self._file = source.path.open(encoding="utf-8-sig", newline="")
        self._reader = csv.reader(self._file, strict=True)
        self.number = 0

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        row = self._read()
        if row == []:
            empty = self.number
            while row == []:
                row = self._read()
            if row is not None:
                raise self._source.error(f"line {empty}: expected a row, got an empty line")
        if row is None:
            raise StopIteration
        return row

    def _read(self) -> list[str] | None:
        """The next row, [] for an empty line; None at the end."""
        try:
            row = next(self._reader, None)
        except csv.Error as error:
            raise self._source.error(f"line {self._reader.line_num}: {error}") from None
        except UnicodeDecodeError as error:
            # bytes are decoded some lines ahead
            raise self._source.error(
                f"no UTF-8 text behind line {self._reader.line_num}: {error}"
            ) from None
        self.number = self._reader.line_num
        return row


def _header(source: Address, first: list[str]) -> list[str]:
    """The names of the columns; none if the first line holds numbers."""
    numeric = [_number(cell) is not None for cell in first]
    if not any(numeric):
        if len(set(first)) < len(first):
            raise source.error("two columns have one name")
        return first
    if not all(numeric):
        column = numeric.index(False)
        raise source.error(
            f"line 1, column {column}: expected a number as in the rest of the line, "
            f"got {first[column]!r}"
        )
    return []


def _picked(source: Address, names: list[str], without: str | None, width: int) -> list[int]:
    """Which columns to read."""
    wanted = source.part
    if (wanted or without is not None) and not names:
        raise source.error("expected a first line that names the columns, got numbers")
    if missing := [n for n in (*wanted, *((without,) if without else ())) if n not in names]:
        raise source.error(f"expected a column {missing[0]!r}, got {', '.join(map(repr, names))}")
    if wanted:
        return [names.index(name) for name in wanted]
    return [i for i in range(width) if not names or names[i] != without]


def _text_column(source: Address, names: list[str]) -> int:
    if source.part:
        if len(source.part) > 1:
            raise source.error(f"expected one column, got {len(source.part)}")
        return _picked(source, names, None, len(names))[0]
    if "label" in names:
        return names.index("label")
    if len(names) > 1:
        raise source.error(
            f"expected one column, or one named 'label', got {', '.join(map(repr, names))}; "
            f"name it as in {source.path}::NAME"
        )
    return 0


def _ragged(source: Address, row: int, line: int, expected: int, got: int) -> NoReturn:
    place = f"row {row} (line {line}), column {min(expected, got)}"
    what = "the row ends there" if got < expected else "the row goes on"
    raise source.error(f"{place}: expected {expected} columns in every row, got {got}: {what}")


def cell_numbers(table: Rows, first: int, block: list[list[str]]) -> Float:
    """The cells of some rows as float64; the slow path finds the one that is none."""
    cells = [cell for row in block for cell in row]
    joined = "".join(cells)
    try:
        # Python reads more than numbers of a file should be: 1_000, and digits of other scripts
        if "_" in joined or not joined.isascii():
            raise ValueError
        numbers = np.array(list(map(float, cells))).reshape(len(block), -1)
    except ValueError:
        numbers = None
    if numbers is None or not np.isfinite(numbers).all():
        for row, texts in enumerate(block):
            for column, text in enumerate(texts):
                if (number := _number(text)) is None:
                    got = repr(text) if text else "an empty cell"
                    raise table.error(first + row, column, "a number", got)
                if math.isinf(number) and "inf" not in text.lower():
                    raise table.error(first + row, column, "a number in reach of float64", text)
    assert numbers is not None
    return numbers


def _number(text: str) -> float | None:
    if "_" in text or not text.isascii():
        return None
    try:
        return float(text)
    except ValueError:
        return None
