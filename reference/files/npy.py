"""NumPy's own formats. Nothing is ever unpickled."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from pathlib import Path

from numpy.lib import format as npy

from .address import Address
from .rows import Rows
from .scratch import Scratch

__all__ = ["npy_rows", "npz_rows"]

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def npy_rows(source: Address, path: Path | None = None, *, flat: bool = False) -> Rows:
    """The array of a .npy file.

    Parameters
    ----------
    source : Address
    path : Path, optional
        The file to read if it is not that of the address.
    flat : bool
        Whether an array of one dimension will do, as one column.

    Raises
    ------
    FileError
        If it is no .npy file, holds Python objects, was cut short, has bytes behind the array, or
        has another number of dimensions.
    """
    path = source.path if path is None else path
    with path.open("rb") as file:
        try:
            version = npy.read_magic(file)
            if version not in _HEADERS:
                raise source.error(f"expected .npy version 1.0 or 2.0, got {version}")
            shape, fortran, dtype = _HEADERS[version](file)
        except (ValueError, SyntaxError, EOFError) as error:
            raise source.error(f"no .npy file, or its header was cut short: {error}") from None
        offset = file.tell()
    if dtype.hasobject:
        raise source.error(f"expected numbers or texts, got Python objects (dtype {dtype})")
    if flat and len(shape) == 1:
        shape = (shape[0], 1)
    if len(shape) != 2:
        wanted = "1 or 2 dimensions" if flat else "2 dimensions (rows, columns)"
        raise source.error(f"expected {wanted}, got shape {shape}")
    expected = offset + dtype.itemsize * shape[0] * shape[1]
    if (size := path.stat().st_size) != expected:
        state = "cut short" if size < expected else "more than one array"
        raise source.error(f"{state}: expected {expected} bytes by its header, got {size}")
    return Rows(source, path, offset, dtype, shape, "F" if fortran else "C")


def npz_rows(source: Address, scratch: Scratch, *, flat: bool = False) -> Rows:
    """An array of an .npz file, unpacked: the member that was named, or is named as the role, or
    is the only one.

    Raises
    ------
    FileError
        As `npy_rows`; also if the file is no .npz file, its bytes have changed, or the member is
        missing.
    """
    path = scratch.new()
    try:
        with zipfile.ZipFile(source.path) as archive:
            member = _member(source, [n[:-4] for n in archive.namelist() if n.endswith(".npy")])
            with archive.open(f"{member}.npy") as packed, path.open("wb") as file:
                shutil.copyfileobj(packed, file, 1 << 20)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise source.error(f"no intact .npz file: {error}") from None
    return npy_rows(source, path, flat=flat)


def _member(source: Address, names: list[str]) -> str:
    wanted = ",".join(source.part)
    if wanted:
        if wanted not in names:
            raise source.error(f"expected a member {wanted!r}, got {_listed(names)}")
        return wanted
    if source.role in names:
        return source.role
    if len(names) != 1:
        raise source.error(
            f"expected one member, or one named {source.role!r}, got {_listed(names)}; "
            f"name it as in {source.path}::NAME"
        )
    return names[0]


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names)) or "no arrays"
