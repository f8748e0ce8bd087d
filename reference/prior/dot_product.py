"""[2] Scaled dot-product attention, with one head and with several.

[2] A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, L. Kaiser,
I. Polosukhin (2017), Attention is all you need, NeurIPS 30.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import natural_number
from .checks import floats, mask_for, positive
from .gibbs import finite_product, gibbs_weights

__all__ = ["attention", "attention_weights", "causal_mask", "multi_head"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


def causal_mask(queries: int, keys: int, align: Literal["first", "last"] = "first") -> Bool:
    """Which keys a query may see: those at or before its own position.

    With as many queries as keys both alignments agree. With fewer queries, ``first`` puts query i
    beside key i, as torch's ``is_causal`` does, and ``last`` puts the last query beside the last
    key, as a cache of past keys needs it.

    Parameters
    ----------
    queries, keys : int
        At least 0.
    align : 'first' or 'last'

    Returns
    -------
    bool (queries, keys)

    Raises
    ------
    TypeError, ValueError
        For a count that is not an integer or is negative, or an unknown alignment.

    Properties
    ----------
    - P-aligned: with ``first`` query 0 sees key 0 alone; with ``last`` the last query sees all.

    References
    ----------
    [2] Vaswani et al. (2017), Attention is all you need, NeurIPS 30.
    """
    rows, columns = natural_number("queries", queries), natural_number("keys", keys)
    if align not in ("first", "last"):
        raise ValueError(f"align: expected 'first' or 'last', got {align!r}")
    shift = columns - rows if align == "last" else 0
    return np.asarray(np.arange(columns) <= np.arange(rows)[:, None] + shift)


def attention_weights(
    query: ArrayLike,
    keys: ArrayLike,
    mask: ArrayLike | None = None,
    scale: ArrayLike | None = None,
) -> Float:
    """``A = softmax(scale Q K^T)`` over the keys that the mask allows.

    Legend: B... batch axes, M queries, N keys, D space.

    Parameters
    ----------
    query : array_like (B..., M, D)
    keys : array_like (B..., N, D)
    mask : array_like of bool, broadcasting to (B..., M, N), optional
        True = may be selected.
    scale : scalar, optional
        Finite and positive; ``1/sqrt(D)`` unless given. D is the width of queries and keys, not of
        the values.

    Returns
    -------
    float64 (B..., M, N)
        Rows sum to 1; a fully masked row is zero, as in torch. Ties share.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains, and where an inner product overflows.

    Properties
    ----------
    - P-sum: rows are non-negative and sum to 1, or are zero where fully masked.
    - P-shift: a vector added to all keys changes no weight: it adds q.u to a whole row.
    - P-causal: under a causal mask a row does not depend on later keys.
    - P-cold: as the scale grows the weights tend to the uniform ones on the keys of the largest
      inner product: average-hard, not unique-hard attention.
    - P-hot: as the scale falls they tend to the uniform ones on all keys.

    References
    ----------
    [2] Vaswani et al. (2017), Attention is all you need, NeurIPS 30.
    """
    q, k = floats("query", query), floats("keys", keys)
    if q.ndim < 2 or k.ndim < 2 or q.shape[-1] != k.shape[-1]:
        raise ValueError(
            f"query, keys: expected (B..., M, D) and (B..., N, D), got {q.shape} and {k.shape}"
        )
    if scale is None:
        factor = 1.0 / math.sqrt(q.shape[-1]) if q.shape[-1] else 1.0
    else:
        factor = positive("scale", scale)
    scores = finite_product(q, np.swapaxes(k, -1, -2), "query, keys")
    return gibbs_weights(scores, factor, mask_for("mask", mask, scores.shape))


def attention(
    query: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    mask: ArrayLike | None = None,
    scale: ArrayLike | None = None,
) -> Float:
    """``O = A V``: each query's blend of the values.

    Legend: B... batch axes, M queries, N keys, D space, V width of the values.

    Parameters
    ----------
    query, keys, mask, scale
        As in `attention_weights`.
    values : array_like (B..., N, V)

    Returns
    -------
    float64 (B..., M, V)
        Zero for a fully masked query.

    Raises
    ------
    TypeError, ValueError
        As `attention_weights`.

    Properties
    ----------
    - P-permutation: permuting keys and values together changes nothing; permuting the queries
      permutes the outputs.
    - P-hull: each coordinate of an output lies between those of the values.

    References
    ----------
    [2] Vaswani et al. (2017), Attention is all you need, NeurIPS 30.
    """
    weights, v = attention_weights(query, keys, mask, scale), floats("values", values)
    if v.ndim < 2 or v.shape[-2] != weights.shape[-1]:
        expected = f"(B..., {weights.shape[-1]}, V)"
        raise ValueError(f"values: expected {expected}, got shape {v.shape}")
    return np.asarray(finite_product(weights, v, "values"))


def multi_head(
    query: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    query_weights: ArrayLike,
    key_weights: ArrayLike,
    value_weights: ArrayLike,
    output_weights: ArrayLike,
    mask: ArrayLike | None = None,
) -> Float:
    """``sum_h attention(Q W^Q_h, K W^K_h, V W^V_h) W^O_h``: heads side by side, then one map.

    The sum over heads is the product of the concatenated heads with ``W^O`` cut into blocks.

    Legend: M queries, N keys, E model width, H heads, D and V widths of a head.

    Parameters
    ----------
    query : array_like (M, E), keys, values : array_like (N, E)
    query_weights, key_weights : array_like (H, E, D)
    value_weights : array_like (H, E, V), output_weights : array_like (H, V, E)
    mask : array_like of bool, broadcasting to (H, M, N), optional

    Returns
    -------
    float64 (M, E)

    Raises
    ------
    TypeError, ValueError
        As `attention`.

    Properties
    ----------
    - P-heads: the result is the sum of what each head gives alone.

    References
    ----------
    [2] Vaswani et al. (2017), Attention is all you need, NeurIPS 30.
    """
    q, k, v = floats("query", query, 2), floats("keys", keys, 2), floats("values", values, 2)
    maps = {
        name: floats(name, given, 3)
        for name, given in (
            ("query_weights", query_weights),
            ("key_weights", key_weights),
            ("value_weights", value_weights),
            ("output_weights", output_weights),
        )
    }
    for name, width in (("query_weights", q), ("key_weights", k), ("value_weights", v)):
        if maps[name].shape[1] != width.shape[1]:
            raise ValueError(f"{name}: expected (H, {width.shape[1]}, ...), got {maps[name].shape}")
    for name, like, axis in (
        ("key_weights", "query_weights", 0),
        ("value_weights", "query_weights", 0),
        ("output_weights", "query_weights", 0),
        ("key_weights", "query_weights", 2),
    ):
        if maps[name].shape[axis] != maps[like].shape[axis]:
            expected = f"{maps[like].shape[axis]} on axis {axis} as {like} has"
            raise ValueError(f"{name}: expected {expected}, got shape {maps[name].shape}")
    if maps["output_weights"].shape[1] != maps["value_weights"].shape[2]:
        raise ValueError(
            f"output_weights: expected (H, {maps['value_weights'].shape[2]}, E), "
            f"got {maps['output_weights'].shape}"
        )
    heads = attention(
        finite_product(q, maps["query_weights"], "query, query_weights"),
        finite_product(k, maps["key_weights"], "keys, key_weights"),
        finite_product(v, maps["value_weights"], "values, value_weights"),
        mask,
    )
    return np.asarray(finite_product(heads, maps["output_weights"], "output_weights").sum(axis=0))
