"""The search: blocks of queries against blocks of keys, candidates decided as they appear.

A query keeps an upper bound T on its least half score ``s = |k|^2/2 - q.k``. The tiles report the
pairs whose screened score is at most T + e, with e the bound on the screen's error: every key that
is nearest, or ties, is among them (GDA-thm-screening). A reported pair gives two facts at once: its
score minus e must not exceed T, or it is no candidate; its score plus e may lower T. What remains
waits in a short list of the query. A full list, and every list at the end of a block of keys, is
emptied from its most promising end: a `contest` by real distances, each of which lowers T, until
the next in line is out of reach. So the list cannot overflow, few distances are formed, and no
distance matrix or list of all candidates exists.

Where the screen is too coarse for the data the lists do not empty cheaply. A query that forms more
distances than the keys passed so far explain (`choice`) leaves with status OVER_BUDGET, and a finer
screen takes it.

Written once for all words and dtypes: Numba specialises it (see `micro`).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, types
from numba.extending import overload

from .contest import CLEAR, OVER_BUDGET, contest, half_bound
from .encode import pack_queries, per_word, steps_of
from .micro import lowest_set, negative_lanes, tile

__all__ = ["CUT_STEPS", "search_block"]

# Steps of a tile before the rows are cut: a panel and a tile of queries then fill 1.4 * 128 KiB.
CUT_STEPS = 1024
_WAITING = 32  # candidates in the list of a query
_MOST_UNITS = 2.0**29  # byte scores start below this; see `engines` for the sum
_NEVER = -1.0e36  # a limit below every score in floating point


def _starts(words, half, at, count, per_unit, buffer):
    """The starts of a block of keys: half squares as they are, or in units of the byte scales."""
    raise NotImplementedError


@overload(_starts)
def _starts_for(words, half, at, count, per_unit, buffer):
    if words.dtype == types.int32:

        def units(words, half, at, count, per_unit, buffer):
            for i in range(count):
                buffer[i] = np.int32(np.rint(min(np.float64(half[at + i]) * per_unit, _MOST_UNITS)))
            return buffer

        return units
    return lambda words, half, at, count, per_unit, buffer: half[at : at + count]


@njit(nogil=True, cache=True, error_model="numpy")
def _limit(bytes_, bound, error, largest, scale, level_sum):
    """The limit of a row: every score at most ``bound + error`` lies strictly below it.

    ``largest`` is a bound on every score plus the error, so nothing is lost by clamping to it. In
    units of the byte scales the quotient is at most about 2^30 with an absolute error below 2^-20;
    key bytes carry 128 more than their level, which adds 128 ``level_sum`` to every score.
    """
    top = min(max(bound + error, -largest), largest)
    if bytes_:
        return math.floor(top / scale) + 2.0 - 128.0 * level_sum
    return top + abs(top) * 2.0**-22 + 2.0**-140


@njit(nogil=True, cache=True)
def _settle(query, row, keys, order, relative, unit, query_square, lows, places, i, state):
    """Empty the list of query i; the number of distances formed."""
    count, bound, best, squares, status = state
    formed = 0
    while count[i] > 0:
        n = count[i]
        nearest = 0
        for z in range(1, n):
            if lows[i, z] < lows[i, nearest]:
                nearest = z
        if lows[i, nearest] > bound[i]:
            break
        key = order[places[i, nearest]]
        lows[i, nearest], places[i, nearest] = lows[i, n - 1], places[i, n - 1]
        count[i] = n - 1
        formed += 1
        best[i], squares[i], status[i] = contest(
            query, row, keys, key, relative, best[i], squares[i]
        )
        if status[i] != CLEAR:
            break
        bound[i] = min(bound[i], half_bound(squares[i], unit, query_square, relative))
    count[i] = 0
    return formed


@njit(nogil=True, cache=True, error_model="numpy")
def search_block(
    query, rows, keys, order, words, half, facts, width, panels, first_block, last_block, height,
    unit, centre, coefficients, relative, patience, out, start, limit, best, squares, status,
):  # fmt: skip
    """Search blocks [first_block, last_block) of packed keys for a block of queries.

    Parameters
    ----------
    query : floating (M, D);  rows : int64 (m,)
        The rows of ``query`` to search for.
    keys : floating (N, D);  order : int64 (n,)
        The packed key at place p is row ``order[p]`` of ``keys``.
    words, half, facts, unit, centre
        As `encode.pack_block` makes them; facts has a row per block.
    width, panels, height : int
        Keys in a panel, panels in a block, queries in a register tile.
    coefficients : tuple of float
        `bounds.Coefficients`.
    relative : float
        `bounds.square_error`.
    patience : float
        A query may form ``patience * (1 + ln(s / patience))`` distances in s keys before it leaves.
    out, start, limit : 1-D arrays of scores
        Workspace: ``height * 2`` vectors a tile, the keys of a block, the queries.
    best : int64 (m,);  squares : float64 (m,);  status : int64 (m,)
        The winner so far (-1, infinity, CLEAR at first), updated in place.

    Returns
    -------
    (int, int)
        Distances formed, and pairs that the tiles reported.
    """
    lost_factor, product_factor, half_factor, tiny = coefficients
    dimension = query.shape[1]
    steps = steps_of(words, dimension)
    bytes_ = per_word(words) == 4
    count_rows = rows.size
    tiles = (count_rows + height - 1) // height
    cuts = (steps + CUT_STEPS - 1) // CUT_STEPS
    tile_scores = height * width

    packed_queries = np.zeros(tiles * steps * height, words.dtype)
    row_facts = np.zeros((count_rows, 4))
    least_scale = 0.0
    if bytes_:
        for g in range(first_block, last_block):
            least_scale = max(least_scale, facts[g, 4] / (facts[g, 0] * (_MOST_UNITS - 1.0)))
        least_scale = np.float64(np.float32(least_scale * (1.0 + 2.0**-20)))
    query_scale = pack_queries(
        query, rows, unit, centre, packed_queries, height, least_scale, row_facts
    )

    bound = np.empty(count_rows)
    error = np.empty(count_rows)
    largest = np.empty(count_rows)
    spent = np.zeros(count_rows, np.int64)
    count = np.zeros(count_rows, np.int64)
    lows = np.empty((count_rows, _WAITING))
    places = np.empty((count_rows, _WAITING), np.int64)
    state = (count, bound, best, squares, status)
    for i in range(count_rows):
        bound[i] = np.inf
        if best[i] >= 0:
            bound[i] = half_bound(squares[i], unit, row_facts[i, 3], relative)
    never = -_MOST_UNITS if bytes_ else _NEVER
    formed = 0
    reported = 0

    for g in range(first_block, last_block):
        first_panel = g * panels
        last_panel = min(first_panel + panels, half.size // width)
        scale = query_scale * facts[g, 0] if bytes_ else 0.0
        keys_norm = max(facts[g, 1], facts[g, 3])
        begun = _starts(
            words, half, first_panel * width, (last_panel - first_panel) * width, 1.0 / scale, start
        )
        limit[:] = never
        active = 0
        for i in range(count_rows):
            norm, lost = row_facts[i, 0], row_facts[i, 1]
            error[i] = (
                lost_factor * (norm * facts[g, 2] + lost * facts[g, 3])
                + product_factor * norm * keys_norm
                + half_factor * facts[g, 4]
                + tiny * (1.0 + norm)
                + 0.51 * scale
            )
            largest[i] = 1.01 * (facts[g, 4] + norm * keys_norm + error[i])
            if status[i] == CLEAR:
                active += 1
                limit[i] = _limit(bytes_, bound[i], error[i], largest[i], scale, row_facts[i, 2])
        if active == 0:
            break

        for panel in range(first_panel, last_panel):
            passed = (panel + 1 - first_block * panels) * width
            most = patience * (1.0 + math.log(max(1.0, passed / patience)))
            for cut in range(cuts):
                done = cut * CUT_STEPS
                length = min(CUT_STEPS, steps - done)
                for t in range(tiles):
                    out_at = t * tile_scores if cuts > 1 else 0
                    hit = tile(
                        packed_queries, (t * steps + done) * height,
                        words, (panel * steps + done) * width,
                        begun, (panel - first_panel) * width,
                        limit, t * height, out, out_at,
                        length, height, np.int64(cut == 0), np.int64(cut == cuts - 1),
                    )  # fmt: skip
                    if hit == 0:
                        continue
                    for i in range(t * height, min((t + 1) * height, count_rows)):
                        row_at = out_at + (i - t * height) * width
                        lanes = negative_lanes(out, row_at)
                        if lanes == 0 or status[i] != CLEAR:
                            continue
                        base = np.float64(limit[i]) + 128.0 * row_facts[i, 2]
                        while lanes != 0:
                            lane = lowest_set(lanes)
                            lanes &= lanes - 1
                            reported += 1
                            place = panel * width + lane
                            if place >= order.size or status[i] != CLEAR:
                                break
                            score = np.float64(out[row_at + lane]) + base
                            if bytes_:
                                score *= scale
                            low = score - error[i]
                            if low > bound[i]:
                                continue
                            if count[i] == _WAITING:
                                now = _settle(
                                    query, rows[i], keys, order, relative, unit, row_facts[i, 3],
                                    lows, places, i, state,
                                )  # fmt: skip
                                formed += now
                                spent[i] += now
                                if spent[i] > most and status[i] == CLEAR:
                                    status[i] = OVER_BUDGET
                            lows[i, count[i]], places[i, count[i]] = low, place
                            count[i] += 1
                            bound[i] = min(bound[i], score + error[i])
                        limit[i] = never
                        if status[i] == CLEAR:
                            limit[i] = _limit(
                                bytes_, bound[i], error[i], largest[i], scale, row_facts[i, 2]
                            )

        for i in range(count_rows):
            if count[i] > 0 and status[i] == CLEAR:
                now = _settle(
                    query, rows[i], keys, order, relative, unit, row_facts[i, 3],
                    lows, places, i, state,
                )  # fmt: skip
                formed += now
                spent[i] += now
                if spent[i] > most and status[i] == CLEAR:
                    status[i] = OVER_BUDGET
    return formed, reported
