"""[3] Sparsemax: the Euclidean projection of the scores onto the simplex, and its loss.

[3] A. Martins, R. Astudillo (2016), From softmax to sparsemax: a sparse model of attention and
multi-label classification, ICML.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import natural_number
from .checks import floats, mask_for

__all__ = ["sparsemax", "sparsemax_jvp", "sparsemax_loss", "sparsemax_loss_gradient"]

Float = NDArray[np.float64]


def sparsemax(scores: ArrayLike, mask: ArrayLike | None = None) -> Float:
    """``argmin_p |p - z|^2`` over the simplex: ``p = max(z - tau, 0)`` with sum 1.

    With z sorted downwards, ``k = max{k: 1 + k z_(k) > z_(1) + ... + z_(k)}`` and
    ``tau = (z_(1) + ... + z_(k) - 1) / k``. The support is where p > 0: whether the inequality
    is strict changes k at a boundary, and never p.

    Legend: B... batch axes, N candidates.

    Parameters
    ----------
    scores : array_like (B..., N)
        Finite, or minus infinity, which is as good as masked.
    mask : array_like of bool, broadcasting to (B..., N), optional
        True = may be selected.

    Returns
    -------
    float64 (B..., N)
        Sums to 1; all zero where there is no candidate. Ties share equally.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes, NaN or plus infinity.

    Properties
    ----------
    - P-projection: ``(z - p) . (y - p) <= 0`` for every y of the simplex; its corners suffice.
    - P-nonexpansive: ``|p(z) - p(z')| <= |z - z'|``.
    - P-shift: a constant added to all scores changes nothing.
    - P-one-hot: exactly one-hot iff the largest score leads by at least 1.
    - P-order: larger scores do not weigh less, equal scores weigh the same.
    - P-idempotent: a point of the simplex is its own image.
    - P-nested: scaling the scores by t >= 1 leaves no new candidate in the support.
    - P-relative: each candidate alone has weight 1, whatever its score.

    References
    ----------
    [3] Martins and Astudillo (2016), From softmax to sparsemax, ICML 2016.
    """
    gap, allowed = gaps(scores, mask)
    # tau >= -1 once the largest score is 0: what lies lower, masked or not, has no weight
    gap = np.maximum(gap, -1.0)
    ranked = -np.sort(-gap, axis=-1)
    total = np.cumsum(ranked, axis=-1)
    count = np.arange(1, gap.shape[-1] + 1)
    size = np.sum(1 + count * ranked > total, axis=-1, keepdims=True)
    if not gap.shape[-1]:
        return gap
    last = np.maximum(size - 1, 0)
    tau = (np.take_along_axis(total, last, axis=-1) - 1) / (last + 1)
    return np.asarray(np.where(allowed, np.maximum(gap - tau, 0.0), 0.0))


def gaps(scores: ArrayLike, mask: ArrayLike | None) -> tuple[Float, NDArray[np.bool_]]:
    """The candidates' distances below the largest score, minus infinity for the others.

    An overflowing difference is minus infinity too: a gap that no weight survives.
    """
    z = floats("scores", scores, finite=False)
    if z.ndim == 0:
        raise ValueError("scores: expected an axis of candidates, got a scalar")
    if (np.isnan(z) | (z == np.inf)).any():
        raise ValueError("scores: expected finite numbers or minus infinity")
    allowed = mask_for("mask", mask, z.shape) & (z > -np.inf)
    peak = np.max(np.where(allowed, z, -np.inf), axis=-1, keepdims=True, initial=-np.inf)
    with np.errstate(over="ignore"):
        gap = np.where(allowed, z, 0.0) - np.where(peak > -np.inf, peak, 0.0)
    return np.where(allowed, gap, -np.inf), allowed


def sparsemax_jvp(weights: ArrayLike, direction: ArrayLike) -> Float:
    """The derivative along a direction: ``s * (v - mean of v over the support)``.

    The Jacobian ``diag(s) - s s^T / |S|`` with s the indicator of the support S is symmetric, so
    this is the gradient of a loss with respect to the scores as well. At a boundary, where a
    candidate is about to enter the support, it is one element of the generalised Jacobian.

    Parameters
    ----------
    weights : array_like (B..., N)
        As `sparsemax` returns them.
    direction : array_like (B..., N)

    Returns
    -------
    float64 (B..., N)

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes.

    Properties
    ----------
    - P-derivative: it is the derivative of the map wherever no candidate is at the boundary.

    References
    ----------
    [3] Martins and Astudillo (2016), From softmax to sparsemax, ICML 2016.
    """
    p, v = floats("weights", weights), floats("direction", direction)
    if p.ndim == 0:
        raise ValueError("weights: expected an axis of candidates, got a scalar")
    if p.shape != v.shape:
        raise ValueError(f"direction: expected shape {p.shape}, got {v.shape}")
    support = p > 0
    size = np.maximum(support.sum(axis=-1, keepdims=True), 1)
    mean = np.where(support, v, 0.0).sum(axis=-1, keepdims=True) / size
    return np.asarray(np.where(support, v - mean, 0.0))


def sparsemax_loss(scores: ArrayLike, label: int) -> float:
    """``L(z; k) = -z_k + (1/2) sum_{j in S} (z_j^2 - tau^2) + 1/2``.

    Formed as ``(1/2) sum_{j in S} p_j (z_j + tau) - z_k + 1/2`` on scores less the largest one,
    since ``p_j = z_j - tau`` on the support and the loss is shift invariant.

    Parameters
    ----------
    scores : array_like (N,)
        Finite.
    label : int
        k, in 0 .. N - 1.

    Returns
    -------
    float
        At least 0 up to rounding, in the unit of a squared score. Infinity where the label's
        distance below the largest score overflows.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes, no candidate, or a label that is not an integer or is outside.

    Properties
    ----------
    - P-zero: it is 0 iff ``z_k >= 1 + z_j`` for all other j.
    - P-convex: it is convex in the scores.
    - P-gradient: its gradient is `sparsemax_loss_gradient`.

    References
    ----------
    [3] Martins and Astudillo (2016), From softmax to sparsemax, ICML 2016.
    """
    z, p, k = _labelled(scores, label)
    with np.errstate(over="ignore"):
        gap = z - z.max()
    support = p > 0
    # on the support tau = z_j - p_j
    return float(0.5 * np.sum(p[support] * (2 * gap[support] - p[support])) - gap[k] + 0.5)


def sparsemax_loss_gradient(scores: ArrayLike, label: int) -> Float:
    """``sparsemax(z) - e_k``.

    Parameters
    ----------
    scores, label
        As in `sparsemax_loss`.

    Returns
    -------
    float64 (N,)

    Raises
    ------
    TypeError, ValueError
        As `sparsemax_loss`.

    Properties
    ----------
    - P-zero: it is 0 iff the loss is.

    References
    ----------
    [3] Martins and Astudillo (2016), From softmax to sparsemax, ICML 2016.
    """
    _, gradient, k = _labelled(scores, label)
    gradient[k] -= 1.0
    return gradient


def _labelled(scores: ArrayLike, label: int) -> tuple[Float, Float, int]:
    z = floats("scores", scores, 1)
    if not len(z):
        raise ValueError("scores: expected at least one candidate, got shape (0,)")
    k = natural_number("label", label)
    if k >= len(z):
        raise ValueError(f"label: expected an index in 0..{len(z) - 1}, got {k}")
    return z, sparsemax(z), k
