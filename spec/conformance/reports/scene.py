"""What a counterexample looks like, as numbers: every one of them is the oracle's.

The scene is one query of the call, the first whose index is not the exact one (the first of all
if every index is right), with its keys, what the mask and the thresholds say of them, and the
landscape along the passages that matter.

Clause: GDA-conf-report. Source: GDA-def-landscape, GDA-def-admission.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from gd_attention.conformance.contract import EXACT
from gd_attention.conformance.encoding import decode_array
from gd_attention.conformance.errors import Undecided
from gd_attention.conformance.expectation import Pair
from gd_attention.conformance.oracle import Answer, solve
from gd_attention.conformance.problem import Problem
from gd_attention.conformance.rational import Exact
from gd_attention.conformance.report import Counterexample
from gd_attention.conformance.vectors import decode

__all__ = ["Key", "Passage", "Scene", "fraction", "scene"]


@dataclass(frozen=True)
class Key:
    """A key of the scene.

    Attributes
    ----------
    index : int
    jump : tuple of Fraction
        Components of k - q, exact; empty for a masked key, which is never read.
    state : {"admitted", "excluded", "masked", "undecided"}
        Excluded: its energy is above its threshold.
    separation : Fraction or None
        Exact; None for a masked key.
    energy : float or None
        Exact, rounded; None for a masked key.
    alpha, threshold : float
    coordinates : tuple of float
        The key itself.
    """

    index: int
    jump: tuple[Fraction, ...]
    state: str
    separation: Fraction | None
    energy: float | None
    alpha: float
    threshold: float
    coordinates: tuple[float, ...]


@dataclass(frozen=True)
class Passage:
    """The landscape between the query and one key.

    Attributes
    ----------
    index : int
        The key.
    role : {"expected", "returned", "both"}
    separation : Exact
    alpha, threshold : float
    coordinate, energy : float
        Of the alignment point, exact, rounded.
    returned : tuple of float, or None
        Coordinate and energy as the target returned them; NaN for one it did not return.
    """

    index: int
    role: str
    separation: Exact
    alpha: float
    threshold: float
    coordinate: float
    energy: float
    returned: tuple[float, float] | None


@dataclass(frozen=True)
class Scene:
    """One query of a counterexample.

    Attributes
    ----------
    position : tuple of int
    queries : int
        Queries in the call.
    query : tuple of float
    dimension : int
    keys : tuple of Key
    expected : int
        The exact index, -1 for an abstention.
    returned : int or None
        None where the target raised, or returned no index for this query.
    passages : tuple of Passage
    """

    position: tuple[int, ...]
    queries: int
    query: tuple[float, ...]
    dimension: int
    keys: tuple[Key, ...]
    expected: int
    returned: int | None
    passages: tuple[Passage, ...]


def fraction(value: Exact) -> Fraction:
    """The same rational number."""
    return Fraction(value.num, value.den) * Fraction(2) ** value.exp


def scene(example: Counterexample) -> Scene | None:
    """The scene of a counterexample; None for a bad call, or where the oracle is undecided."""
    if example.vector is None:
        return None
    case = decode(example.vector).case
    if case.expects is not None:
        return None
    answer = solve(case, EXACT)
    queries = math.prod(answer.shape)
    if not queries:
        return None
    fields = {
        name: np.asarray(decode_array(dict(value)))
        for name, value in (example.returned or {}).items()
    }
    try:
        position = _telling(answer, fields)
        return _scene(answer, np.asarray(case.query), position, queries, fields)
    except Undecided:
        return None


def _telling(answer: Answer, fields: Mapping[str, Any]) -> tuple[int, ...]:
    """The first query whose index is not the exact one, else the first of all."""
    index = fields.get("index")
    positions = list(np.ndindex(answer.shape))
    if index is not None and index.shape == answer.shape:
        for position in positions:
            if int(index[position]) != answer.row(position).exact:
                return position
    return positions[0]


def _scene(
    answer: Answer,
    query: Any,
    position: tuple[int, ...],
    queries: int,
    fields: Mapping[str, Any],
) -> Scene:
    problem, m = answer.problem(position[:-1]), position[-1]
    place = np.broadcast_to(query, (*answer.shape, answer.dimension))[position]
    expected = answer.row(position).exact
    index = fields.get("index")
    returned = None
    if index is not None and index.shape == answer.shape:
        returned = int(index[position])
    keys = tuple(_key(answer, problem, m, i, position[:-1]) for i in range(answer.keys))
    passages = []
    for i in dict.fromkeys((expected, returned)):
        if i is None or not 0 <= i < answer.keys or keys[i].state == "masked":
            continue
        role = "both" if expected == returned else "expected" if i == expected else "returned"
        pair = answer.pair(position, i)
        own = _own(answer, position, fields) if i == returned else None
        passages.append(_passage(problem, m, i, role, pair, own))
    return Scene(
        position=position,
        queries=queries,
        query=tuple(np.asarray(place, dtype=np.float64).tolist()),
        dimension=answer.dimension,
        keys=keys,
        expected=expected,
        returned=returned,
        passages=tuple(passages),
    )


def _key(answer: Answer, problem: Problem, m: int, i: int, batch: tuple[int, ...]) -> Key:
    coordinates = tuple(answer.key(batch, i))
    alpha, threshold = problem.alpha[i], float(problem.threshold[m, i])
    if not problem.allowed[m, i]:
        return Key(i, (), "masked", None, None, alpha, threshold, coordinates)
    unit = Fraction(2) ** problem.distances.exponent
    jump = tuple(part * unit for part in problem.distances.jump(m, i))
    energy = answer.pair((*batch, m), i).energy.nearest
    try:
        state = "admitted" if problem.admitted(m, i) else "excluded"
    except Undecided:
        state = "undecided"
    return Key(
        i, jump, state, fraction(problem.separation(m, i)), energy, alpha, threshold, coordinates
    )


def _own(
    answer: Answer, position: tuple[int, ...], fields: Mapping[str, Any]
) -> tuple[float, float] | None:
    """Coordinate and energy that the target returned for the query; None if neither."""
    values = []
    for name in ("coordinate", "energy"):
        field = fields.get(name)
        fits = field is not None and field.shape == answer.shape
        values.append(float(field[position]) if fits and field is not None else math.nan)
    return None if all(math.isnan(value) for value in values) else (values[0], values[1])


def _passage(
    problem: Problem, m: int, i: int, role: str, pair: Pair, own: tuple[float, float] | None
) -> Passage:
    return Passage(
        index=i,
        role=role,
        separation=problem.separation(m, i),
        alpha=problem.alpha[i],
        threshold=float(problem.threshold[m, i]),
        coordinate=pair.coordinate.nearest,
        energy=pair.energy.nearest,
        returned=own,
    )
