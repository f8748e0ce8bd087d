"""The model of the attention SVM [8]: one attention vector p, trained, and everything else fixed.

``f_i = sum_t s_it gamma_it`` with ``s_i = softmax(K_i p)`` and token scores
``gamma_it = y_i v . x_it`` (the label is in the score).

Towards the limit the attention saturates, and the naive gradient ``K^T (diag s - s s^T) gamma``
cancels to noise: descent with normalised steps then loses the direction altogether. Here every
difference is taken between two tokens before it is weighted,

    K^T (diag s - s s^T) gamma = sum_(t<u) s_t s_u (gamma_t - gamma_u) (k_t - k_u),

so that no sum cancels to less than its terms by saturation. The loss, likewise, is split into that
of the best tokens and an excess, which is computed from the gaps to the best score.

[8] D. A. Tarzanagh, Y. Li, X. Zhang, S. Oymak (2023), Max-margin token selection in attention
mechanism. NeurIPS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from .checks import floats, mask_for
from .gibbs import finite_product

__all__ = ["Loss", "Problem", "attention_loss", "attention_weights", "loss_gradient"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Loss = Literal["logistic", "exponential", "linear"]
"""``log(1 + exp(-x))``, ``exp(-x)``, ``-x``: smooth and decreasing."""


@dataclass(frozen=True, eq=False)
class Problem:
    """The fixed part of the model, checked.

    Attributes
    ----------
    keys : float64 (n, T, D)
    scores : float64 (n, T)
    exists : bool (n, T)
    best : float64 (n,)
        The largest score of each input.
    gaps : float64 (n, T)
        best - scores, >= 0; 0 at masked tokens.
    """

    keys: Float
    scores: Float
    exists: Bool
    best: Float
    gaps: Float


def attention_loss(
    direction: ArrayLike,
    keys: ArrayLike,
    scores: ArrayLike,
    mask: ArrayLike | None = None,
    loss: Loss = "logistic",
) -> tuple[float, float]:
    """The mean loss at p, and its excess over the loss of attending to the best tokens alone.

    ``(1/n) sum_i l(sum_t s_it gamma_it)`` with ``s_i = softmax(K_i p)``. The excess is computed
    from the gaps, not as a difference: it stays accurate where the loss no longer changes.

    Axes: n inputs, T tokens, D space.

    Parameters
    ----------
    direction : (D,)
        p.
    keys : (n, T, D)
    scores : (n, T)
        gamma, the label included.
    mask : bool, broadcasts to (n, T)
        True = the token exists; at least one does per input.
    loss : "logistic", "exponential" or "linear"

    Returns
    -------
    float, float
        Loss, and excess >= 0.

    Raises
    ------
    ValueError
        If an argument does not fit or is not finite, an input has no token, or the loss is unknown.

    Properties
    ----------
    - P-excess: the loss is that of the best tokens plus the excess
    - P-saturates: along a direction that separates the best tokens the excess tends to 0

    References
    ----------
    [8] Tarzanagh et al. (2023), Max-margin token selection in attention mechanism.
    """
    problem = problem_of(keys, scores, mask)
    beyond = excess(problem, vector(direction, problem), loss)
    return float(np.mean(_loss(problem.best, loss))) + beyond, beyond


def loss_gradient(
    direction: ArrayLike,
    keys: ArrayLike,
    scores: ArrayLike,
    mask: ArrayLike | None = None,
    loss: Loss = "logistic",
) -> Float:
    """The gradient of the loss with respect to p, accurate also where the attention is saturated.

    ``(1/n) sum_i l'(f_i) sum_(t<u) s_it s_iu (gamma_it - gamma_iu) (k_it - k_iu)``.

    Parameters
    ----------
    direction, keys, scores, mask, loss
        As `attention_loss`.

    Returns
    -------
    float64 (D,)
        Zero only where the weights of all but the best tokens underflow, or at a critical point.

    Raises
    ------
    ValueError
        As `attention_loss`.

    Properties
    ----------
    - P-gradient: equals the difference quotient of the loss
    - P-saturated: relatively accurate at any norm of p, where the naive form is noise
    - P-shift: a vector added to all keys of one input changes nothing

    References
    ----------
    [8] Tarzanagh et al. (2023), Max-margin token selection in attention mechanism.
    """
    problem = problem_of(keys, scores, mask)
    return gradient(problem, vector(direction, problem), loss)


def attention_weights(
    direction: ArrayLike, keys: ArrayLike, mask: ArrayLike | None = None
) -> Float:
    """``s_i = softmax(K_i p)`` over the tokens that exist.

    Parameters
    ----------
    direction : (D,)
        p.
    keys : (n, T, D)
    mask : bool, broadcasts to (n, T)

    Returns
    -------
    float64 (n, T)
        Zero at masked tokens.

    Raises
    ------
    ValueError
        As `attention_loss`.

    Properties
    ----------
    - P-dense: positive at every token for every finite p, short of underflow
    - P-one-hot: along `margin.max_margin` the weights tend to one-hot on the chosen tokens

    References
    ----------
    [8] Tarzanagh et al. (2023), Max-margin token selection in attention mechanism.
    """
    key = floats("keys", keys, 3)
    problem = problem_of(key, np.zeros(key.shape[:2]), mask)
    return _weights(problem, vector(direction, problem))


def problem_of(keys: ArrayLike, scores: ArrayLike, mask: ArrayLike | None) -> Problem:
    """The arguments that the functions of the model share, checked.

    Raises
    ------
    ValueError
        If they do not fit, are not finite, or an input has no token.
    """
    key, gamma = floats("keys", keys, 3), floats("scores", scores, 2)
    if gamma.shape != key.shape[:2]:
        raise ValueError(f"scores: expected shape {key.shape[:2]} as keys have, got {gamma.shape}")
    if not key.shape[0]:
        raise ValueError(f"keys: expected at least one input, got shape {key.shape}")
    exists = mask_for("mask", mask, gamma.shape)
    if not exists.any(axis=1).all():
        first = int(np.argmin(exists.any(axis=1)))
        raise ValueError(f"mask: expected a token in every input, got none at index ({first},)")
    best = np.max(gamma, axis=1, where=exists, initial=-np.inf)
    with np.errstate(over="ignore"):
        gaps = np.where(exists, best[:, None] - gamma, 0.0)
    if not np.isfinite(gaps).all():
        raise ValueError("scores: expected finite differences, got an overflow of float64")
    return Problem(key, gamma, exists, best, gaps)


def vector(direction: ArrayLike, problem: Problem, name: str = "direction") -> Float:
    """A point p, checked.

    Raises
    ------
    ValueError
        If it is not finite of shape (D,).
    """
    p = floats(name, direction, 1)
    if p.shape != problem.keys.shape[2:]:
        raise ValueError(f"{name}: expected shape {problem.keys.shape[2:]}, got {p.shape}")
    return p


def excess(problem: Problem, p: Float, loss: Loss) -> float:
    """The mean loss at p minus that of attending to the best tokens alone, without cancellation."""
    shortfall, best = (_weights(problem, p) * problem.gaps).sum(axis=1), problem.best
    if loss == "linear":
        beyond = shortfall
    elif loss == "exponential":
        beyond = np.exp(-best) * np.expm1(shortfall)
    elif loss == "logistic":
        # log((1 + e^(x-g)) / (1 + e^-g)); a large shortfall x as the plain difference, which then
        # cancels nothing, since expm1 would overflow
        small = np.minimum(shortfall, 1.0)
        beyond = np.where(
            shortfall > 1,
            np.logaddexp(0, shortfall - best) - np.logaddexp(0, -best),
            np.log1p(expit(-best) * np.expm1(small)),
        )
    else:
        raise ValueError(f"loss: expected 'logistic', 'exponential' or 'linear', got {loss!r}")
    return float(beyond.mean())


def gradient(problem: Problem, p: Float, loss: Loss) -> Float:
    """The gradient of the mean loss, by differences of pairs of tokens."""
    s, gamma, key = _weights(problem, p), problem.scores, problem.keys
    margins = problem.best - (s * problem.gaps).sum(axis=1)
    # what is masked has no weight, and its score and key need not be of any size
    gamma = np.where(problem.exists, gamma, 0.0)
    key = np.where(problem.exists[:, :, None], key, 0.0)
    pairs = s[:, :, None] * s[:, None, :] * (gamma[:, :, None] - gamma[:, None, :])
    with np.errstate(over="ignore", invalid="ignore"):
        # each pair stands twice in the full sum
        turns = np.einsum("itu,ituD->iD", pairs, key[:, :, None, :] - key[:, None, :, :]) / 2
        mean = np.asarray((_slope(margins, loss)[:, None] * turns).mean(axis=0))
    if not np.isfinite(mean).all():
        raise ValueError("keys, scores: expected a finite gradient, got an overflow of float64")
    return mean


def _weights(problem: Problem, p: Float) -> Float:
    seen = np.where(problem.exists[:, :, None], problem.keys, 0.0)
    logits = np.where(problem.exists, finite_product(seen, p, "keys, direction"), -np.inf)
    with np.errstate(over="ignore"):
        # a gap that overflows is minus infinity, whose weight is 0 anyway
        terms = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(terms / terms.sum(axis=1, keepdims=True))


def _loss(x: Float, loss: Loss) -> Float:
    if loss == "linear":
        return -x
    return np.exp(-x) if loss == "exponential" else np.logaddexp(0, -x)


def _slope(x: Float, loss: Loss) -> Float:
    if loss == "linear":
        return np.full_like(x, -1.0)
    if loss == "exponential":
        return -np.exp(-x)
    if loss == "logistic":
        return np.asarray(-expit(-x))
    raise ValueError(f"loss: expected 'logistic', 'exponential' or 'linear', got {loss!r}")
