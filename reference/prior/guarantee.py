"""[11] Selection with guaranteed risk (SGR).

A certificate speaks of the set that is accepted, ``{confidence >= threshold}`` with all its ties.
Counts are integers throughout: a rate times a sample size, truncated, is how an error gets lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainccinv

from ..arguments import natural_number
from .checks import floats
from .selective_risk import indicator

__all__ = ["Guarantee", "error_bound", "fixed_sequence", "sgr"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Int = NDArray[np.int64]

# The inverse of the incomplete beta function is trusted to this relative error (the tests hold it
# to that by exact rational sums), and the bound is raised by as much: it errs on the safe side.
_INVERSE_ERROR = 2.0**-40


def error_bound(errors: int, samples: int, delta: float) -> float:
    """``B*``: upper confidence bound of an error rate (Clopper-Pearson).

    The b with ``sum_{j <= errors} C(samples, j) b^j (1-b)^(samples-j) = delta``, that is the
    ``1 - delta`` quantile of ``Beta(errors + 1, samples - errors)``.

    The counts are integers. Passing a rate and truncating ``samples * rate`` loses an error for
    15 of 22, say: 22 * (15/22) is below 15 in float64.

    Parameters
    ----------
    errors, samples : int
        ``0 <= errors <= samples``.
    delta : float
        Allowed probability of failure, in (0, 1).

    Returns
    -------
    float
        In [0, 1]; 1 if all samples are errors or there is none. Never below the exact bound, and
        above it by 2**-39 relative at most.

    Raises
    ------
    TypeError, ValueError
        For bad counts, or a delta outside (0, 1).

    Properties
    ----------
    - P-root: the binomial distribution function at the bound is delta.
    - P-monotone: it grows with the errors, and falls with the samples and with delta.
    - P-no-errors: without errors it is ``1 - delta^(1/samples)``, so that no smaller risk can be
      certified.
    - P-cover: for samples with error rate r, the bound is below r with probability at most delta.

    References
    ----------
    [11] Geifman and El-Yaniv (2017), Selective classification for deep neural networks, NeurIPS 30.
    """
    k, m = natural_number("errors", errors), natural_number("samples", samples)
    if k > m:
        raise ValueError(f"errors: expected at most the {m} samples, got {k}")
    level = _probability("delta", delta)
    return float(upper_bounds(np.array(k), np.array(m), level))


def upper_bounds(errors: Int, samples: Int, level: float) -> Float:
    """`error_bound` of arrays of one shape that are already checked."""
    some = errors < samples
    left = np.where(some, samples - errors, 1)
    inverse = betainccinv(errors + 1, left, level) * (1.0 + _INVERSE_ERROR)
    return np.asarray(np.where(some, np.minimum(inverse, 1.0), 1.0))


@dataclass(frozen=True)
class Guarantee:
    """What could be certified.

    Attributes
    ----------
    certified : bool
        False = no threshold tried keeps the target: nothing may be accepted under it.
    threshold : float
        Accept confidence >= threshold; plus infinity if nothing is certified.
    bound : float
        Upper bound of the risk of the accepted set, below the target; 1 if nothing is certified.
    accepted, errors : int
        Counts of the calibration sample at the threshold, ties included.
    coverage : float
        Accepted share of the calibration sample.
    level : float
        Probability of failure that each bound was given.
    """

    certified: bool
    threshold: float
    bound: float
    accepted: int
    errors: int
    coverage: float
    level: float


def sgr(confidence: ArrayLike, errors: ArrayLike, target: float, delta: float) -> Guarantee:
    """Selection with guaranteed risk: the bisection of the paper, on tie-complete sets.

    The distinct confidences are bisected for the largest accepted set with ``B* < target``; the
    bounds share delta. Differences to the authors' code, each of which voids or blurs the guarantee
    there: a set is ``{confidence >= threshold}`` with its ties, not a suffix of the sorted sample;
    counts are integers; delta is split by the number of bounds that a bisection can need; full
    coverage is tried; and the best certified threshold is returned, not the last one tried.

    The union bound is over the rounds, as in the paper; it treats their thresholds as if chosen
    without the labels. `fixed_sequence` needs no such reading.

    Parameters
    ----------
    confidence : array_like (M,)
        M >= 1 calibration samples.
    errors : array_like of bool (M,)
        Whether the prediction was wrong.
    target : float
        Risk to stay below, in (0, 1).
    delta : float
        Allowed probability of failure, in (0, 1).

    Returns
    -------
    Guarantee
        ``certified`` is False where no threshold tried keeps the target.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains, and for an empty sample.

    Properties
    ----------
    - P-certificate: if certified, the bound is that of the accepted counts, ties included, and is
      below the target.
    - P-ties: equal confidences are accepted together; their errors all count.
    - P-transform: a strictly increasing transform of the confidence leaves the accepted set.
    - P-not-certifiable: a target below ``1 - level^(1/M)`` is never certified.
    - P-valid: the risk of the certified set exceeds the target with probability at most delta.

    References
    ----------
    [11] Geifman and El-Yaniv (2017), Selective classification for deep neural networks, NeurIPS 30.
    """
    kappa, wrong = _calibration(confidence, errors)
    goal, failure = _probability("target", target), _probability("delta", delta)
    distinct = np.unique(kappa)
    level = failure / len(distinct).bit_length()
    best = _nothing(level)
    low, high = 0, len(distinct) - 1
    while low <= high:
        middle = (low + high) // 2
        trial = _certificate(kappa, wrong, float(distinct[middle]), goal, level)
        if trial.certified:
            best, high = trial, middle - 1
        else:
            low = middle + 1
    return best


def fixed_sequence(
    confidence: ArrayLike, errors: ArrayLike, target: float, delta: float, thresholds: ArrayLike
) -> Guarantee:
    """Selection with guaranteed risk by thresholds that are fixed before the sample is seen.

    They are tested in the order given, each at the full delta, up to the first that fails; the last
    that passed is returned. The first true violation in that order is passed with probability at
    most delta, so the guarantee holds without any reading of the bisection.

    Parameters
    ----------
    confidence, errors, target, delta
        As in `sgr`.
    thresholds : array_like (T,)
        Usually falling. Fixed in advance: none may depend on the sample.

    Returns
    -------
    Guarantee

    Raises
    ------
    TypeError, ValueError
        As `sgr`.

    Properties
    ----------
    - P-stops: no threshold after the first failure is returned.

    References
    ----------
    [11] Geifman and El-Yaniv (2017) for the bound. Fixed-sequence testing is a standard procedure
    of multiple testing, and not part of [11].
    """
    kappa, wrong = _calibration(confidence, errors)
    goal, failure = _probability("target", target), _probability("delta", delta)
    best = _nothing(failure)
    for threshold in floats("thresholds", thresholds, ndim=1):
        trial = _certificate(kappa, wrong, float(threshold), goal, failure)
        if not trial.certified:
            break
        best = trial
    return best


def _certificate(kappa: Float, wrong: Bool, theta: float, goal: float, level: float) -> Guarantee:
    taken = kappa >= theta
    accepted, failed = int(taken.sum()), int(wrong[taken].sum())
    bound = error_bound(failed, accepted, level)
    return Guarantee(bound < goal, theta, bound, accepted, failed, accepted / len(kappa), level)


def _nothing(level: float) -> Guarantee:
    return Guarantee(False, float("inf"), 1.0, 0, 0, 0.0, level)


def _calibration(confidence: ArrayLike, errors: ArrayLike) -> tuple[Float, Bool]:
    kappa = floats("confidence", confidence, ndim=1)
    wrong = indicator("errors", errors)
    if wrong.shape != kappa.shape:
        raise ValueError(f"errors: expected shape {kappa.shape}, got {wrong.shape}")
    return kappa, wrong


def _probability(name: str, value: float) -> float:
    number = floats(name, value, ndim=0)
    if not 0.0 < number < 1.0:
        raise ValueError(f"{name}: expected a number in (0, 1), got {value!r}")
    return float(number)
