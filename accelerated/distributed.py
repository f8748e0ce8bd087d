"""The operator over dask arrays: key sets that one machine does not hold.

Each chunk of keys is searched where it lies; what travels is one candidate for each query and
chunk. A tree of merges (GDA-thm-merge) picks the first by (exact E*, global index). The merge is
associative and commutative, so neither chunks, nor their order, nor a task that runs twice changes
a bit of the result. The scheduler, its progress display and its recovery are dask's.
"""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import numpy as np
from gd_attention.arguments import (
    boolean_array,
    positive_scalar,
    real_array,
    real_dtype_array,
    threshold_array,
    weight_array,
)
from gd_attention.selection import Selection
from gd_attention.validation import broadcast_argument, checked_shapes

from .merging import candidates, finished, first

try:
    import dask.array as da
    from dask.base import compute
except ImportError as error:
    raise ImportError(
        "gd_attention.accelerated.distributed needs dask: pip install 'gd-attention[distributed]'"
    ) from error

__all__ = ["computed", "gd_attention"]

# a merge waits for this many candidates of a query: the depth of the tree is log2 of the chunks
_SPLIT = 2


def gd_attention(
    query: Any,
    keys: Any,
    values: Any = None,
    *,
    alpha: Any = 0.5,
    beta: Any = 1.0,
    threshold: Any = math.inf,
    mask: Any = None,
    fill: Any = 0.0,
) -> Selection:
    """Select, for each query, the admitted key of least alignment energy, or abstain; lazily.

    Axes: B... leading dimensions, M queries, N keys, D space, V value width.

    Parameters
    ----------
    query : dask array (B..., M, D)
        Chunked any way; every argument may also be an array_like. D is gathered into one chunk.
    keys : dask array (B..., N, D)
    values : dask array (B..., N, V), optional
        Default: the keys. V is gathered into one chunk.
    alpha : dask array, broadcasts to (B..., N)
    beta : scalar
        Finite and positive; never a dask array.
    threshold : dask array, broadcasts to (B..., M, N)
    mask : bool dask array, broadcasts to (B..., M, N), optional
    fill : dask array, broadcasts to (B..., M, V)

    Returns
    -------
    Selection
        Its fields are dask arrays; computed, they are bit for bit those of
        `gd_attention.gd_attention` on the whole arrays. `computed` computes all of them in one run.

    Raises
    ------
    TypeError, ValueError
        At once for shapes, dtypes, unknown chunk sizes, and values of arguments that are no dask
        arrays but rows; otherwise as `gd_attention.gd_attention`, when the result is computed.

    Notes
    -----
    Clauses: GDA-scope-operator, GDA-thm-merge, GDA-select-ties, GDA-select-exact-order,
    GDA-batch-broadcast.
    """
    rows = {"query": _rows("query", query), "keys": _rows("keys", keys)}
    if values is not None:
        rows["values"] = _rows("values", values)
    value = rows.get("values", rows["keys"])
    batch = checked_shapes(rows["query"].shape, rows["keys"].shape, value.shape)
    precision = positive_scalar("beta", beta)
    m, d = rows["query"].shape[-2:]
    n, v = value.shape[-2:]

    weights = _argument("alpha", alpha, weight_array, (*batch, n), "(B..., N)")
    bounds = _argument("threshold", threshold, threshold_array, (*batch, m, n), "(B..., M, N)")
    filler = _argument("fill", fill, real_array, (*batch, m, v), "(B..., M, V)")
    allowed = None
    if mask is not None:
        allowed = _argument("mask", mask, boolean_array, (*batch, m, n), "(B..., M, N)")

    lead = tuple(range(len(batch)))
    em, en, ed, ev = range(len(batch), len(batch) + 4)
    position = da.arange(n, chunks=(rows["keys"].chunks[-2],), dtype=np.int64)
    table = da.blockwise(
        candidates, (*lead, em, en),
        *_indexed(rows["query"], lead, em, ed),
        *_indexed(rows["keys"], lead, en, ed),
        *_indexed(rows.get("values"), lead, en, ev),
        *_indexed(weights, lead, en),
        *_indexed(bounds, lead, em, en),
        *_indexed(allowed, lead, em, en),
        *_indexed(position, (), en),
        beta=precision, concatenate=True, adjust_chunks={en: lambda size: 1},
        dtype=object, meta=np.empty((0,) * (len(batch) + 2), dtype=object),
    )  # fmt: skip
    winners = da.reduction(
        table, first, first, axis=-1, split_every=_SPLIT, dtype=object, concatenate=True,
        meta=np.empty((0,) * (len(batch) + 1), dtype=object),
    )  # fmt: skip
    whole = da.blockwise(
        finished, (*lead, em),
        winners, (*lead, em),
        *_indexed(rows["query"], lead, em, ed),
        *_indexed(filler, lead, em, ev),
        beta=precision, width=v, value_dtype=value.dtype, dtype=object, concatenate=True,
        meta=np.empty((0,) * (len(batch) + 1), dtype=object),
    )  # fmt: skip

    def field(name: str, kind: Any, *tail: int) -> Any:
        """A field of the finished blocks, with ``tail`` as its last axis."""
        return da.blockwise(
            getattr, (*lead, em, *((ev,) if tail else ())), whole, (*lead, em), name, None,
            new_axes={ev: tail[0]} if tail else None, dtype=kind,
            meta=np.empty((0,) * (len(batch) + 1 + len(tail)), dtype=kind),
        )  # fmt: skip

    return Selection(
        index=field("index", np.int64),
        output=field("output", value.dtype, v),
        energy=field("energy", np.float64),
        coordinate=field("coordinate", np.float64),
        alignment_point=field("alignment_point", np.float64, d),
        unique=field("unique", np.bool_),
    )


