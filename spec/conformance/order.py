"""Which key is selected for one query: the exact answer and every answer the contract admits.

Shared alpha: ascending separation is ascending energy (T6, T7), so the keys are looked at in the
order of integers and the first admitted one is selected; a certificate is made only where a finite
threshold asks for one. Per-key alpha: certified energies, compared as T26 allows.

Clause: GDA-def-selection, GDA-note-ties, GDA-conf-oracle. Source: T6, T7, T25, T26.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from gd_attention.conformance.contract import Contract
from gd_attention.conformance.expectation import Row
from gd_attention.conformance.problem import Problem, ceiling
from gd_attention.conformance.rational import Exact

__all__ = ["decide"]


class _Facts(NamedTuple):
    exact: int
    tied: bool
    close: bool


def decide(problem: Problem, m: int, contract: Contract) -> Row:
    """The selection expected for query m.

    Raises
    ------
    Undecided
        If a comparison reaches the cap of precision.
    """
    facts = _shared(problem, m) if problem.shared else _per_key(problem, m)
    if contract.exact_decisions:
        admissible = frozenset({facts.exact})
    elif problem.shared:
        admissible = _by_separation(problem, m, contract)
    else:
        admissible = _by_energy(problem, m, contract)
    thresholds = problem.threshold[m]
    return Row(
        exact=facts.exact,
        admissible=admissible,
        tied=facts.tied,
        close=facts.close,
        priors=not problem.shared,
        masked=not bool(problem.allowed[m].all()),
        threshold=bool(np.isfinite(thresholds).any()),
        threshold_zero=bool((thresholds <= 0).any()),
        threshold_ceiling=_at_ceiling(problem, m),
    )


def _at_ceiling(problem: Problem, m: int) -> bool:
    """Whether a finite threshold lies within 4 ulp of the ceiling of its key's alpha."""
    if not np.isfinite(problem.threshold[m]).any():
        return False
    pairs = set(zip(problem.threshold[m].tolist(), problem.alpha, strict=True))
    for threshold, alpha in pairs:
        if math.isfinite(threshold) and threshold > 0:
            top = ceiling(alpha)
            if abs(threshold - top) <= 4 * math.ulp(top):
                return True
    return False


def _shared(problem: Problem, m: int) -> _Facts:
    """The first admitted key in ascending order, and what comes right behind it."""
    winner, least = -1, 0
    tied = False
    # a key no nearer than a refused one, with no greater a threshold, is refused too (T6)
    refused = -math.inf
    for square, i in problem.ascending(m):
        threshold = float(problem.threshold[m, i])
        if winner >= 0 and square != least and not problem.near(m, winner, i):
            return _Facts(winner, tied, close=False)
        if threshold <= refused:
            continue
        if not problem.admitted(m, i):
            refused = threshold
        elif winner < 0:
            winner, least = i, square
        elif square == least:
            tied = True
        else:
            return _Facts(winner, tied, close=True)
    return _Facts(winner, tied, close=False)


def _per_key(problem: Problem, m: int) -> _Facts:
    """The least certified energy among the admitted keys."""
    allowed = np.flatnonzero(problem.allowed[m]).tolist()
    admitted = [i for i in allowed if problem.admitted(m, i)]
    if not admitted:
        return _Facts(-1, tied=False, close=False)
    winner, equals = admitted[0], {admitted[0]}
    for i in admitted[1:]:
        sign = problem.compare(m, i, winner)
        if sign < 0:
            winner, equals = i, {i}
        elif sign == 0:
            equals.add(i)
    close = any(problem.near(m, winner, i) for i in admitted if i not in equals)
    return _Facts(winner, len(equals) > 1, close)


def _admission(
    problem: Problem, m: int, i: int, energy: tuple[float, float] | None
) -> tuple[bool, bool]:
    """(possibly admitted, certainly admitted) when a computed energy is compared with tau.

    ``energy`` holds the bounds of the computed energy; None where no rounding is involved.
    """
    if energy is None or _plain(problem, m, i):
        exact = problem.admitted(m, i)
        return exact, exact
    threshold = float(problem.threshold[m, i])
    separation = problem.separation(m, i)
    quarter = Exact(separation.num, separation.exp - 2)
    if (
        problem.alpha[i] == 0.5
        and separation.sign_of_difference(Exact(2, 0)) <= 0
        and quarter.sign_of_difference(Exact.of(threshold)) == 0
        and not problem.rounds(m, i)
    ):
        return True, True
    lower, upper = energy
    return lower <= threshold, upper <= threshold


