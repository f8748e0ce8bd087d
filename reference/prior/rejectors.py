"""[13] Rejectors: ambiguity from the posterior, novelty from the density of the input.

An ambiguity rejector sees the classes compared with each other; nothing that shifts all of them
alike moves it. A novelty rejector sees absolute evidence: a density of x, or the log partition
function of the logits.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from .checks import floats, positive
from .gibbs import log_partition

__all__ = ["certainty", "evidence", "log_density", "reject"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


def certainty(
    posterior: ArrayLike, statistic: Literal["maximum", "margin", "entropy"] = "maximum"
) -> Float:
    """How decisive a posterior is: the statistic of an ambiguity rejector.

    Legend: B... batch axes, K classes.

    Parameters
    ----------
    posterior : array_like (B..., K)
        Entries in [0, 1], K >= 1.
    statistic : 'maximum', 'margin' or 'entropy'
        ``max p``; largest minus second largest (the largest for K = 1); or minus the entropy
        in nats. Large = certain for each.

    Returns
    -------
    float64 (B...)

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains.

    Properties
    ----------
    - P-uniform: among posteriors each statistic is smallest at the uniform one.
    - P-relative: it depends on the logits only through their differences.

    References
    ----------
    [13] Hendrickx et al. (2024), Machine learning with a reject option: a survey, Machine Learning
    113(5), 3073-3110.
    """
    p = floats("posterior", posterior)
    if p.ndim == 0 or p.shape[-1] == 0:
        raise ValueError(f"posterior: expected at least one class, got shape {p.shape}")
    if not ((p >= 0.0) & (p <= 1.0)).all():
        raise ValueError("posterior: expected probabilities in [0, 1]")
    if statistic == "maximum":
        return np.asarray(np.max(p, axis=-1))
    if statistic == "margin":
        ranked = np.sort(p, axis=-1)
        return np.asarray(ranked[..., -1] - (ranked[..., -2] if p.shape[-1] > 1 else 0.0))
    if statistic == "entropy":
        return np.asarray(np.sum(xlogy(p, p), axis=-1))
    raise ValueError(f"statistic: expected 'maximum', 'margin' or 'entropy', got {statistic!r}")


def evidence(scores: ArrayLike, beta: ArrayLike = 1.0, mask: ArrayLike | None = None) -> Float:
    """Log partition function of the logits: absolute evidence, a novelty statistic.

    Legend: B... batch axes, N classes.

    Parameters
    ----------
    scores : array_like (B..., N)
        Finite logits.
    beta : scalar
        Inverse temperature, finite and positive.
    mask : array_like of bool, broadcasting to (B..., N), optional
        True = may be selected.

    Returns
    -------
    float64 (B...)
        Large = familiar; minus infinity where there is no class, which every threshold rejects.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains.

    Properties
    ----------
    - P-absolute: a constant added to all scores is added to it.

    References
    ----------
    [13] Hendrickx et al. (2024), Machine learning with a reject option: a survey, Machine Learning
    113(5), 3073-3110, for the kind of rejector; the statistic is a common choice.
    """
    return log_partition(scores, beta, mask)


def log_density(x: ArrayLike, samples: ArrayLike, bandwidth: ArrayLike) -> Float:
    """Logarithm of a Gaussian kernel density: the novelty statistic of a separated rejector.

    ``log (1/S) sum_i N(x; x_i, b^2 I)``.

    Legend: B... batch axes, D space, S samples.

    Parameters
    ----------
    x : array_like (B..., D)
    samples : array_like (S, D)
        Training inputs. S = 0: minus infinity everywhere.
    bandwidth : scalar
        b, finite and positive, in the unit of x.

    Returns
    -------
    float64 (B...)
        Large = familiar.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains.

    Properties
    ----------
    - P-far: it falls without bound as x leaves the samples.
    - P-input-only: it sees x alone: no model's output changes it.

    References
    ----------
    [13] Hendrickx et al. (2024), Machine learning with a reject option: a survey, Machine Learning
    113(5), 3073-3110.
    """
    point, known = floats("x", x), floats("samples", samples, ndim=2)
    width = positive("bandwidth", bandwidth)
    if point.ndim == 0 or point.shape[-1] != known.shape[-1]:
        raise ValueError(f"x: expected a last axis of {known.shape[-1]}, got shape {point.shape}")
    scaled = (point[..., None, :] - known) / width
    squares = np.sum(scaled * scaled, axis=-1)
    count, size = known.shape
    constant = math.log(max(count, 1)) + size * (math.log(width) + 0.5 * math.log(2.0 * math.pi))
    return np.asarray(log_partition(-0.5 * squares) - constant)


def reject(labels: ArrayLike, statistic: ArrayLike, threshold: ArrayLike) -> Int:
    """The label where ``statistic >= threshold``, else -1.

    Parameters
    ----------
    labels : array_like of int (B...)
        Non-negative, or -1 where already rejected: rejectors chain.
    statistic : array_like (B...)
        Not NaN; minus infinity is rejected by every threshold above it.
    threshold : array_like, broadcasting to (B...)
        Finite.

    Returns
    -------
    int64 (B...)
        Equality accepts.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes, and for NaN.

    Properties
    ----------
    - P-chain: two rejectors accept the intersection, in either order.
    - P-separate: which x are rejected does not depend on the labels.

    References
    ----------
    [13] Hendrickx et al. (2024), Machine learning with a reject option: a survey, Machine Learning
    113(5), 3073-3110.
    """
    named = np.asarray(labels)
    if not np.issubdtype(named.dtype, np.integer):
        raise TypeError(f"labels: expected integers, got dtype {named.dtype}")
    value = floats("statistic", statistic, finite=False)
    if value.shape != named.shape:
        raise ValueError(f"statistic: expected shape {named.shape}, got {value.shape}")
    if np.isnan(value).any():
        raise ValueError("statistic: expected numbers or infinities, got nan")
    kept = value >= floats("threshold", threshold)
    if kept.shape != named.shape:
        raise ValueError(f"threshold: expected to broadcast to {named.shape}")
    return np.asarray(np.where(kept, named, -1), dtype=np.int64)
