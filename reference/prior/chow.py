"""[13] Chow's rule: rejection at a cost, the pointwise optimum, and the Bayes reject risk.

Costs are normalised: 0 for a correct label, 1 for a wrong one, C_r in [0, 1] for rejection.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks import floats

__all__ = ["bayes_reject_risk", "chow", "expected_cost", "normalised_cost"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


def normalised_cost(reject: float, error: float = 1.0, correct: float = 0.0) -> float:
    """``(C_reject - C_correct) / (C_error - C_correct)``, the cost in units of the error's.

    Parameters
    ----------
    reject, error, correct : float
        Finite, ``correct <= reject <= error``, ``correct < error``.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    TypeError, ValueError
        For other values, naming the argument.

    Properties
    ----------
    - P-affine: a positive affine map of the three costs changes nothing.

    References
    ----------
    [13] Hendrickx et al. (2024), Machine learning with a reject option: a survey, Machine Learning
    113(5), 3073-3110.
    """
    named = {"reject": reject, "error": error, "correct": correct}
    costs = {name: float(floats(name, value, ndim=0)) for name, value in named.items()}
    low, high = costs["correct"], costs["error"]
    if not low < high:
        raise ValueError(f"error: expected more than correct = {low}, got {high}")
    if not low <= costs["reject"] <= high:
        raise ValueError(f"reject: expected a cost in [{low}, {high}], got {costs['reject']}")
    return (costs["reject"] - low) / (high - low)


def chow(posterior: ArrayLike, cost: float) -> Int:
    """Reject iff ``max_k P(k|x) < 1 - C_r``, else the most probable label.

    The comparison is exact: ``1 - C_r`` is not rounded. Equality accepts (both cost the same).

    Legend: B... batch axes, K classes.

    Parameters
    ----------
    posterior : array_like (B..., K)
        Entries in [0, 1]; each row sums to 1, or is all zero where there is no class.
    cost : float
        C_r in [0, 1].

    Returns
    -------
    int64 (B...)
        The first of the most probable labels; -1 where rejected, and where there is no class.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains. A row sum may miss 1 by its rounding, K 2**-52.

    Properties
    ----------
    - P-optimal: no choice among labels and rejection has a lower expected cost at any x.
    - P-never: at a cost of at least 1 - 1/K nothing is rejected.
    - P-nested: a higher cost rejects a subset.
    - P-singleton: one class alone is always accepted: the rule rejects ambiguity, never novelty.

    References
    ----------
    [13] Hendrickx et al. (2024), Machine learning with a reject option: a survey, Machine Learning
    113(5), 3073-3110. The rule: Chow (1970), On optimum recognition error and reject tradeoff.
    """
    p, price = _posterior(posterior), _cost(cost)
    best = np.max(p, axis=-1, initial=0.0)
    label = np.argmax(p, axis=-1) if p.shape[-1] else np.zeros(p.shape[:-1], dtype=np.int64)
    rejected = _sum_below_one(best, price) | (best == 0.0)
    return np.asarray(np.where(rejected, -1, label), dtype=np.int64)


def expected_cost(posterior: ArrayLike, decision: ArrayLike, cost: float) -> Float:
    """Expected cost of a decision at x: ``1 - P(label|x)``, or C_r for rejection.

    Legend: B... batch axes, K classes.

    Parameters
    ----------
    posterior, cost
        As in `chow`.
    decision : array_like of int (B...)
        A label in [0, K), or -1 for rejection.

    Returns
    -------
    float64 (B...)
        In [0, 1].

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains.

    Properties
    ----------
    - P-reject: rejection costs C_r whatever the posterior.

    References
    ----------
    [13] Hendrickx et al. (2024), Machine learning with a reject option: a survey, Machine Learning
    113(5), 3073-3110.
    """
    p, price = _posterior(posterior), _cost(cost)
    chosen = np.asarray(decision)
    if not np.issubdtype(chosen.dtype, np.integer):
        raise TypeError(f"decision: expected integers, got dtype {chosen.dtype}")
    if chosen.shape != p.shape[:-1]:
        raise ValueError(f"decision: expected shape {p.shape[:-1]}, got {chosen.shape}")
    if ((chosen < -1) | (chosen >= p.shape[-1])).any():
        raise ValueError(f"decision: expected -1 or a label below {p.shape[-1]}")
    if p.shape[-1] == 0:
        return np.full(chosen.shape, price)
    taken = np.take_along_axis(p, np.maximum(chosen, 0)[..., None], axis=-1)[..., 0]
    return np.asarray(np.where(chosen < 0, price, 1.0 - taken))


def bayes_reject_risk(posterior: ArrayLike, cost: float, mass: ArrayLike | None = None) -> float:
    """Risk of Chow's rule, ``sum_x mass(x) min(1 - max_k P(k|x), C_r)``.

    Legend: X points, K classes.

    Parameters
    ----------
    posterior : array_like (X, K)
        As in `chow`, K >= 1 and X >= 1.
    cost : float
        C_r in [0, 1].
    mass : array_like (X,), optional
        Probabilities of the points, non-negative with a positive sum; uniform unless given. They
        are divided by their sum.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains.

    Properties
    ----------
    - P-bounds: it is at most C_r and at most the Bayes error.
    - P-concave: it is concave and non-decreasing in C_r.

    References
    ----------
    [13] Hendrickx et al. (2024), Machine learning with a reject option: a survey, Machine Learning
    113(5), 3073-3110; Chow (1970).
    """
    p, price = _posterior(posterior), _cost(cost)
    if p.ndim != 2 or p.size == 0:
        raise ValueError(f"posterior: expected (X, K) with X, K >= 1, got {p.shape}")
    share = np.ones(len(p)) if mass is None else floats("mass", mass, ndim=1)
    if share.shape != (len(p),) or (share < 0.0).any() or not np.sum(share) > 0.0:
        raise ValueError(f"mass: expected {len(p)} non-negative numbers with a positive sum")
    pointwise = np.minimum(1.0 - np.max(p, axis=-1), price)
    return float(np.sum(share / np.sum(share) * pointwise))


def _sum_below_one(a: Float, b: float) -> NDArray[np.bool_]:
    """Whether ``a + b < 1`` in real arithmetic, for a and b in [0, 1]."""
    total = np.asarray(a + b)
    # Knuth's exact remainder: total + rest = a + b
    part = total - a
    rest = (a - (total - part)) + (b - part)
    return np.asarray((total < 1.0) | ((total == 1.0) & (rest < 0.0)))


def _posterior(posterior: ArrayLike) -> Float:
    p = floats("posterior", posterior)
    if p.ndim == 0:
        raise ValueError("posterior: expected an axis of classes, got a scalar")
    if not ((p >= 0.0) & (p <= 1.0)).all():
        raise ValueError("posterior: expected probabilities in [0, 1]")
    total = np.sum(p, axis=-1)
    # each of K quotients and K - 1 additions of numbers up to 1 rounds by at most 2**-53
    if not ((np.abs(total - 1.0) <= p.shape[-1] * 2.0**-52) | (total == 0.0)).all():
        raise ValueError("posterior: expected rows that sum to 1, or to 0 where there is no class")
    return p


def _cost(cost: float) -> float:
    number = floats("cost", cost, ndim=0)
    if not 0.0 <= number <= 1.0:
        raise ValueError(f"cost: expected a number in [0, 1], got {cost!r}")
    return float(number)
