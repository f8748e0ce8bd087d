"""A progress bar on standard error, for somebody who watches a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

__all__ = ["Watch", "watch"]


class Watch:
    """A bar that shows one step of the work at a time."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None)

    def step(self, name: str, total: int | None = None) -> None:
        """Begin a step of so many units; None where nobody knows."""
        self._progress.reset(self._task, description=name, total=total)

    def advance(self, units: int) -> None:
        """So many units of the step are done."""
        self._progress.advance(self._task, units)


@contextmanager
def watch() -> Iterator[Watch]:
    """Yields a bar, gone at the end; it shows nothing where standard error is no terminal."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty(),
    ) as progress:  # fmt: skip
        yield Watch(progress)
