"""Top-k attention [7]: keep each query's k largest scores, apply the activation to those alone.

[7] A. Gupta, G. Dar, S. Goodman, D. Ciprut, J. Berant (2021), Memory-efficient transformers via
top-k attention. SustaiNLP.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import natural_number
from .checks import floats, mask_for
from .gibbs import finite_product

__all__ = ["kept_mass", "topk_attention", "topk_support", "topk_weights", "topk_weights_vjp"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Activation = Literal["softmax", "relu"]


def topk_support(scores: ArrayLike, k: int, mask: ArrayLike | None = None) -> Bool:
    """Which min(k, visible) candidates are kept: the largest scores, of equal ones the first.

    Axes: M queries, N candidates.

    Ties at the k-th value: exactly k are kept, the lowest indices first. Other conventions: all
    ties are kept (a threshold at the k-th value, as x-transformers does), or k in an arbitrary
    order (torch.topk). Hidden candidates are never kept; an additive mask of large negative
    numbers would keep them where fewer than k are visible, and spread a fully masked row over
    arbitrary ones.

    Parameters
    ----------
    scores : (..., M, N) or (N,)
    k : int
        At least 1; more than N means N.
    mask : bool, broadcasts to the shape of scores
        True = may be selected.

    Returns
    -------
    bool, shape of scores

    Raises
    ------
    ValueError
        If a score is not finite, k is below 1, or the mask does not fit.

    Properties
    ----------
    - P-count: exactly min(k, number of visible candidates) are kept
    - P-largest: no kept score is smaller than a visible one that is not kept
    - P-first-of-ties: of equal scores, the lower index is kept
    - P-relative: a common shift of the scores that is exact changes nothing

    References
    ----------
    [7] Gupta et al. (2021), Memory-efficient transformers via top-k attention.
    """
    s, visible, count = _checked(scores, k, mask)
    # a stable sort of the negated scores: descending, equal ones in order of their index, the
    # hidden ones last
    order = np.argsort(np.where(visible, -s, np.inf), axis=-1, kind="stable")
    kept = np.zeros(s.shape, dtype=np.bool_)
    np.put_along_axis(kept, order[..., :count], True, axis=-1)
    return kept & visible


def topk_weights(
    scores: ArrayLike,
    k: int,
    mask: ArrayLike | None = None,
    activation: Activation = "softmax",
) -> Float:
    """The activation of the kept scores, zero for all others.

    ``softmax``: ``exp(s_j) / sum_kept exp(s)``, which sums to 1. ``relu``: ``max(s_j, 0)``, the
    form for feed-forward layers, not normalised: its zero is absolute, so nothing need be read.

    Parameters
    ----------
    scores, k, mask
        As `topk_support`. Scaling (1/sqrt(d)) is the caller's.
    activation : "softmax" or "relu"

    Returns
    -------
    float64, shape of scores
        A row without a visible candidate is zero.

    Raises
    ------
    ValueError
        As `topk_support`, or if the activation is unknown.

    Properties
    ----------
    - P-full: k >= N gives the softmax of all visible scores
    - P-hard: k = 1 gives a one-hot row on the first maximum
    - P-renormalised: equals the full softmax, restricted to the support and divided by its mass
    - P-total-variation: half the L1 distance to the full softmax is 1 minus the kept mass
    - P-information: of all distributions q on k candidates, KL(q || softmax) is least here
    - P-information-value: that least divergence is minus the logarithm of the kept mass
    - P-masked-zero: a fully masked row, or N = 0, gives zeros
    - P-relu-absolute: with relu, scores of at most 0 give weight 0 whatever their rank

    References
    ----------
    [7] Gupta et al. (2021), Memory-efficient transformers via top-k attention.
    """
    kept = topk_support(scores, k, mask)
    s = floats("scores", scores)
    if activation == "relu":
        return np.where(kept, np.maximum(s, 0.0), 0.0)
    if activation != "softmax":
        raise ValueError(f"activation: expected 'softmax' or 'relu', got {activation!r}")
    return _softmax_on(kept, s)


def kept_mass(scores: ArrayLike, k: int, mask: ArrayLike | None = None) -> Float:
    """The mass that the full softmax gives to the kept candidates.

    Parameters
    ----------
    scores, k, mask
        As `topk_support`.

    Returns
    -------
    float64 (..., M), in [0, 1]
        0 for a row without a visible candidate.

    Raises
    ------
    ValueError
        As `topk_support`.

    Properties
    ----------
    - P-monotone: does not decrease with k, and is 1 for k >= N
    - P-at-least: at least min(k, n) / n for n visible candidates

    References
    ----------
    [7] Gupta et al. (2021), Memory-efficient transformers via top-k attention.
    """
    s, visible, _ = _checked(scores, k, mask)
    full = _softmax_on(visible, s)
    return np.asarray(np.where(topk_support(scores, k, mask), full, 0.0).sum(axis=-1))


def topk_weights_vjp(
    scores: ArrayLike, k: int, upstream: ArrayLike, mask: ArrayLike | None = None
) -> Float:
    """The gradient of ``upstream . topk_weights(scores, k)`` with softmax, the support held fixed.

    ``w_j (g_j - sum_i w_i g_i)``. Where the k-th and the next score are equal the weights jump and
    no gradient exists; this is then the one-sided gradient of the chosen support.

    Parameters
    ----------
    scores, k, mask
        As `topk_support`.
    upstream : shape of scores
        The gradient g with respect to the weights.

    Returns
    -------
    float64, shape of scores

    Raises
    ------
    ValueError
        As `topk_support`, or if upstream has another shape.

    Properties
    ----------
    - P-dropped-zero: zero for every candidate that is not kept
    - P-gradient: equals the difference quotient where the k-th score is strict
    - P-sums-to-zero: a row sums to zero

    References
    ----------
    [7] Gupta et al. (2021), Memory-efficient transformers via top-k attention.
    """
    w = topk_weights(scores, k, mask)
    g = floats("upstream", upstream)
    if g.shape != w.shape:
        raise ValueError(f"upstream: expected shape {w.shape} as scores have, got {g.shape}")
    # a difference of two finite numbers is finite at half the size, and w (1 - w) is below 1/2
    part = np.where(np.max(np.abs(g), axis=-1, keepdims=True, initial=0.0) > 1.0, 0.5, 1.0)
    centred = part * g - np.sum(w * (part * g), axis=-1, keepdims=True)
    return np.asarray(w * centred / part)


def topk_attention(
    query: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    k: int,
    *,
    mask: ArrayLike | None = None,
    activation: Activation = "softmax",
    scale: float | None = None,
    chunk: int | None = None,
) -> Float:
    """``O = topk_weights(scale query keys^T, k) values``, for the queries in chunks.

    Axes: M queries, N keys, D space, V value width.

    Parameters
    ----------
    query : (..., M, D)
    keys : (..., N, D)
    values : (..., N, V)
    k : int
        At least 1; more than N means N.
    mask : bool, broadcasts to (..., M, N)
        True = may be selected.
    activation : "softmax" or "relu"
    scale : float, optional
        Default: 1/sqrt(D) with softmax, 1 with relu, as in the work.
    chunk : int, optional
        Queries in one piece: bounds the memory, not the result. Default: all.

    Returns
    -------
    float64 (..., M, V)
        Zero rows where nothing is visible.

    Raises
    ------
    ValueError
        If shapes do not fit, an entry is not finite, a product overflows, k or chunk is below 1.

    Properties
    ----------
    - P-chunks: the chunk size changes at most the rounding
    - P-full-attention: k >= N gives softmax attention
    - P-error: differs from softmax attention by at most (1 - kept mass) times the values' diameter

    References
    ----------
    [7] Gupta et al. (2021), Memory-efficient transformers via top-k attention.
    """
    q, key, value = floats("query", query), floats("keys", keys), floats("values", values)
    for name, array in (("query", q), ("keys", key), ("values", value)):
        if array.ndim < 2:
            raise ValueError(f"{name}: expected at least 2 axes, got shape {array.shape}")
    if key.shape[-1] != q.shape[-1]:
        raise ValueError(f"keys: expected width {q.shape[-1]} as query has, got {key.shape[-1]}")
    if value.shape[-2] != key.shape[-2]:
        raise ValueError(f"values: expected {key.shape[-2]} rows as keys, got {value.shape[-2]}")
    if scale is None:
        scale = q.shape[-1] ** -0.5 if activation == "softmax" and q.shape[-1] else 1.0
    factor = floats("scale", scale, 0)
    batch = np.broadcast_shapes(q.shape[:-2], key.shape[:-2], value.shape[:-2])
    visible = mask_for("mask", mask, (*batch, q.shape[-2], key.shape[-2]))
    step = _count("chunk", max(q.shape[-2], 1) if chunk is None else chunk)
    result = np.empty((*batch, q.shape[-2], value.shape[-1]))
    for low in range(0, q.shape[-2], step):
        rows = slice(low, low + step)
        products = finite_product(q[..., rows, :], np.swapaxes(key, -1, -2), "query, keys")
        with np.errstate(over="ignore"):
            scores = np.broadcast_to(factor * products, visible[..., rows, :].shape)
        if not np.isfinite(scores).all():
            raise ValueError("scale: expected finite scores, got an overflow of float64")
        weights = topk_weights(scores, k, visible[..., rows, :], activation)
        result[..., rows, :] = finite_product(weights, value, "values")
    return result


def _softmax_on(support: Bool, scores: Float) -> Float:
    """Softmax over the supported candidates; a row without one is zero, not NaN."""
    largest = np.max(scores, axis=-1, keepdims=True, where=support, initial=-np.inf)
    # a gap beyond the largest float is -inf, whose exponential is the 0 that it would be anyway
    with np.errstate(over="ignore"):
        shifted = np.where(support, scores, -np.inf) - np.where(np.isfinite(largest), largest, 0.0)
    terms = np.exp(shifted)
    total = terms.sum(axis=-1, keepdims=True)
    return np.asarray(terms / np.where(total > 0, total, 1.0))


def _checked(scores: ArrayLike, k: int, mask: ArrayLike | None) -> tuple[Float, Bool, int]:
    s = floats("scores", scores)
    if s.ndim < 1:
        raise ValueError(f"scores: expected at least 1 axis, got shape {s.shape}")
    return s, mask_for("mask", mask, s.shape), min(_count("k", k), s.shape[-1])


def _count(name: str, value: int) -> int:
    if natural_number(name, value) == 0:
        raise ValueError(f"{name}: expected an integer >= 1, got 0")
    return natural_number(name, value)
