"""Any file as rows of numbers, a number for each key, or texts: the suffix decides the reader."""

from __future__ import annotations

import numpy as np
from gd_attention.arguments import is_bfloat16
from numpy.typing import NDArray

from .address import Address, address
from .columnar import parquet_rows, parquet_texts
from .delimited import csv_rows, csv_texts
from .npy import npy_rows, npz_rows
from .rows import Rows, Texts
from .scratch import Scratch
from .textfile import TextWriter

__all__ = ["open_labelled", "open_mask", "open_numbers", "open_rows", "open_texts"]

_BLOCK = 1 << 16  # texts converted at a time


def open_rows(role: str, text: str, scratch: Scratch) -> Rows:
    """Rows of real numbers: query, keys or values.

    Parameters
    ----------
    role : str
        What messages begin with.
    text : str
        ``FILE`` or ``FILE::PART``.
    scratch : Scratch
        Where files that cannot be mapped are unpacked.

    Raises
    ------
    FileError
        If the file cannot be used; the message names the place.
    """
    return _real(_rows(address(role, text), scratch))


def open_numbers(role: str, text: str, scratch: Scratch) -> Rows:
    """A real number for each key: one column, or a .npy array of one dimension. As `open_rows`."""
    source = address(role, text)
    rows = _real(_rows(source, scratch, flat=True))
    if rows.width != 1:
        raise source.error(f"expected one column, got {rows.width}")
    return rows


def open_mask(role: str, text: str, scratch: Scratch) -> Rows:
    """Booleans: for each key, or for each query (rows) and key (columns). As `open_rows`.

    .npy and .npz of dtype bool; in CSV 0 and 1.
    """
    source = address(role, text)
    rows = _rows(source, scratch, flat=True)
    if source.format != ".csv" and rows.dtype != np.bool_:
        raise source.error(f"expected dtype bool, got {rows.dtype}")
    return rows


def open_labelled(role: str, text: str, scratch: Scratch) -> tuple[Rows, Texts]:
    """Rows and the label of each: the column ``label`` and all others, or two members of an .npz.

    The members are ``queries`` and ``labels``. Otherwise as `open_rows`.
    """
    source = address(role, text)
    if source.format == ".npy":
        raise source.error("a .npy file has no labels: give .npz, .csv or .parquet")
    if source.part:
        raise source.error("expected a file, got one with a part")
    if source.format == ".npz":
        parts = (Address(role, source.path, (name,)) for name in ("queries", "labels"))
        rows, texts = _real(npz_rows(next(parts), scratch)), _texts(next(parts), scratch)
    else:
        reader = csv_rows if source.format == ".csv" else parquet_rows
        rows = _real(reader(source, scratch, without="label"))
        texts = _texts(Address(role, source.path, ("label",)), scratch)
    if len(rows) != len(texts):
        raise source.error(f"expected a label for each of {len(rows)} rows, got {len(texts)}")
    return rows, texts


def open_texts(role: str, text: str, scratch: Scratch) -> Texts:
    """A label for each key, as text: one column, or an array of texts or integers.

    In CSV the first line is the column's name.

    Raises
    ------
    FileError
        As `open_rows`.
    """
    return _texts(address(role, text), scratch)


def _texts(source: Address, scratch: Scratch) -> Texts:
    if source.format == ".csv":
        return csv_texts(source, scratch)
    if source.format == ".parquet":
        return parquet_texts(source, scratch)
    rows = _rows(source, scratch, flat=True)
    if rows.width != 1 or rows.dtype.kind not in "Uiub":
        raise source.error(
            f"expected one column of texts or integers, got {rows.width} of dtype {rows.dtype}"
        )
    with TextWriter(scratch) as writer:
        for start in range(0, len(rows), _BLOCK):
            part: NDArray[np.generic] = rows.part(start, start + _BLOCK)[:, 0]
            writer.write(str(item) for item in part.tolist())
    return writer.texts()


def _rows(source: Address, scratch: Scratch, *, flat: bool = False) -> Rows:
    if source.format == ".npy":
        return npy_rows(source, flat=flat)
    if source.format == ".npz":
        return npz_rows(source, scratch, flat=flat)
    return (csv_rows if source.format == ".csv" else parquet_rows)(source, scratch)


def _real(rows: Rows) -> Rows:
    """Refuse what the operator takes for no numbers."""
    kind = rows.dtype
    if kind.kind in "iu" or (kind.kind == "f" and kind.char != "g") or is_bfloat16(kind):
        return rows
    raise rows.source.error(
        f"expected real numbers: floats of 64 bits or fewer, or integers, got dtype {kind}"
    )
