"""One million keys in 32 chunks on two worker processes, against one machine; and an estimate.

    python tools/distributed_run.py [--keys N] [--chunks C] [--queries M] [--estimate]

Prints progress, time, the peak memory of every worker, and whether each field equals the one of a
single process bit for bit. ``--estimate`` prints only the arithmetic of a larger run.
"""

from __future__ import annotations

import argparse
import math
import resource
import tempfile
import time
from dataclasses import fields
from typing import Any

import numpy as np

DIMENSION = 64


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--chunks", type=int, default=32)
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--estimate", action="store_true")
    given = parser.parse_args()
    if given.estimate:
        print("\n".join(estimate()))
    else:
        run(given.keys, given.chunks, given.queries)


def run(keys: int, chunks: int, queries: int) -> None:
    """Both runs, and the comparison of their bits."""
    import dask.array as da
    from distributed import Client, LocalCluster, progress
    from gd_attention.accelerated import gd_attention as on_one_machine
    from gd_attention.accelerated.distributed import gd_attention

    query = np.random.default_rng(0).standard_normal((queries, DIMENSION)).astype(np.float32)
    size = -(-keys // chunks)
    lazy = da.zeros((keys, DIMENSION), chunks=(size, DIMENSION), dtype=np.float32).map_blocks(
        made, dtype=np.float32, meta=np.empty((0, 0), np.float32)
    )
    print(f"{queries:,} queries, {keys:,} keys of {DIMENSION} float32, {lazy.numblocks[0]} chunks")
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
            local_directory=folder,
        ) as cluster,
        Client(cluster) as client,
    ):  # fmt: skip
        found = gd_attention(query, lazy)
        begun = time.perf_counter()
        futures = client.compute([getattr(found, f.name) for f in fields(found)])
        progress(futures, notebook=False)
        arrays = client.gather(futures)
        print(f"\ntwo processes: {time.perf_counter() - begun:.1f} s, compilation included")
        for name, peak in client.run(peak_memory).items():
            print(f"  peak memory of {name.rsplit(':', 1)[-1]}: {peak / 2**20:.0f} MiB")
    whole = np.concatenate([made(None, [{"chunk-location": (i, 0), "chunk-shape": block.shape}])
                            for i, block in enumerate(lazy.blocks)])  # fmt: skip
    begun = time.perf_counter()
    want = on_one_machine(query, whole)
    print(f"one process: {time.perf_counter() - begun:.1f} s, compilation included")
    for field, array in zip(fields(want), arrays, strict=True):
        equal = array.tobytes() == getattr(want, field.name).tobytes()
        print(f"  {field.name}: {'the same bits' if equal else 'DIFFERENT'}")
        if not equal:
            raise SystemExit(1)


def made(block: Any, block_info: Any = None) -> Any:
    """A chunk of keys, from its place alone: workers make it, and a lost one is made again."""
    info = block_info[0]
    draws = np.random.default_rng([1, info["chunk-location"][0]])
    shape = info["chunk-shape"] if block is None else block.shape
    return draws.standard_normal(shape, dtype=np.float32)


def peak_memory() -> int:
    """Largest resident size of this process so far, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def estimate(
    keys: int = 10**9, workers: int = 100, queries: int = 1_000, chunk: int = 1_000_000
) -> list[str]:
    """Bytes moved, depth and memory for keys of 64 float32 over many workers."""
    row = 4 * DIMENSION
    chunks = -(-keys // chunk)
    candidate = 2 * row + 200  # key row, value row, order key: index, separation as a fraction
    local = chunks // workers
    inside = (chunks - workers) * queries * candidate
    across = (workers - 1) * queries * candidate
    depth = math.ceil(math.log2(chunks))
    return [
        f"keys: {keys:,} x {row} B = {keys * row / 1e9:.0f} GB, {chunks:,} chunks of {chunk:,},"
        f" {local} on each of {workers} workers ({keys * row / workers / 1e9:.2f} GB each)",
        f"queries to every worker: {queries:,} x {row} B x {workers} = "
        f"{queries * row * workers / 1e6:.1f} MB",
        f"a candidate: 2 x {row} B (key and value row) + about 200 B (order key) = {candidate} B;"
        f" a chunk gives {queries:,} = {queries * candidate / 1e6:.2f} MB",
        f"merges: {chunks - 1:,} of {queries:,} candidates, {depth} levels deep in a binary tree",
        f"moved at least: {workers - 1} x {queries * candidate / 1e6:.2f} MB ="
        f" {across / 1e6:.0f} MB if a worker merges its own chunks first;"
        f" at most {(inside + across) / 1e6:.0f} MB",
        f"at 1 GB/s into the last worker: {across / 1e9:.2f} s at least",
        f"memory of a worker: its keys, a packed chunk of at most {chunk * row * 2 / 1e6:.0f} MB,"
        f" {queries * candidate * 2 / 1e6:.1f} MB of candidates in a merge",
    ]


if __name__ == "__main__":
    main()