def computed(selection: Selection, **options: Any) -> Selection:
    """The selection with NumPy arrays, all fields in one run; options are those of `dask.compute`.

    Clause: GDA-scope-operator.
    """
    names = [field.name for field in fields(selection)]
    arrays = compute(*(getattr(selection, name) for name in names), **options)
    return Selection(**dict(zip(names, arrays, strict=True)))


def _rows(name: str, given: Any) -> Any:
    """Query, keys or values as a dask array whose last axis is one chunk."""
    array = _dask(name, given, real_dtype_array)
    real_dtype_array(name, np.empty(0, dtype=array.dtype))
    return array.rechunk({array.ndim - 1: -1}) if array.ndim else array


def _argument(name: str, given: Any, check: Any, shape: tuple[int, ...], legend: str) -> Any:
    """An argument that broadcasts to ``shape``; values are checked here unless they are dask's."""
    array = _dask(name, given, check)
    check(name, np.empty(0, dtype=array.dtype))
    broadcast_argument(name, np.broadcast_to(np.empty(()), array.shape), shape, legend)
    return array


def _dask(name: str, given: Any, check: Any) -> Any:
    """A dask array of known chunk sizes."""
    if not isinstance(given, da.Array):
        return da.from_array(check(name, given))
    if any(math.isnan(size) for size in given.shape):
        raise ValueError(
            f"{name}: expected known chunk sizes, got shape {given.shape}; "
            "call its compute_chunk_sizes() first"
        )
    # an empty chunk beside others would hide from dask that an axis of size 1 broadcasts
    return given.rechunk(tuple(tuple(c for c in sizes if c) or (0,) for sizes in given.chunks))


def _indexed(array: Any, lead: tuple[int, ...], *last: int) -> tuple[Any, Any]:
    """An array and the indices of its axes, counted from the last, as `dask.array.blockwise`'s."""
    if array is None:
        return None, None
    every = (*lead, *last)
    return array, every[len(every) - array.ndim :]
