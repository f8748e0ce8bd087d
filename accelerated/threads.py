"""Compiled work on as many threads as Numba is told to use.

The kernels release the interpreter's lock, so plain threads that take one task after the other are
enough: no barrier, no second pool beside Numba's, and each kernel compiles without the parallel
passes. Every task writes its own part of the result; which thread runs it changes nothing.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import numba

__all__ = ["run", "thread_count"]

_pool: ThreadPoolExecutor | None = None
_making = threading.Lock()
_here = threading.local()


def thread_count() -> int:
    """``NUMBA_NUM_THREADS``, by default the CPUs that this process may use."""
    return int(numba.config.NUMBA_NUM_THREADS)


def run(tasks: Iterable[Callable[[], object]]) -> None:
    """Call every task, on all threads; the first exception is raised once all have ended.

    Any thread may call it, several at once too. A task that calls it again has its own tasks run
    one after the other: waiting for the pool from inside the pool could wait forever.
    """
    waiting = list(tasks)
    if len(waiting) <= 1 or thread_count() == 1 or getattr(_here, "busy", False):
        for task in waiting:
            task()
        return
    waiting.reverse()

    def drain() -> None:
        _here.busy = True
        try:
            while True:
                try:
                    task = waiting.pop()  # atomic: one thread gets it
                except IndexError:
                    return
                task()
        finally:
            _here.busy = False

    helpers = min(len(waiting), thread_count()) - 1
    futures = [_threads().submit(drain) for _ in range(helpers)]
    try:
        drain()
    finally:
        for future in futures:
            future.result()


def _threads() -> ThreadPoolExecutor:
    global _pool
    with _making:
        if _pool is None:
            _pool = ThreadPoolExecutor(max(1, thread_count() - 1), thread_name_prefix="gda")
        return _pool


def _forget_pool() -> None:
    """A forked child has none of the parent's threads, and one of them may hold the lock."""
    global _pool, _making
    _pool, _making = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)
