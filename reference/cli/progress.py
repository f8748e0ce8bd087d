"""How far a run is: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from gd_attention.conformance import Progress
from rich import progress as bars
from rich.console import Console

__all__ = ["bar"]

# Seconds between two lines of progress where there is no terminal.
_QUIET = 60.0


@contextmanager
def bar(minutes: float | None) -> Iterator[Callable[[Progress], None]]:
    """A progress bar on stderr where that is a terminal, a line now and then elsewhere."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    columns = (
        bars.TextColumn("{task.description:16}"),
        bars.BarColumn(),
        bars.TextColumn("{task.fields[cases]} cases"),
        bars.TimeElapsedColumn(),
    )
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as display:
        task = display.add_task("starting", total=None, cases=0)

        def advance(step: Progress) -> None:
            share = _share(step, minutes)
            display.update(
                task,
                description=step.stage,
                cases=step.done,
                completed=share,
                total=None if share is None else 1.0,
            )

        yield advance


def _share(step: Progress, minutes: float | None) -> float | None:
    """What is done of the run, by cases or by time, whichever ends it first; None if unknown."""
    shares = []
    if minutes is not None:
        shares.append(step.elapsed / max(60.0 * minutes, step.elapsed, 1e-9))
    if step.total is not None:
        shares.append(step.done / max(step.total, step.done, 1))
    return max(shares, default=None)


def _lines() -> Callable[[Progress], None]:
    """Progress for a log: a line a minute, so that a short run prints none."""
    said = time.monotonic()

    def say(step: Progress) -> None:
        nonlocal said
        if time.monotonic() - said >= _QUIET:
            said = time.monotonic()
            of = "" if step.total is None else f" of {step.total}"
            line = f"{step.done}{of} cases, {step.elapsed / 60.0:.1f} min, {step.stage}"
            typer.echo(line, err=True)

    return say
