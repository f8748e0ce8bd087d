"""Throughput of the oracle: certificates a second, cases a second. Printed, never asserted.

    python tools/bench_oracle.py [--repeats 7]

A *certificate* is one proved enclosure of coordinate and energy at 128 bits. A *case* is what a run
pays the oracle for: the expected selection of every query and the allowances of the selected pair's
fields; calling the target is not in it. Kinds and contracts take turns within every repeat, so that
a slow moment of the machine hits all of them; the median counts, and the spread is the distance
from the lower to the upper quartile over the median.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
from gd_attention.conformance.case import Case
from gd_attention.conformance.certificate import alignment
from gd_attention.conformance.contract import EXACT, FLOAT64, Contract
from gd_attention.conformance.generate import draw
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.rational import Exact, dyadic
from gd_attention.conformance.strategies import FAMILIES
from gd_attention.conformance.vectors import load_vectors
from gd_attention.conformance.verify import SEED, versions
from rich.console import Console
from rich.table import Table

_PAIRS = 1000
_A_FAMILY = 10


def pairs() -> dict[str, list[tuple[Exact, float]]]:
    """Separations and alphas by regime."""
    rng = np.random.default_rng(SEED)

    def made(low: float, high: float, alphas: Sequence[float]) -> list[tuple[Exact, float]]:
        separations = np.exp(rng.uniform(np.log(low), np.log(high), _PAIRS)).tolist()
        return [
            (Exact(*dyadic(separation)), float(rng.choice(alphas))) for separation in separations
        ]

    ordinary = rng.uniform(0.01, 0.99, 100).tolist()
    return {
        "ordinary": made(1e-3, 30.0, ordinary),
        "saturated": made(50.0, 1e6, ordinary),
        "next to critical": made(2.0, 2.0 + 1e-9, [0.5, np.nextafter(0.5, 1.0).item()]),
        "extreme alpha": made(1e-3, 30.0, [1e-300, 1e-12, 1.0 - 2.0**-53]),
    }


def certify(given: Sequence[tuple[Exact, float]]) -> None:
    """A certificate for every pair."""
    for separation, alpha in given:
        alignment(separation, alpha, 128)


def expect(cases: Sequence[Case], contract: Contract) -> None:
    """All that a run asks of the oracle for these cases."""
    for case in cases:
        answer = solve(case, contract)
        for position in np.ndindex(answer.shape):
            index = answer.row(position).exact
            if index >= 0:
                answer.pair(position, index)


def rates(work: dict[str, tuple[int, Callable[[], None]]], repeats: int) -> dict[str, list[float]]:
    """Items a second, by kind of work, once per repeat; the kinds take turns."""
    found: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(repeats):
        for name, (count, call) in work.items():
            start = time.perf_counter()
            call()
            found[name].append(count / (time.perf_counter() - start))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    repeats = max(2, parser.parse_args().repeats)
    vectors = [vector.case for vector in load_vectors() if vector.case.expects is None]
    drawn = [
        case for family in FAMILIES for case in draw(family.strategy, family.name, _A_FAMILY, SEED)
    ]
    work: dict[str, tuple[int, Callable[[], None]]] = {}
    for regime, given in pairs().items():
        work[f"certificates, {regime}"] = (len(given), lambda given=given: certify(given))
    for source, cases in (("vectors", vectors), ("generated", drawn)):
        for contract in (EXACT, FLOAT64):
            work[f"cases, {source}, {contract.name}"] = (
                len(cases),
                lambda cases=cases, contract=contract: expect(cases, contract),
            )
    found = rates(work, repeats)
    table = Table(title="Throughput of the oracle, one thread", title_justify="left")
    for name in ("what", "a second, median", "spread", "slowest", "fastest"):
        table.add_column(name, justify="left" if name == "what" else "right")
    for name, values in found.items():
        low, middle, high = statistics.quantiles(values, n=4)
        table.add_row(
            name,
            f"{middle:,.0f}",
            f"{(high - low) / middle:.0%}",
            f"{min(values):,.0f}",
            f"{max(values):,.0f}",
        )
    console = Console(width=120)
    console.print(table)
    load = os.getloadavg()[0]
    console.print(
        f"{repeats} repeats; {platform.machine()}, {os.cpu_count()} cores, load {load:.1f}; "
        + ", ".join(f"{name} {value}" for name, value in versions().items()),
        highlight=False,
    )


if __name__ == "__main__":
    main()
