"""Measure the peers of the accelerated package, interleaved, each in a process of its own.

    python -m benchmarks.run [--quick] [--resume] [--data NAME ...] [--peers NAME ...] [--out DIR]

For every cell of the grid all peers prepare the same keys; then they take turns, a round at a time,
while the others wait. So load from outside meets all of them alike, and no library meets another's
caches. A short call is timed right after one that is not: by then the spinning threads of the peer
before have ended, and its own are awake and its keys in the caches again. Ratios are taken round by
round against ours, then the median and the spread.
A wrong index is counted by exact integers: of two answers the one with the larger squared distance,
or with the larger index on a tie, is wrong; an index of ours that loses ends the run.
The full grid takes an hour or two: ``--resume`` keeps the cells that DIR already holds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from gd_attention.accelerated.features import cpu_features
from gd_attention.accelerated.threads import thread_count
from gd_attention.exact import grid_squares

from .data import DATA, FULL, QUICK, make
from .peers import NAIVE_PAIRS, PEERS, versions
from .report import write

# They pick a slower kernel of NumPy's BLAS on machines that set them; recorded, then unset.
_BLAS_OVERRIDES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
# FAISS brings an old OpenBLAS, which takes a processor that it does not know for one without AVX
# and then runs several times slower. It gets the kernel that NumPy's own, newer one chooses.
_OLD_BLAS = ("FAISS",)
_SECONDS_A_PEER = 2.0  # rounds of a cell stop early for peers that need minutes
SHORT = 0.25  # seconds of a call that is timed right after another one
_SLOW = 10.0  # seconds of a warm-up, after which one round is enough


class Worker:
    """A peer's process."""

    def __init__(self, peer: str) -> None:
        threads = str(thread_count())
        environment = {k: v for k, v in os.environ.items() if k not in _BLAS_OVERRIDES}
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
                     "NUMBA_NUM_THREADS"):  # fmt: skip
            environment[name] = threads
        if peer in _OLD_BLAS and (kernel := blas_kernel()):
            environment["OPENBLAS_CORETYPE"] = kernel
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", peer],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            text=True,
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        """The reply to one request; an error if the process has died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            print(json.dumps(request), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        reply: dict[str, Any] = json.loads(line) if line else {"error": "the process died"}
        return reply

    def end(self) -> None:
        """Close the input and wait."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small cells, few rounds")
    parser.add_argument("--data", nargs="+", choices=list(DATA), default=list(DATA))
    parser.add_argument("--peers", nargs="+", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--rounds", type=int, help="by default 9, with --quick 3")
    parser.add_argument("--resume", action="store_true", help="keep the cells measured before")
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    given = parser.parse_args()
    peers = list(dict.fromkeys(["ours", *given.peers]))
    rounds = given.rounds or (3 if given.quick else 9)
    result: dict[str, Any] = {"machine": machine(rounds), "cells": []}
    if given.resume and (given.out / "bench.json").exists():
        result["cells"] = kept(json.loads((given.out / "bench.json").read_text()), result)
    held = {(cell["data"], tuple(cell["shape"])) for cell in result["cells"]}
    workers = {peer: Worker(peer) for peer in peers}
    try:
        for shape in QUICK if given.quick else FULL:
            for name in given.data:
                if (name, shape) in held:
                    continue
                query, keys = make(name, *shape)
                with tempfile.TemporaryDirectory() as folder:
                    np.save(f"{folder}/query.npy", query)
                    np.save(f"{folder}/keys.npy", keys)
                    cell = measure(folder, query, keys, workers, rounds)
                result["cells"].append({"data": name, "shape": shape, **cell})
                print(_line(result["cells"][-1]), flush=True)
                write(given.out, result)
    finally:
        for worker in workers.values():
            worker.end()


def kept(before: dict[str, Any], now: dict[str, Any]) -> list[dict[str, Any]]:
    """The cells of an earlier run, if it had the same processor, threads and versions."""
    for name in ("cpu", "features", "threads", "versions"):
        if before["machine"][name] != now["machine"][name]:
            raise SystemExit(
                f"--resume: the cells there were measured with {name} {before['machine'][name]}, "
                f"and this run has {now['machine'][name]}; give another --out"
            )
    cells: list[dict[str, Any]] = before["cells"]
    return cells


def measure(
    folder: str, query: Any, keys: Any, workers: dict[str, Worker], rounds: int
) -> dict[str, Any]:
    """One cell: the times and wrong indices of every peer."""
    pairs = len(query) * len(keys)
    errors: dict[str, str] = {}
    times: dict[str, list[float]] = {}
    least: dict[str, int] = {}
    first: dict[str, float] = {}
    for peer, worker in workers.items():
        if peer == "naive loop" and pairs > NAIVE_PAIRS:
            continue
        # the first run is warm-up: compilation, page faults, thread pools
        for request in ({"cell": folder}, {"run": True}):
            reply = worker.ask(**request)
            if "error" in reply:
                errors[peer] = reply["error"]
                break
        else:
            times[peer] = []
            first[peer] = reply["seconds"]
            least[peer] = 1 if reply["seconds"] > _SLOW else 3
    for _ in range(rounds):
        for peer, seconds in times.items():
            if sum(seconds) < _SECONDS_A_PEER * rounds or len(seconds) < least[peer]:
                if first[peer] < SHORT:
                    workers[peer].ask(run=True)
                seconds.append(workers[peer].ask(run=True)["seconds"])
    answers = {peer: workers[peer].ask(index=True)["index"] for peer in times}
    wrong = _wrong(answers, query, keys)
    rows = {}
    for peer, seconds in times.items():
        ratios = [theirs / ours for theirs, ours in zip(seconds, times["ours"], strict=False)]
        rows[peer] = {
            "seconds": statistics.median(seconds),
            "ratio": statistics.median(ratios),
            "ratio_low": min(ratios),
            "ratio_high": max(ratios),
            "rounds": len(seconds),
            "wrong": wrong[peer],
        }
    return {"peers": rows, "errors": errors}


def _wrong(answers: dict[str, Any], query: Any, keys: Any) -> dict[str, int | None]:
    """Wrong indices of every peer that returns indices."""
    ours = np.array(answers["ours"])
    counts: dict[str, int | None] = {}
    for peer, given in answers.items():
        if given is None:
            counts[peer] = None
            continue
        index = np.array(given)
        counts[peer] = 0
        for row in np.flatnonzero(index != ours):
            pair = [index[row], ours[row]]
            (theirs, best), _ = grid_squares(query[row], keys[pair])
            if (theirs, index[row]) < (best, ours[row]):
                raise AssertionError(f"{peer} beats ours at query {row}: {pair}")
            counts[peer] += 1
    return counts


def blas_kernel() -> str | None:
    """The kernel that NumPy's OpenBLAS chooses by itself; None where it is another library."""
    clean = {k: v for k, v in os.environ.items() if k not in _BLAS_OVERRIDES}
    asked = (
        "import json, numpy, threadpoolctl\n"
        "found = threadpoolctl.ThreadpoolController().select(internal_api='openblas').info()\n"
        "print(json.dumps(found[0]['architecture'] if found else None))"
    )
    said = subprocess.run(
        [sys.executable, "-c", asked], env=clean, capture_output=True, text=True, check=False
    )
    kernel: str | None = json.loads(said.stdout) if said.returncode == 0 else None
    return kernel


def machine(rounds: int) -> dict[str, Any]:
    """What the figures depend on."""
    model = platform.processor()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((x.split(": ")[1] for x in lines if x.startswith("model name")), model)
    wanted = ("avx2", "fma", "avx512f", "avx512vnni", "avx512bf16")
    return {
        "cpu": model,
        "features": [name for name in wanted if name in cpu_features()],
        "threads": thread_count(),
        "cpus": os.cpu_count(),
        "load before": os.getloadavg()[0],
        "rounds": rounds,
        "python": platform.python_version(),
        "versions": versions(),
        "kernel of OpenBLAS": blas_kernel(),
        "unset for the run": {k: os.environ.get(k) for k in _BLAS_OVERRIDES},
        "date": time.strftime("%Y-%m-%d"),
    }


def _line(cell: dict[str, Any]) -> str:
    shape = "x".join(map(str, cell["shape"]))
    ratios = "  ".join(f"{p} {r['ratio']:.2f}" for p, r in cell["peers"].items() if p != "ours")
    ours = 1e3 * cell["peers"]["ours"]["seconds"]
    return f"{cell['data']:>12} {shape:>16}  {ours:9.2f} ms  {ratios}"


if __name__ == "__main__":
    main()
