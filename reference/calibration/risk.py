"""A threshold for a wanted risk, with a finite-sample guarantee, or none at all."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..prior.guarantee import sgr
from ..prior.selective_risk import indicator
from .levels import checked_levels
from .samples import axes_of, bounds, probability, tie_complete
from .walk import boundary

__all__ = ["RiskCurve", "RiskThreshold", "threshold_for_risk"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Int = NDArray[np.int64]

_METHODS = ("simultaneous", "sgr")


@dataclass(frozen=True, eq=False)
class RiskCurve:
    """One point for each set that a threshold accepts, from the smallest up.

    Attributes
    ----------
    threshold : float64 (T,)
        Distinct finite levels.
    accepted, errors : int64 (T,)
    pointwise : float64 (T,)
        Clopper-Pearson bound at delta: of a threshold that had been fixed in advance.
    corrected : float64 (T,)
        The bound that was compared with the target: at the level of the method, and for
        "simultaneous" with the tested size in place of the set's own.
    """

    threshold: Float
    accepted: Int
    errors: Int
    pointwise: Float
    corrected: Float


@dataclass(frozen=True, eq=False)
class RiskThreshold:
    """A threshold whose risk is certified, or the statement that none is.

    Attributes
    ----------
    certified : bool
        Whether a threshold was found. If not, `threshold` is -inf: the operator then abstains.
    threshold, next_level : float
        The guarantee holds for every threshold from `threshold` to below `next_level`, the next
        level of the sample; +inf if there is none. All of them accept the same samples.
    target, delta : float
        The statement: over samples, the probability that a certified set has a risk above the
        target is at most delta.
    method : str
    level : float
        Probability of failure that each bound was given.
    samples, accepted, errors : int
        Size of the sample; what `threshold` accepts of it, ties included; errors among these.
    coverage, risk : float
        Accepted share of the sample; share of errors among the accepted, nan if there is none.
    bound : float
        The corrected bound at `threshold`, at most the target; 1 if nothing is certified.
    permitted : float
        Largest share of the sample whose bound at the full delta is below the target. Choosing it
        after the fact has no guarantee: it is what the exact bound permits at most, a yardstick.
    curve : RiskCurve
    limited_by : str
        What keeps the certified coverage from being larger.
    """

    certified: bool
    threshold: float
    next_level: float
    target: float
    delta: float
    method: str
    level: float
    samples: int
    accepted: int
    errors: int
    coverage: float
    risk: float
    bound: float
    permitted: float
    curve: RiskCurve
    limited_by: str

    def plot(self, ax: Any | None = None) -> Any:
        """Risk and its bounds against coverage, target and choice; returns the axes."""
        axes = axes_of(ax)
        coverage = self.curve.accepted / self.samples
        risk = self.curve.errors / np.maximum(self.curve.accepted, 1)
        axes.plot(coverage, risk, color="C0", label="risk of the sample")
        axes.plot(coverage, self.curve.pointwise, color="0.6", label=f"bound at {self.delta:g}")
        axes.plot(coverage, self.curve.corrected, color="C1", label="bound, corrected")
        axes.axhline(self.target, color="0.4", linestyle="--", label="target")
        if self.certified:
            axes.plot([self.coverage], [self.risk], "o", color="C3", label="certified")
        else:
            axes.set_title("not certifiable")
        axes.set(xlabel="coverage", ylabel="risk", xlim=(0.0, 1.02), ylim=(0.0, None))
        axes.legend()
        return axes


def threshold_for_risk(
    level: ArrayLike,
    wrong: ArrayLike,
    target: ArrayLike,
    delta: ArrayLike,
    *,
    method: str = "simultaneous",
) -> RiskThreshold:
    """The threshold of largest coverage whose risk is certified to be at most the target.

    The risk of a threshold is the probability of an error among the queries that it accepts, in
    the population from which the sample was drawn independently.

    "simultaneous" compares every accepted set with the `walk.boundary`, and takes the largest that
    meets it. Its guarantee needs nothing of the population: ties, or a risk that falls with the
    energy, are allowed. "sgr" is the bisection of the paper on tie-complete sets
    (`gd_attention.prior.guarantee.sgr`): its union bound counts the rounds of the bisection, and
    treats thresholds that depend on the labels as if they did not.

    Parameters
    ----------
    level : array_like (M,)
        Levels of the sample (`energy_levels`), M >= 1, in [0, inf]; +inf is accepted by none.
        Any other score works where low is good and accepting means ``score <= threshold``.
    wrong : array_like of bool (M,)
        Whether the selected key's answer is an error.
    target : float
        Risk not to exceed, in (0, 1).
    delta : float
        Allowed probability of failure, in (0, 1).
    method : {"simultaneous", "sgr"}

    Returns
    -------
    RiskThreshold
        ``certified`` is False where no set has few enough errors. No number above the target is
        ever returned in place of a certificate.

    Raises
    ------
    TypeError, ValueError
        Naming the argument.

    Notes
    -----
    Samples that are not independent void the guarantee. Those of leave-one-out share their keys,
    so keep a sample aside that is no key.

    References
    ----------
    Geifman and El-Yaniv (2017) for "sgr" and for the problem. The proof of "simultaneous" is in
    docs/calibration.md.
    """
    sample = checked_levels("level", level)
    errors = indicator("wrong", wrong)
    if errors.shape != sample.shape:
        raise ValueError(f"wrong: expected shape {sample.shape}, got {errors.shape}")
    goal, failure = probability("target", target), probability("delta", delta)
    if method not in _METHODS:
        raise ValueError(f"method: expected one of {_METHODS}, got {method!r}")
    levels, sizes, counts = tie_complete(sample, errors)
    line = boundary(len(sample), goal, failure)
    met = np.zeros(len(levels), dtype=np.bool_)
    if method == "simultaneous":
        tested, pointwise_level = line.tested(sizes), line.level
        met = counts <= line.allowed(sizes)
    else:
        tested, pointwise_level = sizes, failure
        # those that select at no threshold are in no set, and have no confidence
        answered = sample < np.inf
        if answered.any():
            found = sgr(-sample[answered], errors[answered], goal, failure)
            pointwise_level, met = found.level, levels == -found.threshold
    curve = RiskCurve(
        threshold=levels,
        accepted=sizes,
        errors=counts,
        pointwise=bounds(counts, sizes, failure),
        corrected=bounds(counts, tested, pointwise_level),
    )
    # the bounds err on the safe side by rounding; a certificate needs both
    passing = np.nonzero(met & (curve.corrected <= goal))[0]
    permitted = np.nonzero(curve.pointwise <= goal)[0]
    best = int(sizes[permitted[-1]]) if permitted.size else 0
    nothing = RiskThreshold(
        certified=False,
        threshold=-math.inf,
        next_level=float(levels[0]) if levels.size else math.inf,
        target=goal,
        delta=failure,
        method=method,
        level=pointwise_level,
        samples=len(sample),
        accepted=0,
        errors=0,
        coverage=0.0,
        risk=math.nan,
        bound=1.0,
        permitted=best / len(sample),
        curve=curve,
        limited_by=_refusal(sizes, pointwise_level, goal),
    )
    if not passing.size:
        return nothing
    at = int(passing[-1])
    accepted, failed = int(sizes[at]), int(counts[at])
    return replace(
        nothing,
        certified=True,
        threshold=float(levels[at]),
        next_level=float(levels[at + 1]) if at + 1 < len(levels) else math.inf,
        accepted=accepted,
        errors=failed,
        coverage=accepted / len(sample),
        risk=failed / accepted,
        bound=float(curve.corrected[at]),
        limited_by=_limit(accepted, best, sizes, len(sample)),
    )


def _refusal(sizes: Int, level: float, target: float) -> str:
    acceptable = int(sizes[-1]) if sizes.size else 0
    needed = math.ceil(math.log(level) / math.log1p(-target))
    if acceptable < needed:
        return f"the sample: {needed} accepted without an error are needed, {acceptable} came"
    return "errors: no accepted set has few enough"


def _limit(accepted: int, permitted: int, sizes: Int, samples: int) -> str:
    if accepted == sizes[-1]:
        if accepted == samples:
            return "nothing: the whole sample is accepted"
        return f"{samples - accepted} of {samples} queries select at no threshold"
    if permitted > accepted:
        return "the correction for choosing after the fact; more samples would allow more"
    return "errors at higher levels"
