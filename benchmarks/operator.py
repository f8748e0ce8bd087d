"""Measure the operator: weights of keys against a bare GEMM, and speed-ups over plain ways.

    python -m benchmarks.operator [--resume] [--cells N] [--rounds N] [--out DIR]

Two kinds of cells. ``grid``: per-key weights and one scalar weight, and the bare product of the
same shape. ``speed``: the operator, the reference, and a compiled root solve of every pair, for
shared and per-key weights, thresholds and masks. As in `run`, each has a process of its own, all
get the same arrays and take turns, a round at a time; ratios are taken round by round. Calls
shorter than a fiftieth of a second are repeated, since a single one would meet the caches of the
process before. The operator must return the reference's index, and one weight as an array the
index of the scalar: anything else ends the run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from .data import FULL, make
from .operator_peers import BETA_002, BETA_1, GRID, SPEED, VARIANTS
from .operator_report import write
from .run import SHORT, Worker, kept, machine

_SHORT = 0.02  # seconds
_SLOW = 2.0  # seconds of a call that is only a yardstick, from which one round is enough
_SPEED_SHAPES = ((1, 150, 64), (1, 65536, 64), (64, 65536, 64))


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--resume", action="store_true", help="keep the cells measured before")
    parser.add_argument("--cells", type=int, help="stop after so many cells")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kind", choices=("grid", "speed"), help="by default both")
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    given = parser.parse_args()
    result: dict[str, Any] = {"machine": machine(given.rounds), "cells": []}
    if given.resume and (given.out / "operator.json").exists():
        before = json.loads((given.out / "operator.json").read_text())
        result["cells"] = kept(before, result)
    held = {(c["kind"], tuple(c["shape"]), c["variant"]) for c in result["cells"]}
    wanted = [("grid", shape, "") for shape in FULL]
    wanted += [("speed", shape, variant) for variant in VARIANTS for shape in _SPEED_SHAPES]
    left = [c for c in wanted if c not in held and given.kind in (None, c[0])][: given.cells]
    for kind, variant in dict.fromkeys((kind, variant) for kind, _, variant in left):
        workers = {
            name: Worker(f"grid: {name}" if kind == "grid" else f"{name}: {variant}")
            for name in (GRID if kind == "grid" else SPEED)
        }
        try:
            for shape in [shape for k, shape, v in left if (k, v) == (kind, variant)]:
                cell: dict[str, Any] = {"kind": kind, "shape": shape, "variant": variant}
                cell["peers"] = measure(kind, shape, workers, given.rounds)
                result["cells"].append(cell)
                print(_line(cell), flush=True)
                write(given.out, result)
        finally:
            for worker in workers.values():
                worker.end()


def measure(
    kind: str, shape: tuple[int, int, int], workers: dict[str, Worker], rounds: int
) -> dict[str, Any]:
    """Seconds of every round, and indices that differ, of every peer of a cell."""
    with tempfile.TemporaryDirectory() as folder:
        for name, array in zip(("query", "keys"), make("gaussian", *shape), strict=True):
            np.save(f"{folder}/{name}.npy", array)
        for worker in workers.values():
            _ask(worker, cell=folder)
        times: dict[str, list[float]] = {}
        repeats: dict[str, int] = {}
        first: dict[str, float] = {}
        for name, worker in workers.items():
            # compilation, page faults and thread pools first; then how long a call takes
            _ask(worker, run=True)
            once = first[name] = _ask(worker, run=True)["seconds"]
            repeats[name] = max(1, int(_SHORT / once))
            times[name] = [once] if kind == "speed" and name != "ours" and once > _SLOW else []
        slow = {name for name, seconds in times.items() if seconds}
        for _ in range(rounds):
            for name in [name for name in workers if name not in slow]:
                if first[name] < SHORT:
                    _ask(workers[name], run=True)
                reply = _ask(workers[name], run=True, repeat=repeats[name])
                times[name].append(reply["seconds"])
        answers = {name: _ask(worker, index=True)["index"] for name, worker in workers.items()}
    return {
        name: {
            "seconds": statistics.median(seconds),
            "rounds": seconds,
            "differs": _differs(kind, name, answers),
            "ratios": _ratios(seconds, times[_base(name)]),
        }
        for name, seconds in times.items()
    }


def _ask(worker: Worker, **request: Any) -> dict[str, Any]:
    reply = worker.ask(**request)
    if "error" in reply:
        raise RuntimeError(reply["error"])
    return reply


def _base(name: str) -> str:
    """What the times of a peer are divided by, or divide."""
    if name == "equal alphas":
        return "scalar alpha"
    return "GEMM" if name in GRID else "ours"


def _ratios(seconds: list[float], base: list[float]) -> list[float]:
    """Round by round, median, least and greatest; a single reading against all rounds."""
    if len(seconds) == 1:
        seconds = seconds * len(base)
    ratios = [one / other for one, other in zip(seconds, base, strict=False)]
    return [statistics.median(ratios), min(ratios), max(ratios)]


def _differs(kind: str, name: str, answers: dict[str, Any]) -> int | None:
    """Indices unlike the exact ones, where the cell has both; an error where there may be none."""
    exact = {"equal alphas": "scalar alpha", "reference": "ours"}.get(name)
    if kind == "grid" and exact is None:
        return None
    pairs = zip(answers[name], answers[exact or "ours"], strict=True)
    count = sum(one != other for one, other in pairs)
    if exact is not None and count:
        raise AssertionError(f"{name} and {exact} differ at {count} queries")
    return count


def _line(cell: dict[str, Any]) -> str:
    shape = "x".join(map(str, cell["shape"]))
    base = "GEMM" if cell["kind"] == "grid" else "ours"
    times = cell["peers"][base]["seconds"]
    shown = (BETA_002, BETA_1, "equal alphas") if cell["kind"] == "grid" else tuple(SPEED)[1:]
    ratios = "  ".join(f"{name} {cell['peers'][name]['ratios'][0]:.2f}" for name in shown)
    return f"{shape:>16} {cell['variant']}  {base} {1e3 * times:.3f} ms  {ratios}"


if __name__ == "__main__":
    main()
