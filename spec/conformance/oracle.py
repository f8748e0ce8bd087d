"""The oracle: what the standard expects of one call, decided exactly.

It reads the raw arguments of a case itself, by the rules of the text on shapes, masks and dtypes,
and takes every number exactly. The order comes from integers, transcendental quantities from
certified enclosures. It works row by row and pair by pair, when asked.

It is a second definition of the operator, written from the text, and shares no code with the
reference.

Clause: GDA-conf-oracle. Source: chapters 2 to 9 of the text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb, fmpz
from gd_attention.conformance.balls import nearest, precision, precisions, settled
from gd_attention.conformance.case import Case
from gd_attention.conformance.certificate import alignment
from gd_attention.conformance.contract import Contract
from gd_attention.conformance.expectation import Expectation, Interval, Pair, Row
from gd_attention.conformance.explain import alternatives, explain, would_be_rounding
from gd_attention.conformance.formats import FORMATS
from gd_attention.conformance.order import decide
from gd_attention.conformance.problem import Problem
from gd_attention.conformance.rational import Exact
from numpy.typing import NDArray

__all__ = ["Answer", "solve"]


def solve(case: Case, contract: Contract) -> Answer:
    """The expectation of a valid call.

    Parameters
    ----------
    case : Case
        A call whose arguments the standard allows; bad calls are not judged here.
    contract : Contract
        Decides which answers beside the exact one are admissible.

    Returns
    -------
    Answer
        Lazy: work is done when a row or a pair is asked for.

    Raises
    ------
    ValueError
        If shapes do not broadcast.

    Notes
    -----
    Clause: GDA-conf-oracle.
    """
    return Answer(case, contract)


def _real(values: Any) -> NDArray[np.float64]:
    """A real array-like as float64: exact for every input that the standard allows."""
    array: NDArray[np.float64] = np.asarray(values).astype(np.float64, copy=False)
    return array


class Answer(Expectation):
    """The expectation of one call, computed on demand and kept."""

    def __init__(self, case: Case, contract: Contract) -> None:
        self._case = case
        query, keys = _real(case.query), _real(case.keys)
        leading = [query.shape[:-2], keys.shape[:-2]]
        self.width = keys.shape[-1]
        if case.values is not None:
            values = np.asarray(case.values)
            leading.append(values.shape[:-2])
            self.width = values.shape[-1]
        batch = np.broadcast_shapes(*leading)
        queries, self.dimension = query.shape[-2:]
        self.keys = keys.shape[-2]
        self.shape = (*batch, queries)
        table = (*batch, queries, self.keys)
        self._contract = contract
        self.real_dtypes = tuple(form.name for form in FORMATS.values() if contract.results in form)
        self._query = np.broadcast_to(query, (*batch, queries, self.dimension))
        self._keys = np.broadcast_to(keys, (*batch, self.keys, self.dimension))
        self._alpha = np.broadcast_to(_real(case.alpha), (*batch, self.keys))
        self._beta = float(np.asarray(case.beta))
        self._threshold = np.broadcast_to(_real(case.threshold), table)
        allowed = np.asarray(True if case.mask is None else case.mask, dtype=np.bool_)
        self._allowed = np.broadcast_to(allowed, table)
        self._problems: dict[tuple[int, ...], Problem] = {}
        self._rows: dict[tuple[int, ...], Row] = {}
        self._pairs: dict[tuple[tuple[int, ...], int], Pair] = {}

    def problem(self, batch: tuple[int, ...]) -> Problem:
        """The exact problem of one batch entry."""
        known = self._problems.get(batch)
        if known is None:
            known = Problem(
                self._query[batch],
                self._keys[batch],
                self._alpha[batch],
                self._beta,
                self._threshold[batch],
                self._allowed[batch],
            )
            self._problems[batch] = known
        return known

    def key(self, batch: tuple[int, ...], index: int) -> list[float]:
        """The coordinates of a key, as given."""
        found: list[float] = self._keys[batch][index].tolist()
        return found

    def row(self, position: tuple[int, ...]) -> Row:
        """The selection expected at a position of shape (B..., M); Undecided at the cap."""
        known = self._rows.get(position)
        if known is None:
            known = decide(self.problem(position[:-1]), position[-1], self._contract)
            self._rows[position] = known
        return known

    def explain(self, position: tuple[int, ...], index: int) -> str:
        """What an index that is not the exact one stands for, in a sentence."""
        problem = self.problem(position[:-1])
        return explain(problem, position[-1], self.row(position), index, self._contract)

    def elsewhere(
        self, position: tuple[int, ...], index: int, read: Callable[[Pair], Interval], value: float
    ) -> str:
        """A contract under which the number would be admissible, in half a sentence."""
        contract = self._contract
        for other in alternatives(self.problem(position[:-1]), contract):
            interval = read(Answer(self._case, other).pair(position, index))
            if interval.lower <= value <= interval.upper:
                return would_be_rounding(other, contract)
        return ""

    def pair(self, position: tuple[int, ...], index: int) -> Pair:
        """The fields expected if the key ``index``, allowed by the mask, was selected there."""
        known = self._pairs.get((position, index))
        if known is None:
            known = self._fields(self.problem(position[:-1]), position[-1], index)
            self._pairs[position, index] = known
        return known

    def _fields(self, problem: Problem, m: int, i: int) -> Pair:
        contract, alpha = self._contract, problem.alpha[i]
        separation = problem.separation(m, i)
        spread = problem.spread(m, i, contract)
        first = problem.pair(m, i)
        zero = separation.num == 0
        above = separation.sign_of_difference(Exact(2, 0)) > 0
        # the first certificate decides the rounding of nearly every case
        energy = nearest(first.energy)
        if energy is None:
            energy = settled(lambda bits: alignment(separation, alpha, bits).energy)
        coordinate = nearest(first.coordinate)
        if zero:
            coordinate = 1 - alpha
        elif coordinate is None:
            coordinate = settled(lambda bits: alignment(separation, alpha, bits).coordinate)
        low, high = contract.energy(first, separation, spread)
        low, high = contract.returned((min(low, energy), max(high, energy)))
        t_low, t_high = contract.coordinate(alpha, separation, spread)
        t_range = (min(t_low, coordinate), max(t_high, coordinate))
        # the end of the range less half an ulp rounds to infinity: 2^1024 - 2^970 in float64
        inputs = contract.inputs
        limit = Exact(2 * inputs.unit - 1, inputs.top - inputs.bits - 1)
        jump = problem.distances.jump(m, i)
        reach = max((abs(d) for d in jump), default=0)
        overflows = Exact(reach, problem.distances.exponent).sign_of_difference(limit) >= 0
        return Pair(
            energy=Interval(energy, low, high),
            coordinate=Interval(coordinate, *contract.returned(t_range)),
            alignment_point=self._point(problem, m, i, t_range),
            unique=alpha != 0.5 or not above,
            unique_admissible=contract.unique(alpha, separation, spread),
            separation=separation.nearest(),
            separation_is_zero=zero,
            degenerate=alpha == 0.5 and above,
            overflow=separation.sign_of_difference(limit) >= 0,
            jump_overflows=overflows,
        )

    def _point(
        self, problem: Problem, m: int, i: int, t_range: tuple[float, float]
    ) -> tuple[Interval, ...]:
        """Componentwise intervals of q + t (k - q)."""
        distances = problem.distances
        query, key = distances.endpoints(m, i)
        exponent = distances.exponent
        minor, near = problem.pair(m, i).minor, problem.pair(m, i).prior.key_side
        allowed = self._contract.components(query, key, exponent, t_range)
        intervals = []
        for q, k, (low, high) in zip(query, key, allowed, strict=True):
            value = _component(q, k, exponent, minor, near, 256)
            if value is None:
                value = self._refined(problem, m, i, q, k)
            low, high = self._contract.returned((min(low, value), max(high, value)))
            intervals.append(Interval(value, low, high))
        return tuple(intervals)

    def _refined(self, problem: Problem, m: int, i: int, q: int, k: int) -> float:
        exponent = problem.distances.exponent
        for bits in precisions(256):
            pair = alignment(problem.separation(m, i), problem.alpha[i], bits)
            value = _component(q, k, exponent, pair.minor, pair.prior.key_side, 2 * bits)
            if value is not None:
                return value
        raise AssertionError("precisions() ends by raising")


def _component(q: int, k: int, exponent: int, minor: Any, near: bool, bits: int) -> float | None:
    """The component, measured from the nearer well, rounded if u is enclosed narrowly enough."""
    if q == k:
        return Exact(q, exponent).nearest()
    base, jump = (k, q - k) if near else (q, k - q)
    with precision(bits):
        ball = arb((fmpz(base), exponent)) + minor * arb((fmpz(jump), exponent))
    return nearest(ball, bits)
