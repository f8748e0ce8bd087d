"""Masked unique-hard attention [18, 19]: each position reads exactly one other, or none.

Among the positions that a strict mask leaves, the one with the largest score is read; of equally
large ones the leftmost or the rightmost. Which of the two decides what can be computed at all:
rightmost with strict future masking gives all star-free languages, leftmost only the R-trivial
ones. Hence ties must be exact, and floats from different orders of summation have none: scores of
vectors are compared here as the exact numbers that they are.

[18] A. Yang, D. Chiang, D. Angluin (2024), Masked hard-attention transformers recognize exactly the
star-free languages. NeurIPS.
[19] S. Jerad, A. Svete, J. Li, R. Cotterell (2025), Unique hard attention: a tale of two sides.
ACL.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import natural_number
from .checks import floats, mask_for

__all__ = [
    "Mask",
    "Tie",
    "exact_scores",
    "position_mask",
    "unique_hard_attention",
    "unique_hard_index",
]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Int = NDArray[np.int64]
Mask = Literal["none", "future", "past"]
Tie = Literal["leftmost", "rightmost"]


def position_mask(n: int, masking: Mask) -> Bool:
    """Which position j (column) each position i (row) may read: strict, so never itself.

    ``"future"`` masks the future, j < i; ``"past"`` masks the past, j > i; ``"none"`` allows all,
    the position itself among them. With strict masks the first (last) position may read nothing.

    Parameters
    ----------
    n : int
    masking : "none", "future" or "past"

    Returns
    -------
    bool (n, n)

    Raises
    ------
    TypeError, ValueError
        If n is not an integer or is negative, or the name is unknown.

    Properties
    ----------
    - P-strict: with future or past masking the diagonal is False
    - P-mirror: the past mask is the future mask of the reversed positions

    References
    ----------
    [18] Yang, Chiang and Angluin (2024), Masked hard-attention transformers.
    """
    size = natural_number("n", n)
    i, j = np.arange(size)[:, None], np.arange(size)[None, :]
    if masking == "none":
        return np.ones((size, size), dtype=np.bool_)
    if masking == "future":
        return np.asarray(j < i)
    if masking == "past":
        return np.asarray(j > i)
    raise ValueError(f"masking: expected 'none', 'future' or 'past', got {masking!r}")


def unique_hard_index(scores: ArrayLike, mask: ArrayLike | None = None, *, tie: Tie) -> Int:
    """The position of the largest unmasked score; of equal ones the leftmost or the rightmost.

    Scores are compared exactly as given. The tie rule has no default, since it is the content of
    the operator.

    Axes: M readers, N positions.

    Parameters
    ----------
    scores : real or object (..., M, N)
        Floats, integers, booleans, or an object array of exact numbers (`exact_scores`).
    mask : bool, broadcasts to the shape of scores
        True = may be read.
    tie : "leftmost" or "rightmost"

    Returns
    -------
    int64 (..., M)
        -1 where nothing is unmasked.

    Raises
    ------
    ValueError
        If the tie rule is unknown, a score is not finite, or the mask does not fit.

    Properties
    ----------
    - P-largest: no unmasked score is larger than that of the position read
    - P-leftmost: with leftmost, every unmasked position before it has a smaller score
    - P-rightmost: with rightmost, every unmasked position after it has a smaller score
    - P-mirror: rightmost is leftmost on the reversed positions
    - P-none: -1 exactly where nothing is unmasked
    - P-monotone-invariant: an increasing map of the scores that keeps ties and makes none keeps the
      index

    References
    ----------
    [18] Yang, Chiang and Angluin (2024); [19] Jerad et al. (2025), Unique hard attention.
    """
    if tie not in ("leftmost", "rightmost"):
        raise ValueError(f"tie: expected 'leftmost' or 'rightmost', got {tie!r}")
    s = np.asarray(scores)
    if s.dtype.kind not in "biuO":
        s = floats("scores", scores)
    if s.ndim < 1:
        raise ValueError(f"scores: expected at least 1 axis, got shape {s.shape}")
    visible = mask_for("mask", mask, s.shape)
    if s.shape[-1] == 0:
        return np.full(s.shape[:-1], -1, dtype=np.int64)
    # the largest among the visible, starting from the least of all, which cannot exceed it
    least = np.broadcast_to(s.min(axis=-1, keepdims=True), s.shape)
    largest = np.where(visible, s, least).max(axis=-1, keepdims=True)
    return _pick(visible & (s == largest).astype(np.bool_), tie)


def exact_scores(query: ArrayLike, keys: ArrayLike) -> NDArray[Any]:
    """``<q_i, k_j>`` up to one common positive factor, without any rounding.

    Axes: M queries, N keys, D space.

    Parameters
    ----------
    query : (..., M, D)
    keys : (..., N, D)

    Returns
    -------
    object array of Python integers (..., M, N)
        The inner products times one power of two; only their order and equality mean something.

    Raises
    ------
    ValueError
        If an entry is not finite or shapes do not fit.

    Properties
    ----------
    - P-exact: the order and the ties are those of the rational inner products

    References
    ----------
    [18] Yang, Chiang and Angluin (2024), Masked hard-attention transformers, for the score.
    """
    q, k = floats("query", query), floats("keys", keys)
    if q.ndim < 2 or k.ndim < 2 or q.shape[-1] != k.shape[-1]:
        raise ValueError(
            f"keys: expected shape (..., N, D) for a query (..., M, D), got {k.shape} for {q.shape}"
        )
    return np.asarray(_integers(q) @ np.swapaxes(_integers(k), -1, -2), dtype=object)


def unique_hard_attention(
    query: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    tie: Tie,
    masking: Mask = "none",
    mask: ArrayLike | None = None,
) -> Float:
    """``values[j]`` of the unmasked j with the largest ``<q_i, k_j>``, and 0 where none is left.

    Axes: M queries, N keys, D space, V value width.

    Parameters
    ----------
    query : (..., M, D)
    keys : (..., N, D)
    values : (..., N, V)
    tie : "leftmost" or "rightmost"
        Ties are exact equalities of the inner products as real numbers.
    masking : "none", "future" or "past"
        Strict; future and past need M = N.
    mask : bool, broadcasts to (..., M, N)
        True = may be read; on top of the strict mask.

    Returns
    -------
    float64 (..., M, V)

    Raises
    ------
    ValueError
        If an argument does not fit or is not finite.

    Properties
    ----------
    - P-one-or-none: each row is a row of values, or zero where the set is empty
    - P-sides: with distinct scores both tie rules agree

    References
    ----------
    [18] Yang, Chiang and Angluin (2024); [19] Jerad et al. (2025), Unique hard attention.
    """
    scores, value = exact_scores(query, keys), floats("values", values)
    readers, positions = scores.shape[-2:]
    if value.ndim < 2 or value.shape[-2] != positions:
        raise ValueError(f"values: expected {positions} rows as keys have, got {value.shape}")
    visible = mask_for("mask", mask, scores.shape)
    if masking != "none":
        allowed = position_mask(positions, masking)
        if readers != positions:
            raise ValueError(f"masking: expected M = N for {masking!r}, got {scores.shape[-2:]}")
        visible = visible & allowed
    index = unique_hard_index(scores, visible, tie=tie)
    batch = np.broadcast_shapes(index.shape[:-1], value.shape[:-2])
    # index -1 picks the zero row that is appended
    padded = np.concatenate([value, np.zeros((*value.shape[:-2], 1, value.shape[-1]))], axis=-2)
    padded = np.broadcast_to(padded, (*batch, *padded.shape[-2:]))
    index = np.broadcast_to(index, (*batch, readers))
    return np.take_along_axis(padded, index[..., None] % (positions + 1), axis=-2)


def _pick(candidates: Bool, tie: Tie) -> Int:
    """The first or last True of each row, -1 if there is none."""
    if tie == "leftmost":
        index = np.argmax(candidates, axis=-1)
    else:
        index = candidates.shape[-1] - 1 - np.argmax(candidates[..., ::-1], axis=-1)
    return np.where(candidates.any(axis=-1), index, -1).astype(np.int64)


def _integers(array: Float) -> NDArray[Any]:
    """The array times a power of two, as exact Python integers."""
    mantissa, exponent = np.frexp(array)
    whole = np.ldexp(mantissa, 53).astype(np.int64).astype(object)
    # zeros have exponent 0 and would only lengthen the others
    lowest = np.min(exponent, where=mantissa != 0, initial=np.iinfo(np.int32).max)
    shift = np.where(mantissa != 0, exponent - lowest, 0).astype(object)
    return np.asarray(np.left_shift(whole, shift), dtype=object)
