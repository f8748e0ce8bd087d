"""The three ways to the short lists of an entry, each on all threads.

Every way leaves the same answers: a list holds all keys that can win, and what it leaves open is
decided exactly. So the choice between them, the size of blocks and the number of threads change
the time alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from .bounds import square_error
from .contenders import contend
from .engines import ENGINES
from .entry import Entry
from .micro import HEIGHTS, MAX_HEIGHT
from .packing import Frame, aligned_zeros, read_only, squares_of
from .panels import MOST_KEY, MOST_QUERY, coefficients, pack_panels
from .passers import pass_by
from .pretenders import pretend
from .rivals import OVER_BUDGET, UNDECIDED, Rivals
from .threads import run, thread_count

__all__ = ["passed", "screened", "tiled"]

Index = NDArray[np.int64]

_TILE_BYTES = 1 << 18  # a tile of keys stays in the second-level cache
_LEAST_TILE, _MOST_TILE = 16, 256
_MOST_ROWS = 516  # queries of a block: 43 register tiles, beyond which nothing is gained
_QUERY_BYTES = 384 * 1024  # their packed words share the second-level cache with a panel
_MOST_COPIED = 60  # rows of mask and threshold copied at once
_LITTLE = 1 << 16  # coordinates of all pairs, below which a second thread costs more than it saves
_PANELS = 32  # in a block: 1024 keys at 512 bits
_PART_ELEMENTS = 1 << 22  # coordinates packed at a time
_STRIDE = 256  # keys that `passers` asks about together: their distances stay in the first cache
_SAMPLE = 1024  # keys that the frame is made from
_HEADROOM = 8  # binary orders of magnitude above the sample that keys may reach
_SAFE_EXPONENT = 290  # of the largest key: squares of jumps then stay inside float64
_FLOAT32 = next(engine for engine in ENGINES if engine.name == "float32")


def passed(entry: Entry, doubt: Callable[[], object]) -> Rivals:
    """By `passers`: no order, no packing.

    ``doubt`` is called if a squared distance is not finite.
    """
    count, dimension = entry.count, entry.query.shape[1]
    rows = np.arange(len(entry.query))
    cuts = thread_count() if len(rows) * count * dimension > _LITTLE else 1
    cuts = min(cuts, count)
    lists = [Rivals.of(len(rows)) for _ in range(cuts)]
    # read as often as there are keys, and converted but once
    with np.errstate(invalid="ignore"):  # a signalling NaN is found below, with all others
        query = read_only(entry.query.astype(np.float64))
    filters = entry.filters(rows)
    odd = np.zeros(cuts, np.bool_)
    run(
        partial(
            pass_by, query, rows, entry.keys, read_only(entry.columns), entry.every,
            count * i // cuts, count * (i + 1) // cuts, entry.alpha, entry.least, entry.most,
            entry.shared, entry.beta, entry.relative, *filters, _STRIDE, lists[i], odd[i : i + 1],
        )
        for i in range(cuts)
    )  # fmt: skip
    if odd.any():
        doubt()
    _join(entry, rows, lists)
    return lists[0]


def tiled(entry: Entry, rows: Index, rivals: Rivals, order: Index) -> None:
    """By `contenders`, for some queries, ascending."""
    size = min(max(_TILE_BYTES // (8 * entry.query.shape[1]), _LEAST_TILE), _MOST_TILE)
    most = _MOST_COPIED if entry.copied() else _MOST_TILE
    step = max(1, min(most, -(-len(rows) // thread_count())))

    def block(part: Index) -> None:
        contend(
            entry.query, part, entry.keys, read_only(order), entry.alpha, entry.shared,
            entry.beta, entry.relative, *entry.filters(part), size, rivals,
        )  # fmt: skip

    run(partial(block, rows[i : i + step]) for i in range(0, len(rows), step))


def screened(entry: Entry) -> Rivals:
    """By `pretenders`, and by `contenders` what the screen cannot take."""
    order = entry.by_weight()
    rivals = Rivals.of(len(entry.query))
    frame = _frame(entry, order)
    rows = np.zeros(0, np.int64)
    if frame is not None:
        squares = squares_of(entry.query, 0, len(entry.query), frame)
        rows = np.flatnonzero(squares <= MOST_QUERY**2)
        if not _screen(entry, rows, rivals, order, frame):
            rows = rows[:0]
    left = rivals.lengths == OVER_BUDGET
    left[np.setdiff1d(np.arange(len(left)), rows)] = True
    if left.any():
        tiled(entry, np.flatnonzero(left), rivals, order)
    return rivals


def _frame(entry: Entry, order: Index) -> Frame | None:
    """Where the keys lie, from a sample of them; None where float32 or the bounds do not reach."""
    if entry.query.shape[1] > _FLOAT32.most:
        return None
    sample = entry.keys[order[:: -(-len(order) // _SAMPLE)]].astype(np.float64)
    top = float(np.abs(sample).max())
    # of the largest key, and at most 1 above it: the product of the two may not be a float64
    exponent = sum(math.frexp(x)[1] for x in (top, math.sqrt(sample.shape[1]))) + _HEADROOM
    exponent = exponent if top > 0.0 else 0
    if abs(exponent) > _SAFE_EXPONENT:
        return None
    unit = 2.0**-exponent
    return Frame(unit, read_only(sample.mean(axis=0) * unit))


def _screen(entry: Entry, rows: Index, rivals: Rivals, order: Index, frame: Frame) -> bool:
    """Whether the keys fitted the frame; the queries ``rows`` have then met all of them."""
    dimension, width = entry.query.shape[1], _FLOAT32.width
    height = next((h for h in reversed(HEIGHTS) if len(rows) <= h), MAX_HEIGHT)
    most = _MOST_COPIED if entry.copied() else min(_MOST_ROWS, _QUERY_BYTES // (4 * dimension))
    blocks = _blocks(rows, max(height, most // height * height), height)
    cuts = 1 if len(blocks) >= thread_count() else -(-thread_count() // max(1, len(blocks)))
    lists = [rivals, *(Rivals.of(len(entry.query)) for _ in range(1, cuts))]
    block = _PANELS * width
    size = block * max(cuts, _PART_ELEMENTS // (block * dimension))
    words = aligned_zeros(min(size, -(-len(order) // width) * width) * dimension, np.float32)

    for first in range(0, len(order), size):
        part = read_only(order[first : first + size])
        panels = -(-len(part) // width)
        half = np.empty(panels * width, np.float32)
        norms = np.empty(-(-panels // _PANELS))
        run(
            partial(
                pack_panels, entry.keys, part[g * block : (g + 1) * block], frame.unit,
                frame.centre, words[g * block * dimension : (g + 1) * block * dimension],
                half[g * block : (g + 1) * block], width, norms[g : g + 1],
            )
            for g in range(len(norms))
        )  # fmt: skip
        if not (norms <= MOST_KEY).all():
            return False

        def search(
            rows: Index, first: int, last: int, rivals: Rivals, part: Index = part,
            half: NDArray[np.float32] = half, norms: NDArray[np.float64] = norms,
        ) -> None:  # fmt: skip
            pretend(
                entry.query, rows, entry.keys, part, entry.alpha, entry.shared, entry.beta,
                entry.relative, square_error(dimension), words, half, norms, width, _PANELS,
                first, last, height, frame.unit, frame.centre,
                tuple(coefficients(dimension)), *entry.filters(rows),
                _MOST_COPIED + len(part) // 16, rivals,
            )  # fmt: skip

        edges = [len(norms) * i // cuts for i in range(cuts + 1)]
        run(
            partial(search, rows, edges[i], edges[i + 1], lists[i])
            for rows in blocks
            for i in range(cuts)
            if edges[i] < edges[i + 1]
        )
    _join(entry, rows, lists)
    return True


def _blocks(rows: Index, most: int, height: int) -> list[Index]:
    """The queries in blocks of at most ``most``, in equal shares for the threads."""
    count = -(-len(rows) // most)
    if len(rows) >= thread_count() * height:
        count = -(-count // thread_count()) * thread_count()
    step = max(height, -(-len(rows) // max(1, count * height)) * height)
    return [rows[i : i + step] for i in range(0, len(rows), step)]


def _join(entry: Entry, rows: Index, lists: list[Rivals]) -> None:
    """The lists of several ranges of keys, joined in the first: what they hold competes again."""
    if len(lists) == 1:
        return
    whole = lists[0]
    for row in rows:
        lengths = [int(part.lengths[row]) for part in lists]
        if min(lengths) < 0:
            # the screen's budget comes last: what no float decides no other screen does
            whole.lengths[row] = UNDECIDED if UNDECIDED in lengths else OVER_BUDGET
            continue
        listed = [part.listed[row, :n] for part, n in zip(lists, lengths, strict=True)]
        keys = np.unique(np.concatenate(listed))
        one = np.array([row])
        tiled(entry, one, whole, entry.sorted(keys))
