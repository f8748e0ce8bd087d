"""A threshold for a wanted false-admission rate on queries from outside the domain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import non_negative_array
from .levels import checked_levels
from .samples import axes_of, bounds, probability, tie_complete

__all__ = ["AdmissionThreshold", "conformal_p_value", "threshold_for_false_admission"]

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AdmissionThreshold:
    """A threshold whose false-admission rate is certified, or the statement that none is.

    Attributes
    ----------
    certified : bool
        If False the sample is too small, and `threshold` is -inf: the operator abstains.
    threshold : float
        Largest float64 below the level of rank `rank`: what it admits lies strictly below that
        level, so a tie there is left out whole.
    rate : float
        Wanted false-admission rate of queries like those of the sample.
    delta : float or None
        None: the rate holds on average over samples and the next query. Otherwise: over samples,
        the probability that the threshold has a rate above the wanted one is at most delta.
    rank, samples : int
        The level taken, counted from the smallest, 0 if not certified; size of the sample.
    admitted : int
        Samples that the threshold admits; below `rank`, and fewer if ranks are tied.
    bound : float
        What is proved: ``rank / (samples + 1)``, or the Clopper-Pearson bound of ``rank - 1``
        admitted at delta. At most `rate`; 1 if not certified.
    levels, rates : float64 (T,)
        The curve: distinct finite levels, and the share of the sample at or below each.
    limited_by : str
    """

    certified: bool
    threshold: float
    rate: float
    delta: float | None
    rank: int
    samples: int
    admitted: int
    bound: float
    levels: Float
    rates: Float
    limited_by: str

    def plot(self, ax: Any | None = None) -> Any:
        """False-admission rate of the sample against the threshold; returns the axes."""
        axes = axes_of(ax)
        axes.step(self.levels, self.rates, where="post", color="C0", label="sample")
        axes.axhline(self.rate, color="0.4", linestyle="--", label="wanted at most")
        if self.certified:
            axes.axvline(self.threshold, color="C3", linestyle=":", label="threshold")
        else:
            axes.set_title("not certifiable")
        axes.set(xlabel="threshold", ylabel="false-admission rate", ylim=(0.0, 1.02))
        axes.legend()
        return axes


def threshold_for_false_admission(
    level: ArrayLike, rate: ArrayLike, *, delta: ArrayLike | None = None
) -> AdmissionThreshold:
    """The largest threshold that keeps a wanted rate of admitting queries from outside the domain.

    Parameters
    ----------
    level : array_like (M,)
        Levels of queries from outside the domain (`energy_levels`), M >= 1, in [0, inf].
    rate : float
        In (0, 1).
    delta : float, optional
        In (0, 1). Without it the guarantee is marginal (conformal): of samples and next queries
        taken together, at most this share is admitted. With it the guarantee is of the threshold
        at hand, up to a share delta of samples (an exact binomial bound).

    Returns
    -------
    AdmissionThreshold

    Raises
    ------
    TypeError, ValueError
        Naming the argument.

    Notes
    -----
    With k the rank, the probability that a new query lies strictly below the k-th smallest level
    is at most a Beta(k, M + 1 - k) variable, with equality without ties. Its mean is k/(M + 1), and
    it exceeds r with probability P(Bin(M, r) <= k - 1). The rank depends on M alone, so nothing is
    paid for the choice. Nothing is said about queries of another kind than the sample's.
    """
    sample = checked_levels("level", level)
    wanted = probability("rate", rate)
    size = len(sample)
    if delta is None:
        failure = None
        rank = math.floor(Fraction(wanted) * (size + 1))
        bound = rank / (size + 1)
        least = math.ceil(1 / Fraction(wanted)) - 1
    else:
        failure = probability("delta", delta)
        proved = bounds(np.arange(size), np.full(size, size), failure)
        rank = int(np.searchsorted(proved, wanted, side="right"))
        bound = float(proved[rank - 1]) if rank else 1.0
        least = math.ceil(math.log(failure) / math.log1p(-wanted))
    levels, sizes, _ = tie_complete(sample)
    certified = rank > 0
    threshold = -math.inf
    if certified:
        at = float(np.sort(sample)[rank - 1])
        # below 0 nothing is admitted, not even an exact match
        threshold = math.nextafter(at, -math.inf)
    admitted = int((sample <= threshold).sum())
    if not certified:
        limit = f"the sample: at least {least} are needed, {size} came"
    elif admitted < rank - 1:
        limit = f"a tie at rank {rank}, left out whole"
    else:
        limit = "the wanted rate"
    return AdmissionThreshold(
        certified=certified,
        threshold=threshold,
        rate=wanted,
        delta=failure,
        rank=rank,
        samples=size,
        admitted=admitted,
        bound=bound if certified else 1.0,
        levels=levels,
        rates=sizes / size,
        limited_by=limit,
    )


def conformal_p_value(level: ArrayLike, calibration: ArrayLike) -> Float:
    """How small a new level is among those from outside the domain: ``(1 + #{c <= level})/(M+1)``.

    If the new query is one of the same kind, exchangeable with the sample, the p-value is at most
    p with probability at most p, ties included. Admitting where it is at most `rate` keeps the
    false-admission rate, and is what the marginal `threshold_for_false_admission` does.

    Parameters
    ----------
    level : array_like (...)
        In [0, inf].
    calibration : array_like (M,)
        Levels of queries from outside the domain, M >= 1.

    Returns
    -------
    float64 (...)
        In [1/(M + 1), 1].

    Raises
    ------
    TypeError, ValueError
        Naming the argument.
    """
    new = non_negative_array("level", level)
    sample = np.sort(checked_levels("calibration", calibration))
    return np.asarray((1 + np.searchsorted(sample, new, side="right")) / (len(sample) + 1))
