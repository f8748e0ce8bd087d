"""Rows of numbers and of texts that lie in a file and are mapped part by part."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .address import Address
from .errors import FileError

__all__ = ["Rows", "Texts", "mapped"]

Array = NDArray[Any]
Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rows:
    """A table of numbers in a file.

    Attributes
    ----------
    source : Address
        The file that the user named, for messages.
    path : Path
        The file that holds the numbers: the same one, or what it unpacked to.
    offset : int
        Where they begin, in bytes.
    dtype : dtype
    shape : (rows, columns)
    order : "C" or "F"
    names : tuple of str
        Of the columns; empty where the file names none.
    first_line : int, optional
        Line of row 0, counted from 1, where the file has lines.
    """

    source: Address
    path: Path
    offset: int
    dtype: np.dtype[Any]
    shape: tuple[int, int]
    order: Any = "C"
    names: tuple[str, ...] = ()
    first_line: int | None = None

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def width(self) -> int:
        """The number of columns."""
        return self.shape[1]

    def part(self, start: int, stop: int) -> Array:
        """Rows start to stop, read-only, in the byte order of the machine.

        The file is mapped anew each time, so memory that was read before is not held.
        """
        return _native(self._whole()[start:stop])

    def take(self, rows: Index) -> Array:
        """Some rows, as a new array.

        Read one by one: a look at a mapped row brings megabytes around it into memory.
        """
        result = np.empty((len(rows), self.width), self.dtype)
        pieces = 1 if self.order == "C" else self.width  # a row's numbers lie together, or apart
        with self.path.open("rb") as file:
            for place, row in enumerate(rows.tolist()):
                for i, piece in enumerate(np.split(result[place], pieces)):
                    first = row * self.width if self.order == "C" else i * len(self) + row
                    file.seek(self.offset + first * self.dtype.itemsize)
                    if file.readinto(piece.view(np.uint8).data) != piece.nbytes:
                        raise self.source.error("cut short while it was read")
        return _native(result)

    def error(self, row: int, column: int, expected: str, got: object) -> FileError:
        """An error about one number."""
        line = "" if self.first_line is None else f" (line {self.first_line + row})"
        name = repr(self.names[column]) if self.names else str(column)
        return self.source.error(f"row {row}{line}, column {name}: expected {expected}, got {got}")

    def refuse(self, bad: NDArray[np.bool_], array: Array, first: int, expected: str) -> None:
        """Raise about the first flagged number of a part that begins at row ``first``."""
        if bad.any():
            row, column = (int(i) for i in np.unravel_index(int(np.argmax(bad)), bad.shape))
            raise self.error(first + row, column, expected, array[row, column].item())

    def _whole(self) -> Array:
        return mapped(self.path, self.dtype, self.offset, self.shape, self.order)


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts, one a row: UTF-8 in one file, and where each ends in another."""

    text: Path
    ends: Path
    count: int

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, row: int) -> str:
        return self.take(np.array([row]))[0]

    def take(self, rows: Index) -> list[str]:
        """Some texts."""
        result = []
        with self.text.open("rb") as texts, self.ends.open("rb") as ends:
            for row in rows.tolist():
                # the end of the text before, and its own; row 0 has none before
                ends.seek(8 * max(row - 1, 0))
                *before, end = np.frombuffer(ends.read(16 if row else 8), np.int64).tolist()
                start = before[0] if before else 0
                texts.seek(start)
                result.append(texts.read(end - start).decode("utf-8"))
        return result


def mapped(
    path: Path, dtype: np.dtype[Any], offset: int, shape: tuple[int, int], order: Any = "C"
) -> Array:
    """A file's numbers as a read-only array that the system reads when they are looked at."""
    if 0 in shape:
        return np.empty(shape, dtype)  # nothing can be mapped
    return np.asarray(np.memmap(path, dtype, "r", offset, shape, order))


def _native(array: Array) -> Array:
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
