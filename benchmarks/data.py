"""The data sets: what screens are good at, and what is made to be bad for them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["DATA", "FULL", "QUICK", "make"]

Float32 = NDArray[np.float32]
Pair = tuple[NDArray[np.floating], NDArray[np.floating]]

# (queries, keys, dimension)
FULL = [
    (m, n, d)
    for d in (16, 64, 128, 256, 768)
    for m, n in ((4096, 16384), (1024, 65536), (64, 262144), (1, 1048576))
]
QUICK = [(m, n, d) for d in (16, 64, 256) for m, n in ((512, 8192), (1, 65536))]


def _normal(r: np.random.Generator, rows: int, columns: int) -> Float32:
    # drawn as float32: the largest cell would take 6 GB for a moment otherwise
    return r.standard_normal((rows, columns), dtype=np.float32)


def _gaussian(r: np.random.Generator, m: int, n: int, d: int) -> Pair:
    return _normal(r, m, d), _normal(r, n, d)


def _clustered(r: np.random.Generator, m: int, n: int, d: int) -> Pair:
    """A hundred clusters a tenth as wide as they are apart."""
    centres = _normal(r, 100, d)
    return (
        centres[r.integers(0, 100, m)] + 0.1 * _normal(r, m, d),
        centres[r.integers(0, 100, n)] + 0.1 * _normal(r, n, d),
    )


def _digits(r: np.random.Generator, m: int, n: int, d: int) -> Pair:
    """The 8 x 8 digits of scikit-learn, jittered and repeated to the shape."""
    from sklearn.datasets import load_digits

    pixels = np.tile(load_digits().data.astype(np.float32), (1, -(-d // 64)))[:, :d]
    return (
        pixels[r.integers(0, len(pixels), m)] + _normal(r, m, d),
        pixels[r.integers(0, len(pixels), n)] + _normal(r, n, d),
    )


def _offset(r: np.random.Generator, m: int, n: int, d: int) -> Pair:
    """Mean 100: the expanded form loses the distances in float32."""
    return _normal(r, m, d) + 100.0, _normal(r, n, d) + 100.0


def _orthogonal(r: np.random.Generator, m: int, n: int, d: int) -> Pair:
    """Far queries almost orthogonal to keys of one norm: all distances nearly agree."""
    query, keys = _normal(r, m, d), _normal(r, n, d)
    half = d // 2
    query[:, :half] *= 0.05
    keys[:, half:] *= 0.05
    keys /= np.linalg.norm(keys, axis=1, keepdims=True)
    return 10.0 * query, keys


def _decaying(r: np.random.Generator, m: int, n: int, d: int) -> Pair:
    """Coordinate c has scale 1/(1 + c): one byte scale fits few of them."""
    scale = 1.0 / (1.0 + np.arange(d, dtype=np.float32))
    return _normal(r, m, d) * scale, _normal(r, n, d) * scale


def _norm_spread(r: np.random.Generator, m: int, n: int, d: int) -> Pair:
    """Norms log-normal over orders of magnitude."""
    return (
        np.exp(_normal(r, m, 1)) * _normal(r, m, d),
        np.exp(_normal(r, n, 1)) * _normal(r, n, d),
    )


DATA: dict[str, Callable[[np.random.Generator, int, int, int], Pair]] = {
    "gaussian": _gaussian,
    "clustered": _clustered,
    "digits": _digits,
    "offset 100": _offset,
    "orthogonal": _orthogonal,
    "decaying": _decaying,
    "norm spread": _norm_spread,
}


def make(name: str, queries: int, keys: int, dimension: int) -> tuple[Float32, Float32]:
    """Queries and keys of a data set, the same in every run."""
    r = np.random.default_rng([queries, keys, dimension])
    query, key = DATA[name](r, queries, keys, dimension)
    return query.astype(np.float32, copy=False), key.astype(np.float32, copy=False)
