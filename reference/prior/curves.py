"""[13] Curves of coverage: risk against coverage, accuracy against rejection.

A curve has a point where a tie of the confidence ends: within a tie the order of acceptance is not
defined.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks import floats

__all__ = ["Curve", "accuracy_reject", "risk_coverage"]

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve:
    """A point for each distinct confidence, from the highest down.

    Attributes
    ----------
    threshold : float64 (T,)
        Accepting confidence >= threshold gives the point.
    rate : float64 (T,)
        Coverage of the risk-coverage curve, rejected share of the accuracy-reject curve.
    value : float64 (T,)
        Risk, or accuracy, of the accepted.
    """

    threshold: Float
    rate: Float
    value: Float


def risk_coverage(confidence: ArrayLike, losses: ArrayLike) -> Curve:
    """Selective risk against coverage, at every threshold that changes the accepted set.

    Legend: M samples, T distinct confidences.

    Parameters
    ----------
    confidence : array_like (M,)
        Finite, M >= 1.
    losses : array_like (M,)
        Finite; 0 and 1 for errors.

    Returns
    -------
    Curve
        Coverage 0 has no risk and no point.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes, or an empty sample.

    Properties
    ----------
    - P-full: at coverage 1 the risk is the mean loss.
    - P-ties: equal confidences make one point.
    - P-transform: a strictly increasing transform of the confidence moves the thresholds only.

    References
    ----------
    [13] Hendrickx et al. (2024), Machine learning with a reject option: a survey, Machine Learning
    113(5), 3073-3110; the curve: El-Yaniv and Wiener (2010).
    """
    threshold, ends, totals = tied_sums(confidence, losses)
    return Curve(threshold, ends / ends[-1], totals / ends)


def accuracy_reject(confidence: ArrayLike, losses: ArrayLike) -> Curve:
    """Accuracy of the accepted against the rejected share.

    Legend: M samples, T distinct confidences.

    Parameters
    ----------
    confidence : array_like (M,)
        Finite, M >= 1.
    losses : array_like (M,)
        0 for correct and 1 for wrong.

    Returns
    -------
    Curve
        Full rejection has no accuracy and no point.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes, an empty sample, or losses beside 0 and 1.

    Properties
    ----------
    - P-mirror: it is 1 minus the risk, against 1 minus the coverage.

    References
    ----------
    [13] Hendrickx et al. (2024), Machine learning with a reject option: a survey, Machine Learning
    113(5), 3073-3110.
    """
    threshold, ends, wrong = tied_sums(confidence, zero_one(losses))
    size = ends[-1]
    return Curve(threshold, (size - ends) / size, (ends - wrong) / ends)


def tied_sums(confidence: ArrayLike, losses: ArrayLike) -> tuple[Float, Float, Float]:
    """Distinct confidences from the highest down, accepted counts and their summed losses."""
    kappa = floats("confidence", confidence, ndim=1)
    loss = floats("losses", losses, ndim=1)
    if kappa.size == 0:
        raise ValueError("confidence: expected at least one sample, got none")
    if loss.shape != kappa.shape:
        raise ValueError(f"losses: expected shape {kappa.shape}, got {loss.shape}")
    distinct, group = np.unique(kappa, return_inverse=True)
    sizes = np.bincount(group)[::-1]
    sums = np.bincount(group, weights=loss)[::-1]
    return distinct[::-1], np.cumsum(sizes).astype(np.float64), np.cumsum(sums)


def zero_one(losses: ArrayLike) -> Float:
    loss = floats("losses", losses, ndim=1)
    if not ((loss == 0.0) | (loss == 1.0)).all():
        raise ValueError("losses: expected 0 for correct and 1 for wrong")
    return loss
