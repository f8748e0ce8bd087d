"""Ctrl-C that ends a run between two blocks of cases.

An interruption raised at any place can get lost in code that is called back by the interpreter, or
hit a library in the middle of its clean-up. So the first one is noted, and acted on at the next
sign of progress; a second one acts at once.

Clause: GDA-conf-depth.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import typer

__all__ = ["noted_interruptions"]


@contextmanager
def noted_interruptions() -> Iterator[Callable[[], None]]:
    """Yields a function that raises KeyboardInterrupt once Ctrl-C was pressed."""
    pressed = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True
        typer.echo("interrupting after the cases at hand; once more to stop at once", err=True)

    def check() -> None:
        if pressed:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        # signals reach the main thread only
        yield check
        return
    former = signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, former)
