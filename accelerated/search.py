"""Queries against a part of the keys: blocks, threads, and the way from screen to finer screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bounds import square_error
from .choice import SAMPLE, WORTH_SAMPLING, Work, budgets, choose, patience
from .contest import CLEAR, OVER_BUDGET, merge, scan
from .engines import Engine
from .micro import HEIGHTS, MAX_HEIGHT
from .packing import PANELS, Part
from .screen import CUT_STEPS, search_block
from .threads import run, thread_count

__all__ = ["Winners", "scan_keys", "search_part"]

# The packed queries of a block share the second-level cache with the panel that passes.
_QUERY_BYTES = 384 * 1024
_MOST_ROWS = 516  # 43 tiles of 12: beyond that the panel is read often enough


@dataclass(eq=False)
class Winners:
    """The best key of every query so far, updated in place.

    Attributes
    ----------
    index : int64 (M,), -1 before the first key
    square : float64 (M,)
        Its rounded squared distance.
    status : int64 (M,)
        See `contest`.
    """

    index: NDArray[np.int64]
    square: NDArray[np.float64]
    status: NDArray[np.int64]

    @classmethod
    def of(cls, queries: int) -> Winners:
        """No key yet."""
        return cls(
            np.full(queries, -1, np.int64),
            np.full(queries, np.inf),
            np.full(queries, CLEAR, np.int64),
        )


def search_part(
    query: NDArray[Any],
    rows: NDArray[np.int64],
    part: Part,
    winners: Winners,
    engines: Sequence[Engine],
) -> None:
    """Let the keys of a part compete for the queries ``rows``."""
    count, dimension = len(part.order), query.shape[1]
    together = min(len(rows), _MOST_ROWS)
    limits = dict(zip(engines, budgets(engines, count, dimension, together), strict=True))
    chain = engines
    # a first screen of float32 or better is not tried, so no query of a sample would be decided
    if len(rows) >= WORTH_SAMPLING and len(engines) > 1 and engines[0].per_word > 1:
        size = SAMPLE if len(rows) >= 64 * SAMPLE else MAX_HEIGHT
        sample = rows[:: len(rows) // size][:size]
        before = winners.index[sample], winners.square[sample], winners.status[sample]

        def tried(engine: Engine) -> tuple[int, int, Work]:
            winners.index[sample], winners.square[sample], winners.status[sample] = before
            work = _pass(query, sample, part, winners, engine, limits[engine])
            return int((winners.status[sample] == OVER_BUDGET).sum()), len(sample), work

        chain = choose(engines, count, dimension, together, tried)
        # what the last trial decided is decided; the others go with the rest
        given_up = winners.status[sample] == OVER_BUDGET
        winners.status[sample[given_up]] = CLEAR
        rows = rows[~np.isin(rows, sample[~given_up])]
    for engine in chain:
        if len(rows) == 0:
            return
        _pass(query, rows, part, winners, engine, limits[engine])
        rows = rows[winners.status[rows] == OVER_BUDGET]
        winners.status[rows] = CLEAR


def scan_keys(
    query: NDArray[Any], rows: NDArray[np.int64], keys: NDArray[Any], winners: Winners
) -> None:
    """Let all keys compete, without a screen: for calls too small to pack anything."""
    relative = square_error(query.shape[1])
    cuts = thread_count() if len(rows) * keys.size > 1 << 18 else 1
    edges = [len(keys) * i // cuts for i in range(cuts + 1)]
    best, squares, status = _parts_of(winners, rows, cuts)
    run(
        partial(scan, query, rows, keys, edges[i], edges[i + 1], relative,
                best[i], squares[i], status[i])
        for i in range(cuts)
    )  # fmt: skip
    merge(query, rows, keys, relative, best, squares, status)
    winners.index[rows], winners.square[rows], winners.status[rows] = best[0], squares[0], status[0]


def _pass(
    query: NDArray[Any],
    rows: NDArray[np.int64],
    part: Part,
    winners: Winners,
    engine: Engine,
    budget: float,
) -> Work:
    """One engine over one part."""
    dimension = query.shape[1]
    screen = part.screen(engine)
    height = next((h for h in reversed(HEIGHTS) if len(rows) <= h), MAX_HEIGHT)
    size = _rows_in_block(len(rows), height, engine, dimension)
    blocks = [rows[i : i + size] for i in range(0, len(rows), size)]
    key_blocks = len(screen.facts)
    # with fewer blocks of queries than threads, the keys are shared out as well
    cuts = 1
    if len(blocks) < thread_count():
        cuts = min(key_blocks, -(-2 * thread_count() // len(blocks)))
    edges = [key_blocks * i // cuts for i in range(cuts + 1)]
    totals: list[tuple[int, int]] = []

    def search(block: NDArray[np.int64], first: int, last: int, *state: NDArray[Any]) -> None:
        tiles = -(-len(block) // height)
        resumed = tiles if engine.steps(dimension) > CUT_STEPS else 1
        counts = search_block(
            query, block, part.keys, part.order, *screen, engine.width, PANELS, first, last,
            height, part.frame.unit, part.frame.centre, tuple(engine.coefficients(dimension)),
            square_error(dimension), patience(budget, cuts),
            np.empty(resumed * height * engine.width, engine.score),
            np.empty(PANELS * engine.width, engine.score),
            np.empty(tiles * height, engine.score), *state,
        )  # fmt: skip
        totals.append(counts)

    states = [_parts_of(winners, block, cuts) for block in blocks]
    run(
        partial(search, block, edges[i], edges[i + 1], *(array[i] for array in state))
        for block, state in zip(blocks, states, strict=True)
        for i in range(cuts)
    )
    for block, (best, squares, status) in zip(blocks, states, strict=True):
        if cuts > 1:
            merge(query, block, part.keys, square_error(dimension), best, squares, status)
        winners.index[block], winners.square[block] = best[0], squares[0]
        winners.status[block] = status[0]
    return Work(sum(formed for formed, _ in totals), sum(reported for _, reported in totals), cuts)


def _rows_in_block(rows: int, height: int, engine: Engine, dimension: int) -> int:
    """Queries of a block: they fit the cache, and the threads get equal shares."""
    row_bytes = min(engine.steps(dimension), CUT_STEPS) * np.dtype(engine.word).itemsize
    most = max(height, min(_MOST_ROWS, _QUERY_BYTES // row_bytes) // height * height)
    blocks = -(-rows // most)
    if rows >= thread_count() * height:
        blocks = -(-blocks // thread_count()) * thread_count()
    return max(height, -(-rows // (blocks * height)) * height)


def _parts_of(
    winners: Winners, rows: NDArray[np.int64], parts: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """A copy of the winners of some rows for every part, arrays (parts, m)."""
    return (
        np.repeat(winners.index[rows][None], parts, axis=0),
        np.repeat(winners.square[rows][None], parts, axis=0),
        np.repeat(winners.status[rows][None], parts, axis=0),
    )
