"""Selections as JSON Lines, CSV or .npz, block by block.

Numbers are written so that they read back as the same float64. JSON has no infinities and no NaN:
they are the strings "Infinity", "-Infinity" and "NaN".
"""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
import zipfile
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from .scratch import Scratch
from .textfile import TextWriter

__all__ = ["Column", "Format", "Writer", "writer"]

# a column of a block: numbers (M,) or (M, width), or a text or None for each row
Column = NDArray[Any] | list[str | None]

_BLOCK = 1 << 16  # texts converted at a time


class Format(StrEnum):
    """How a result is written."""

    JSONL = "jsonl"
    CSV = "csv"
    NPZ = "npz"


class Writer(Protocol):
    """Writes blocks of rows, all with the same columns."""

    def write(self, block: Mapping[str, Column]) -> None:
        """Append the rows of a block."""

    def close(self) -> None:
        """Write what is left, without closing the file."""


def writer(form: Format, file: BinaryIO, scratch: Scratch) -> Writer:
    """The writer of a format."""
    if form is Format.NPZ:
        return _Npz(file, scratch)
    return _JsonLines(file) if form is Format.JSONL else _Csv(file)


class _JsonLines:
    """An object a line."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, block: Mapping[str, Column]) -> None:
        lists = [_plain(column) for column in block.values()]
        lines = [
            json.dumps(dict(zip(block, map(_json, row), strict=True)), allow_nan=False)
            for row in zip(*lists, strict=True)
        ]
        self._file.write("".join(f"{line}\n" for line in lines).encode("utf-8"))

    def close(self) -> None:
        """Nothing is left."""


class _Csv:
    """A line of names, then a line a row; a column of width w becomes ``name_0``, ``name_1``..."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._begun = False

    def write(self, block: Mapping[str, Column]) -> None:
        text = io.StringIO()
        out = csv.writer(text, lineterminator="\n")
        if not self._begun:
            out.writerow(name for pair in block.items() for name in _names(*pair))
            self._begun = True
        lists = [_plain(column) for column in block.values()]
        for row in zip(*lists, strict=True):
            cells: list[Any] = []
            for item in row:
                cells += item if isinstance(item, list) else [item]
            # repr is the shortest text that reads back as the same number
            out.writerow(
                str(c).lower() if isinstance(c, bool) else repr(c) if isinstance(c, float) else c
                for c in cells
            )
        self._file.write(text.getvalue().encode("utf-8"))

    def close(self) -> None:
        """Nothing is left."""


class _Npz:
    """An array a column. Blocks wait in scratch files, since a member is written in one piece."""

    def __init__(self, file: BinaryIO, scratch: Scratch) -> None:
        self._file, self._scratch = file, scratch
        self._arrays: dict[str, tuple[Path, np.dtype[Any], tuple[int, ...]]] = {}
        self._texts: dict[str, TextWriter] = {}
        self._count = 0

    def write(self, block: Mapping[str, Column]) -> None:
        for name, column in block.items():
            if isinstance(column, list):
                if name not in self._texts:
                    self._texts[name] = TextWriter(self._scratch)
                self._texts[name].write(item or "" for item in column)
                continue
            if name not in self._arrays:
                self._arrays[name] = self._scratch.new(), column.dtype, column.shape[1:]
            with self._arrays[name][0].open("ab") as file:
                file.write(np.ascontiguousarray(column).tobytes())
        self._count += len(next(iter(block.values())))

    def close(self) -> None:
        """Assemble the archive."""
        with zipfile.ZipFile(self._file, "w") as archive:
            for name, (path, dtype, tail) in self._arrays.items():
                with (
                    _member(archive, name, dtype, (self._count, *tail)) as out,
                    path.open("rb") as a,
                ):
                    shutil.copyfileobj(a, out, 1 << 20)
            for name, texts in self._texts.items():
                texts.close()
                stored, dtype = texts.texts(), np.dtype(f"<U{max(1, texts.longest)}")
                with _member(archive, name, dtype, (self._count,)) as out:
                    for start in range(0, self._count, _BLOCK):
                        rows = np.arange(start, min(start + _BLOCK, self._count))
                        out.write(np.array(stored.take(rows), dtype).tobytes())


def _member(
    archive: zipfile.ZipFile, name: str, dtype: np.dtype[Any], shape: tuple[int, ...]
) -> Any:
    # a ZipInfo made by hand carries no time: the same rows give the same bytes
    out = archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True)
    header = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    npy.write_array_header_1_0(out, header)
    return out


def _names(name: str, column: Column) -> list[str]:
    if isinstance(column, list) or column.ndim == 1:
        return [name]
    return [f"{name}_{i}" for i in range(column.shape[1])]


def _plain(column: Column) -> list[Any]:
    return column if isinstance(column, list) else column.tolist()


def _json(item: Any) -> Any:
    if isinstance(item, list):
        return [_json(part) for part in item]
    if isinstance(item, float) and not math.isfinite(item):
        return "NaN" if math.isnan(item) else "Infinity" if item > 0 else "-Infinity"
    return item
