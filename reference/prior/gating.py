"""[14] Noisy top-k gating of a sparsely-gated mixture of experts.

The noise is an argument, drawn by the caller: the operator itself is deterministic.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import natural_number, non_negative_scalar
from .checks import floats, mask_for
from .gibbs import gibbs_weights

__all__ = ["gates", "kth_excluding", "noise_scale", "noisy_logits", "top_k"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


def noise_scale(raw: ArrayLike, floor: ArrayLike = 0.0) -> Float:
    """``softplus(x W_noise) + floor``, the standard deviation of the noise.

    Parameters
    ----------
    raw : array_like (B..., N)
        Finite.
    floor : scalar
        Finite and non-negative. The equation has none; public code adds 1e-2.

    Returns
    -------
    float64 (B..., N)
        Positive; 0 only where softplus underflows and the floor is 0.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or domains, naming the argument.

    Properties
    ----------
    - P-softplus: it is ``log(1 + exp(raw))``, also where the exponential overflows.

    References
    ----------
    [14] Shazeer et al. (2017), Outrageously large neural networks, ICLR 2017.
    """
    return np.asarray(np.logaddexp(0.0, floats("raw", raw)) + non_negative_scalar("floor", floor))


def noisy_logits(clean: ArrayLike, scale: ArrayLike, noise: ArrayLike) -> Float:
    """``H = clean + noise * scale``.

    Legend: B... batch axes, N experts.

    Parameters
    ----------
    clean, scale, noise : array_like (B..., N)
        ``x W_g``, `noise_scale`, and standard normal numbers; zeros at test time.

    Returns
    -------
    float64 (B..., N)

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes.

    Properties
    ----------
    - P-quiet: without noise the logits are the clean ones.

    References
    ----------
    [14] Shazeer et al. (2017), Outrageously large neural networks, ICLR 2017.
    """
    quiet, spread, drawn = floats("clean", clean), floats("scale", scale), floats("noise", noise)
    try:
        np.broadcast_shapes(quiet.shape, spread.shape, drawn.shape)
    except ValueError:
        shapes = f"{quiet.shape}, {spread.shape}, {drawn.shape}"
        raise ValueError(f"clean, scale, noise: expected one shape, got {shapes}") from None
    return np.asarray(quiet + drawn * spread)


def top_k(logits: ArrayLike, k: int, mask: ArrayLike | None = None) -> Bool:
    """Which experts are kept: exactly ``min(k, candidates)`` with the largest logits.

    Ties at the k-th value go to the lowest index, so that the number is exact.

    Legend: B... batch axes, N experts.

    Parameters
    ----------
    logits : array_like (B..., N)
        Finite.
    k : int
        At least 1; more than N keeps all.
    mask : array_like of bool, broadcasting to (B..., N), optional
        True = may be selected.

    Returns
    -------
    bool (B..., N)

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains.

    Properties
    ----------
    - P-exactly-k: ``min(k, candidates)`` are kept, ties or not.
    - P-dominates: no expert that is left out has a larger logit than one that is kept.

    References
    ----------
    [14] Shazeer et al. (2017), Outrageously large neural networks, ICLR 2017.
    """
    h, number = _logits("logits", logits), _number(k)
    allowed = mask_for("mask", mask, h.shape)
    # a stable sort of the negated logits: equal ones stay in the order of their index
    order = np.argsort(np.where(allowed, -h, np.inf), axis=-1, kind="stable")
    kept = np.zeros(h.shape, dtype=bool)
    np.put_along_axis(kept, order[..., :number], True, axis=-1)
    return np.asarray(kept & allowed)


def gates(logits: ArrayLike, k: int, mask: ArrayLike | None = None) -> Float:
    """``G = softmax(KeepTopK(H, k))``: the softmax of the kept logits, 0 for the others.

    The output of the layer is ``sum_i G_i E_i(x)``.

    Legend: B... batch axes, N experts.

    Parameters
    ----------
    logits, k, mask
        As in `top_k`.

    Returns
    -------
    float64 (B..., N)
        Sums to 1; all zero where there is no candidate.

    Raises
    ------
    TypeError, ValueError
        As `top_k`.

    Properties
    ----------
    - P-support: at most k experts have positive gates, exactly ``min(k, candidates)`` unless one
      underflows, and they sum to 1.
    - P-shift: a constant added to all logits changes nothing.
    - P-all: with k >= N it is the softmax.

    References
    ----------
    [14] Shazeer et al. (2017), Outrageously large neural networks, ICLR 2017.
    """
    return gibbs_weights(logits, 1.0, top_k(logits, k, mask))


def kth_excluding(logits: ArrayLike, k: int) -> Float:
    """The k-th largest logit among the others, for each expert.

    The (k+1)-th largest of all for the members of the top k, the k-th for the rest.

    Legend: B... batch axes, N experts.

    Parameters
    ----------
    logits, k
        As in `top_k`.

    Returns
    -------
    float64 (B..., N)
        Minus infinity where there are fewer than k others: the expert is always selected.

    Raises
    ------
    TypeError, ValueError
        As `top_k`.

    Properties
    ----------
    - P-brute-force: it is the k-th largest of the list without the expert.

    References
    ----------
    [14] Shazeer et al. (2017), Outrageously large neural networks, ICLR 2017.
    """
    h, number = _logits("logits", logits), _number(k)
    if number >= h.shape[-1]:
        return np.full(h.shape, -np.inf)
    ranked = -np.sort(-h, axis=-1)
    member = top_k(h, number)
    return np.asarray(np.where(member, ranked[..., [number]], ranked[..., [number - 1]]))


def _logits(name: str, value: ArrayLike) -> Float:
    h = floats(name, value)
    if h.ndim == 0:
        raise ValueError(f"{name}: expected an axis of experts, got a scalar")
    return h


def _number(k: int) -> int:
    number = natural_number("k", k)
    if number == 0:
        raise ValueError("k: expected at least 1, got 0")
    return number
