"""Input checks: what a call accepts, and the sentence it raises otherwise.

Every message has one form: ``argument: expected ..., got ...``, with the first offending index
where an element is at fault. Wrong dtypes are a TypeError, all else is a ValueError.

Real arguments are floats of 64 bits or fewer, taken exactly, or integers that float64 represents.
Rows that no unmasked pair reads are not looked at: they may hold anything (GDA-mask-unread).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import (
    INTEGERS,
    as_float64,
    boolean_array,
    element_message,
    first_index,
    inexact_integers,
    is_bfloat16,
    natural_number,
    non_negative_scalar,
    positive_scalar,
    real_array,
    real_dtype_array,
    threshold_array,
    weight_array,
)

__all__ = [
    "Inputs",
    "all_finite",
    "broadcast_argument",
    "checked",
    "checked_shapes",
    "natural_number",
    "non_negative_scalar",
    "positive_scalar",
    "real_array",
    "threshold_array",
    "weight_array",
]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Inputs:
    """The arguments of a call, checked and broadcast (read-only views where nothing is copied).

    Axes: B... leading dimensions, M queries, N keys, D space, V value width.

    Attributes
    ----------
    query : float64 (B..., M, D)
    keys : float64 (B..., N, D)
        Rows that no unmasked pair reads are as given, finite or not. With ``narrow``, float32
        arrays stay float32.
    values : (B..., N, V), dtype as given
    alpha : float64 (B..., N)
    beta : float
    threshold : float64 (B..., M, N)
    mask : bool (B..., M, N)
    fill : (B..., M, V), dtype of values
    """

    query: Float
    keys: Float
    values: NDArray[Any]
    alpha: Float
    beta: float
    threshold: Float
    mask: Bool
    fill: NDArray[Any]

    @property
    def batch(self) -> tuple[int, ...]:
        """The leading dimensions B... ."""
        return self.query.shape[:-2]


def checked(
    query: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike | None = None,
    alpha: ArrayLike = 0.5,
    beta: ArrayLike = 1.0,
    threshold: ArrayLike = math.inf,
    mask: ArrayLike | None = None,
    fill: ArrayLike = 0.0,
    *,
    narrow: bool = False,
    finite: Callable[[NDArray[Any]], bool] | None = None,
) -> Inputs:
    """Check the arguments of the operator and broadcast them.

    Parameters
    ----------
    query, keys, values, alpha, beta, threshold, mask, fill
        As in `selection.gd_attention`.
    narrow : bool
        Leave query and keys of dtype float32 as they are instead of converting them to float64,
        for callers that read them as the numbers they are without a wider copy.
    finite : callable, optional
        Says whether all elements of a floating array, not empty, are finite: a faster way than
        the one here.

    Returns
    -------
    Inputs

    Raises
    ------
    TypeError
        If a real argument is bool, complex, object or long double, or the mask is not boolean.
    ValueError
        If a shape does not fit, an integer is not representable in float64, a value lies outside
        its domain, or a row that an unmasked pair reads is not finite.

    Notes
    -----
    Clauses: GDA-input-shape, GDA-input-dtype, GDA-input-exact, GDA-input-domain, GDA-input-finite,
    GDA-mask-unread, GDA-values-default, GDA-batch-broadcast, GDA-fill-representable.
    alpha and threshold are checked everywhere, masked pairs included: they are arguments of the
    call, not rows that a pair reads.
    """
    query_given = real_dtype_array("query", query)
    keys_given = real_dtype_array("keys", keys)
    values_given = keys_given if values is None else real_dtype_array("values", values)
    alpha_given = weight_array("alpha", alpha)
    precision = positive_scalar("beta", beta)
    threshold_given = threshold_array("threshold", threshold)
    mask_given = boolean_array("mask", mask)
    fill_given = real_array("fill", fill)

    batch = checked_shapes(query_given.shape, keys_given.shape, values_given.shape)
    m = query_given.shape[-2]
    n, v = values_given.shape[-2:]
    d = keys_given.shape[-1]

    alpha_full = broadcast_argument("alpha", alpha_given, (*batch, n), "(B..., N)")
    threshold_full = broadcast_argument(
        "threshold", threshold_given, (*batch, m, n), "(B..., M, N)"
    )
    mask_full = broadcast_argument("mask", mask_given, (*batch, m, n), "(B..., M, N)")
    fill_full = broadcast_argument(
        "fill", _representable("fill", fill_given, values_given.dtype), (*batch, m, v),
        "(B..., M, V)",
    )  # fmt: skip

    query_bad, key_bad = _unusable(query_given, finite), _unusable(keys_given, finite)
    if query_bad is not None:
        _rows("query", query_given, query_bad, mask_full, axis=-1)
    if key_bad is not None:
        _rows("keys", keys_given, key_bad, mask_full, axis=-2)
    if values is not None:
        # values are copied, not computed with: a float may hold anything (GDA-values-nan)
        value_bad = inexact_integers(values_given)
        if value_bad is not None:
            _rows("values", values_given, value_bad, mask_full, axis=-2)

    return Inputs(
        query=np.broadcast_to(_kept(query_given, narrow), (*batch, m, d)),
        keys=np.broadcast_to(_kept(keys_given, narrow), (*batch, n, d)),
        values=np.broadcast_to(values_given, (*batch, n, v)),
        alpha=alpha_full,
        beta=precision,
        threshold=threshold_full,
        mask=mask_full,
        fill=fill_full,
    )


def checked_shapes(
    query: tuple[int, ...], keys: tuple[int, ...], values: tuple[int, ...]
) -> tuple[int, ...]:
    """The leading dimensions B... of a call, from the shapes of its rows.

    Raises
    ------
    ValueError
        If the shapes do not fit, naming the argument.

    Notes
    -----
    Clauses: GDA-input-shape, GDA-batch-broadcast.
    """
    _matrix("query", query, "(..., M, D)")
    _matrix("keys", keys, "(..., N, D)")
    _matrix("values", values, "(..., N, V)")
    d, n = query[-1], keys[-2]
    if d < 1:
        raise ValueError(f"query: expected D >= 1 in shape (..., M, D), got shape {query}")
    if keys[-1] != d:
        raise ValueError(f"keys: expected D = {d} as in query, got shape {keys}")
    if values[-2] != n:
        raise ValueError(f"values: expected N = {n} rows as in keys, got shape {values}")
    batch = _joined("keys", keys[:-2], query[:-2])
    return _joined("values", values[:-2], batch)


def _matrix(name: str, shape: tuple[int, ...], legend: str) -> None:
    if len(shape) < 2:
        raise ValueError(f"{name}: expected at least 2 dimensions {legend}, got shape {shape}")


def _joined(name: str, shape: tuple[int, ...], batch: tuple[int, ...]) -> tuple[int, ...]:
    if shape == batch:
        return batch
    try:
        return np.broadcast_shapes(shape, batch)
    except ValueError:
        raise ValueError(
            f"{name}: expected leading dimensions that broadcast with {batch}, got {shape}"
        ) from None


def broadcast_argument(
    name: str, array: NDArray[Any], shape: tuple[int, ...], legend: str
) -> NDArray[Any]:
    """The argument broadcast to a shape that it cannot enlarge. Clause: GDA-batch-broadcast."""
    # broadcast_to refuses to enlarge the target, as the clause demands
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise ValueError(
            f"{name}: expected a shape that broadcasts to {legend} = {shape}, got {array.shape}"
        ) from None


def _kept(array: NDArray[Any], narrow: bool) -> NDArray[Any]:
    """The array in float64, or as it is where it may stay narrow."""
    return array if narrow and array.dtype == np.float32 else as_float64(array)


def all_finite(array: NDArray[Any]) -> bool:
    """Whether no element of a floating array, not empty, is NaN or infinite."""
    # a maximum passes NaN on: no table of flags is needed where all are finite
    with np.errstate(invalid="ignore"):  # NaN of bfloat16, and signalling ones, would be warned of
        return bool(np.isfinite(array.max()) and np.isfinite(array.min()))


def _unusable(
    array: NDArray[Any], finite: Callable[[NDArray[Any]], bool] | None = None
) -> Bool | None:
    """Where an element cannot be read as a finite float64; None where all can."""
    if array.dtype.kind in "iu":
        return inexact_integers(array)
    if not array.size or (finite or all_finite)(array):
        return None
    bad: Bool = ~np.isfinite(array)
    return bad


def _rows(name: str, array: NDArray[Any], bad: Bool, mask: Bool, axis: int) -> None:
    """Raise if a bad element lies in a row of ``array`` that an unmasked pair reads.

    ``axis`` is the axis of the mask over the other side of the pairs.
    """
    used: Bool = np.logical_or.reduce(mask, axis=axis)
    hit = bad & _folded(used, array.shape[:-1])[..., None]
    if hit.any():
        kind = (
            INTEGERS
            if array.dtype.kind in "iu"
            else "finite values in every row that an unmasked pair reads"
        )
        raise ValueError(element_message(name, kind, array, first_index(hit)))


def _folded(used: Bool, shape: tuple[int, ...]) -> Bool:
    """``used`` (B..., rows) folded back to the shape before broadcasting: any copy used."""
    lead = used.ndim - len(shape)
    folded: Bool = np.logical_or.reduce(used, axis=tuple(range(lead)))
    ones = tuple(axis for axis, size in enumerate(shape) if size == 1)
    result: Bool = np.logical_or.reduce(folded, axis=ones, keepdims=True)
    return result


def _representable(name: str, fill: Float, dtype: np.dtype[Any]) -> NDArray[Any]:
    """``fill`` in the dtype of the values, if it is one of its numbers."""
    if dtype.kind == "f" or is_bfloat16(dtype):
        with np.errstate(over="ignore", under="ignore"):
            cast = fill.astype(dtype)
        exact = (cast.astype(np.float64) == fill) | np.isnan(fill)
    else:
        bounds = np.iinfo(dtype)
        # max + 1 is a power of two, so a float; max itself may not be
        exact = (
            (fill == np.trunc(fill)) & (fill >= float(bounds.min)) & (fill < float(bounds.max + 1))
        )
        cast = np.where(exact, fill, 0.0).astype(dtype)
    if not exact.all():
        expected = f"values that dtype {dtype} represents"
        raise ValueError(element_message(name, expected, fill, first_index(~exact)))
    return cast
