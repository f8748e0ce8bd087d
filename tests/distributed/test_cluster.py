"""Two worker processes, one of them killed in mid-run; threads; what the wrong merge would do."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path
from typing import Any

import dask.array as da
import gd_attention.accelerated as accelerated
import numpy as np
import pytest
from distributed import Client, LocalCluster
from gd_attention.accelerated import distributed, merging, threads

pytestmark = pytest.mark.clause("GDA-thm-merge", "GDA-select-ties")

CHUNKS = 12


def same(found: Any, want: Any) -> bool:
    return all(
        getattr(found, f.name).tobytes() == getattr(want, f.name).tobytes() for f in fields(want)
    )


def pids(cluster: LocalCluster) -> set[int]:
    """The processes of the workers that their nannies watch."""
    return {nanny.pid for nanny in cluster.workers.values() if nanny.pid is not None}


def data() -> tuple[Any, Any, Any]:
    # inside, so that it travels by value: the workers cannot import this file
    def chunk_of_keys(block: Any, block_info: Any = None) -> Any:
        """Keys of few values, so that ties cross the chunks; made by the workers, slowly."""
        number = block_info[0]["chunk-location"][0]
        time.sleep(0.25)
        return np.random.default_rng(number).integers(-2, 3, block.shape).astype(np.float64)

    query = np.random.default_rng(99).integers(-2, 3, (20, 6)).astype(np.float64)
    empty = da.zeros((CHUNKS * 100, 6), chunks=(100, 6))
    lazy = empty.map_blocks(chunk_of_keys, dtype=np.float64, meta=np.empty((0, 0)))
    whole = np.concatenate(
        [np.random.default_rng(i).integers(-2, 3, (100, 6)) for i in range(CHUNKS)]
    ).astype(np.float64)
    return query, lazy, whole


def test_a_killed_worker_changes_no_bit(tmp_path: Path) -> None:
    query, lazy, whole = data()
    alpha = np.random.default_rng(7).choice([0.3, 0.5, 0.7], len(whole))
    want = accelerated.gd_attention(query, whole, alpha=alpha)
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
            local_directory=str(tmp_path),
        ) as cluster,
        Client(cluster) as client,
    ):  # fmt: skip
        found = distributed.gd_attention(query, lazy, alpha=da.from_array(alpha, chunks=100))
        futures = client.compute([getattr(found, f.name) for f in fields(found)])
        before = pids(cluster)
        while not any(client.has_what().values()):
            time.sleep(0.05)
        killed = min(before)
        os.kill(killed, signal.SIGKILL)
        arrays = client.gather(futures)
        # one survived; the other came back as a new process, or its nanny is about to start it
        assert killed not in pids(cluster)
        assert before - {killed} <= pids(cluster)
    assert same(type(want)(*arrays), want)


@pytest.mark.parametrize("scheduler", ["threads", "synchronous"])
def test_threads_of_the_scheduler_change_no_bit(scheduler: str) -> None:
    r = np.random.default_rng(5)
    query, keys, alpha = r.normal(size=(9, 8)), r.normal(size=(4000, 8)), r.beta(2, 2, 4000)
    for more in ({}, {"alpha": alpha}):
        chunked = {name: da.from_array(value, chunks=500) for name, value in more.items()}
        lazy = distributed.gd_attention(query, da.from_array(keys, chunks=(500, 8)), **chunked)
        found = distributed.computed(lazy, scheduler=scheduler, num_workers=4)
        assert same(found, accelerated.gd_attention(query, keys, **more))


def test_any_thread_may_call_the_operator_and_a_task_may_call_run() -> None:
    r = np.random.default_rng(6)
    query, keys = r.normal(size=(64, 8)), r.normal(size=(3000, 8))
    want = accelerated.gd_attention(query, keys).index
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: accelerated.gd_attention(query, keys).index, range(16)))
    assert all(np.array_equal(index, want) for index in found)
    seen: list[int] = []

    def nested(i: int) -> None:
        threads.run([lambda j=j: seen.append(10 * i + j) for j in range(3)])

    runner = threading.Thread(
        target=threads.run, args=([lambda i=i: nested(i) for i in range(20)],), daemon=True
    )
    runner.start()
    runner.join(timeout=30)
    assert not runner.is_alive(), "a task that calls run waits for itself"
    assert sorted(seen) == sorted(10 * i + j for i in range(20) for j in range(3))


@pytest.mark.parametrize("fault", ["keeps the last", "chunk's own index", "least float energy"])
def test_wrong_merges_are_seen(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each fault changes an index on data that the other tests draw from: they would fail."""
    query = np.zeros((1, 1))
    keys = da.from_array(np.array([[30.0], [20.0], [-20.0], [25.0]]), chunks=(1, 1))
    want = accelerated.gd_attention(query, keys.compute()).index
    if fault == "chunk's own index":
        real = distributed.candidates

        def own(*arguments: Any, **options: Any) -> Any:
            return real(*arguments[:-1], np.zeros_like(arguments[-1]), **options)

        monkeypatch.setattr(distributed, "candidates", own)
    else:

        def wrong(block: Any, axis: Any, keepdims: bool) -> Any:
            (along,) = (axis,) if isinstance(axis, int) else axis
            taken = np.take(block, [-1 if fault == "keeps the last" else 0], axis=along)
            return taken if keepdims else np.squeeze(taken, axis=along)

        monkeypatch.setattr(distributed, "first", wrong)
    found = distributed.computed(distributed.gd_attention(query, keys), scheduler="synchronous")
    assert found.index.tolist() != want.tolist()
    monkeypatch.undo()
    right = distributed.computed(distributed.gd_attention(query, keys), scheduler="synchronous")
    assert right.index.tolist() == want.tolist() == [1]
    assert merging.first is distributed.first
