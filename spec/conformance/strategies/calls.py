"""Shapes and dtypes of a call: batches, broadcasting, narrow and mixed dtypes, signed zeros.

What is generated. *batch*: leading dimensions on the query, the keys, the values or crosswise on
both, with alpha, threshold, mask and fill in every shape that broadcasts. *dtypes*: float16 and
float32 whose squares overflow their own format; unsigned and short integers whose differences
wrap; float64 keys next to float32 queries, where rounding to the narrower format makes a tie of
an order; integers up to 2^53; scalars of other dtypes; zeros of both signs; integer values;
values and fill that hold NaN.

Why that distribution. A wrong axis shows only if the lengths differ, so M, N, D and B are drawn
independently. A dtype fault shows only where the narrow arithmetic gives another answer.

What it shrinks to. One query, one key, one dimension, one leading dimension of length 2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gd_attention.conformance.case import Case
from gd_attention.conformance.expectation import Expectation
from gd_attention.conformance.formats import FORMATS
from gd_attention.conformance.strategies.arrays import grid, mixing_weight
from gd_attention.conformance.strategies.family import Draw, Family, seeded
from numpy.typing import NDArray

__all__ = ["BATCH", "DTYPES"]

# Leading shapes of query and keys by kind; values follow the keys.
_LEADING: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "query": ((2,), ()),
    "keys": ((), (2,)),
    "both": ((3,), (3,)),
    "cross": ((2, 1), (3,)),
    "ones": ((1, 2), (1, 1)),
}


def _batch(draw: Draw) -> Case:
    rng = draw.rng
    m, n, d = draw.queries, draw.keys, draw.dimension
    left, right = _LEADING.get(draw.kind, ((), ()))
    query, keys = grid(rng, (*left, m, d)), grid(rng, (*right, n, d))
    values = None
    lead = np.broadcast_shapes(left, right)
    width = int(rng.integers(1, 4))
    if draw.kind == "values":
        lead = (2,)
        values = rng.normal(size=(2, n, width))
    elif rng.random() < 0.5:
        values = rng.normal(size=(*right, n, width))
    width = d if values is None else width
    fill: Any = 0.0
    if rng.random() < 0.5:
        fill = rng.normal(size=_subshape(rng, (*lead, m, width)))
    alpha: Any = mixing_weight(rng)
    if rng.random() < 0.5:
        alpha = rng.uniform(0.1, 0.9, size=_subshape(rng, (*lead, n)))
    threshold: Any = np.inf
    if rng.random() < 0.5:
        # Energies at these distances lie around the range, so both outcomes are common.
        threshold = rng.uniform(0.0, 0.7, size=_subshape(rng, (*lead, m, n)))
    mask = None
    if rng.random() < 0.5:
        mask = rng.random(_subshape(rng, (*lead, m, n))) < 0.7
    flags = ("batch",)
    return Case(query, keys, values, alpha, draw.beta(), threshold, mask, fill, flags=flags)


def _subshape(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that broadcasts to ``shape``: leading axes dropped, others set to one at random."""
    kept = shape[int(rng.integers(len(shape))) :]
    return tuple(1 if rng.random() < 0.4 else length for length in kept)


