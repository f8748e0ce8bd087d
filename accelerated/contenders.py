r"""The keys that can win, per query, by float64 differences: the search that every input passes.

The keys pass in the order of rising weight a = min(alpha, 1 - alpha), a tile at a time. A tile is
gathered once as float64, one column a key, and every query of a block forms its squared
distances s_j by differences: at most D + 2 roundings, `distances.relative_error` of the reference,
whatever order the compiler adds in. A pair is looked at only if s_j is at most the query's limit
(`rivals.tightened`); what passes is asked for its mask and competes (`rivals.meet`). The limit is
tightened where a key passes and nowhere else: to turn an energy into a separation costs as much as
a hundred distances.

`pretenders` rules the same keys out at several times the speed where float32 can.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .rivals import UNDECIDED, light, meet, tightened

__all__ = ["contend"]

_STRIDE = 64  # squared distances asked about at once


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
def contend(
    query, rows, keys, order, alpha, shared, beta, relative,
    mask, masked, threshold, filtered, size, rivals,
):  # fmt: skip
    """Let keys compete for some queries.

    Parameters
    ----------
    query : (M, D), keys : (N, D)
        Contiguous float32 or float64, finite where an unmasked pair reads them.
    rows : int64 (m,)
        The queries.
    order : int64 (K,)
        Keys to look at, by rising weight min(alpha, 1 - alpha).
    alpha : float64 (N,), or (1,) for one of all keys
    shared : bool
        Whether all weights are equal.
    beta : float
        Precision.
    relative : float
        `distances.relative_error`.
    mask : bool (m, N);  masked : bool
        Read only if ``masked``.
    threshold : float64 (m, N) or (1, N);  filtered : bool
        Likewise; thresholds that differ between the keys of a query.
    size : int
        Keys in a tile.
    rivals : Rivals
        Of all M queries; the lists of ``rows`` are begun anew.

    Notes
    -----
    Clauses: GDA-select-index, GDA-select-priors, GDA-admit-mask, GDA-admit-threshold,
    GDA-thm-prior-monotone, GDA-thm-screening.
    """
    tile = np.empty((query.shape[1], size))
    out = np.empty(size)
    limits = np.full(rows.size, np.inf)
    solved = np.full(rows.size, -1.0)  # the weight for which a limit was tightened last
    for row in rows:
        rivals.lengths[row] = 0
        rivals.near[row] = np.inf
        rivals.least[row] = np.inf

    for first in range(0, order.size, size):
        last = min(first + size, order.size)
        _fill_tile(keys, order, first, last, tile)
        lightest = light(alpha, order[first])
        for i in range(rows.size):
            row = rows[i]
            if rivals.lengths[row] == UNDECIDED:
                continue
            _squares(query[row], tile, last - first, out)
            # most of a tile is out of reach: counted a stride at a time, without a branch
            t, unseen = -1, 0
            while t + 1 < last - first:
                t += 1
                if t == unseen:
                    unseen = min(t + _STRIDE, last - first)
                    if _within(out, t, unseen, limits[i]) == 0:
                        t = unseen - 1
                        continue
                # false for NaN, which only a row that nobody reads can give
                if not out[t] <= limits[i]:
                    continue
                key = order[first + t]
                if masked and not mask[i, key]:
                    continue
                near, least = rivals.near[row], rivals.least[row]
                if solved[i] != lightest:
                    limits[i] = tightened(limits[i], near, least, lightest, shared, beta, relative)
                    solved[i] = lightest
                    if not out[t] <= limits[i]:
                        continue
                tau = np.inf
                if filtered:
                    tau = threshold[min(i, threshold.shape[0] - 1), key]
                if not meet(
                    query, row, keys, key, out[t], tau, alpha, shared, beta, relative, rivals
                ):
                    if rivals.lengths[row] == UNDECIDED:
                        break
                    continue
                if rivals.near[row] < near or rivals.least[row] < least:
                    limits[i] = tightened(
                        limits[i], rivals.near[row], rivals.least[row], lightest, shared,
                        beta, relative,
                    )  # fmt: skip