def _plain(problem: Problem, m: int, i: int) -> bool:
    """Whether the threshold is decided without rounding."""
    threshold = float(problem.threshold[m, i])
    return threshold <= 0.0 or threshold == math.inf or problem.distances.squared(m, i) == 0


def _by_separation(problem: Problem, m: int, contract: Contract) -> frozenset[int]:
    """Keys that an order by computed separations can select.

    A certainly admitted j beats i if its greatest computed separation is below the least one of i,
    or equal to it with j < i. It is enough to try the j that is lexicographically least in
    (greatest separation, index). Keys come in ascending exact order, so once a certain one is known
    the rest is beaten from the first key on whose bound, rounding assumed, lies beyond.
    """
    dimension = problem.distances.dimension
    running: list[tuple[Exact, int]] = []
    best: tuple[Exact | None, int] | None = None
    impossible = -math.inf
    for _, i in problem.ascending(m):
        squared = problem.squared(m, i)
        loose = contract.spread(squared, problem.beta, dimension, rounds=True)
        if best is not None and _beyond(loose.lower, best[0]):
            break
        threshold = float(problem.threshold[m, i])
        if threshold <= impossible:
            # the bounds ascend with the separation: no more possible than the refused one
            continue
        energy = None
        if not _plain(problem, m, i):
            energy = contract.energy(problem.pair(m, i), problem.separation(m, i), loose)
        possible, certain = _admission(problem, m, i, energy)
        if not possible:
            impossible = threshold
            continue
        tight = loose
        if not problem.rounds(m, i):
            tight = contract.spread(squared, problem.beta, dimension, rounds=False)
        running.append((tight.lower, i))
        if certain and (best is None or _precedes((tight.upper, i), best)):
            best = (tight.upper, i)
    if best is None:
        return frozenset({-1, *(i for _, i in running)})
    return frozenset(i for lower, i in running if not _precedes(best, (lower, i)) or i == best[1])


def _beyond(value: Exact, limit: Exact | None) -> bool:
    return limit is not None and value.sign_of_difference(limit) > 0


def _precedes(left: tuple[Exact | None, int], right: tuple[Exact | None, int]) -> bool:
    """Lexicographic comparison of (separation, index); None is infinite."""
    if left[0] is None or right[0] is None:
        if left[0] is None and right[0] is None:
            return left[1] < right[1]
        return right[0] is None
    sign = left[0].sign_of_difference(right[0])
    return sign < 0 or (sign == 0 and left[1] < right[1])


def _by_energy(problem: Problem, m: int, contract: Contract) -> frozenset[int]:
    """Keys that an order by computed energies can select.

    Two keys of one alpha and one separation that is computed without rounding have one computed
    energy: the smaller index precedes.
    """
    dimension = problem.distances.dimension
    running: list[tuple[float, int]] = []
    certain: list[tuple[float, int]] = []
    for i in np.flatnonzero(problem.allowed[m]).tolist():
        rounds = problem.rounds(m, i)
        spread = contract.spread(problem.squared(m, i), problem.beta, dimension, rounds=rounds)
        lower, upper = contract.energy(problem.pair(m, i), problem.separation(m, i), spread)
        possible, sure = _admission(problem, m, i, (lower, upper))
        if not possible:
            continue
        running.append((lower, i))
        if sure:
            certain.append((upper, i))
    if not certain:
        return frozenset({-1, *(i for _, i in running)})
    best = min(certain)
    sure_keys = [j for _, j in certain]
    return frozenset(
        i
        for lower, i in running
        if (i == best[1] or not best < (lower, i))
        and not any(j < i and _identical(problem, m, j, i) for j in sure_keys)
    )


def _identical(problem: Problem, m: int, i: int, j: int) -> bool:
    """Whether careful arithmetic computes one and the same energy for both keys."""
    if problem.distances.squared(m, i) != problem.distances.squared(m, j):
        return False
    if problem.distances.squared(m, i) == 0:
        return True
    same = problem.alpha[i] == problem.alpha[j]
    return same and not (problem.rounds(m, i) or problem.rounds(m, j))
