"""[4] alpha-entmax: from softmax at alpha = 1 through sparsemax at 2, and beyond.

The alpha here is the order of the entropy, not a mixing weight.

[4] G. M. Correia, V. Niculae, A. F. T. Martins (2019), Adaptively sparse transformers,
EMNLP-IJCNLP; the family is from B. Peters, V. Niculae, A. F. T. Martins (2019), Sparse
sequence-to-sequence models, ACL.
"""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from .checks import floats
from .gibbs import gibbs_weights
from .sparsemax import gaps, sparsemax

__all__ = ["adaptive_order", "entmax", "entmax_order_derivative"]

Float = NDArray[np.float64]

# The largest weight lies in [1/N, 1]; halving that bracket this often leaves neighbouring floats.
_HALVINGS = 64


def entmax(scores: ArrayLike, order: ArrayLike = 1.5, mask: ArrayLike | None = None) -> Float:
    """``argmax_p p.z + H_a(p)`` over the simplex, H_a the Tsallis entropy of order a.

    ``H_a(p) = sum_j (p_j - p_j^a) / (a (a - 1))`` for a > 1 and Shannon's entropy for a = 1. The
    solution is ``p_j = max((a - 1) z_j - tau, 0)^(1/(a - 1))``. Written with the largest score at 0
    and the largest weight r as the unknown, ``p_j = (r^(a-1) + (a - 1) z_j)_+^(1/(a-1))``, the sum
    increases in r and r lies in [1/N, 1]: the bracket is halved down to two neighbouring floats.
    Every p_j increases in r, so the exact one lies between those of the two ends; the mixture of
    the ends that sums to 1 is returned. ``expm1`` and ``log1p`` keep a - 1 small without loss, and
    a = 1 is softmax itself (bisection on tau degenerates there).

    Legend: B... batch axes, N candidates.

    Parameters
    ----------
    scores : array_like (B..., N)
        Finite, or minus infinity, which is as good as masked.
    order : scalar
        a, at least 1 and finite. At 2 the exact projection `sparsemax.sparsemax` is returned.
    mask : array_like of bool, broadcasting to (B..., N), optional
        True = may be selected.

    Returns
    -------
    float64 (B..., N)
        Sums to 1; all zero where there is no candidate. Ties share equally.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes, NaN or plus infinity, or an order below 1.

    Properties
    ----------
    - P-one: order 1 is softmax, and orders near 1 differ from it by O(a - 1).
    - P-two: order 2 is sparsemax.
    - P-one-hot: exactly one-hot iff the largest score leads by at least 1/(a - 1).
    - P-support: the support does not grow with the order.
    - P-shift: a constant added to all scores changes nothing.
    - P-order: larger scores do not weigh less, equal scores weigh the same.
    - P-optimal: no point of the simplex has a larger ``p.z + H_a(p)``.
    - P-relative: each candidate alone has weight 1, whatever its score.

    References
    ----------
    [4] Correia, Niculae and Martins (2019), Adaptively sparse transformers, EMNLP-IJCNLP 2019.
    """
    a = _order(order)
    gap, allowed = gaps(scores, mask)
    if a == 1.0:
        return gibbs_weights(np.where(allowed, gap, 0.0), 1.0, allowed & (gap > -np.inf))
    if a == 2.0 or not gap.shape[-1]:
        return sparsemax(scores, mask)
    power = a - 1.0
    # from 1/(a-1) below the largest score on there is no weight; this also drops infinities
    with np.errstate(over="ignore"):
        drop = np.maximum(power * gap, -1.0)
    count = np.maximum(allowed.sum(axis=-1, keepdims=True), 1)
    low, high = 1.0 / count, np.ones(count.shape)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        over = _weights(middle, drop, power, allowed).sum(axis=-1, keepdims=True) > 1.0
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    below, above = (_weights(end, drop, power, allowed) for end in (low, high))
    missing = 1.0 - below.sum(axis=-1, keepdims=True)
    spread = above.sum(axis=-1, keepdims=True) - below.sum(axis=-1, keepdims=True)
    share = np.clip(missing / np.where(spread > 0, spread, 1.0), 0.0, 1.0)
    return np.asarray(below + share * (above - below))


def _weights(largest: Float, drop: Float, power: float, allowed: NDArray[np.bool_]) -> Float:
    """``(r^(a-1) + (a-1) z)_+^(1/(a-1))`` by logarithms of 1 + x, exact zeros included."""
    x = np.expm1(power * np.log(largest)) + drop
    inside = allowed & (x > -1.0)
    return np.where(inside, np.exp(np.log1p(np.where(inside, x, 0.0)) / power), 0.0)


def adaptive_order(parameter: ArrayLike) -> Float:
    """``1 + sigmoid(parameter)``: an order in (1, 2), learned per head.

    Parameters
    ----------
    parameter : array_like
        Finite; it may round to an order of 1 or 2 far out.

    Returns
    -------
    float64, of the shape of parameter

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or entries that are not finite.

    Properties
    ----------
    - P-range: between 1 and 2, 1.5 at 0, increasing.

    References
    ----------
    [4] Correia, Niculae and Martins (2019), Adaptively sparse transformers, EMNLP-IJCNLP 2019.
    """
    return np.asarray(1.0 + expit(floats("parameter", parameter)))


