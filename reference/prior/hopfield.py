"""[9] Modern Hopfield networks: energy, association and update.

The operator is its energy. Attention is one update with ``beta = 1/sqrt(D)`` on projected queries
and keys, followed by a value map; here the patterns are their own values.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import exprel

from .checks import floats, mask_for, positive
from .gibbs import finite_product, gibbs_weights

__all__ = ["energy", "gradient", "limit_weights", "update", "weights"]

Float = NDArray[np.float64]


def weights(
    patterns: ArrayLike, state: ArrayLike, beta: ArrayLike, mask: ArrayLike | None = None
) -> Float:
    """Association of a state with the stored patterns, ``p = softmax(beta X xi)``.

    Legend: B... batch axes, N patterns, D space.

    Parameters
    ----------
    patterns : array_like (N, D)
        The rows are the stored patterns x_i.
    state : array_like (B..., D)
        The states xi.
    beta : scalar
        Inverse temperature, finite and positive.
    mask : array_like of bool, broadcasting to (B..., N), optional
        True = may be retrieved.

    Returns
    -------
    float64 (B..., N)
        Dimensionless; sums to 1, or all zero where no pattern may be retrieved. Ties share.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains, and where an inner product overflows.

    Properties
    ----------
    - P-singleton: one pattern alone always gets weight 1, whatever the state: nothing is rejected.
    - P-not-by-distance: the largest inner product wins, so that a pattern of large norm wins
      against a nearer one.
    - P-duplicates: copies of a pattern share, and together weigh more than the pattern alone.

    References
    ----------
    [9] Ramsauer et al. (2021), Hopfield networks is all you need, ICLR 2021.
    """
    x, xi = patterns_and_state(patterns, state)
    return gibbs_weights(finite_product(xi, x.T, "patterns, state"), beta, mask)


def limit_weights(patterns: ArrayLike, state: ArrayLike, mask: ArrayLike | None = None) -> Float:
    """The weights as beta tends to infinity: uniform over the largest inner products.

    Legend: B... batch axes, N patterns, D space.

    Parameters
    ----------
    patterns, state, mask
        As in `weights`.

    Returns
    -------
    float64 (B..., N)
        ``1/m`` on the m patterns whose inner product is largest (equal as float64), else 0; all
        zero where no pattern may be retrieved.

    Raises
    ------
    TypeError, ValueError
        As `weights`.

    Properties
    ----------
    - P-limit: with a gap of at least g below the largest inner product, `weights` at beta differs
      by at most ``N exp(-beta g)`` in each entry.
    - P-nearest: among patterns of equal norm the winners are the nearest patterns.

    References
    ----------
    [9] Ramsauer et al. (2021), Hopfield networks is all you need, ICLR 2021.
    """
    x, xi = patterns_and_state(patterns, state)
    scores = finite_product(xi, x.T, "patterns, state")
    allowed = mask_for("mask", mask, scores.shape)
    peak = np.max(np.where(allowed, scores, -np.inf), axis=-1, initial=-np.inf)
    winners = allowed & (scores == peak[..., None])
    return np.asarray(winners / np.maximum(winners.sum(axis=-1, keepdims=True), 1))


def update(
    patterns: ArrayLike, state: ArrayLike, beta: ArrayLike, mask: ArrayLike | None = None
) -> Float:
    """One retrieval, ``f(xi) = X^T softmax(beta X xi)``.

    Legend: B... batch axes, N patterns, D space.

    Parameters
    ----------
    patterns, state, beta, mask
        As in `weights`.

    Returns
    -------
    float64 (B..., D)
        The mean of the patterns under the weights; the zero vector where no pattern may be
        retrieved.

    Raises
    ------
    TypeError, ValueError
        As `weights`.

    Properties
    ----------
    - P-hull: the result lies in the convex hull of the patterns.
    - P-lipschitz: two states are mapped at most `lipschitz` times their distance apart.
    - P-attention: with ``beta = 1/sqrt(D)`` it is scaled dot-product attention with keys = values =
      patterns.

    References
    ----------
    [9] Ramsauer et al. (2021), Hopfield networks is all you need, ICLR 2021.
    """
    return np.asarray(weights(patterns, state, beta, mask) @ floats("patterns", patterns))


def energy(
    patterns: ArrayLike, state: ArrayLike, beta: ArrayLike, mask: ArrayLike | None = None
) -> Float:
    """``E(xi) = -lse(beta, X xi) + |xi|^2 / 2 + log(N) / beta + M^2 / 2``.

    Legend: B... batch axes, N patterns that may be retrieved, D space, M the largest norm of them.

    Parameters
    ----------
    patterns, state, beta, mask
        As in `weights`.

    Returns
    -------
    float64 (B...)
        In the unit of an inner product; non-negative up to rounding. Plus infinity where no
        pattern may be retrieved.

    Raises
    ------
    TypeError, ValueError
        As `weights`.

    Properties
    ----------
    - P-descent: ``E(xi) - E(f(xi)) >= |xi - f(xi)|^2 / 2``: an update never raises the energy.
      (The concave part lies below its tangent: ``lse(f) >= lse(xi) + f.(f - xi)``.)
    - P-lower: ``E(xi) >= (|xi| - M)^2 / 2`` for every state (from ``lse <= max + log(N)/beta``).
    - P-upper: ``E(xi) <= (|xi| + M)^2 / 2`` for every state (Jensen), hence at most ``2 M^2``
      inside the ball of radius M.
    - P-none: the energy is infinite exactly where no pattern may be retrieved.

    References
    ----------
    [9] Ramsauer et al. (2021), Hopfield networks is all you need, ICLR 2021.
    """
    x, xi = patterns_and_state(patterns, state)
    precision = positive("beta", beta)
    scores = finite_product(xi, x.T, "patterns, state")
    allowed = mask_for("mask", mask, scores.shape)
    squares = np.where(allowed, np.sum(x * x, axis=-1), 0.0)
    largest = np.max(squares, axis=-1, initial=0.0)
    below = _log_mean(scores, precision, allowed)
    empty = ~allowed.any(axis=-1)
    own = np.sum(xi * xi, axis=-1)
    return np.asarray(np.where(empty, np.inf, own / 2.0 + largest / 2.0 - below))


def _log_mean(scores: Float, beta: float, allowed: NDArray[np.bool_]) -> Float:
    """``lse - log(N) / beta``, the two never formed apart: they cancel where beta is small.

    With gaps g below the largest score it is that score plus ``log(1 + beta m) / beta``, m the mean
    of ``(e^(beta g) - 1) / beta``, and tends to the mean of the scores.
    """
    count = np.maximum(allowed.sum(axis=-1), 1)
    peak = np.max(np.where(allowed, scores, -np.inf), axis=-1, initial=-np.inf)
    peak = np.where(np.isneginf(peak), 0.0, peak)
    with np.errstate(over="ignore"):
        gaps = np.where(allowed, scores - peak[..., None], 0.0)
        x = beta * gaps
        near = np.maximum(x, -1.0)
        terms = np.where(x > -1.0, np.maximum(gaps, -1.0 / beta) * exprel(near), np.expm1(x) / beta)
        mean = np.sum(terms, axis=-1) / count
    total = np.sum(np.where(allowed, np.exp(x), 0.0), axis=-1)
    # below half the mean of the exponentials itself holds more digits than its distance from 1
    far = np.log(np.where(total > 0, total, count) / count) / beta
    rise = np.maximum(beta * mean, -0.5)
    # where beta m vanishes the quotient is m
    close = np.where(rise > -1e-300, mean, np.log1p(rise) / beta)
    return np.asarray(peak + np.where(2 * total < count, far, close))


def gradient(
    patterns: ArrayLike, state: ArrayLike, beta: ArrayLike, mask: ArrayLike | None = None
) -> Float:
    """Gradient of the energy in the state, ``xi - f(xi)``.

    Legend: B... batch axes, N patterns, D space.

    Parameters
    ----------
    patterns, state, beta, mask
        As in `weights`.

    Returns
    -------
    float64 (B..., D)
        Zero exactly at the fixed points of `update`.

    Raises
    ------
    TypeError, ValueError
        As `weights`; ValueError where no pattern may be retrieved: the energy is infinite there.

    Properties
    ----------
    - P-derivative: it is the derivative of `energy`.

    References
    ----------
    [9] Ramsauer et al. (2021), Hopfield networks is all you need, ICLR 2021.
    """
    p = weights(patterns, state, beta, mask)
    if not np.all(np.any(p > 0.0, axis=-1)):
        raise ValueError("mask: expected a pattern to retrieve, got none: the energy is infinite")
    return np.asarray(floats("state", state) - p @ floats("patterns", patterns))


def patterns_and_state(patterns: ArrayLike, state: ArrayLike) -> tuple[Float, Float]:
    x = floats("patterns", patterns, ndim=2)
    xi = floats("state", state)
    if xi.ndim == 0 or xi.shape[-1] != x.shape[-1]:
        raise ValueError(
            f"state: expected a last axis of {x.shape[-1]} as the patterns have, got {xi.shape}"
        )
    return x, xi
