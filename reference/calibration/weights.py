"""Mixing weights per key from prior counts.

A key that is needed more often should win against one that lies a little nearer. The energy falls
as min(alpha, 1 - alpha) does (T23), so the weight of such a key has to be further from 1/2. Both
sides of 1/2 do the same to the energy (T8), and a rule that crossed 1/2 would favour the rarest
keys as much as the commonest; so all weights stay on one side: alpha <= 1/2, the key's own.

The rule, in the key log-odds h = log((1 - alpha)/alpha) that the landscape is made of:

    h_i = strength * log((count_i + smoothing) / (count_min + smoothing)).

The rarest key has alpha = 1/2, as without a prior; with strength 1 the odds of each key's well
against the query's are its smoothed count over the least one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..alignment import ceiling, radius, threshold_from_radius
from ..arguments import (
    element_message,
    first_index,
    non_negative_array,
    non_negative_scalar,
    threshold_array,
)
from .cells import reach
from .samples import axes_of

__all__ = ["PriorWeights", "alpha_from_counts"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PriorWeights:
    """Weights per key, and what they do.

    Attributes
    ----------
    alpha : float64 (N,)
        In (0, 1/2].
    log_odds : float64 (N,)
        h, at least 0.
    ceiling : float64 (N,)
        Largest energy of each key, rounded. A threshold at or above it admits the key at any
        distance.
    advantage : float64 (N,)
        How many times nearer the rarest key has to be to win, where no energy is saturated:
        ``sqrt(w_rarest / w_i)``, ``w = alpha (1 - alpha)``.
    counts : float64 (N,)
    strength, smoothing : float
    threshold : float
        The one that the guard was asked about; -inf if none.
    samples : float
        Sum of the counts.
    limited_by : str
        What a threshold may be at most: it has to stay below the least ceiling.
    """

    alpha: Float
    log_odds: Float
    ceiling: Float
    advantage: Float
    counts: Float
    strength: float
    smoothing: float
    threshold: float
    samples: float
    limited_by: str

    def reach(self, beta: ArrayLike = 1.0) -> Float:
        """Distance beyond which each key cannot be selected; see `cells.reach`."""
        return reach(self.alpha, beta)

    def thresholds_at(self, radius: ArrayLike, beta: ArrayLike = 1.0) -> Float:
        """Thresholds per key that admit all keys within one radius, up to rounding.

        With them no prior is too strong to be rejected. They are thresholds per key: the filter is
        then no reject option on the winner (T25), and `energy_levels` says nothing about them.
        """
        return threshold_from_radius(radius, self.alpha, beta)

    def plot(self, ax: Any | None = None) -> Any:
        """Ceiling of each key against its count, and the threshold; returns the axes."""
        axes = axes_of(ax)
        axes.plot(self.counts, self.ceiling, "o", color="C0", label="ceiling")
        if self.threshold > -math.inf:
            axes.axhline(self.threshold, color="C3", linestyle=":", label="threshold")
        axes.set(xlabel="count", ylabel="energy", ylim=(0.0, None))
        axes.legend()
        return axes


def alpha_from_counts(
    counts: ArrayLike,
    *,
    strength: ArrayLike = 1.0,
    smoothing: ArrayLike = 1.0,
    threshold: ArrayLike | None = None,
) -> PriorWeights:
    """Mixing weights per key from how often each key was needed before.

    Parameters
    ----------
    counts : array_like (N,)
        Finite, at least 0, N >= 1.
    strength : float
        At least 0; 0 gives alpha = 1/2 everywhere. 1 takes the counts at their word, less shrinks
        them geometrically.
    smoothing : float
        Added to each count; at least 0, and positive where a count is 0.
    threshold : float, optional
        A threshold for all keys that is going to be used with these weights. It is refused if it
        reaches a ceiling: that key would be admitted at any distance, and no query would abstain.

    Returns
    -------
    PriorWeights

    Raises
    ------
    TypeError, ValueError
        Naming the argument. ValueError if a weight underflows, or for a threshold that some key's
        ceiling does not exceed; the message names the key and a strength that would do.
    """
    given = non_negative_array("counts", counts)
    if given.ndim != 1 or not given.size:
        raise ValueError(f"counts: expected shape (N,) with N >= 1, got {given.shape}")
    if not np.isfinite(given).all():
        bad = first_index(~np.isfinite(given))
        raise ValueError(element_message("counts", "finite numbers", given, bad))
    power = non_negative_scalar("strength", strength)
    added = non_negative_scalar("smoothing", smoothing)
    smoothed = given + added
    if not (smoothed > 0.0).all():
        raise ValueError("smoothing: expected a positive number where a count is 0, got 0.0")
    relative = np.log(smoothed) - math.log(smoothed.min())
    log_odds = power * np.maximum(relative, 0.0)
    # exp(-h)/(1 + exp(-h)): nothing overflows, and h = 0 gives exactly 1/2
    alpha = np.exp(-log_odds) / (1.0 + np.exp(-log_odds))
    if not (alpha >= np.finfo(np.float64).tiny).all():
        bad = first_index(~(alpha >= np.finfo(np.float64).tiny))
        raise ValueError(f"strength: the weight of key {bad[0]} underflows, got {power!r}")
    limit = -math.inf if threshold is None else _guarded(threshold, alpha, relative)
    tops = ceiling(alpha)
    spread = alpha * (1.0 - alpha)
    lowest = int(np.argmin(tops))
    return PriorWeights(
        alpha=alpha,
        log_odds=log_odds,
        ceiling=tops,
        advantage=np.sqrt(spread.max() / spread),
        counts=given,
        strength=power,
        smoothing=added,
        threshold=limit,
        samples=float(given.sum()),
        limited_by=f"key {lowest} has the least ceiling, {float(tops[lowest])!r}",
    )


def _guarded(threshold: ArrayLike, alpha: Float, relative: Float) -> float:
    """The threshold, if every key's ceiling exceeds it as a real number."""
    given = threshold_array("threshold", threshold)
    if given.ndim:
        raise ValueError(f"threshold: expected a scalar, got shape {given.shape}")
    tau = float(given)
    # the comparison of `radius` is with the real ceiling
    vacuous: Bool = radius(np.full(alpha.shape, tau), alpha) == np.inf
    if not vacuous.any():
        return tau
    key = int(np.argmax(np.where(vacuous, relative, -1.0)))
    # -log(1 - alpha) > tau if and only if alpha > 1 - exp(-tau), so h < -tau - log(1 - exp(-tau))
    most = -tau - math.log(-math.expm1(-tau))
    if tau > math.log(2.0):
        advice = "no strength would do"
    elif most <= 0.0:
        advice = "strength 0 alone would do"
    else:
        advice = f"a strength below {most / relative[key]:.6g} would do"
    raise ValueError(
        f"threshold: expected one below every ceiling, got {tau!r}: key {key} has the ceiling "
        f"{float(ceiling(alpha[key]))!r} and would be admitted at any distance; {advice}"
    )
