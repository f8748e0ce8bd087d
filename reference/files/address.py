"""Which file, and which part of it: ``FILE`` or ``FILE::PART``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .errors import FileError

__all__ = ["FORMATS", "Address", "address"]

FORMATS = (".npy", ".npz", ".csv", ".parquet")


@dataclass(frozen=True)
class Address:
    """A file and what is wanted of it.

    Attributes
    ----------
    role : str
        What the file is for, as in "keys": it begins every message.
    path : Path
    part : tuple of str
        Names of columns, or the member of an .npz; empty if none was given.
    """

    role: str
    path: Path
    part: tuple[str, ...] = ()

    @property
    def format(self) -> str:
        """The suffix, which says how to read the file."""
        return self.path.suffix.lower()

    def error(self, message: str) -> FileError:
        """An error about the file as a whole."""
        return FileError(f"{self.role}: {self.path}: {message}")


def address(role: str, text: str) -> Address:
    """Read ``FILE`` or ``FILE::PART``; PART is a member of an .npz, or columns joined by commas.

    Raises
    ------
    FileError
        If the suffix is none of `FORMATS`, or the file does not exist or is empty.
    """
    name, _, part = text.partition("::")
    found = Address(role, Path(name), tuple(part.split(",")) if part else ())
    if found.format not in FORMATS:
        raise found.error(f"expected a file named *{', *'.join(FORMATS)}")
    if not found.path.is_file():
        raise found.error("no such file")
    if not found.path.stat().st_size:
        raise found.error("the file is empty")
    if found.part and found.format == ".npy":
        raise found.error("a .npy file has no named parts")
    return found
