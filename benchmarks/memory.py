"""Peak resident memory of 1,000 queries against 10,000,000 keys of d = 64, float32.

    python -m benchmarks.memory [WAY ...]

Every way has a process of its own, which makes the keys in place, block by block, and holds them:
2.56 GB of the peak are the input.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

_QUERIES, _KEYS, _DIMENSION = 1_000, 10_000_000, 64
_BLOCK = 1 << 16
_LIMIT = 4.0  # GiB

Rows = NDArray[np.float32]


def _operator(query: Rows, keys: Rows) -> Any:
    from gd_attention.accelerated import gd_attention

    return gd_attention(query, keys, beta=0.02)


def _per_key(query: Rows, keys: Rows) -> Any:
    from gd_attention.accelerated import gd_attention

    alpha = np.random.default_rng(1).beta(2.0, 2.0, len(keys))
    return gd_attention(query, keys, alpha=alpha, beta=0.02)


def _nearest(query: Rows, keys: Rows) -> Any:
    from gd_attention.accelerated import nearest

    return nearest(query, keys)


WAYS: dict[str, Callable[[Rows, Rows], Any]] = {
    "operator": _operator,
    "operator-per-key": _per_key,
    "nearest": _nearest,
}


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("ways", nargs="*", help=f"of {', '.join(WAYS)}; by default all")
    parser.add_argument("--here", choices=list(WAYS), help="measure one way in this process")
    given = parser.parse_args()
    if unknown := set(given.ways) - WAYS.keys():
        parser.error(f"WAY must be of {', '.join(WAYS)}, got {', '.join(sorted(unknown))}")
    if given.here:
        _measure(given.here)
        return
    for way in given.ways or WAYS:
        subprocess.run([sys.executable, "-m", "benchmarks.memory", "--here", way], check=True)


def _measure(way: str) -> None:
    r = np.random.default_rng(0)
    query = r.standard_normal((_QUERIES, _DIMENSION), dtype=np.float32)
    keys = np.empty((_KEYS, _DIMENSION), np.float32)
    for first in range(0, _KEYS, _BLOCK):
        r.standard_normal(dtype=np.float32, out=keys[first : first + _BLOCK])
    begun = time.perf_counter()
    WAYS[way](query, keys)
    seconds = time.perf_counter() - begun
    # kibibytes on Linux, bytes on macOS
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30
    inputs = (query.nbytes + keys.nbytes) / 2**30
    print(
        f"{way}: {seconds:.1f} s, peak {peak:.2f} GiB, queries and keys {inputs:.2f} GiB, "
        f"limit {_LIMIT:.0f} GiB"
    )


if __name__ == "__main__":
    main()
