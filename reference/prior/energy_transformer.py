"""[10] Energy Transformer: the energies of attention and memory, and their gradients.

The block has no value matrix. Its force is minus the gradient of one energy in the normalised
tokens g, and that gradient has a second term beside the attention-like one: a token is also moved
by the queries that attend to it.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks import floats, mask_for, positive
from .gibbs import finite_product, gibbs_weights, log_partition

__all__ = [
    "Activation",
    "attention_energy",
    "attention_gradient",
    "attention_weights",
    "memory_energy",
    "memory_gradient",
]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Activation = Literal["relu", "softmax"]


def attention_weights(
    tokens: ArrayLike,
    query_weights: ArrayLike,
    key_weights: ArrayLike,
    beta: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    *,
    include_self: bool = False,
) -> Float:
    """``A_hCB = softmax_B(beta K_hB.Q_hC)`` over the tokens B that C may see.

    Legend: B... batch axes, H heads, N tokens, D coordinates, Y width of a head.

    Parameters
    ----------
    tokens : array_like (B..., N, D)
        The normalised tokens g.
    query_weights, key_weights : array_like (H, Y, D)
        ``Q_hC = W^Q_h g_C`` and ``K_hB = W^K_h g_B``.
    beta : scalar, optional
        Inverse temperature, finite and positive; ``1/sqrt(Y)`` unless given.
    mask : array_like of bool, broadcasting to (B..., H, N, N), optional
        ``[C, B]`` True = C may see B.
    include_self : bool
        False, as in the paper: ``B != C``. The authors' code sums over all B.

    Returns
    -------
    float64 (B..., H, N, N)
        Rows sum to 1, or are zero for a token that sees none. Ties share.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains, and where an inner product overflows.

    Properties
    ----------
    - P-self: without `include_self` the diagonal is zero, and a single token has weight zero.

    References
    ----------
    [10] Hoover et al. (2023), Energy Transformer, NeurIPS 36.
    """
    scores, precision, allowed, _ = _scores(
        tokens, query_weights, key_weights, beta, mask, include_self
    )
    return gibbs_weights(scores, precision, allowed)


def attention_energy(
    tokens: ArrayLike,
    query_weights: ArrayLike,
    key_weights: ArrayLike,
    beta: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    *,
    include_self: bool = False,
) -> Float:
    """``E_ATT = -(1/beta) sum_h sum_C log sum_B exp(beta K_hB.Q_hC)``.

    A token that sees none contributes 0: it feels no force. (The formula would give ``-log 0``; the
    authors' form meets it for one token without self-attention.)

    Legend: B... batch axes, H heads, N tokens, D coordinates, Y width of a head.

    Parameters
    ----------
    tokens, query_weights, key_weights, beta, mask, include_self
        As in `attention_weights`.

    Returns
    -------
    float64 (B...)
        In the unit of an inner product. Not divided by the number of tokens.

    Raises
    ------
    TypeError, ValueError
        As `attention_weights`.

    Properties
    ----------
    - P-permutation: permuting the tokens changes nothing.
    - P-single: one token alone has energy 0 and gradient 0, not minus the logarithm of 0.

    References
    ----------
    [10] Hoover et al. (2023), Energy Transformer, NeurIPS 36.
    """
    scores, precision, allowed, _ = _scores(
        tokens, query_weights, key_weights, beta, mask, include_self
    )
    lse = log_partition(scores, precision, allowed)
    return np.asarray(-np.sum(np.where(np.isneginf(lse), 0.0, lse), axis=(-2, -1)))


def attention_gradient(
    tokens: ArrayLike,
    query_weights: ArrayLike,
    key_weights: ArrayLike,
    beta: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    *,
    include_self: bool = False,
) -> Float:
    """Gradient of `attention_energy` in the tokens.

    ``-sum_h W^Q_h^T sum_B A_hCB K_hB - sum_h W^K_h^T sum_B A_hBC Q_hB`` at the token C.

    Legend: B... batch axes, H heads, N tokens, D coordinates, Y width of a head.

    Parameters
    ----------
    tokens, query_weights, key_weights, beta, mask, include_self
        As in `attention_weights`.

    Returns
    -------
    float64 (B..., N, D)

    Raises
    ------
    TypeError, ValueError
        As `attention_weights`.

    Properties
    ----------
    - P-derivative: it is the derivative of `attention_energy`.
    - P-equivariance: permuting the tokens permutes it.

    References
    ----------
    [10] Hoover et al. (2023), Energy Transformer, NeurIPS 36.
    """
    scores, precision, allowed, (queries, keys) = _scores(
        tokens, query_weights, key_weights, beta, mask, include_self
    )
    attention = gibbs_weights(scores, precision, allowed)
    pulled = np.einsum(
        "...hcb,...hby,hyd->...cd", attention, keys, floats("query_weights", query_weights)
    )
    pulling = np.einsum(
        "...hbc,...hby,hyd->...cd", attention, queries, floats("key_weights", key_weights)
    )
    return np.asarray(-pulled - pulling)


def memory_energy(
    tokens: ArrayLike,
    memories: ArrayLike,
    activation: Activation = "relu",
    beta: ArrayLike = 1.0,
) -> Float:
    """Energy of the Hopfield module, each token for itself.

    ``relu``: ``-1/2 sum_C sum_m relu(xi_m.g_C)^2``; ``softmax``:
    ``-(1/beta) sum_C log sum_m exp(beta xi_m.g_C)``.

    Legend: B... batch axes, N tokens, D coordinates, K memories.

    Parameters
    ----------
    tokens : array_like (B..., N, D)
        The normalised tokens g.
    memories : array_like (K, D)
        The rows xi_m. K = 0: energy 0.
    activation : 'relu' or 'softmax'
        The paper's two variants.
    beta : scalar
        Inverse temperature of 'softmax', finite and positive; not used by 'relu'.

    Returns
    -------
    float64 (B...)

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains, and where an inner product overflows.

    Properties
    ----------
    - P-relu-sign: the energy with 'relu' is at most 0, and 0 iff no memory has a positive inner
      product with a token.

    References
    ----------
    [10] Hoover et al. (2023), Energy Transformer, NeurIPS 36.
    """
    scores, precision = _memory_scores(tokens, memories, activation, beta)
    if activation == "relu":
        return np.asarray(-0.5 * np.sum(np.maximum(scores, 0.0) ** 2, axis=(-2, -1)))
    lse = log_partition(scores, precision)
    return np.asarray(-np.sum(np.where(np.isneginf(lse), 0.0, lse), axis=-1))


def memory_gradient(
    tokens: ArrayLike,
    memories: ArrayLike,
    activation: Activation = "relu",
    beta: ArrayLike = 1.0,
) -> Float:
    """Gradient of `memory_energy` in the tokens: ``-sum_m a(xi_m.g_C) xi_m``.

    ``a`` is relu, or the softmax over the memories.

    Legend: B... batch axes, N tokens, D coordinates, K memories.

    Parameters
    ----------
    tokens, memories, activation, beta
        As in `memory_energy`.

    Returns
    -------
    float64 (B..., N, D)

    Raises
    ------
    TypeError, ValueError
        As `memory_energy`.

    Properties
    ----------
    - P-derivative: it is the derivative of `memory_energy`.

    References
    ----------
    [10] Hoover et al. (2023), Energy Transformer, NeurIPS 36.
    """
    scores, precision = _memory_scores(tokens, memories, activation, beta)
    relu = activation == "relu"
    active = np.maximum(scores, 0.0) if relu else gibbs_weights(scores, precision)
    return np.asarray(-(active @ floats("memories", memories)))


def _scores(
    tokens: ArrayLike,
    query_weights: ArrayLike,
    key_weights: ArrayLike,
    beta: ArrayLike | None,
    mask: ArrayLike | None,
    include_self: bool,
) -> tuple[Float, float, Bool, tuple[Float, Float]]:
    """Scores (B..., H, C, B), the precision, who may see whom, and queries and keys."""
    g = _tokens(tokens)
    w_query = floats("query_weights", query_weights, ndim=3)
    w_key = floats("key_weights", key_weights, ndim=3)
    if w_query.shape[-1] != g.shape[-1] or w_query.shape[1] == 0:
        raise ValueError(f"query_weights: expected (H, Y, {g.shape[-1]}), got {w_query.shape}")
    if w_key.shape != w_query.shape:
        raise ValueError(f"key_weights: expected shape {w_query.shape}, got {w_key.shape}")
    queries = np.einsum("hyd,...nd->...hny", w_query, g)
    keys = np.einsum("hyd,...nd->...hny", w_key, g)
    scores = finite_product(queries, np.swapaxes(keys, -1, -2), "tokens, weights")
    precision = 1.0 / math.sqrt(w_query.shape[1]) if beta is None else positive("beta", beta)
    allowed = mask_for("mask", mask, scores.shape)
    if not include_self:
        allowed = allowed & ~np.eye(g.shape[-2], dtype=bool)
    return scores, precision, np.asarray(allowed), (queries, keys)


def _memory_scores(
    tokens: ArrayLike, memories: ArrayLike, activation: Activation, beta: ArrayLike
) -> tuple[Float, float]:
    g = _tokens(tokens)
    xi = floats("memories", memories, ndim=2)
    if xi.shape[-1] != g.shape[-1]:
        raise ValueError(f"memories: expected (K, {g.shape[-1]}), got {xi.shape}")
    if activation not in ("relu", "softmax"):
        raise ValueError(f"activation: expected 'relu' or 'softmax', got {activation!r}")
    return finite_product(g, xi.T, "tokens, memories"), positive("beta", beta)


def _tokens(tokens: ArrayLike) -> Float:
    g = floats("tokens", tokens)
    if g.ndim < 2:
        raise ValueError(f"tokens: expected (B..., N, D), got shape {g.shape}")
    return g
