r"""How many errors an accepted set may have, whatever threshold is chosen after seeing them.

Sort the sample by level and let S_j count the errors among the first j. Were the risk exactly the
target everywhere, S would be a sum of independent Bernoulli(target) variables. The boundary c_j is
the largest for which a Clopper-Pearson bound at one common *pointwise level* is met,

    c_j = max { c : P(Bin(j, target) <= c) <= level },

and the level is the largest at which that walk ever gets to its boundary with probability at most
delta:

    P( S_j <= c_j for some tested j ) <= delta.

docs/calibration.md proves that no other population, tied or not, with a risk that rises or not,
does so more often with a set whose risk exceeds the target. So a threshold may be chosen among all
after seeing the errors, and no union bound is paid: the probability of the union is computed.

It is computed by carrying the distribution of the walks that have not crossed from one tested size
to the next. All terms are positive, so relative errors add up. A probability
``exp(log C + k log p + (d-k) log(1-p))`` of d steps is formed from terms below
``(d + 1) log(d + 2) + d |log p(1-p)|``, each right to a few ulp: a relative error below 16 eps
times that, and over all steps below 16 eps times the same with n for d. Sums of products of that
many terms add 2 n eps at most. `_error` is the sum; what is cut off from the tails is added to the
probability of crossing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrik, gammaln

from ..arguments import natural_number
from .samples import probability

__all__ = ["Boundary", "boundary"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

# Tested sizes are at most this factor apart: coverage is lost by 3 % at most of what a test of all
# sizes could certify, and the fewer tests leave more to each.
_RATIO = 1.03
# Probabilities below this are cut off from the tails, and counted as crossings.
_CUT = 1e-25
_MOST_HALVINGS = 60


@dataclass(frozen=True, eq=False)
class Boundary:
    """Largest numbers of errors with which an accepted set is certified.

    Attributes
    ----------
    samples : int
    target, delta : float
        The risk not to exceed, and the probability of failure.
    level : float
        Pointwise level of each test, at most delta.
    sizes : int64 (G,)
        Tested numbers of accepted samples, rising; the last is `samples`. Empty if even all
        samples without an error are too few.
    errors : int64 (G,)
        Errors allowed at these sizes, not falling; -1 where none is few enough.
    crossing : float
        Upper bound of the probability that a walk with the target as its risk crosses; at most
        delta.
    """

    samples: int
    target: float
    delta: float
    level: float
    sizes: Int
    errors: Int
    crossing: float

    def tested(self, accepted: NDArray[np.int64]) -> Int:
        """The largest tested size up to each number of accepted samples; 0 where there is none.

        Errors do not fall as samples are added. So a set of any size that has as few errors as a
        smaller tested size allows, has them at that size too: no new test, no new failure.
        """
        if not self.sizes.size:
            return np.zeros(np.shape(accepted), dtype=np.int64)
        at = np.searchsorted(self.sizes, accepted, side="right") - 1
        return np.where(at < 0, 0, self.sizes[np.maximum(at, 0)])

    def allowed(self, accepted: NDArray[np.int64]) -> Int:
        """Errors allowed in sets of these sizes; -1 where no number is few enough."""
        if not self.sizes.size:
            return np.full(np.shape(accepted), -1, dtype=np.int64)
        at = np.searchsorted(self.sizes, accepted, side="right") - 1
        return np.where(at < 0, -1, self.errors[np.maximum(at, 0)])


def boundary(samples: int, target: float, delta: float) -> Boundary:
    """The boundary for a sample size, a target and a probability of failure.

    Parameters
    ----------
    samples : int
        Size of the whole calibration sample, accepted or not; at least 1.
    target, delta : float
        In (0, 1).

    Returns
    -------
    Boundary

    Raises
    ------
    TypeError, ValueError
        For a sample size that is no positive integer, or a number outside (0, 1).
    """
    size = natural_number("samples", samples)
    if not size:
        raise ValueError("samples: expected at least 1, got 0")
    return _boundary(size, probability("target", target), probability("delta", delta))


@lru_cache(maxsize=256)
def _boundary(samples: int, target: float, delta: float) -> Boundary:
    sizes = _sizes(samples, target, delta)
    if not sizes.size:
        return Boundary(samples, target, delta, delta, sizes, sizes.copy(), 0.0)
    # the union bound holds at the lower end; no level above delta can do
    low, high = delta / len(sizes), delta
    best = _allowed(sizes, target, low)
    crossing = crossing_probability(sizes, best, target)
    for step in range(_MOST_HALVINGS):
        level = high if not step else math.sqrt(low * high)
        errors = _allowed(sizes, target, level)
        if step and np.array_equal(errors, best):
            low = level
        else:
            chance = crossing_probability(sizes, errors, target)
            if chance <= delta:
                low, best, crossing = level, errors, chance
            else:
                high = level
        if high <= low * (1.0 + 1e-9):
            break
    return Boundary(samples, target, delta, low, sizes, best, crossing)


def _sizes(samples: int, target: float, delta: float) -> Int:
    """Tested sizes: from the first at which no errors suffice at the full delta, up to all."""
    first = math.ceil(math.log(delta) / math.log1p(-target))
    if first > samples:
        return np.zeros(0, dtype=np.int64)
    sizes = [max(first, 1)]
    while sizes[-1] < samples:
        sizes.append(min(samples, max(sizes[-1] + 1, int(sizes[-1] * _RATIO))))
    return np.array(sizes, dtype=np.int64)


def _allowed(sizes: Int, target: float, level: float) -> Int:
    """The largest c with P(Bin(size, target) <= c) <= level, -1 if there is none; not falling.

    Were one off by rounding, nothing would be lost: the probability of crossing is that of the
    numbers returned.
    """
    # bdtrik is real-valued: where it lies within rounding of an integer the next two are asked
    real = bdtrik(level, sizes, target)
    start = np.floor(np.where(np.isfinite(real), real, -1.0)).astype(np.int64) + 1
    errors = np.full(sizes.shape, -1, dtype=np.int64)
    for candidate in (start - 2, start - 1, start):
        fits = (candidate >= 0) & (candidate < sizes)
        chance = bdtr(np.where(fits, candidate, 0).astype(np.float64), sizes, target)
        errors = np.where(fits & (chance <= level), candidate, errors)
    return np.maximum.accumulate(errors)


def crossing_probability(sizes: Int, errors: Int, target: float) -> float:
    """Upper bound of P(S_j <= errors_j for some j of the sizes), S the Bernoulli(target) walk.

    Parameters
    ----------
    sizes : int64 (G,)
        Rising.
    errors : int64 (G,)
        Not falling, at least -1.
    target : float
        In (0, 1).

    Returns
    -------
    float
    """
    # alive[i]: probability of base + i errors without a crossing so far
    alive, base, steps = np.ones(1), 0, 0
    crossed = cut = 0.0
    top = int(errors[-1])  # more errors than that never cross again
    for size, most in zip(sizes.tolist(), errors.tolist(), strict=True):
        first, chances = _binomial(size - steps, target)
        steps = size
        cut += max(0.0, 1.0 - float(chances.sum())) * float(alive.sum())
        alive = np.convolve(alive, chances)
        base += first
        inside = max(0, min(most - base + 1, len(alive)))
        crossed += float(alive[:inside].sum())
        alive, base = alive[inside:], base + inside
        alive = alive[: max(top - base + 1, 0)]
        kept = int(np.count_nonzero(np.cumsum(alive[::-1]) >= _CUT))
        cut += float(alive[kept:].sum())
        alive = alive[:kept]
        if not kept:
            break
    return min((crossed + cut) * (1.0 + _error(int(sizes[-1]), target)), 1.0)


def _error(n: int, target: float) -> float:
    spread = abs(math.log(target)) + abs(math.log1p(-target))
    return float(np.finfo(np.float64).eps) * (
        16.0 * ((n + 1) * math.log(n + 2) + n * spread) + 2.0 * n
    )


def _binomial(steps: int, target: float) -> tuple[int, Float]:
    """First count and probabilities of Bin(steps, target) where they are not below `_CUT`."""
    k = np.arange(steps + 1, dtype=np.float64)
    ways = gammaln(steps + 1.0) - gammaln(k + 1.0) - gammaln(steps - k + 1.0)
    log = ways + k * math.log(target) + (steps - k) * math.log1p(-target)
    (kept,) = np.nonzero(log >= math.log(_CUT))
    return int(kept[0]), np.exp(log[kept[0] : kept[-1] + 1])
