"""[13] The areas that are all called AURC, named apart.

Geifman's AURC is an area under the risk-coverage curve: lower is better. The survey's AURC is the
area under the accuracy-reject curve: higher is better. They are named `aurc_risk` and `auarc`, and
three conventions of the first are in use; they differ in the third decimal on ordinary data.

Among equal confidences the order of acceptance is not defined. The areas are the expectation over
a random order within each tie, which needs no order.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import natural_number
from .curves import tied_sums, zero_one

__all__ = [
    "auarc",
    "aurc_grid",
    "aurc_optimal",
    "aurc_risk",
    "aurc_trapezoid",
    "aurc_worst",
]

Float = NDArray[np.float64]


def aurc_risk(confidence: ArrayLike, losses: ArrayLike) -> float:
    """Area under the risk-coverage curve as ``(1/M) sum_k r(k/M)``; lower is better.

    Legend: M samples, r(k/M) the mean loss of the k most confident.

    Parameters
    ----------
    confidence, losses
        As in `risk_coverage`.

    Returns
    -------
    float
        In the unit of the losses.

    Raises
    ------
    TypeError, ValueError
        As `risk_coverage`.

    Properties
    ----------
    - P-transform: a strictly increasing transform of the confidence changes nothing.
    - P-bounds: for errors it lies between `aurc_optimal` and `aurc_worst`.
    - P-constant: with equal confidences it is the mean loss, the expectation over random orders.
    - P-expectation: with ties it is the mean over all orders within them.

    References
    ----------
    Geifman, Uziel and El-Yaniv (2019), Bias-reduced uncertainty estimation for deep neural
    classifiers, for the convention of [11] and [12]'s authors.
    """
    return float(np.mean(_prefix_risks(confidence, losses)))


def aurc_trapezoid(confidence: ArrayLike, losses: ArrayLike) -> float:
    """Trapezoids of the risk over the coverages ``[1/M, 1]``, divided by ``1 - 1/M``.

    Legend: M samples.

    Parameters
    ----------
    confidence, losses
        As in `risk_coverage`, M >= 2.

    Returns
    -------
    float
        In the unit of the losses; lower is better.

    Raises
    ------
    TypeError, ValueError
        As `risk_coverage`; ValueError for M = 1, where the interval is a point.

    Properties
    ----------
    - P-relation: it is ``(M aurc_risk - (r(1/M) + r(1)) / 2) / (M - 1)``.

    References
    ----------
    The convention of the package torch-uncertainty.
    """
    risks = _prefix_risks(confidence, losses)
    if len(risks) < 2:
        raise ValueError("confidence: expected at least 2 samples, got 1")
    return float(np.mean((risks[1:] + risks[:-1]) / 2.0))


def aurc_grid(confidence: ArrayLike, losses: ArrayLike) -> float:
    """Mean risk over the 96 coverages .05, .06, ... 1, each rounded to a count of samples.

    The count is c M rounded half to even, formed exactly, and at least 1.

    Legend: M samples.

    Parameters
    ----------
    confidence, losses
        As in `risk_coverage`.

    Returns
    -------
    float
        In the unit of the losses; lower is better.

    Raises
    ------
    TypeError, ValueError
        As `risk_coverage`.

    Properties
    ----------
    - P-hundred: for M = 100 it is the mean of r(k/M) over k = 5 ... 100.

    References
    ----------
    The convention of the package zugzwang.
    """
    risks = _prefix_risks(confidence, losses)
    counts = [max(1, round(Fraction(percent * len(risks), 100))) for percent in range(5, 101)]
    return float(np.mean(risks[np.asarray(counts) - 1]))


def auarc(confidence: ArrayLike, losses: ArrayLike) -> float:
    """Area under the accuracy-reject curve, the survey's AURC; higher is better.

    The mean accuracy of the k most confident over k = 1 ... M.

    Legend: M samples.

    Parameters
    ----------
    confidence, losses
        As in `accuracy_reject`.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    TypeError, ValueError
        As `accuracy_reject`.

    Properties
    ----------
    - P-complement: it is ``1 - aurc_risk``: the two areas called AURC rank models oppositely.

    References
    ----------
    [13] Hendrickx et al. (2024), Machine learning with a reject option: a survey, Machine Learning
    113(5), 3073-3110.
    """
    return float(np.mean(1.0 - _prefix_risks(confidence, zero_one(losses))))


def aurc_optimal(samples: int, errors: int) -> float:
    """`aurc_risk` of a perfect order, all errors last: ``(1/M) sum_{j=1..k} j / (M - k + j)``.

    Parameters
    ----------
    samples, errors : int
        M >= 1 and ``0 <= k <= M``.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    TypeError, ValueError
        For bad counts.

    Properties
    ----------
    - P-attained: it is `aurc_risk` of that order.

    References
    ----------
    [13] Hendrickx et al. (2024); the closed form is derived here.
    """
    m, k = _counts(samples, errors)
    j = np.arange(1, k + 1)
    return float(np.sum(j / (m - k + j)) / m)


def aurc_worst(samples: int, errors: int) -> float:
    """`aurc_risk` of the reversed order, all errors first: ``(k + k sum_{i=k+1..M} 1/i) / M``.

    Parameters
    ----------
    samples, errors : int
        M >= 1 and ``0 <= k <= M``.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    TypeError, ValueError
        For bad counts.

    Properties
    ----------
    - P-attained: it is `aurc_risk` of that order.

    References
    ----------
    [13] Hendrickx et al. (2024); the closed form is derived here.
    """
    m, k = _counts(samples, errors)
    return float((k + k * np.sum(1.0 / np.arange(k + 1, m + 1))) / m)


def _prefix_risks(confidence: ArrayLike, losses: ArrayLike) -> Float:
    """``r(k/M)`` for k = 1 ... M, the mean over the orders within ties."""
    _, ends, totals = tied_sums(confidence, losses)
    ranks = np.arange(1, ends[-1] + 1)
    # the expected loss of a part of a tie is its share of the tie's: linear between the ends
    before = np.concatenate([[0.0], ends])
    return np.asarray(np.interp(ranks, before, np.concatenate([[0.0], totals])) / ranks)


def _counts(samples: int, errors: int) -> tuple[int, int]:
    m, k = natural_number("samples", samples), natural_number("errors", errors)
    if m == 0:
        raise ValueError("samples: expected at least 1, got 0")
    if k > m:
        raise ValueError(f"errors: expected at most the {m} samples, got {k}")
    return m, k
