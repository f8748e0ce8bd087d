r"""The keys that can win, per query, by a float32 screen: tiles of products, hits met as they come.

The keys lie in the order of rising weight, packed as float32 panels (`panels`). A query has a
limit S on squared distances, `rivals.tightened`: no key to come that is farther can win, whatever
its weight. In centred coordinates, |q - k|^2 <= S is a half score |k|^2/2 - <q, k> of at most

    T = (S unit^2 - |q|^2) / 2 with the margin of `contest.half_bound`,

since S, like the square in that bound, may lie below the real squared distance of a pair that must
pass by the relative error of a computed square and no more. So the register tile of `micro` finds
the pairs that pass, inside the bound of the screen (`bounds`), with one test for all its pairs.
A pair that is reported is tested again with the limit as it is now, asked for its mask, and only
then is its real distance formed, by differences in float64, and it competes (`rivals.meet`).

Few pairs are reported. Before a key of rank n by weight lie n - 1 keys of no greater weight, and it
is reported only if it is nearer than all of them: where distances do not follow the weights that is
one key in n, and log N keys of a query in all. The energies' reach takes off the tail. A query for
which the screen is too coarse, because keys differ by less than float32 tells apart, spends its
budget of distances and leaves with OVER_BUDGET: `contenders` takes it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .contest import half_bound, square
from .encode import pack_queries
from .micro import lowest_set, negative_lanes, tile
from .panels import score_error
from .rivals import OVER_BUDGET, light, meet, tightened
from .screen import CUT_STEPS

__all__ = ["pretend"]

_NEVER = np.float32(-1.0e36)  # a limit below every score


@njit(nogil=True, cache=True, error_model="numpy")
def _screened(limit, unit, query_square, gap, error, largest):
    """(T, its float32 form): every half score at most T + error lies strictly below the latter.

    ``largest`` is a bound on every score plus the error, so nothing is lost by clamping to it.
    """
    bound = half_bound(limit, unit, query_square, gap)
    top = min(max(bound + error, -largest), largest)
    return bound, np.float32(top + abs(top) * 2.0**-22 + 2.0**-140)


@njit(nogil=True, cache=True, error_model="numpy")
def pretend(
    query, rows, keys, order, alpha, shared, beta, relative, gap,
    words, half, norms, width, panels, first_block, last_block, height, unit, centre, coefficients,
    mask, masked, threshold, filtered, budget, rivals,
):  # fmt: skip
    """Let blocks [first_block, last_block) of packed keys compete for some queries.

    Parameters
    ----------
    query : (M, D), keys : (N, D)
        Contiguous float32 or float64; ``rows`` and the keys of ``order`` finite.
    rows : int64 (m,)
        The queries; their centred norms are at most `panels.MOST_QUERY`.
    order : int64 (K,)
        The packed key at place p is row ``order[p]``; by rising weight, as all calls before.
    alpha, shared, beta, relative, mask, masked, threshold, filtered
        As in `contenders.contend`.
    gap : float
        `bounds.square_error`.
    words, half, norms, unit, centre
        As `panels.pack_panels` makes them; norms has an element per block.
    width, panels, height : int
        Keys in a panel, panels in a block, queries in a register tile.
    coefficients : tuple of float
        `panels.coefficients`.
    budget : int
        Distances that a query may form.
    rivals : Rivals
        Of all M queries, as the calls before left them.

    Notes
    -----
    Clauses: GDA-select-index, GDA-select-priors, GDA-admit-mask, GDA-thm-prior-monotone,
    GDA-thm-screening. `proofs/screening.proof.py` has the bounds.
    """
    dimension = query.shape[1]
    count = rows.size
    tiles = (count + height - 1) // height
    cuts = (dimension + CUT_STEPS - 1) // CUT_STEPS
    cells = height * width

    packed = np.zeros(tiles * dimension * height, np.float32)
    row_facts = np.zeros((count, 4))
    pack_queries(query, rows, unit, centre, packed, height, 0.0, row_facts)
    out = np.empty((tiles if cuts > 1 else 1) * cells, np.float32)
    screen = np.full(tiles * height, _NEVER, np.float32)
    limits = np.full(count, np.inf)
    bounds = np.full(count, np.inf)
    errors = np.empty(count)
    largest = np.empty(count)
    solved = np.full(count, -1.0)  # the weight for which a limit was tightened last
    spent = np.zeros(count, np.int64)

    for g in range(first_block, last_block):
        norm = norms[g]
        lightest = light(alpha, order[g * panels * width])
        for i in range(count):
            row = rows[i]
            own = row_facts[i, 0]
            errors[i] = score_error(own, row_facts[i, 1], norm, coefficients)
            largest[i] = 1.01 * (0.5 * norm * norm + own * norm + errors[i])
            if rivals.lengths[row] < 0:
                screen[i] = _NEVER
                continue
            if g == first_block:
                limits[i] = tightened(
                    np.inf, rivals.near[row], rivals.least[row], lightest, shared, beta, relative
                )
                solved[i] = lightest
            bounds[i], screen[i] = _screened(
                limits[i], unit, row_facts[i, 3], gap, errors[i], largest[i]
            )

        for panel in range(g * panels, min((g + 1) * panels, half.size // width)):
            for cut in range(cuts):
                done = cut * CUT_STEPS
                length = min(CUT_STEPS, dimension - done)
                for t in range(tiles):
                    out_at = t * cells if cuts > 1 else 0
                    hit = tile(
                        packed, (t * dimension + done) * height,
                        words, (panel * dimension + done) * width,
                        half, panel * width, screen, t * height, out, out_at,
                        length, height, np.int64(cut == 0), np.int64(cut == cuts - 1),
                    )  # fmt: skip
                    if hit == 0:
                        continue
                    lightest = light(alpha, order[panel * width])
                    for i in range(t * height, min((t + 1) * height, count)):
                        at = out_at + (i - t * height) * width
                        lanes = negative_lanes(out, at)
                        row = rows[i]
                        if lanes == 0 or rivals.lengths[row] < 0:
                            continue
                        base = np.float64(screen[i])
                        while lanes != 0:
                            lane = lowest_set(lanes)
                            lanes &= lanes - 1
                            place = panel * width + lane
                            if place >= order.size:
                                break
                            low = np.float64(out[at + lane]) + base - errors[i]
                            if low > bounds[i]:
                                continue
                            key = order[place]
                            if masked and not mask[i, key]:
                                continue
                            near, least = rivals.near[row], rivals.least[row]
                            if solved[i] != lightest:
                                limits[i] = tightened(
                                    limits[i], near, least, lightest, shared, beta, relative
                                )
                                solved[i] = lightest
                                bounds[i] = half_bound(limits[i], unit, row_facts[i, 3], gap)
                                if low > bounds[i]:
                                    continue
                            spent[i] += 1
                            s = square(query, row, keys, key)
                            if not s <= limits[i]:
                                continue
                            tau = np.inf
                            if filtered:
                                tau = threshold[min(i, threshold.shape[0] - 1), key]
                            if not meet(
                                query, row, keys, key, s, tau, alpha, shared, beta, relative,
                                rivals,
                            ):  # fmt: skip
                                if rivals.lengths[row] < 0:
                                    break
                                continue
                            if rivals.near[row] < near or rivals.least[row] < least:
                                limits[i] = tightened(
                                    limits[i], rivals.near[row], rivals.least[row], lightest,
                                    shared, beta, relative,
                                )  # fmt: skip
                                bounds[i] = half_bound(limits[i], unit, row_facts[i, 3], gap)
                        if spent[i] > budget and rivals.lengths[row] >= 0:
                            rivals.lengths[row] = OVER_BUDGET
                        screen[i] = _NEVER
                        if rivals.lengths[row] >= 0:
                            bounds[i], screen[i] = _screened(
                                limits[i], unit, row_facts[i, 3], gap, errors[i], largest[i]
                            )
