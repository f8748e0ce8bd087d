"""What is wrong with a file, and where."""

from __future__ import annotations

__all__ = ["FileError"]


class FileError(ValueError):
    """A file that cannot be used. The message names role and file, and the place where it has one.

    Rows are counted from 0 as in the results; columns too, and by name where the file has names.
    """
