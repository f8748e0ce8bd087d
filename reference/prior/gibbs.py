"""The Gibbs weights of a candidate set and its log partition function.

Both are formed from the differences to the largest score, so that no exponential overflows, and
both say what they are on an empty set: weights zero, log partition function minus infinity.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks import floats, mask_for, positive

__all__ = ["gibbs_weights", "log_partition"]

Float = NDArray[np.float64]


def gibbs_weights(scores: ArrayLike, beta: ArrayLike = 1.0, mask: ArrayLike | None = None) -> Float:
    """Gibbs weights ``w_j = exp(beta z_j) / sum_i exp(beta z_i)`` over the candidates.

    Legend: B... batch axes, N candidates.

    Parameters
    ----------
    scores : array_like (B..., N)
        Finite, dimensionless times 1/beta.
    beta : scalar
        Inverse temperature, finite and positive.
    mask : array_like of bool, broadcasting to (B..., N), optional
        True = may be selected.

    Returns
    -------
    float64 (B..., N)
        Sums to 1 over the candidates; all zero where there is none (the mass goes to "none").
        A weight is 0 among candidates only where it underflows. Ties share.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains, naming the argument.

    Properties
    ----------
    - P-sum: the weights are non-negative and sum to 1, or are all zero on an empty set.
    - P-shift: a constant added to all scores changes no weight.

    References
    ----------
    Shared by [9], [10], [11], [14], [15] and [16].
    """
    exponents, _ = _exponents(scores, beta, mask)
    terms = np.exp(exponents)
    total = np.sum(terms, axis=-1, keepdims=True)
    # an empty set has total 0; its weights stay 0 instead of 0 / 0
    return np.asarray(terms / np.where(total > 0.0, total, 1.0))


def log_partition(scores: ArrayLike, beta: ArrayLike = 1.0, mask: ArrayLike | None = None) -> Float:
    """``lse(beta, z) = (1/beta) log sum_j exp(beta z_j)`` over the candidates.

    Legend: B... batch axes, N candidates.

    Parameters
    ----------
    scores, beta, mask
        As in `gibbs_weights`.

    Returns
    -------
    float64 (B...)
        In the unit of the scores; minus infinity where there is no candidate, and infinity where
        ``log(N) / beta`` overflows.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains, naming the argument.

    Properties
    ----------
    - P-bounds: ``max z <= lse <= max z + log(N) / beta`` for N candidates.

    References
    ----------
    Shared by [9], [10] and [13].
    """
    exponents, peak = _exponents(scores, beta, mask)
    total = np.sum(np.exp(exponents), axis=-1)
    empty = total == 0.0
    with np.errstate(over="ignore"):
        value = peak + np.log(np.where(empty, 1.0, total)) / positive("beta", beta)
    return np.asarray(np.where(empty, -np.inf, value))


def finite_product(left: Float, right: Float, names: str) -> Float:
    """``left @ right``, refused where it overflows float64: a softmax of infinities is NaN."""
    with np.errstate(over="ignore", invalid="ignore"):
        product = np.asarray(left @ right)
    if not np.isfinite(product).all():
        raise ValueError(f"{names}: expected finite inner products, got an overflow of float64")
    return product


def _exponents(scores: ArrayLike, beta: ArrayLike, mask: ArrayLike | None) -> tuple[Float, Float]:
    """``beta (z - max z)``, minus infinity off the mask, and the largest score (0 if none)."""
    z = floats("scores", scores)
    if z.ndim == 0:
        raise ValueError("scores: expected an axis of candidates, got a scalar")
    precision = positive("beta", beta)
    allowed = mask_for("mask", mask, z.shape)
    peak = np.max(np.where(allowed, z, -np.inf), axis=-1, initial=-np.inf)
    peak = np.where(np.isneginf(peak), 0.0, peak)
    with np.errstate(over="ignore"):
        # far below the largest score the exponent may overflow to -inf; its weight is 0 anyway
        exponents = precision * np.where(allowed, z - peak[..., None], -np.inf)
    return np.asarray(exponents), np.asarray(peak)
