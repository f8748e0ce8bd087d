"""[17] Selective attention: tokens lower the logits of earlier tokens for those that follow.

[17] Y. Leviathan, M. Kalman, Y. Matias (2025), Selective attention improves transformer, ICLR.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks import floats, mask_for
from .dot_product import causal_mask
from .gibbs import gibbs_weights

__all__ = ["accumulated_selection", "selective_weights"]

Float = NDArray[np.float64]


def accumulated_selection(logits: ArrayLike, *, strict: bool = True) -> Float:
    """``F_ij = sum_{k < i} S_kj`` with ``S = relu(logits of head 0)`` below the diagonal.

    No token selects itself (S_kk = 0) and the first token is never selected (S_k0 = 0). The causal
    mask comes before the relu: a logit of the future must not leak into S.

    Legend: N tokens.

    Parameters
    ----------
    logits : array_like (N, N)
        Of the selecting head, finite below the diagonal; the rest is not read.
    strict : bool
        True sums over k < i: a token is never lowered for its immediate successor by that
        successor itself. The other convention sums over k <= i.

    Returns
    -------
    float64 (N, N)
        In the unit of a logit. Infinity where a sum overflows.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes, or a logit below the diagonal that is not finite.

    Properties
    ----------
    - P-sign: it is at least 0, and 0 in column 0 and on the diagonal.
    - P-monotone: it does not fall down a column: what was masked stays masked.
    - P-causal: row i does not depend on the logits of rows i and later; without `strict`, of
      later rows.
    - P-inert: it is 0 where the selecting logits are at most 0.
    - P-successor: with `strict` a token is not lowered for its immediate successor.

    References
    ----------
    [17] Leviathan, Kalman and Matias (2025), Selective attention improves transformer, ICLR 2025.
    """
    z = floats("logits", logits, 2, finite=False)
    if z.shape[0] != z.shape[1]:
        raise ValueError(f"logits: expected a square matrix, got shape {z.shape}")
    below = np.tri(len(z), k=-1, dtype=np.bool_)
    if not np.isfinite(z[below]).all():
        raise ValueError("logits: expected finite numbers below the diagonal")
    selects = below.copy()
    selects[:, :1] = False
    picked = np.maximum(np.where(selects, z, 0.0), 0.0)
    with np.errstate(over="ignore"):
        total = np.cumsum(picked, axis=0)
    if not strict or not len(z):
        return np.asarray(total)
    return np.concatenate([np.zeros((1, len(z))), total[:-1]])


def selective_weights(
    logits: ArrayLike, mask: ArrayLike | None = None, *, strict: bool = True
) -> Float:
    """``softmax(L_h - F)`` over the past, for every head, with F from head 0.

    Legend: H heads, N tokens.

    Parameters
    ----------
    logits : array_like (H, N, N)
        Finite on and below the diagonal; the rest is not read. H is at least 1.
    mask : array_like of bool, broadcasting to (H, N, N), optional
        True = may be selected; future tokens never may. It does not touch F.
    strict : bool
        As in `accumulated_selection`.

    Returns
    -------
    float64 (H, N, N)
        Rows sum to 1; a row where nothing may be selected is zero. Ties share.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes, or logits of the past that are not finite.

    Properties
    ----------
    - P-sum: rows sum to 1 and the future has weight 0.
    - P-plain: selecting logits of at most 0 give ordinary causal attention.
    - P-shared: F is the same for all heads: equal logits of two heads give equal weights.
    - P-not-shift-invariant: a constant added to all logits can change the weights: the zero of the
      relu is absolute.
    - P-no-rejection: one visible token alone has weight 1 whatever its logits.

    References
    ----------
    [17] Leviathan, Kalman and Matias (2025), Selective attention improves transformer, ICLR 2025.
    """
    z = floats("logits", logits, 3, finite=False)
    if not z.shape[0] or z.shape[1] != z.shape[2]:
        raise ValueError(f"logits: expected (H, N, N) with H >= 1, got shape {z.shape}")
    past = causal_mask(z.shape[1], z.shape[2])
    if not np.isfinite(z[:, past]).all():
        raise ValueError("logits: expected finite numbers on and below the diagonal")
    visible = mask_for("mask", mask, z.shape) & past
    lowered = np.where(past, z - accumulated_selection(z[0], strict=strict), 0.0)
    # what an overflow lowered without bound is as good as masked
    return gibbs_weights(
        np.where(lowered > -np.inf, lowered, 0.0), 1.0, visible & (lowered > -np.inf)
    )
