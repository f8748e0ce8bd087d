"""One batch entry of a call as an exact problem: separations, energies, admission, comparisons.

Certificates are made when a question needs them and kept. Questions that T26 answers by rational
arithmetic are answered so; the rest by enclosures of rising precision, which end in a decision, as
no further equality exists if Schanuel's conjecture holds, or in Undecided at the cap.

Clause: GDA-conf-oracle, GDA-def-admission, GDA-thm-decidability. Source: T6, T26.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from gd_attention.conformance.balls import precision, precisions, settled
from gd_attention.conformance.certificate import Certified, alignment, minor_weight, prior
from gd_attention.conformance.contract import FLOAT64, Contract, Spread
from gd_attention.conformance.formats import FLOAT64 as DOUBLE
from gd_attention.conformance.formats import Format
from gd_attention.conformance.rational import Distances, Exact, dyadic
from numpy.typing import NDArray

__all__ = ["Problem", "ceiling", "compare", "within"]

_TWO = Exact(2, 0)
# First precision of a certificate, in bits: decides all but constructed cases.
_START = 128


@lru_cache(maxsize=4096)
def ceiling(alpha: float) -> float:
    """The ceiling -log max(alpha, 1-alpha), correctly rounded."""
    return settled(lambda bits: prior(alpha, bits).ceiling)


def within(
    separation: Exact, alpha: float, threshold: float, pair: Certified | None = None
) -> bool:
    """Whether E*(separation, alpha) <= threshold, in real arithmetic.

    ``pair`` is a certificate of the same pair, if there is one already.

    Raises
    ------
    Undecided
        Past the cap of precision.
    """
    if threshold < 0.0:
        return False
    if separation.num == 0 or threshold == math.inf:
        return True
    if threshold == 0.0:
        return False
    if alpha == 0.5 and separation.sign_of_difference(_TWO) <= 0:
        quarter = Exact(separation.num, separation.exp - 2, separation.den)
        return quarter.sign_of_difference(Exact.of(threshold)) <= 0
    limit = Exact.of(threshold).ball()
    # E* lies below the real ceiling: a threshold beyond it needs no certificate
    if prior(alpha, _START).ceiling < limit:
        return True
    for bits in precisions(_START):
        if pair is None or pair.bits < bits:
            pair = alignment(separation, alpha, bits)
        if pair.energy < limit:
            return True
        if pair.energy > limit:
            return False
    raise AssertionError("precisions() ends by raising")


def compare(first: tuple[Exact, float], second: tuple[Exact, float]) -> int:
    """The sign of E* of the first (separation, alpha) minus that of the second.

    Raises
    ------
    Undecided
        Past the cap of precision.
    """
    (left, left_alpha), (right, right_alpha) = first, second
    if left.num == 0 or right.num == 0:
        return int(left.num > 0) - int(right.num > 0)
    if left_alpha == right_alpha or _same_minor(left_alpha, right_alpha):
        # E*(Lambda, alpha) = E*(Lambda, 1-alpha), strictly increasing in Lambda
        return left.sign_of_difference(right)
    for bits in precisions(_START):
        one = alignment(left, left_alpha, bits).energy
        two = alignment(right, right_alpha, bits).energy
        if one < two:
            return -1
        if one > two:
            return 1
    raise AssertionError("precisions() ends by raising")


def _same_minor(left: float, right: float) -> bool:
    """Whether min(alpha, 1-alpha) agree as rationals."""
    return Exact(*minor_weight(left)).sign_of_difference(Exact(*minor_weight(right))) == 0


class _Cached:
    """An iterator that can be run again: what was drawn is kept."""

    def __init__(self, source: Iterator[tuple[int, int]]) -> None:
        self._source = source
        self._drawn: list[tuple[int, int]] = []

    def __iter__(self) -> Iterator[tuple[int, int]]:
        place = 0
        while True:
            if place == len(self._drawn):
                following = next(self._source, None)
                if following is None:
                    return
                self._drawn.append(following)
            yield self._drawn[place]
            place += 1


class Problem:
    """The queries and keys of one batch entry.

    Parameters
    ----------
    query : (M, D) float64
    keys : (N, D) float64
    alpha : (N,) float64
    beta : float
    threshold : (M, N) float64
    allowed : (M, N) bool

    Attributes
    ----------
    data : tuple of array
        The numbers given: query, keys, alpha, threshold, beta.
    """

    def __init__(
        self,
        query: NDArray[np.float64],
        keys: NDArray[np.float64],
        alpha: NDArray[np.float64],
        beta: float,
        threshold: NDArray[np.float64],
        allowed: NDArray[np.bool_],
    ) -> None:
        self.distances = Distances(query, keys, allowed)
        self.data = (query, keys, alpha, threshold, np.array(beta))
        self.alpha: list[float] = alpha.tolist()
        self.beta = dyadic(beta)
        self.threshold = threshold
        self.allowed = allowed
        self.shared = len(set(self.alpha)) <= 1
        self._pairs: dict[tuple[int, int], Certified] = {}
        self._orders: dict[int, _Cached] = {}
        self._rounds: dict[tuple[str | None, str], dict[tuple[int, int], bool]] = {}

    def ascending(self, m: int) -> _Cached:
        """(squared length, key) of the allowed keys in ascending order; may be run repeatedly."""
        if m not in self._orders:
            self._orders[m] = _Cached(self.distances.ascending(m))
        return self._orders[m]

    def squared(self, m: int, i: int) -> Exact:
        """|k_i - q_m|^2."""
        return Exact(self.distances.squared(m, i), self.distances.unit)

    def separation(self, m: int, i: int) -> Exact:
        """Lambda of the pair."""
        return Exact(
            self.distances.squared(m, i) * self.beta[0], self.distances.unit + self.beta[1]
        )

    def rounds(self, m: int, i: int, contract: Contract = FLOAT64) -> bool:
        """False if no operation of the contract's form rounds for this pair."""
        table = self._rounds.setdefault((contract.accumulate, contract.distance), {})
        known = table.get((m, i))
        if known is None:
            exact = self.distances.exact_difference
            if contract.distance == "expanded":
                exact = self.distances.exact_expanded
            known = not exact(m, i, self.beta, contract.arithmetic)
            table[m, i] = known
        return known

    def spread(self, m: int, i: int, contract: Contract, *, rounds: bool | None = None) -> Spread:
        """The separations that the contract's arithmetic can compute for this pair.

        ``rounds`` says whether to assume that it rounds; without it that is found out.
        """
        magnitude = None
        if contract.distance == "expanded":
            magnitude = Exact(self.distances.magnitude(m, i), self.distances.unit)
        return contract.spread(
            self.squared(m, i),
            self.beta,
            self.distances.dimension,
            rounds=self.rounds(m, i, contract) if rounds is None else rounds,
            magnitude=magnitude,
        )

    def pair(self, m: int, i: int) -> Certified:
        """The certificate of the pair at the first precision."""
        known = self._pairs.get((m, i))
        if known is None:
            known = alignment(self.separation(m, i), self.alpha[i], _START)
            self._pairs[m, i] = known
        return known

    def admitted(self, m: int, i: int) -> bool:
        """Whether E* <= tau for an allowed pair, as real numbers."""
        threshold = float(self.threshold[m, i])
        if threshold == math.inf:
            return True
        separation = self.separation(m, i)
        return within(separation, self.alpha[i], threshold, self._pairs.get((m, i)))

    def compare(self, m: int, i: int, j: int) -> int:
        """The sign of E*_i - E*_j."""
        if self.alpha[i] != self.alpha[j]:
            one, two = self.pair(m, i).energy, self.pair(m, j).energy
            if one < two:
                return -1
            if one > two:
                return 1
        return compare(
            (self.separation(m, i), self.alpha[i]), (self.separation(m, j), self.alpha[j])
        )

    def near(self, m: int, i: int, j: int, form: Format = DOUBLE) -> bool:
        """Whether a format hardly tells the energies of two pairs apart (a fact for reports).

        True if the ordering quantities differ by at most 1e-12 relatively (in a narrower format by
        16 eps), if both energies are saturated (Lambda above 0.7 p: the deficit is below an ulp of
        the ceiling), if a squared length or separation is subnormal or both overflow. It labels
        cases; no verdict depends on it.
        """
        one, two = self.separation(m, i), self.separation(m, j)
        narrow = 10**12 if form.bits == DOUBLE.bits else form.unit // 32
        if self.shared:
            gap = Exact(two.num - one.num, two.exp)
            if Exact(gap.num * narrow, gap.exp).sign_of_difference(two) <= 0:
                return True
        else:
            first, second = self.pair(m, i).energy, self.pair(m, j).energy
            with precision(_START):
                if not second - first > second / narrow:
                    return True
        if one.sign_of_difference(Exact(form.bits * 7 // 10, 0)) > 0 and self.shared:
            return True
        extremes = [one, two, self.squared(m, i), self.squared(m, j)]
        normal = form.bottom + form.bits - 1
        if any(value.num and value.magnitude() <= normal for value in extremes):
            return True
        huge = form.top + 1
        return self.squared(m, i).magnitude() > huge and self.squared(m, j).magnitude() > huge
