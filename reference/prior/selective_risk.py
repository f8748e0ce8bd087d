"""[11] Selective classification: softmax response, coverage and selective risk."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks import floats, mask_for
from .gibbs import gibbs_weights

__all__ = ["accept", "coverage", "selective_risk", "softmax_response"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Int = NDArray[np.int64]


def softmax_response(scores: ArrayLike, mask: ArrayLike | None = None) -> tuple[Int, Float]:
    """Class and confidence: the argmax of the scores and its softmax probability.

    Legend: B... batch axes, N classes.

    Parameters
    ----------
    scores : array_like (B..., N)
        Finite logits.
    mask : array_like of bool, broadcasting to (B..., N), optional
        True = may be selected.

    Returns
    -------
    label : int64 (B...)
        The first of the largest scores; -1 where there is no class.
    confidence : float64 (B...)
        In [1/N, 1]; 0 where there is no class.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes and for non-finite scores.

    Properties
    ----------
    - P-shift: a constant added to all scores changes neither: novelty is never rejected.
    - P-singleton: one class alone has confidence 1, whatever its score.
    - P-ambiguity: m tied largest scores have confidence at most 1/m.

    References
    ----------
    [11] Geifman and El-Yaniv (2017), Selective classification for deep neural networks, NeurIPS 30.
    """
    z = floats("scores", scores)
    p = gibbs_weights(z, 1.0, mask)
    allowed = mask_for("mask", mask, z.shape)
    # from the scores, not from p: rounding may make unequal scores equal probabilities
    peak = np.max(np.where(allowed, z, -np.inf), axis=-1, keepdims=True, initial=-np.inf)
    best = allowed & (z == peak)
    label = np.where(best.any(axis=-1), _first(best), -1)
    return np.asarray(label, dtype=np.int64), np.asarray(np.max(p, axis=-1, initial=0.0))


def accept(confidence: ArrayLike, threshold: ArrayLike) -> Bool:
    """``g(x) = 1[confidence >= threshold]``.

    Parameters
    ----------
    confidence : array_like (B...)
        Finite.
    threshold : array_like, broadcasting to (B...)
        Plus infinity accepts nothing.

    Returns
    -------
    bool (B...)
        Equality accepts.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes, naming the argument.

    Properties
    ----------
    - P-nested: a higher threshold accepts a subset.

    References
    ----------
    [11] Geifman and El-Yaniv (2017), Selective classification for deep neural networks, NeurIPS 30.
    """
    limit = floats("threshold", threshold, finite=False)
    if np.isnan(limit).any():
        raise ValueError("threshold: expected numbers or infinity, got nan")
    return np.asarray(floats("confidence", confidence) >= limit)


def coverage(accepted: ArrayLike) -> float:
    """Empirical coverage, the accepted share of the sample.

    Parameters
    ----------
    accepted : array_like of bool (M,)
        M >= 1 samples.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    TypeError, ValueError
        For a dtype that is not bool, or an empty sample.

    Properties
    ----------
    - P-share: it is the mean of the indicator.

    References
    ----------
    [11] Geifman and El-Yaniv (2017), Selective classification for deep neural networks, NeurIPS 30.
    """
    return float(np.mean(indicator("accepted", accepted)))


def selective_risk(losses: ArrayLike, accepted: ArrayLike) -> float:
    """Empirical selective risk, the mean loss of the accepted samples.

    Parameters
    ----------
    losses : array_like (M,)
    accepted : array_like of bool (M,)

    Returns
    -------
    float
        In the unit of the losses.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes; ValueError at coverage 0, where the risk is not defined.

    Properties
    ----------
    - P-full: at full coverage it is the mean loss.
    - P-between: it lies between the smallest and the largest accepted loss.

    References
    ----------
    [11] Geifman and El-Yaniv (2017), Selective classification for deep neural networks, NeurIPS 30.
    """
    loss = floats("losses", losses, ndim=1)
    taken = indicator("accepted", accepted)
    if taken.shape != loss.shape:
        raise ValueError(f"accepted: expected shape {loss.shape}, got {taken.shape}")
    if not taken.any():
        raise ValueError(
            "accepted: expected an accepted sample, got coverage 0: no risk is defined"
        )
    return float(np.mean(loss[taken]))


def indicator(name: str, value: ArrayLike) -> Bool:
    array = np.asarray(value)
    if array.dtype != np.bool_:
        raise TypeError(f"{name}: expected dtype bool, got dtype {array.dtype}")
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name}: expected shape (M,) with M >= 1, got {array.shape}")
    return array


def _first(best: Bool) -> Int:
    # argmax of an empty axis does not exist
    if best.shape[-1] == 0:
        return np.zeros(best.shape[:-1], dtype=np.int64)
    return np.asarray(np.argmax(best, axis=-1), dtype=np.int64)