def _dtypes(draw: Draw) -> Case:
    rng, kind = draw.rng, draw.kind
    m, n, d = draw.queries, draw.keys, draw.dimension
    alpha: Any = mixing_weight(rng)
    beta: Any = draw.beta()
    threshold: Any = np.inf
    values: NDArray[Any] | None = None
    fill: Any = 0.0
    flag = "dtype"
    query: NDArray[Any] = grid(rng, (m, d))
    keys: NDArray[Any] = grid(rng, (n, d))
    if kind == "narrow":
        # Differences of hundreds: their squares exceed 65504, the greatest float16.
        query, keys = (query * 128).astype(np.float16), (keys * 128).astype(np.float16)
        beta = 2.0 ** -int(rng.integers(8, 20))
    elif kind == "wrap":
        dtype = (np.uint8, np.int8, np.int16, np.uint64)[int(rng.integers(4))]
        low, high = (-128, 128) if np.iinfo(dtype).min < 0 else (0, 256)
        query = rng.integers(low, high, size=(m, d)).astype(dtype)
        keys = rng.integers(low, high, size=(n, d)).astype(dtype)
        beta = 2.0 ** -int(rng.integers(8, 20))
    elif kind == "mixed":
        query = rng.normal(size=(m, d)).astype(np.float32)
        # Keys that float32 cannot tell from the query, or from each other.
        keys = query[0] + rng.normal(size=(n, d)) * 1e-9
        keys[0] = rng.normal(size=d)
    elif kind == "integers":
        query = rng.integers(-5, 6, size=(m, d))
        keys = grid(rng, (n, d)) if rng.random() < 0.5 else rng.integers(-5, 6, size=(n, d))
    elif kind == "wide-integers":
        query = 2**53 - rng.integers(0, 3, size=(m, d))
        keys = 2**53 - rng.integers(0, 9, size=(n, d))
    elif kind == "scalars":
        alpha = np.float32(alpha)
        beta = int(rng.integers(1, 4))
        threshold = np.array(int(rng.integers(0, 2)), dtype=np.int32)
        keys[int(rng.integers(n))] = query[0]
    elif kind == "signed-zero":
        flag = "signed-zero"
        query = np.where(rng.random((m, d)) < 0.5, -0.0, query)
        keys = np.where(rng.random((n, d)) < 0.5, 0.0, keys)
        keys[0] = -query[0] * 0.0
        threshold = (np.inf, 0.0, -0.0)[int(rng.integers(3))]
    else:
        values, fill, flag = _special_values(draw)
        threshold = np.where(rng.random((m, 1)) < 0.3, -1.0, np.inf)
    flags = (flag,)
    return Case(query, keys, values, alpha, beta, threshold, None, fill, flags=flags)


def _special_values(draw: Draw) -> tuple[NDArray[Any], Any, str]:
    rng, n = draw.rng, draw.keys
    width = int(rng.integers(1, 4))
    if draw.kind == "values-integer":
        return rng.integers(-9, 10, size=(n, width)).astype(np.int16), -1, "values"
    values = rng.normal(size=(n, width))
    values[rng.random((n, width)) < 0.5] = (np.nan, np.inf)[int(rng.integers(2))]
    return values.astype(np.float32), np.nan, "values-nan"


def _is_batch(case: Case, expectation: Expectation) -> bool:
    return len(expectation.shape) > 1


def _is_special(case: Case, expectation: Expectation) -> bool:
    given = [value for value in case.arguments().values() if value is not None]
    plain_dtype = FORMATS[case.dtype].dtype
    if case.flags[0] == "dtype":
        return any(np.asarray(value).dtype not in (np.float64, plain_dtype) for value in given)
    if case.flags[0] == "signed-zero":
        return any(np.any(np.signbit(value) & (np.asarray(value) == 0)) for value in given)
    return case.values is not None


BATCH = Family(
    "batch",
    seeded(
        "batch",
        _batch,
        kinds=("query", "keys", "both", "values", "cross", "ones"),
        queries=(1, 2),
        keys=(1, 5),
        dimension=(1, 4),
        extras=("", "beta"),
    ),
    _is_batch,
    frozenset({"batch"}),
    "leading dimensions and broadcasting",
)
DTYPES = Family(
    "dtypes",
    seeded(
        "dtypes",
        _dtypes,
        kinds=(
            "integers",
            "narrow",
            "wrap",
            "mixed",
            "wide-integers",
            "scalars",
            "signed-zero",
            "values-integer",
            "values-nan",
        ),
        extras=("",),
        # float16 and float32 beside wider numbers, and integers up to 2^53
        only_float64=("narrow", "mixed", "wide-integers"),
    ),
    _is_special,
    frozenset(),
    "narrow, mixed and integer dtypes, signed zeros, values with NaN",
)
