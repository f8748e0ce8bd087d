"""Which screen a call begins with, and when a query leaves it.

A screen costs one pass over the keys and the distances that it cannot rule out. The pass is known;
the distances depend on the data. So a few queries try the screens, cheapest first, and in the
search itself a query that forms too many leaves for the next screen.

How many are too many is told early. Say a screen cannot tell the winner from a key whose score is
within some error of it. While the winner is poor nearly every key is one to look at; after ``s``
keys the winner is about the s-th extreme, and where the scores have an exponential tail the share
of keys within the error of it is ``K / s``, for a K that grows with the error. So of the first s
keys about ``K (1 + ln(s / K))`` become distances. A query may form as many for a K that costs a
sixteenth of what the screen saves against the next one: where every key is one to look at, it
leaves after that sixteenth, and a query whose rate falls as it should stays. This is a model of
the data for the sake of speed; no answer depends on it.

Costs are counted in vector instructions, two to a cycle, which need no timing. A pass takes one
for every vector of words, or the time to read the keys from memory where few queries share them.
The other figures were read off one server CPU of 2023 and are rough; between screens lie factors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .engines import Engine
from .micro import MAX_HEIGHT, REGISTER_BYTES

__all__ = ["SAMPLE", "WORTH_SAMPLING", "Work", "budgets", "choose", "pass_cost", "patience"]

SAMPLE = 4 * MAX_HEIGHT  # queries that try a screen, or one register tile of few queries
WORTH_SAMPLING = 4 * MAX_HEIGHT  # what a trial decides is not searched again

_BYTE = 0.6  # instructions in the time of a byte from memory
_CACHE = 1 << 22  # bytes of keys whose rows are mostly in a cache
_NEAR = 1500.0  # instructions of a distance: its row from a cache, the list that it waited in
_FAR = 3200.0  # the same, its row from memory
_REPORT = 400.0  # instructions of a reported pair: its tile is written, read, and searched
_PATIENCE = 1 / 16  # the model's K, as a part of the distances that a screen saves
_LEAST_PATIENCE = 16.0


class Work(NamedTuple):
    """What a pass did: distances formed, pairs reported, parts of the keys searched apart."""

    formed: int
    reported: int
    parts: int


def pass_cost(engine: Engine, keys: int, dimension: int, together: int) -> float:
    """Instructions of one query's pass over the keys, which ``together`` queries share."""
    steps = keys * engine.steps(dimension)
    read = steps * np.dtype(engine.word).itemsize
    if read <= _CACHE:
        read = 0
    return max(steps * 2.0 / engine.width, read * _BYTE / together)


def distance_cost(keys: int, dimension: int) -> float:
    """Instructions of one distance: its waits; convert twice, subtract, multiply-add."""
    waits = _NEAR if keys * dimension * 4 <= _CACHE else _FAR
    return waits + dimension * 5 * 8.0 / REGISTER_BYTES


def budgets(engines: Sequence[Engine], keys: int, dimension: int, together: int) -> list[float]:
    """Distances that each screen saves against the next, and infinity for the last."""
    price = distance_cost(keys, dimension)
    costs = [pass_cost(engine, keys, dimension, together) for engine in engines]
    saved = [max(0.0, finer - cost) / price for cost, finer in pairwise(costs)]
    return [*saved, math.inf]


def patience(budget: float, parts: int) -> float:
    """The model's K for one of several parts of the keys that are searched apart."""
    return _LEAST_PATIENCE + _PATIENCE * budget / parts


def choose(
    engines: Sequence[Engine],
    keys: int,
    dimension: int,
    together: int,
    tried: Callable[[Engine], tuple[int, int, Work]],
) -> Sequence[Engine]:
    """The engines from the cheapest on this data on.

    Parameters
    ----------
    engines : sequence of Engine
        Cheapest pass first.
    keys, dimension, together : int
        As of `pass_cost`.
    tried : callable
        Tries an engine on a sample: how many queries left it, of how many, and what they did. One
        that a query in four leaves is not considered further.
    """
    price = distance_cost(keys, dimension)
    costs: list[float] = []
    for place, engine in enumerate(engines):
        passing = pass_cost(engine, keys, dimension, together)
        if engine.per_word == 1 or place + 1 == len(engines):
            # assumed perfect: a trial of float32 takes as long as it can save
            costs.append(passing)
            break
        left, queries, work = tried(engine)
        if 4 * left >= queries:
            costs.append(math.inf)
            continue
        # a perfect screen reports the first panel and the records after it
        perfect = work.parts * (engine.width + math.log(max(1.0, keys / engine.width)))
        excess = max(0.0, work.reported / queries - perfect)
        costs.append(passing + price * work.formed / queries + _REPORT * excess)
        if costs[-1] <= pass_cost(engines[place + 1], keys, dimension, together):
            break
    return engines[costs.index(min(costs)) :]
