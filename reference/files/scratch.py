"""A folder for what files unpack to, gone when the work is done."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["Scratch"]


class Scratch:
    """A temporary folder.

    Parameters
    ----------
    parent : path, optional
        Where to make it; by default where the system keeps temporary files. On many systems that
        is memory: then files larger than memory need a folder on a disk.
    """

    def __init__(self, parent: Path | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="gd-attention-", dir=parent)
        self._count = 0

    def new(self) -> Path:
        """The path of a file that does not exist yet."""
        self._count += 1
        return Path(self._folder.name) / str(self._count)

    def close(self) -> None:
        """Remove the folder and all in it."""
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
