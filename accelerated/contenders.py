r"""The keys that can win, per query, with masks, priors and thresholds: tiles, bounds, short lists.

The keys pass in the order of rising weight a = min(alpha, 1 - alpha), a tile at a time. A tile is
gathered once as float64, one column a key, and every query of a block forms its squared
distances s_j by differences: at most D + 2 roundings, `distances.relative_error` of the reference,
whatever order the compiler adds in. A pair is looked at only if s_j is at most the query's limit,

    limit = min(nearest so far, radius of the best energy so far) with margins.

1. Every key admitted so far has no greater weight than the tile's, so a key that is certainly
   farther has more energy (T6, T23). With one weight for all keys this is the whole search (T7),
   and energies, which saturate, are never formed.
2. The least upper bound U of an admitted energy becomes, for the tile's least weight, a separation
   beyond which every key of the tile has more energy (`solve.separation_beyond`).

What passes is asked for its mask, then for its threshold by `solve.energy_bounds`, and competes
with the query's short list: keys that the bounds cannot order. Of keys with equal weights that are
both certainly admitted, the list holds the nearest alone, decided exactly (`expansion.nearer`),
ties to the least index. A query whose list holds one certain key is decided. Lists of more, and
admissions inside the bound, are decided by the reference on the keys of the list; a list that
overflows, a squared distance outside [2^-900, 2^900] and a sum that `nearer` leaves open send the
query to the reference with all its keys.

Nothing that is dropped can win, and what is dropped is dropped by a strict inequality between real
numbers, so ties survive; order of tiles, size of tiles and threads change the lists at most, never
the answer.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .expansion import OPEN, nearer
from .solve import energy_bounds, separation_beyond

__all__ = ["LISTED", "UNDECIDED", "contend"]

LISTED = 8  # keys of a short list
UNDECIDED = -1  # in place of the length of a list

_STRIDE = 64  # squared distances asked about at once

# Squared distances that floats hold with their relative error (reference/distances.py, step 3).
_LOW, _HIGH = 2.0**-900, 2.0**900


@njit(nogil=True, cache=True)
def _fill_tile(keys, order, first, last, tile):
    """Keys ``order[first:last]`` as columns of ``tile`` (D, T)."""
    for t in range(last - first):
        key = order[first + t]
        for c in range(tile.shape[0]):
            tile[c, t] = keys[key, c]


@njit(nogil=True, cache=True, fastmath={"contract"})
def _squares(query, tile, count, out):
    """Squared distances of one query and the columns of a tile, four coordinates at a time."""
    dimension = tile.shape[0]
    out[:count] = 0.0
    c = 0
    while c + 4 <= dimension:
        q0, q1 = np.float64(query[c]), np.float64(query[c + 1])
        q2, q3 = np.float64(query[c + 2]), np.float64(query[c + 3])
        for t in range(count):
            x0, x1 = tile[c, t] - q0, tile[c + 1, t] - q1
            x2, x3 = tile[c + 2, t] - q2, tile[c + 3, t] - q3
            out[t] += (x0 * x0 + x1 * x1) + (x2 * x2 + x3 * x3)
        c += 4
    while c < dimension:
        q0 = np.float64(query[c])
        for t in range(count):
            x0 = tile[c, t] - q0
            out[t] += x0 * x0
        c += 1


@njit(nogil=True, cache=True)
def _within(out, first, last, limit):
    """How many of these are at most the limit; NaN is not."""
    count = 0
    for t in range(first, last):
        count += 1 if out[t] <= limit else 0
    return count


@njit(nogil=True, cache=True)
def _equal(query, key):
    equal = True
    for c in range(query.size):
        equal = equal and np.float64(query[c]) == np.float64(key[c])
    return equal


@njit(nogil=True, cache=True)
def contend(
    query, first_row, last_row, keys, order, weight, shared, beta, relative,
    mask, masked, threshold, filtered, size, listed, lengths, certain,
):  # fmt: skip
    """Short lists of the keys that can win, for the queries [first_row, last_row).

    Parameters
    ----------
    query : (M, D), keys : (N, D)
        Contiguous float32 or float64, finite where an unmasked pair reads them.
    order : int64 (K,)
        Keys to look at, by rising weight.
    weight : float64 (N,)
        min(alpha, 1 - alpha).
    shared : bool
        Whether all weights are equal.
    beta : float
        Precision.
    relative : float
        `distances.relative_error`.
    mask : bool (rows, N);  masked : bool
        Read only if ``masked``; row 0 belongs to ``first_row``.
    threshold : float64 (rows, N);  filtered : bool
        Likewise; thresholds that differ between the keys of a query.
    size : int
        Keys in a tile.
    listed : int64 (M, LISTED), lengths : int64 (M,), certain : bool (M,)
        Written: the lists, their lengths or UNDECIDED, and whether all of a list are admitted.

    Notes
    -----
    Clauses: GDA-select-index, GDA-select-ties, GDA-select-priors, GDA-admit-mask,
    GDA-admit-threshold, GDA-thm-prior-monotone, GDA-thm-screening.
    """
    rows = last_row - first_row
    dimension = query.shape[1]
    tile = np.empty((dimension, size))
    out = np.empty(size)
    square = np.empty((rows, LISTED))
    low = np.zeros((rows, LISTED))
    sure = np.zeros((rows, LISTED), np.bool_)
    near = np.full(rows, np.inf)  # least squared distance of a certainly admitted key
    least = np.full(rows, np.inf)  # least upper bound on the energy of one
    margin = 1.0 + 4.0 * relative
    for i in range(rows):
        lengths[first_row + i] = 0

    for first in range(0, order.size, size):
        last = min(first + size, order.size)
        _fill_tile(keys, order, first, last, tile)
        lightest = weight[order[first]]
        for i in range(rows):
            row = first_row + i
            if lengths[row] == UNDECIDED:
                continue
            _squares(query[row], tile, last - first, out)
            limit = near[i] * margin + _LOW
            if not shared and least[i] < np.inf:
                reach = separation_beyond(least[i], lightest, relative)
                limit = min(limit, reach / beta * (1.0 + 2.0**-40) + _LOW)
            # most of a tile is out of reach: counted a stride at a time, without a branch
            t, unseen = -1, 0
            while t + 1 < last - first:
                t += 1
                if t == unseen:
                    unseen = min(t + _STRIDE, last - first)
                    if _within(out, t, unseen, limit) == 0:
                        t = unseen - 1
                        continue
                s = out[t]
                # false for NaN, which only a row that nobody reads can give
                if not s <= limit:
                    continue
                key = order[first + t]
                if masked and not mask[i, key]:
                    continue
                zero = False
                if not (_LOW <= s <= _HIGH):
                    zero = s < _LOW and _equal(query[row], keys[key])
                    if not zero:
                        lengths[row] = UNDECIDED
                        break
                    s = 0.0
                below, above = 0.0, 0.0
                if not zero and (filtered or not shared):
                    below, above = energy_bounds(beta * s, weight[key], relative)
                admitted = True
                if filtered:
                    tau = threshold[i, key]
                    if zero:
                        if tau < 0.0:
                            continue
                    elif tau < np.inf:
                        if tau <= 0.0 or below > tau:
                            continue
                        admitted = above <= tau
                if not shared and below > least[i]:
                    continue
                count = _enter(
                    query[row], keys, key, s, below, admitted, weight, margin,
                    listed[row], square[i], low[i], sure[i], lengths[row],
                )  # fmt: skip
                lengths[row] = count
                if count == UNDECIDED:
                    break
                if not admitted:
                    continue
                if s < near[i]:
                    near[i] = s
                    limit = min(limit, s * margin + _LOW)
                if not shared and above < least[i]:
                    least[i] = above
                    reach = separation_beyond(above, lightest, relative)
                    limit = min(limit, reach / beta * (1.0 + 2.0**-40) + _LOW)
                lengths[row] = _prune(
                    shared, near[i] * margin + _LOW, least[i],
                    listed[row], square[i], low[i], sure[i], count,
                )  # fmt: skip

    for i in range(rows):
        row = first_row + i
        certain[row] = True
        for e in range(max(lengths[row], 0)):
            certain[row] = certain[row] and sure[i, e]


@njit(nogil=True, cache=True)
def _enter(
    query, keys, key, s, below, admitted, weight, margin, listed, square, low, sure, count
):  # fmt: skip
    """Let a key compete with the list; the new length, or UNDECIDED."""
    if admitted:
        for e in range(count):
            if not sure[e]:
                continue
            other = listed[e]
            if s == 0.0 and square[e] == 0.0:
                # both equal the query: energy 0, whatever the weights
                listed[e] = min(other, key)
                return count
            if weight[other] > weight[key] or s > square[e] * margin:
                # by the order of the keys the first never holds; the second is T6 and T23
                if weight[other] <= weight[key]:
                    return count
                continue
            if weight[other] != weight[key]:
                continue
            if square[e] <= s * margin:
                sign = nearer(query, keys[key], keys[other])
                if sign == OPEN:
                    return UNDECIDED
                if sign > 0 or (sign == 0 and other < key):
                    return count
            listed[e], square[e], low[e] = key, s, below
            return count
    if count == listed.size:
        return UNDECIDED
    listed[count], square[count], low[count], sure[count] = key, s, below, admitted
    return count + 1


@njit(nogil=True, cache=True)
def _prune(shared, reach, least, listed, square, low, sure, count):
    """Drop the listed keys that an admitted one beats for certain; the new length."""
    kept = 0
    for e in range(count):
        if (shared and square[e] > reach) or (not shared and low[e] > least):
            continue
        listed[kept], square[kept], low[kept], sure[kept] = listed[e], square[e], low[e], sure[e]
        kept += 1
    return kept
