"""Texts written one after the other, so that any one is found again without reading the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import numpy as np

from .rows import Texts
from .scratch import Scratch

__all__ = ["TextWriter"]


class TextWriter:
    """Writes the two files of `Texts`."""

    def __init__(self, scratch: Scratch) -> None:
        self._text, self._ends = scratch.new(), scratch.new()
        self._files = self._text.open("wb"), self._ends.open("wb")
        self._count = self._end = 0
        self.longest = 0

    def write(self, texts: Iterable[str]) -> None:
        """Append texts."""
        lengths = []
        for text in texts:
            lengths.append(self._files[0].write(text.encode("utf-8")))
            self.longest = max(self.longest, len(text))
        ends = self._end + np.cumsum(lengths, dtype=np.int64)
        self._files[1].write(ends.tobytes())
        self._count += len(lengths)
        self._end = int(ends[-1]) if lengths else self._end

    def texts(self) -> Texts:
        """What was written; to be read once the writer is closed."""
        return Texts(self._text, self._ends, self._count)

    def __len__(self) -> int:
        return self._count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close both files."""
        for file in self._files:
            file.close()
