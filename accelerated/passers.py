r"""The keys that can win, for calls of few queries: every key read once, in the order it lies in.

For few queries, sorting the keys by weight or packing them costs more than looking at each once. So
the keys pass as they come, and the limits of `rivals` are kept per class of weights instead: class
c holds the weights from its edge to the next, and for each query a squared distance above which no
key of the class can win,

    min over (the distances met in lower classes, the reach of the best energy at the edge).

Classes are the leading bits of the weight as a float, so they are finer where weights are small;
the first takes all that is left below, and its edge is the least weight. The reach of a class is
found again only when a key of it passes while the best energy has improved since.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .contest import square
from .rivals import UNDECIDED, meet, near_limit, tightened
from .turn import read_ahead

__all__ = ["pass_by"]

_SHIFT = 49  # of the bits of a weight: eight classes an octave
_CLASSES = 136  # seventeen octaves, and what is below

_AHEAD = 2048  # bytes of keys that are asked for before they are read


@njit(nogil=True, cache=True)
def pass_by(
    query, rows, keys, order, every, first, last, weight, bits, least, most_bits, shared, beta,
    relative, mask, masked, threshold, filtered, rivals,
):  # fmt: skip
    """Let a range of keys compete for some queries.

    Parameters
    ----------
    query, rows, keys, shared, beta, relative, mask, masked, threshold, filtered
        As in `contenders.contend`.
    order : int64 (K,);  every : bool
        The keys, in any order; with ``every`` key i is at place i and ``order`` is not read.
    first, last : int
        The places to look at.
    weight : float64 (N,)
        min(alpha, 1 - alpha).
    bits : int64 (N,)
        The same memory as integers: in the order of the weights, which are positive.
    least : float;  most_bits : int
        The least weight, and the bits of the largest.
    rivals : Rivals
        Of all M queries, as the calls before left them.

    Notes
    -----
    Clauses: GDA-select-index, GDA-select-priors, GDA-admit-mask, GDA-thm-prior-monotone,
    GDA-thm-screening.
    """
    classes = 1 if shared else _CLASSES
    lowest = (most_bits >> _SHIFT) - (classes - 1)
    edges = ((np.arange(classes) + lowest) << _SHIFT).view(np.float64)
    edges[0] = least
    limits = np.full((rows.size, classes), np.inf)
    solved = np.full((rows.size, classes), np.inf)  # the energy for which a reach was found last

    flat = keys.reshape(keys.size)
    dimension = keys.shape[1]
    a_line = 64 // keys.itemsize
    ahead = 1 + _AHEAD // (dimension * keys.itemsize)
    for t in range(first, last):
        key = t if every else order[t]
        if t + ahead < last:
            following = t + ahead if every else order[t + ahead]
            for c in range(0, dimension, a_line):
                read_ahead(flat, following * dimension + c)
        place = 0 if shared else max((bits[key] >> _SHIFT) - lowest, 0)
        for i in range(rows.size):
            row = rows[i]
            if masked and not mask[i, key]:
                continue
            s = square(query, row, keys, key)
            if not s <= limits[i, place] or rivals.lengths[row] == UNDECIDED:
                continue
            if not shared and rivals.least[row] < solved[i, place]:
                solved[i, place] = rivals.least[row]
                limits[i, place] = tightened(
                    limits[i, place], np.inf, rivals.least[row], edges[place], shared, beta,
                    relative,
                )  # fmt: skip
                if not s <= limits[i, place]:
                    continue
            tau = np.inf
            if filtered:
                tau = threshold[min(i, threshold.shape[0] - 1), key]
            if meet(query, row, keys, key, s, tau, weight, shared, beta, relative, rivals):
                limit = near_limit(s, relative)
                for above in range(0 if shared else place + 1, classes):
                    limits[i, above] = min(limits[i, above], limit)
