"""What is measured: each peer prepares the keys, then answers the queries again and again.

A peer is a function of the keys that returns a function of the queries; preparing is not timed,
except in ``ours, one shot``, which has nothing prepared. The answer is an index array, or None
where the peer only multiplies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["NAIVE_PAIRS", "PEERS", "versions"]

Rows = NDArray[np.float32]
Answer = Callable[[Rows], NDArray[Any] | None]

_BLOCK = 1 << 26  # elements of a distance matrix at a time: 256 MiB of float32
NAIVE_PAIRS = 1 << 24  # the loop of pairs is measured up to here


def ours(keys: Rows) -> Answer:
    """`KeyIndex`, the engine chosen by the call."""
    from gd_attention.accelerated import KeyIndex

    return KeyIndex(keys).nearest


def ours_float32(keys: Rows) -> Answer:
    """The float32 engine alone, as on a machine without byte instructions."""
    from gd_attention.accelerated import nearest, pack
    from gd_attention.accelerated.engines import ENGINES

    packed = pack(keys)
    engines = tuple(engine for engine in ENGINES if engine.name == "float32")
    return lambda query: nearest(query, keys, packed=packed, engines=engines)


def ours_one_shot(keys: Rows) -> Answer:
    """`nearest` with nothing prepared."""
    from gd_attention.accelerated import nearest

    return lambda query: nearest(query, keys)


def gemm(keys: Rows) -> Answer:
    """The bare product of the same FLOPs, result dropped."""
    step = max(1, _BLOCK // len(keys))
    out = np.empty((step, len(keys)), np.float32)
    turned = keys.T

    def multiply(query: Rows) -> None:
        for first in range(0, len(query), step):
            block = query[first : first + step]
            np.matmul(block, turned, out=out[: len(block)])

    return multiply


def numpy_expanded(keys: Rows) -> Answer:
    """``|k|^2 - 2 q.k`` in float32, then argmin."""
    squares = np.einsum("nd,nd->n", keys, keys)
    step = max(1, _BLOCK // len(keys))

    def answer(query: Rows) -> NDArray[Any]:
        blocks = (query[i : i + step] for i in range(0, len(query), step))
        return np.concatenate([(squares - 2 * (b @ keys.T)).argmin(axis=1) for b in blocks])

    return answer


def faiss_flat(keys: Rows) -> Answer:
    """FAISS IndexFlatL2, k = 1, prebuilt."""
    import faiss

    index = faiss.IndexFlatL2(keys.shape[1])
    index.add(keys)
    return lambda query: index.search(query, 1)[1][:, 0]


def sklearn_argmin(keys: Rows) -> Answer:
    """scikit-learn pairwise_distances_argmin."""
    from sklearn.metrics import pairwise_distances_argmin

    return lambda query: pairwise_distances_argmin(query, keys)


def torch_cdist(keys: Rows) -> Answer:
    """torch.cdist and argmin, in blocks."""
    import torch

    stored = torch.from_numpy(keys)
    step = max(1, _BLOCK // len(keys))

    def answer(query: Rows) -> NDArray[Any]:
        blocks = torch.from_numpy(query).split(step)
        return torch.cat([torch.cdist(b, stored).argmin(dim=1) for b in blocks]).numpy()

    return answer


def torch_attention(keys: Rows) -> Answer:
    """Attention by scaled_dot_product_attention of torch, values = keys: no index, a yardstick."""
    import torch

    stored = torch.from_numpy(keys)[None, None]

    def attend(query: Rows) -> None:
        given = torch.from_numpy(query)[None, None]
        torch.nn.functional.scaled_dot_product_attention(given, stored, stored)

    return attend


def keops(keys: Rows) -> Answer:
    """KeOps LazyTensor argmin."""
    from pykeops.numpy import LazyTensor

    right = LazyTensor(np.ascontiguousarray(keys)[None, :, :])

    def answer(query: Rows) -> NDArray[Any]:
        left = LazyTensor(np.ascontiguousarray(query)[:, None, :])
        return ((left - right) ** 2).sum(-1).argmin(axis=1)[:, 0]

    return answer


def naive_loop(keys: Rows) -> Answer:
    """A compiled loop over pairs and coordinates, float64 sums, one thread."""
    from numba import njit

    @njit(nogil=True)
    def answer(query: Rows, keys: Rows) -> NDArray[Any]:
        index = np.zeros(query.shape[0], np.int64)
        for i in range(query.shape[0]):
            least = np.inf
            for j in range(keys.shape[0]):
                total = 0.0
                for c in range(keys.shape[1]):
                    jump = np.float64(query[i, c]) - np.float64(keys[j, c])
                    total += jump * jump
                if total < least:
                    least, index[i] = total, j
        return index

    return lambda query: answer(query, keys)


PEERS: dict[str, Callable[[Rows], Answer]] = {
    "ours": ours,
    "ours, float32 engine": ours_float32,
    "ours, one shot": ours_one_shot,
    "GEMM": gemm,
    "FAISS": faiss_flat,
    "NumPy": numpy_expanded,
    "scikit-learn": sklearn_argmin,
    "torch cdist": torch_cdist,
    "torch SDPA": torch_attention,
    "KeOps": keops,
    "naive loop": naive_loop,
}


def versions() -> dict[str, str]:
    """Versions of what is installed."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("numpy", "numba", "llvmlite", "faiss-cpu", "scikit-learn", "torch", "pykeops"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
