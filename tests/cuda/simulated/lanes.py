"""The threads of a simulated block as coroutines: fast, repeatable, and hostile.

Numba's simulator starts an operating-system thread for each CUDA thread and polls until all wait at
a barrier, so an interleaving is luck and a barrier costs milliseconds. Here a thread runs alone
until its next barrier, then the next thread runs: in order, or last first. A kernel that lacks a
barrier so reads what was never written, in every run and not in some; what threads do between two
barriers is still any order that a device may choose. The simulator's arrays, atomics and checks
stay as they are.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import greenlet
import numpy as np
from numba.cuda.simulator import kernel

__all__ = ["coroutines"]


@contextmanager
def coroutines(*, last_first: bool = False) -> Iterator[None]:
    """Run simulated kernels on coroutines while the context is open."""
    original = kernel.BlockManager.run

    def run(self: Any, grid_point: tuple[int, ...], *args: Any) -> None:
        def thread() -> None:
            # a device raises no warning where a float overflows; each coroutine has its own state
            with np.errstate(all="ignore"):
                self._f(*args)

        host: Any = threading.current_thread()
        hub = greenlet.getcurrent()
        places = list(np.ndindex(*self._block_dim))
        lanes = [(kernel.Dim3(*place), greenlet.greenlet(thread)) for place in places]
        if last_first:
            lanes.reverse()
        host.blockIdx, host.syncthreads = kernel.Dim3(*grid_point), hub.switch
        while lanes:
            for place, lane in lanes:
                host.threadIdx = place
                lane.switch()
            lanes = [(place, lane) for place, lane in lanes if not lane.dead]

    kernel.BlockManager.run = run
    try:
        yield
    finally:
        kernel.BlockManager.run = original
