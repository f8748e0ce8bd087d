"""Which key is selected for one query: the exact answer and every answer the contract admits.

Shared alpha: ascending separation is ascending energy (T6, T7), so the keys are looked at in the
order of integers and the first admitted one is selected; a certificate is made only where a finite
threshold asks for one. Per-key alpha: certified energies, compared as T26 allows.

Clause: GDA-def-selection, GDA-note-ties, GDA-conf-oracle, GDA-conf-set-index.
Source: T6, T7, T25, T26.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from gd_attention.conformance.contract import Contract, Spread
from gd_attention.conformance.expectation import Row
from gd_attention.conformance.formats import Format
from gd_attention.conformance.problem import Problem, ceiling
from gd_attention.conformance.rational import Exact

__all__ = ["decide", "selectable"]


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
    facts = (_shared if problem.shared else _per_key)(problem, m, contract.arithmetic)
    if contract.exact_decisions:
        admissible = frozenset({facts.exact})
    else:
        admissible = selectable(problem, m, contract)
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
        threshold_ceiling=_at_ceiling(problem, m, contract.inputs),
    )


def selectable(problem: Problem, m: int, contract: Contract) -> frozenset[int]:
    """Every index that the arithmetic of a rounding contract can select, -1 for an abstention."""
    if problem.shared and contract.order_by == "distance":
        return _by_separation(problem, m, contract)
    return _by_energy(problem, m, contract)


def _at_ceiling(problem: Problem, m: int, form: Format) -> bool:
    """Whether a finite threshold lies within 4 ulp of the ceiling of its key's alpha."""
    if not np.isfinite(problem.threshold[m]).any():
        return False
    pairs = set(zip(problem.threshold[m].tolist(), problem.alpha, strict=True))
    for threshold, alpha in pairs:
        if math.isfinite(threshold) and threshold > 0:
            top = ceiling(alpha)
            if abs(threshold - top) <= 4 * form.ulp(top):
                return True
    return False


def _shared(problem: Problem, m: int, form: Format) -> _Facts:
    """The first admitted key in ascending order, and what comes right behind it."""
    winner, least = -1, 0
    tied = False
    # a key no nearer than a refused one, with no greater a threshold, is refused too (T6)
    refused = -math.inf
    for square, i in problem.ascending(m):
        threshold = float(problem.threshold[m, i])
        if winner >= 0 and square != least and not problem.near(m, winner, i, form):
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


def _per_key(problem: Problem, m: int, form: Format) -> _Facts:
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
    close = any(problem.near(m, winner, i, form) for i in admitted if i not in equals)
    return _Facts(winner, len(equals) > 1, close)


def _admission(
    problem: Problem, m: int, i: int, contract: Contract, spread: Spread
) -> tuple[bool, bool]:
    """(possibly admitted, certainly admitted) when a computed energy is compared with tau."""
    if _plain(problem, m, i, contract):
        exact = problem.admitted(m, i)
        return exact, exact
    threshold = float(problem.threshold[m, i])
    separation = problem.separation(m, i)
    quarter = Exact(separation.num, separation.exp - 2)
    if (
        problem.alpha[i] == 0.5
        and separation.sign_of_difference(Exact(2, 0)) <= 0
        and quarter.sign_of_difference(Exact.of(threshold)) == 0
        and not problem.rounds(m, i, contract)
    ):
        return True, True
    lower, upper = contract.energy(problem.pair(m, i), separation, spread)
    # a NaN, which an overflow of the expanded form may leave, satisfies no threshold
    return lower <= threshold, upper <= threshold and not spread.unbounded


def _plain(problem: Problem, m: int, i: int, contract: Contract) -> bool:
    """Whether the threshold is decided without rounding."""
    threshold = float(problem.threshold[m, i])
    if threshold <= 0.0 or threshold == math.inf:
        return True
    return problem.distances.squared(m, i) == 0 and not problem.rounds(m, i, contract)


def _by_separation(problem: Problem, m: int, contract: Contract) -> frozenset[int]:
    """Keys that an order by computed separations can select.

    A certainly admitted j beats i if its greatest computed separation is below the least one of i,
    or equal to it with j < i. It is enough to try the j that is lexicographically least in
    (greatest separation, index). Keys come in ascending exact order. In the difference form the
    bounds, rounding assumed, ascend with it: once a certain one is known the rest is beaten from
    the first key on whose bound lies beyond. In the expanded form they depend on the norms too, and
    all keys are looked at.
    """
    ascends = contract.distance == "difference"
    running: list[tuple[Exact, int]] = []
    best: tuple[Exact | None, int] | None = None
    impossible = -math.inf
    for _, i in problem.ascending(m):
        loose = problem.spread(m, i, contract, rounds=True)
        if ascends and best is not None and _beyond(loose.lower, best[0]):
            break
        threshold = float(problem.threshold[m, i])
        if threshold <= impossible:
            # the bounds ascend with the separation: no more possible than the refused one
            continue
        tight = loose if problem.rounds(m, i, contract) else problem.spread(m, i, contract)
        possible, certain = _admission(problem, m, i, contract, loose if ascends else tight)
        if not possible:
            impossible = threshold if ascends else -math.inf
            continue
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
    running: list[tuple[float, int]] = []
    certain: list[tuple[float, int]] = []
    for i in np.flatnonzero(problem.allowed[m]).tolist():
        spread = problem.spread(m, i, contract)
        possible, sure = _admission(problem, m, i, contract, spread)
        if not possible:
            continue
        lower, upper = contract.energy(problem.pair(m, i), problem.separation(m, i), spread)
        if spread.unbounded:
            lower, upper = -math.inf, math.inf
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
        and not any(j < i and _identical(problem, m, j, i, contract) for j in sure_keys)
    )


def _identical(problem: Problem, m: int, i: int, j: int, contract: Contract) -> bool:
    """Whether careful arithmetic computes one and the same energy for both keys."""
    squared = problem.distances.squared(m, i)
    if squared != problem.distances.squared(m, j):
        return False
    if problem.rounds(m, i, contract) or problem.rounds(m, j, contract):
        return False
    return squared == 0 or problem.alpha[i] == problem.alpha[j]
