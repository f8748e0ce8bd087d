"""Tables of the worked examples: texts in cells, as CSV and as Markdown."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

__all__ = ["Table", "number", "share"]


@dataclass(frozen=True)
class Table:
    """A table whose cells are already the texts to print."""

    name: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def csv(self) -> str:
        """The committed form."""
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([self.header, *self.rows])
        return out.getvalue()

    def _repr_markdown_(self) -> str:
        """The form that a notebook shows."""
        lines = [self.header, tuple("---" for _ in self.header), *self.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def share(value: float) -> str:
    """Four decimals: far above what the rounding of an exponential can move."""
    return f"{value:.4f}"


def number(threshold: float) -> str:
    """A threshold; one below 0 accepts nothing, whatever it is."""
    return f"{threshold:.4g}" if threshold >= 0.0 else "below 0"
