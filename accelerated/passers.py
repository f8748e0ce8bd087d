r"""The keys that can win, for calls of few queries: keys pass in the order they lie in, in strides.

For few queries, sorting the keys by weight or packing them costs more than looking at each once. So
the keys pass as they come, and the limits of `rivals` are kept per class of weights instead: class
c holds the weights from its edge to the next, and for each query a squared distance above which no
key of the class can win,

    min over (the distances met in lower classes, the reach of the best energy at the edge).

Classes are the leading bits of the weight as a float, whose integers are in the order of the
weights, so they are finer where weights are small; the first takes all that is left below, and its
edge is the least weight. The reach of a class is found again only when a key of it passes while the
best energy has improved since.

Every coordinate of an unmasked pair goes into a squared distance, and one that is not finite makes
that so. `odd` says that one was not: a caller that has not looked at the keys yet does so then.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .contest import square
from .rivals import UNDECIDED, light, meet, near_limit, tightened
from .turn import bits_of

__all__ = ["pass_by"]

_SHIFT = 49  # of the bits of a weight: eight classes an octave
_CLASSES = 136  # seventeen octaves, and what is below


@njit(nogil=True, cache=True)
def _squares(query, row, keys, order, every, first, last, out):
    """Squared distances of a query and the keys at places [first, last)."""
    for t in range(first, last):
        out[t - first] = square(query, row, keys, t if every else order[t])


@njit(nogil=True, cache=True)
def _places(alpha, order, every, lowest, first, last, places):
    """The class of each of these keys."""
    for t in range(first, last):
        key = t if every else order[t]
        bits = bits_of(light(alpha, key))
        places[t - first] = max((bits >> _SHIFT) - lowest, 0)


@njit(nogil=True, cache=True)
def _passing(out, places, limits, count):
    """How many of these are at most the limits of their classes, or not finite."""
    found = 0
    for t in range(count):
        found += 1 if out[t] <= limits[places[t]] or not out[t] < np.inf else 0
    return found


@njit(nogil=True, cache=True)
def pass_by(
    query, rows, keys, order, every, first, last, alpha, least, most, shared, beta, relative,
    mask, masked, threshold, filtered, size, rivals, odd,
):  # fmt: skip
    """Let a range of keys compete for some queries.

    Parameters
    ----------
    query, rows, keys, alpha, shared, beta, relative, mask, masked, threshold, filtered
        As in `contenders.contend`; but queries and keys may hold anything.
    order : int64 (K,);  every : bool
        The keys, in any order; with ``every`` key i is at place i and ``order`` is not read.
    first, last : int
        The places to look at.
    least, most : float
        The least weight, and a bound on the largest.
    size : int
        Keys that are asked about together.
    rivals : Rivals
        Of all M queries, as the calls before left them.
    odd : bool (1,)
        Set where a squared distance is not finite, because it overflows or the key is not.

    Notes
    -----
    Clauses: GDA-select-index, GDA-select-priors, GDA-admit-mask, GDA-thm-prior-monotone,
    GDA-thm-screening.
    """
    classes = 1 if shared else _CLASSES
    lowest = (bits_of(most) >> _SHIFT) - (classes - 1)
    edges = ((np.arange(classes) + lowest) << _SHIFT).view(np.float64)
    edges[0] = least
    limits = np.full((rows.size, classes), np.inf)
    solved = np.full((rows.size, classes), np.inf)  # the energy for which a reach was found last

    out = np.empty(size)
    places = np.zeros(size, np.int64)
    for begin in range(first, last, size):
        end = min(begin + size, last)
        if not shared:
            _places(alpha, order, every, lowest, begin, end, places)
        for i in range(rows.size):
            row = rows[i]
            _squares(query, row, keys, order, every, begin, end, out)
            # most keys are out of reach: asked about together, without a branch
            if _passing(out, places, limits[i], end - begin) == 0:
                continue
            for t in range(begin, end):
                key = t if every else order[t]
                s, place = out[t - begin], places[t - begin]
                if masked and not mask[i, key]:
                    continue
                if not s < np.inf:
                    odd[0] = True
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
                if meet(query, row, keys, key, s, tau, alpha, shared, beta, relative, rivals):
                    limit = near_limit(s, relative)
                    for above in range(0 if shared else place + 1, classes):
                        limits[i, above] = min(limits[i, above], limit)
