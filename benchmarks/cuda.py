"""The CUDA operator against torch.cdist + argmin and a cuBLAS product, on a device.

Interleaved in one run; prints the median of each and its ratio to ours. ``screen`` is the kernel
alone, on keys that are on the device already: what the peers are given. ``call`` is the operator
with arrays on the device, checks, copies and exact decisions included. The product does the same
multiplications without a minimum, so it bounds what any expanded distance can reach.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
from gd_attention.accelerated.cuda import gd_attention
from gd_attention.accelerated.cuda import nearest as kernels
from gd_attention.accelerated.cuda.bounds import coefficients
from gd_attention.accelerated.cuda.frames import framed
from gd_attention.accelerated.cuda.plan import planned
from gd_attention.accelerated.cuda.upload import (
    KeyParts,
    Queries,
    Settings,
    device,
    pairs_arguments,
)
from gd_attention.validation import checked
from numba import cuda

SHAPES = ((4096, 16384), (1024, 65536), (64, 262144), (1, 1048576))
DIMENSIONS = (16, 64, 128, 256, 768)
REPEATS = 7


def main() -> None:
    """Print a table, one line for each shape and dimension."""
    import torch

    if not (cuda.is_available() and torch.cuda.is_available()):
        sys.exit("benchmarks.cuda: needs a device that Numba and PyTorch find")
    print(torch.cuda.get_device_name(), {p: version(p) for p in ("numba", "numba-cuda", "torch")})
    torch.backends.cuda.matmul.allow_tf32 = False
    print("M N D | screen ms | of screen's time: call, cdist+argmin, product")
    for m, n in SHAPES:
        for d in DIMENSIONS:
            r = np.random.default_rng(d)
            query = r.normal(size=(m, d)).astype(np.float32)
            keys = r.normal(size=(n, d)).astype(np.float32)
            q, k = torch.from_numpy(query).cuda(), torch.from_numpy(keys).cuda()
            runs: dict[str, Callable[[], Any]] = {
                "screen": _screen(query, keys),
                "call": lambda q=q, k=k: gd_attention(q, k),  # type: ignore[misc]
                "cdist": lambda q=q, k=k: torch.cdist(q, k).argmin(dim=1),  # type: ignore[misc]
                "product": lambda q=q, k=k: q @ k.T,  # type: ignore[misc]
            }
            times: dict[str, list[float]] = {name: [] for name in runs}
            for run in runs.values():
                run()  # compile, allocate
            for _ in range(REPEATS):
                for name, run in runs.items():
                    torch.cuda.synchronize()
                    start = time.perf_counter()
                    run()
                    cuda.synchronize()
                    torch.cuda.synchronize()
                    times[name].append(time.perf_counter() - start)
            medians = {name: statistics.median(values) for name, values in times.items()}
            ours = medians.pop("screen")
            ratios = ", ".join(f"{value / ours:.2f}" for value in medians.values())
            print(f"{m} {n} {d} | {ours * 1e3:.3f} | {ratios}", flush=True)


def _screen(query: np.ndarray[Any, Any], keys: np.ndarray[Any, Any]) -> Callable[[], None]:
    """A launch of `nearest.screen` and `nearest.join` on data that lies on the device."""
    settings = Settings()
    tile = settings.tile
    (plan,) = planned(checked(query, keys, narrow=True), tile.columns).parts()
    frames = framed(plan.keys, np.ones(plan.keys.shape[:2], np.bool_))
    queries = Queries.of(plan, frames, plan.live, settings)
    (part,) = KeyParts(plan, frames, settings, whole=True)
    grid = settings.grid(queries.rows.shape, len(keys))
    record = (1, grid[1], len(query))
    upper, lower, second = (cuda.device_array(record, np.float32) for _ in range(3))
    owner = cuda.device_array(record, np.int64)
    limit = cuda.device_array((1, len(query)), np.float32)
    winner = cuda.device_array((1, len(query)), np.int64)
    arguments = (
        queries.encoded, queries.on_device, queries.norm, part.encoded, part.key_of, part.order,
        part.half, part.top, device(plan.list_of), *pairs_arguments(None, 1, True, slice(None)),
        0, 0, *(np.float32(value) for value in coefficients(query.shape[1])),
        upper, lower, second, owner,
    )  # fmt: skip
    screen, join = kernels.screen(tile), kernels.join()
    blocks = -(-len(query) // tile.threads), 1

    def run() -> None:
        screen[grid, tile.threads](*arguments)
        join[blocks, tile.threads](upper, lower, second, owner, limit, winner)

    return run


if __name__ == "__main__":
    main()
