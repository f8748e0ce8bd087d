"""Keys as float32 panels, for a screen that is packed, used and dropped within one call.

`encode` rounds keys to any word and measures what that loses; here the words are float32, what they
lose is known, and the cost of packing counts: it is paid for every coordinate of every key, be the
queries few. So a row is centred, rounded and squared in two plain loops, and rows become columns by
`turn.turn`.

What a panel holds is k~ = fl32(v), v = fl(x unit - centre) as in `encode`. With u = 2^-24, beside
2^-150 a coordinate below the normal range, which `Coefficients.tiny` covers:

- lost: |v - k~| <= u |k~| (1 + 2u);
- the norm written is |k~|, computed, times 1 + 4u, which is no less than |v| and |k~|;
- the half square is formed from k~: |k~|^2 differs from |v|^2 by at most (2u + u^2) |v|^2, and with
  the rounding on storing H is within (3u + 4u^2) h more than `bounds` charges: `coefficients`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from .bounds import UNIT32, Coefficients, screen_coefficients
from .turn import LANES, read_ahead, turn

__all__ = ["MOST_KEY", "MOST_QUERY", "coefficients", "pack_panels", "score_error"]

# Norms of centred keys and queries in the screen's unit: a coordinate is then at most 4, as
# `bounds` assumes, and no sum leaves float32.
MOST_KEY, MOST_QUERY = 4.0, 2.0**60

_SUM = {"reassoc", "contract", "nnan", "nsz"}  # as in `encode`


def coefficients(dimension: int) -> Coefficients:
    """What the screen adds to its scores to enclose the real ones: D products and the start."""
    return screen_coefficients(dimension, dimension + 1, UNIT32, 3.001 * UNIT32)


@njit(nogil=True, cache=True)
def score_error(own, lost, norm, factors):
    """By how much the screened half scores of a query and a block may differ from the real ones.

    Parameters
    ----------
    own, lost : float
        The query's computed norms of v and of what rounding lost, `encode.pack_queries`.
    norm : float
        Of the block, as `pack_panels` writes it: it bounds the norms of v and of k~, u times it
        what rounding lost, and half its square the half squares.
    factors : tuple of float
        `coefficients`.

    Notes
    -----
    Clause: GDA-thm-screening. `proofs/screening.proof.py`, panels.
    """
    lost_factor, product_factor, half_factor, tiny = factors
    return (
        lost_factor * (own * norm * UNIT32 + lost * norm)
        + product_factor * own * norm
        + half_factor * 0.5 * norm * norm
        + tiny * (1.0 + own)
    )


@njit(nogil=True, cache=True, fastmath=_SUM)
def _round_row(row, unit, centre, values):
    """Write k~ of one key; return its squared norm."""
    for c in range(row.size):
        values[c] = np.float32(np.float64(row[c]) * unit - centre[c])
    squared = 0.0
    for c in range(row.size):
        squared += np.float64(values[c]) * np.float64(values[c])
    return squared


@njit(nogil=True, cache=True)
def pack_panels(keys, order, unit, centre, words, half, width, norms):
    """Pack one block of keys.

    Parameters
    ----------
    keys : floating (N, D)
    order : int64 (n,)
        The rows of the block, at most ``half.size``.
    unit : float
    centre : float64 (D,)
    words : float32, output
        The panels of the block.
    half : float32, output
        Half squared norms, infinite where no key is.
    width : int
        Keys in a panel: a multiple of LANES.
    norms : float64 (1,), output
        The largest norm, or more than MOST_KEY, or NaN, if the block does not fit the screen.

    Notes
    -----
    Clause: GDA-thm-screening.
    """
    dimension = keys.shape[1]
    flat = keys.reshape(keys.size)
    a_line = 64 // keys.itemsize
    whole = dimension // LANES * LANES
    table = np.zeros((LANES, dimension), np.float32)
    rows = table.reshape(table.size)
    largest = 0.0
    for first in range(0, order.size, LANES):
        # rows lie anywhere: those of the next turn are asked for now
        for t in range(first + LANES, min(first + 2 * LANES, order.size)):
            for c in range(0, dimension, a_line):
                read_ahead(flat, order[t] * dimension + c)
        count = min(LANES, order.size - first)
        for t in range(count):
            squared = _round_row(keys[order[first + t]], unit, centre, table[t])
            half[first + t] = 0.5 * squared
            # the other way round NaN would pass
            if not squared <= largest:
                largest = squared
        table[count:] = 0.0
        at = first // width * dimension * width + first % width
        for c in range(0, whole, LANES):
            turn(rows, c, dimension, words, at + c * width, width)
        for c in range(whole, dimension):
            for t in range(LANES):
                words[at + c * width + t] = table[t, c]
    for place in range(-(-order.size // LANES) * LANES, half.size):
        for c in range(dimension):
            words[place // width * dimension * width + c * width + place % width] = 0.0
    half[order.size :] = np.inf
    norms[0] = math.sqrt(largest) * (1.0 + 4.0 * UNIT32)