def entmax_order_derivative(weights: ArrayLike, order: ArrayLike) -> Float:
    """The derivative of `entmax` with respect to its order, at fixed scores and support.

    With k = a - 1, ``u_j = -k log p_j`` and ``g_j = p_j^(2-a) / sum_S p^(2-a)`` on the support S,
    ``dp_j/da = (p_j (1 + u_j) - g_j sum_i p_i (1 + u_i)) / k^2``. The two terms cancel as k falls.
    Since ``p_j^(2-a) = p_j e^(u_j)``, it is also ``g_j sum_i p_i q_i - p_j q_j`` with
    ``q = (e^u - 1 - u) / k^2``, which is ``log^2 p (1/2 + u/6 + u^2/24 + ...)`` and needs no
    division: at a = 1 it is the limit ``(p_j / 2) (sum_i p_i log^2 p_i - log^2 p_j)`` itself.

    Either form is off by some eps times the sum of the sizes of its two terms, (40 + N) eps at
    most up to order 2. Over a row the sizes add to ``2 sum p (1 + u) / k^2`` and to ``2 sum p q``:
    the form with the smaller sum is taken, row by row. Above order 2 the first one is, with g
    from logarithms, which adds ``16 |2 - a| max |log p| eps``. A power of p that underflows adds
    2^-1070 over k^2.

    Parameters
    ----------
    weights : array_like (B..., N)
        As `entmax` returns them for this order.
    order : scalar
        a, at least 1 and finite.

    Returns
    -------
    float64 (B..., N)
        Zero outside the support; rows sum to 0.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes, weights outside [0, 1], or an order below 1.

    Properties
    ----------
    - P-derivative: it is the derivative wherever no candidate is at the boundary of the support.
    - P-sum: it sums to 0.

    References
    ----------
    [4] Correia, Niculae and Martins (2019), Adaptively sparse transformers, EMNLP-IJCNLP 2019.
    """
    p, a = floats("weights", weights), _order(order)
    if p.ndim == 0:
        raise ValueError("weights: expected an axis of candidates, got a scalar")
    if ((p < 0) | (p > 1)).any():
        raise ValueError("weights: expected numbers in [0, 1]")
    support = p > 0
    log = np.log(np.where(support, p, 1.0))
    if a > 2.0:
        return _far_from_softmax(p, log, _tilted_by_logs(log, a, support), a)
    # at most 1 for these orders
    tilted = np.where(support, p ** (2.0 - a), 0.0)
    total = tilted.sum(axis=-1, keepdims=True)
    g = tilted / np.where(total > 0, total, 1.0)
    u = (1.0 - a) * log
    few = np.minimum(u, 1.0)
    q = p * log**2 * np.polyval(_TAIL, few)
    if a == 1.0:
        return np.asarray(g * q.sum(axis=-1, keepdims=True) - q)
    q = np.where(u > 1.0, (tilted - p * (1.0 + u)) / (a - 1.0) ** 2, q)
    near = g * q.sum(axis=-1, keepdims=True) - q
    far = _far_from_softmax(p, log, g, a)
    # sum p (e^u - 1 - u) <= sum p (1 + u)
    closer = total <= 2.0 * (p * (1.0 + u)).sum(axis=-1, keepdims=True)
    return np.asarray(np.where(closer, near, far))


# (e^u - 1 - u) / u^2 on [0, 1] as a polynomial, highest power first: what is left out after
# u^16 is below e / 19! < 2^-54 of the value, at least 1/2.
_TAIL = [1.0 / factorial(n + 2) for n in range(16, -1, -1)]


def _far_from_softmax(p: Float, log: Float, g: Float, a: float) -> Float:
    """``(p (1 + u) - g sum p (1 + u)) / (a - 1)^2``, a factor at a time: the square overflows."""
    term = (p / (a - 1.0) - p * log) / (a - 1.0)
    return np.asarray(term - g * term.sum(axis=-1, keepdims=True))


def _tilted_by_logs(log: Float, a: float, support: NDArray[np.bool_]) -> Float:
    """``p^(2-a) / sum p^(2-a)`` for a > 2, where the powers themselves may overflow.

    The smallest weight has the largest power; minus infinity is a share that underflows.
    """
    least = np.min(log, axis=-1, keepdims=True, initial=0.0)
    with np.errstate(over="ignore"):
        share = np.where(support, np.exp((2.0 - a) * (log - least)), 0.0)
    total = share.sum(axis=-1, keepdims=True)
    return np.asarray(share / np.where(total > 0, total, 1.0))


def _order(order: ArrayLike) -> float:
    a = floats("order", order, 0)
    if not a >= 1.0:
        raise ValueError(f"order: expected a number of at least 1, got {float(a)!r}")
    return float(a)
