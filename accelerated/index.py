"""`KeyIndex`: keys packed once, queried many times, saved to a file and mapped back.

The file is one of ours, version 1, little-endian:

    8 bytes     magic and version
    8 bytes     length of the header in bytes
    32 bytes    SHA-256 of the header
    header      JSON: shapes, dtypes, offsets, checksums, the packing's parameters
    arrays      each at a multiple of 4096 bytes, in the order of the header

Every array carries the CRC-32 of its bytes. Loading reads and checks them all; what is then used is
the memory map, so a loaded index shares its pages with other processes. A screen depends on the
vector width it was packed for; one that this CPU cannot use is left aside and packed again from
the keys when it is needed, so a file moves between machines.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import tempfile
import zlib
from pathlib import Path
from typing import Any, Self

import numpy as np
from gd_attention.arguments import first_index
from numpy.typing import ArrayLike, NDArray

from .engines import ENGINES, available
from .nearest import nearest
from .packing import Frame, Packed, Part, Screen, pack, read_only

__all__ = ["IndexFileError", "KeyIndex"]

_MAGIC = b"GDAKEYS\x01"
_PREFIX = struct.Struct("<8sQ32s")
_ALIGN = 4096
_LONGEST_HEADER = 1 << 20
_SLICE = 1 << 24  # bytes checked at a time


class IndexFileError(ValueError):
    """The file is not a `KeyIndex` of a version known here, or its bytes have changed."""


class KeyIndex:
    """Keys prepared for many exact nearest-key queries.

    Parameters
    ----------
    keys : float32 or float64, shape (N, D)
        Finite, N >= 1, D >= 1. Kept, not copied, if contiguous: they must not change afterwards.

    Raises
    ------
    TypeError
        If the keys are not float32 or float64.
    ValueError
        If their shape does not fit or one of them is not finite.

    Notes
    -----
    Clauses: GDA-thm-nearest, GDA-thm-screening, GDA-select-ties.
    """

    def __init__(self, keys: ArrayLike) -> None:
        self._packed = pack(_checked("keys", keys))
        if self._packed.part is not None:
            self._packed.part.screen(available(self.shape[1])[0])

    @property
    def shape(self) -> tuple[int, int]:
        """(N, D)."""
        count, dimension = self._packed.keys.shape
        return count, dimension

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the keys."""
        return self._packed.keys.dtype

    @property
    def packed(self) -> Packed:
        """What `nearest.nearest` takes."""
        return self._packed

    @property
    def keys(self) -> NDArray[Any]:
        """The keys, read-only."""
        if self._packed.shift == 0:
            return self._packed.keys
        return read_only(np.ldexp(self._packed.keys, -self._packed.shift))

    def nearest(self, query: ArrayLike) -> NDArray[np.int64]:
        """The key nearest to each query in real arithmetic, ties to the least index.

        Parameters
        ----------
        query : float32 or float64, shape (M, D)
            Finite.

        Returns
        -------
        int64, shape (M,)

        Raises
        ------
        TypeError, ValueError
            As for the keys.
        """
        rows = _checked("query", query, least=0)
        if rows.shape[1] != self.shape[1]:
            raise ValueError(f"query: expected shape (M, {self.shape[1]}), got {rows.shape}")
        return nearest(rows, self.keys, packed=self._packed)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the index; the file appears whole or not at all.

        The file holds the keys and the cheapest screen that this CPU has, whatever was asked
        before: the same keys give the same bytes. A finer screen is packed again from the keys
        when a loaded index first needs it.
        """
        target = Path(path)
        arrays, header = self._contents()
        encoded = json.dumps(header, sort_keys=True).encode()
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_PREFIX.pack(_MAGIC, len(encoded), hashlib.sha256(encoded).digest()))
                file.write(encoded)
                for entry, array in zip(header["arrays"], arrays, strict=True):
                    file.write(b"\0" * (_first(header, encoded, entry) - file.tell()))
                    file.write(array.data.cast("B"))
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Map a saved index into memory, after checking every byte of it.

        Raises
        ------
        IndexFileError
            If the file is no index, of another version, cut short, or altered.
        """
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            header, encoded = _header(file, path)
            arrays = [_mapped(file, header, encoded, e, size, path) for e in header["arrays"]]
        named = {e["name"]: a for e, a in zip(header["arrays"], arrays, strict=True)}
        index = cls.__new__(cls)
        index._packed = _restored(header, named)
        return index

    def _contents(self) -> tuple[list[NDArray[Any]], dict[str, Any]]:
        """The arrays of the file and its header."""
        packed = self._packed
        named: dict[str, NDArray[Any]] = {"keys": packed.keys}
        if packed.part is not None:
            named |= {"centre": packed.part.frame.centre, "order": packed.part.order}
            engine = available(self.shape[1])[0]
            screen = packed.part.screen(engine)
            named |= {f"{engine.name}.{part}": a for part, a in screen._asdict().items()}
        entries, place = [], 0
        for name, array in named.items():
            little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
            named[name] = little
            checksum = zlib.crc32(little.data.cast("B"))
            entries.append(
                {"name": name, "dtype": little.dtype.str, "shape": little.shape, "at": place,
                 "crc32": checksum}
            )  # fmt: skip
            place += -(-little.nbytes // _ALIGN) * _ALIGN
        header = {
            "shift": packed.shift,
            "unit": None if packed.frame is None else packed.frame.unit.hex(),
            "widths": {engine.name: engine.width for engine in ENGINES},
            "arrays": entries,
        }
        return list(named.values()), header


def _checked(name: str, given: ArrayLike, least: int = 1) -> NDArray[Any]:
    rows = np.asarray(given)
    if rows.dtype not in (np.float32, np.float64):
        raise TypeError(f"{name}: expected dtype float32 or float64, got {rows.dtype}")
    if rows.ndim != 2 or rows.shape[0] < least or rows.shape[1] < 1:
        raise ValueError(f"{name}: expected shape (rows >= {least}, D >= 1), got {rows.shape}")
    step = max(1, _SLICE // rows.shape[1])
    for first in range(0, len(rows), step):
        block = rows[first : first + step]
        if not (finite := np.isfinite(block)).all():
            row, column = first_index(~finite)
            place = (first + row, column)
            raise ValueError(f"{name}: expected finite values, got {rows[place]} at index {place}")
    return rows


def _first(header: dict[str, Any], encoded: bytes, entry: dict[str, Any]) -> int:
    """Where an array begins in the file."""
    data = -(-(_PREFIX.size + len(encoded)) // _ALIGN) * _ALIGN
    return data + int(entry["at"])


def _header(file: Any, path: object) -> tuple[dict[str, Any], bytes]:
    prefix = file.read(_PREFIX.size)
    if len(prefix) < _PREFIX.size or prefix[:7] != _MAGIC[:7]:
        raise IndexFileError(f"path: expected a saved KeyIndex, got another file: {path}")
    magic, length, digest = _PREFIX.unpack(prefix)
    if magic != _MAGIC:
        raise IndexFileError(f"path: expected version {_MAGIC[7]}, got {magic[7]}: {path}")
    encoded = file.read(min(length, _LONGEST_HEADER))
    if hashlib.sha256(encoded).digest() != digest:
        raise IndexFileError(f"path: expected an intact header, got altered bytes: {path}")
    header: dict[str, Any] = json.loads(encoded)
    return header, encoded


def _mapped(
    file: Any,
    header: dict[str, Any],
    encoded: bytes,
    entry: dict[str, Any],
    size: int,
    path: object,
) -> NDArray[Any]:
    """One array as a read-only map, its checksum verified."""
    dtype, shape = np.dtype(entry["dtype"]), tuple(entry["shape"])
    first = _first(header, encoded, entry)
    if first + dtype.itemsize * int(np.prod(shape)) > size:
        raise IndexFileError(f"path: expected all of array {entry['name']}, got a cut file: {path}")
    array = np.memmap(file, dtype, "r", first, shape)
    if zlib.crc32(array.data.cast("B")) != entry["crc32"]:
        raise IndexFileError(f"path: expected intact {entry['name']}, got altered bytes: {path}")
    return np.asarray(array)


def _restored(header: dict[str, Any], named: dict[str, NDArray[Any]]) -> Packed:
    keys = read_only(named["keys"])
    if header["unit"] is None:
        return Packed(keys, 0, None, None)
    frame = Frame(float.fromhex(header["unit"]), named["centre"])
    screens = {
        engine.name: Screen(*(named[f"{engine.name}.{part}"] for part in Screen._fields))
        for engine in available(keys.shape[1])
        if f"{engine.name}.words" in named and header["widths"][engine.name] == engine.width
    }
    return Packed(keys, header["shift"], frame, Part(keys, frame, named["order"], screens))
