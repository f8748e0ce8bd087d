"""Files that are written whole or not at all.

Clauses: GDA-conf-complete, GDA-conf-vectors.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

__all__ = ["write_files", "write_whole"]


def write_files(texts: Mapping[Path, str]) -> None:
    """Write texts to files, in UTF-8.

    Every text is on the disk under a temporary name before the first file is replaced, so that a
    full disk, a missing folder or an interruption leaves the old files as they were. Line ends are
    written as given, on every system.

    Parameters
    ----------
    texts : mapping of Path to str

    Raises
    ------
    OSError
        A folder is missing or not writable, a goal is a folder, the disk is full.
    """
    parts: dict[Path, str] = {}
    try:
        for goal, text in texts.items():
            if os.path.isdir(goal):
                raise IsADirectoryError(f"{goal} is a folder")
            # beside the goal, so that the replacement stays within one file system
            handle, parts[goal] = tempfile.mkstemp(
                dir=goal.parent, prefix=f".{goal.name}.", suffix=".part"
            )
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            # mkstemp makes the file private; a report is as readable as any new file
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(parts[goal], 0o666 & ~umask)
        for goal in texts:
            os.replace(parts[goal], goal)
            del parts[goal]
    finally:
        for name in parts.values():
            with suppress(FileNotFoundError):
                os.unlink(name)


def write_whole(path: str | os.PathLike[str], text: str) -> None:
    """Write one text file; as `write_files`."""
    write_files({Path(path): text})
