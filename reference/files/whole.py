"""A file that is written bit by bit and appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

__all__ = ["whole_file"]


@contextmanager
def whole_file(goal: Path) -> Iterator[BinaryIO]:
    """Yields a file to write to; it takes the place of ``goal`` if the block ends without error.

    Raises
    ------
    OSError
        A folder is missing or not writable, the goal is a folder, the disk is full.
    """
    if goal.is_dir():
        raise IsADirectoryError(f"{goal} is a folder")
    # beside the goal, so that the replacement stays within one file system
    handle, name = tempfile.mkstemp(dir=goal.parent, prefix=f".{goal.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes the file private; a result is as readable as any new file
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, goal)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)
