"""Which screen a call begins with.

A screen costs one pass over the keys and the distances that it cannot rule out. The pass is known;
the distances depend on the data, so a few queries try the screens, cheapest first. Costs are
counted in vector instructions, which need no timing and no constants of one machine: a pass takes
one instruction for every vector of words, a distance a few for every vector of float64 and the wait
for a row that is in no cache, a pair that a tile reports its share of writing and reading the
tile. Only speed depends on the choice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .engines import Engine
from .micro import MAX_HEIGHT, REGISTER_BYTES

__all__ = ["SAMPLE", "WORTH_SAMPLING", "budgets", "choose", "pass_cost"]

SAMPLE = 4 * MAX_HEIGHT  # queries that try a screen, or one register tile of few queries
WORTH_SAMPLING = 4 * MAX_HEIGHT  # what a trial decides is not searched again

_LATENCY = 300.0  # instructions in the time of a row from memory
_COARSER = 2.0  # a full block shares a coarser byte scale than the sample's, and rules out less
_REPORT = 50.0  # instructions of one reported pair


def pass_cost(engine: Engine, keys: int, dimension: int) -> float:
    """Instructions of one query's pass over the keys."""
    return keys * engine.steps(dimension) * 2.0 / engine.width


def distance_cost(dimension: int) -> float:
    """Instructions of one distance: load and convert twice, subtract, multiply-add."""
    return _LATENCY + dimension * 5 * 8.0 / REGISTER_BYTES


def budgets(engines: Sequence[Engine], keys: int, dimension: int) -> list[int | None]:
    """Distances a query may form in each screen: worth one pass of the next; None for the last."""
    distance = distance_cost(dimension)
    limits: list[int | None] = [
        32 + int(2 * pass_cost(finer, keys, dimension) / distance) for finer in engines[1:]
    ]
    return [*limits, None]


def choose(
    engines: Sequence[Engine],
    keys: int,
    dimension: int,
    tried: Callable[[Engine], tuple[float, float]],
) -> Sequence[Engine]:
    """The engines from the cheapest on this data on.

    Parameters
    ----------
    engines : sequence of Engine
        Cheapest pass first.
    tried : callable
        Tries an engine on the sample: distances formed and pairs reported for each query.
    """
    distance = distance_cost(dimension)
    costs: list[float] = []
    for place, engine in enumerate(engines):
        if place + 1 == len(engines):
            # the last screen is assumed perfect: it is tried by being used
            costs.append(pass_cost(engine, keys, dimension))
            break
        formed, reported = tried(engine)
        costs.append(pass_cost(engine, keys, dimension) + distance * formed + _REPORT * reported)
        if costs[-1] <= pass_cost(engines[place + 1], keys, dimension):
            break
    return engines[costs.index(min(costs)) :]
