"""A threshold for a wanted coverage: an order statistic of the levels, ties and all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from .levels import checked_levels
from .samples import axes_of, least_count, probability, share_of, tie_complete

__all__ = ["CoverageThreshold", "threshold_for_coverage"]

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CoverageThreshold:
    """A threshold and the coverage on both sides of its tie.

    Attributes
    ----------
    threshold : float
        Least threshold that covers what was wanted; the largest finite level if none does.
    reached : bool
        Whether the sample reaches the wanted coverage. False if too many queries select at no
        threshold.
    wanted, coverage, below : float
        Wanted share; share of the sample with level <= threshold; share with level < threshold.
        ``below < wanted <= coverage`` where reached: a jump between them is a tie.
    delta, lower, upper : float
        In the population, ``level <= threshold`` has a probability of at least `lower`, and
        ``level < threshold`` one of at most `upper`; each fails with probability at most delta.
    samples, tied : int
        Size of the sample; samples whose level is the threshold.
    levels, coverages : float64 (T,)
        The curve: distinct finite levels and the share of the sample at or below each.
    limited_by : str
        What keeps the coverage from being exactly the one wanted.
    """

    threshold: float
    reached: bool
    wanted: float
    coverage: float
    below: float
    delta: float
    lower: float
    upper: float
    samples: int
    tied: int
    levels: Float
    coverages: Float
    limited_by: str

    def plot(self, ax: Any | None = None) -> Any:
        """Coverage against threshold, the wanted one and the one found; returns the axes."""
        axes = axes_of(ax)
        axes.step(self.levels, self.coverages, where="post", color="C0", label="sample")
        axes.axhline(self.wanted, color="0.5", linestyle="--", label="wanted")
        axes.axvline(self.threshold, color="C3", linestyle=":", label="threshold")
        if self.reached:
            axes.vlines(self.threshold, self.lower, self.upper, color="C3", label="population")
        axes.set(xlabel="threshold", ylabel="coverage", ylim=(0.0, 1.02))
        axes.legend()
        return axes


def threshold_for_coverage(
    level: ArrayLike, coverage: ArrayLike, *, delta: ArrayLike = 0.05
) -> CoverageThreshold:
    """The least threshold at which at least the wanted share of the sample selects.

    It is the k-th smallest level, k the least integer with ``k / M >= coverage`` as float64
    numbers. Queries with equal levels are accepted together.

    Parameters
    ----------
    level : array_like (M,)
        Levels of the sample (`energy_levels`), M >= 1, in [0, inf].
    coverage : float
        In (0, 1].
    delta : float
        Probability of failure of each bound on the population's coverage, in (0, 1).

    Returns
    -------
    CoverageThreshold

    Raises
    ------
    TypeError, ValueError
        Naming the argument.

    Notes
    -----
    For independent samples the probability of ``level <= threshold`` is at least, and that of
    ``level < threshold`` at most, a Beta(k, M - k + 1) variable, equal to both without ties.
    """
    sample = checked_levels("level", level)
    failure = probability("delta", delta)
    wanted = share_of("coverage", coverage)
    size = len(sample)
    k = least_count(wanted, size)
    ordered = np.sort(sample)
    levels, sizes, _ = tie_complete(sample)
    reached = bool(ordered[k - 1] < np.inf)
    if reached:
        threshold = float(ordered[k - 1])
    else:
        # -inf: not even an exact match was seen to select
        threshold = float(levels[-1]) if levels.size else -math.inf
    accepted, under = int((sample <= threshold).sum()), int((sample < threshold).sum())
    if not reached:
        limit = f"{size - accepted} of {size} queries select at no threshold"
    elif accepted > k:
        limit = f"a tie of {accepted - under} samples, accepted together"
    elif accepted / size != wanted:
        limit = f"{size} samples: coverages are multiples of 1/{size}"
    else:
        limit = "nothing"
    return CoverageThreshold(
        threshold=threshold,
        reached=reached,
        wanted=wanted,
        coverage=accepted / size,
        below=under / size,
        delta=failure,
        lower=float(betaincinv(k, size - k + 1, failure)) if reached else 0.0,
        upper=float(betaincinv(k, size - k + 1, 1.0 - failure)) if reached else 1.0,
        samples=size,
        tied=accepted - under,
        levels=levels,
        coverages=sizes / size,
        limited_by=limit,
    )
