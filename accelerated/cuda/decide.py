"""What the device leaves open, decided in exact arithmetic on the host.

A list holds every key that can win, so the winner of the list is the winner. With one threshold
for all keys of a query that threshold is asked about the winner later (GDA-thm-filter-select); of a
list whose keys share one, the same holds inside the list.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gd_attention.validation import Inputs
from numba import njit
from numpy.typing import NDArray

from ..bounds import square_error
from ..contest import CLEAR, contest
from ..cpu import search_group
from ..groups import Group
from ..masked import search_entry
from ..packing import read_only
from ..plain import nearest_row
from .plan import Plan

__all__ = ["decide_all", "decide_nearest", "decide_priors"]

Index = NDArray[np.int64]
Lists = dict[tuple[int, int], Index]

_ROWS = 256  # of mask and threshold copied at once


def decide_nearest(plan: Plan, lists: Lists, winner: Index) -> None:
    """Write the nearest key of every list, ties to the least index.

    Clauses: GDA-thm-nearest, GDA-select-ties.
    """
    by_group: dict[int, list[tuple[int, Index]]] = {}
    for (g, m), keys in lists.items():
        by_group.setdefault(g, []).append((m, keys))
    relative = square_error(plan.query.shape[-1])
    for g, found in by_group.items():
        rows = np.array([m for m, _ in found])
        ends = np.cumsum([len(keys) for _, keys in found])
        query, keys = plan.query[g], plan.keys[plan.lists.key_of[plan.list_of[g]]]
        best = _nearest_of(
            read_only(np.ascontiguousarray(query)), rows, read_only(np.ascontiguousarray(keys)),
            np.concatenate([listed for _, listed in found]), ends, relative,
        )  # fmt: skip
        for place in np.flatnonzero(best < 0):
            m, listed = found[place]
            best[place] = listed[nearest_row(query[m], keys[listed])]
        winner[g, rows] = best


@njit(nogil=True, cache=True)
def _nearest_of(query, rows, keys, listed, ends, relative):
    """The winner of each list; -1 where float64 expansions do not decide."""
    winner = np.empty(rows.size, np.int64)
    first = 0
    for i in range(rows.size):
        best, square, status = -1, 0.0, CLEAR
        for place in range(first, ends[i]):
            if status == CLEAR:
                best, square, status = contest(
                    query, rows[i], keys, listed[place], relative, best, square
                )
        winner[i] = best if status == CLEAR else -1
        first = ends[i]
    return winner


def decide_priors(inputs: Inputs, plan: Plan, lists: Lists, winner: Index) -> None:
    """Write the key of least exact energy of every list.

    Clauses: GDA-select-priors, GDA-select-exact-order, GDA-select-ties, GDA-admit-threshold.
    """
    for (g, m), listed in lists.items():
        entry, row = _place(inputs, plan.entries[g, m])
        found = search_entry(
            inputs.query[entry][row : row + 1], inputs.keys[entry][listed],
            inputs.alpha[entry][listed], inputs.beta, inputs.threshold[entry][row, listed][None],
            np.ones((1, len(listed)), np.bool_),
        )[0]  # fmt: skip
        winner[g, m] = listed[found] if found >= 0 else -1


def decide_all(inputs: Inputs, places: Index) -> Index:
    """The winners of some queries among all their keys, by the search of the CPU.

    Parameters
    ----------
    places : int64 (P,)
        Of the queries in the flattened call.
    """
    count = inputs.query.shape[-2]
    winner = np.empty(len(places), np.int64)
    entries = places // count
    for e in np.unique(entries):
        (here,) = np.nonzero(entries == e)
        for first in range(0, len(here), _ROWS):
            part = here[first : first + _ROWS]
            rows = places[part] % count
            entry, _ = _place(inputs, places[part[0]])
            winner[part] = search_group(
                Group(
                    (), inputs.query[entry][rows], inputs.keys[entry], inputs.alpha[entry],
                    inputs.beta, inputs.threshold[entry][rows], inputs.mask[entry][rows],
                )
            )  # fmt: skip
    return winner


def _place(inputs: Inputs, place: Any) -> tuple[tuple[int, ...], int]:
    """Batch entry and row of a query of the flattened call."""
    *entry, row = np.unravel_index(int(place), inputs.query.shape[:-1])
    return tuple(int(i) for i in entry), int(row)
