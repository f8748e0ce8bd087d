r"""Kernels for weights or thresholds per key: the least alignment energy, screened.

The keys pass by rising weight a = min(alpha, 1 - alpha). A pair that the float32 bound cannot rule
out, a contender, is looked at in float64: its squared distance by differences of the given numbers,
then `solve.energy_bounds`, the same function as on the CPU, compiled for the device. What rules a
pair out is what `contenders` uses on the CPU, as strict inequalities between real numbers:

1. a certainly admitted key of no greater weight is certainly nearer (T6, T23);
2. its half score is beyond the one at which, for the least weight of the tile, every energy exceeds
   the least upper bound so far (`solve.separation_beyond`);
3. its energy is certainly above the least upper bound, or above its threshold.

`survey` finds for each query the least upper bound on the energy of an admitted key, and for each
split the least upper bound on a half score. `gather` begins each split with what the splits before
it know, and lists what remains. Contenders are taken from shared memory one by one, so the code of
the solve stands in one place and the products stay in registers.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from numba import cuda, float32, float64, int32, int64

from ..solve import energy_bounds, separation_beyond
from .tiles import Tile, multiply

__all__ = ["gather", "survey"]

_INFINITY = math.inf
# squared distances that float64 holds with their relative error (reference/distances.py, step 3)
_LOW, _HIGH = 2.0**-900, 2.0**900
# what became of a contender
_OUT, _MAYBE, _ADMITTED, _OPEN = 0, 1, 2, 3


@cache
def _judge() -> Any:
    """Device function: one pair in float64.

    Returns (status, below, above): bounds on its energy; _OPEN where the squared distance leaves
    the range of floats.
    """

    @cuda.jit(device=True)
    def run(query, g, row, keys, k, key, weight, beta, relative, filtered, tau):
        square = float64(0.0)
        equal = True
        for c in range(query.shape[2]):
            jump = float64(keys[k, key, c]) - float64(query[g, row, c])
            equal = equal and jump == 0.0
            square += jump * jump
        below, above = 0.0, 0.0
        if not equal:
            if not (_LOW <= square <= _HIGH):
                return _OPEN, 0.0, _INFINITY
            below, above = energy_bounds(beta * square, weight, relative)
        status = _ADMITTED
        if filtered and tau < _INFINITY:
            if equal:
                status = _ADMITTED if tau >= 0.0 else _OUT
            elif tau <= 0.0 or below > tau:
                status = _OUT
            elif above > tau:
                status = _MAYBE
        return status, below, above

    return run


@cache
def _reach() -> Any:
    """Device function: the half score beyond which no key of weight >= ``lightest`` can win."""

    @cuda.jit(device=True)
    def run(least, lightest, scale, half):
        beyond = separation_beyond(least, lightest, 0.0)
        if not beyond < _INFINITY:
            return float32(_INFINITY)
        # the real half square of the query is at least half (1 - 2^-20): see `bounds`
        distance = beyond / scale
        limit = distance - half * (1.0 - 2.0**-20) + (distance + half) * 2.0**-40
        return float32(limit + abs(limit) * 2.0**-22 + 2.0**-100)

    return run


@cache
def survey(tile: Tile) -> Any:
    """Kernel: the least upper bounds of every query and split.

    Arguments: encoded and given queries (G, M, D), rows (G, R), query_norm and query_half (G, R);
    encoded and given keys (K, N, D), key_of (O,), order (O, P), half, top and weight (O, P) by
    rising weight, even (O, tiles) where a tile has one weight, order_of (G,); mask and threshold
    (X, M or 1, N or 1), each with the slice of a group and the steps 0 or 1 of its axes; beta,
    scale = 2 beta / unit^2 (K,), relative the error of a squared distance; the bound's
    coefficients. Written: least (G, S, R) float64, near (G, S, R) float32.
    """
    return _kernel(tile, gathering=False)


@cache
def gather(tile: Tile) -> Any:
    """Kernel: the keys that can win, listed.

    Arguments as in `survey`, where ``least`` and ``near`` are read; then written: length (G, R)
    int32, listed (G, R, LISTED) int64 in the order of arrival. A length above LISTED says that keys
    are missing or that a pair could not be judged.
    """
    return _kernel(tile, gathering=True)


def _kernel(tile: Tile, gathering: bool) -> Any:
    rows_in, columns_in, depth = tile.rows, tile.columns, tile.depth
    high, wide, across = tile.high, tile.wide, tile.columns // tile.wide
    left_width, right_width = rows_in + 4, columns_in + 4
    products, judge, reach_of = multiply(tile), _judge(), _reach()

    @cuda.jit
    def run(
        query, query_given, rows, query_norm, query_half,
        keys, keys_given, key_of, order, half, top, weight, even, order_of,
        mask, mask_of, mask_row, mask_column, masked,
        threshold, threshold_of, threshold_row, threshold_column, filtered,
        beta, scale, relative, product, square, tiny, least, near, length, listed,
    ):  # fmt: skip
        left = cuda.shared.array((depth, left_width), float32)
        right = cuda.shared.array((depth, right_width), float32)
        marks = cuda.shared.array((columns_in,), int32)
        halves = cuda.shared.array((columns_in,), float32)
        scores = cuda.shared.array((rows_in, columns_in), float32)
        best = cuda.shared.array((rows_in,), float64)
        bound = cuda.shared.array((rows_in,), float64)
        close = cuda.shared.array((rows_in,), float32)
        closer = cuda.shared.array((rows_in,), float32)
        reach = cuda.shared.array((rows_in,), float32)
        errors = cuda.shared.array((rows_in,), float32)
        sums = cuda.local.array((high, wide), float32)
        thread, threads = cuda.threadIdx.x, cuda.blockDim.x
        down = (thread // across) * high
        along = (thread % across) * wide
        first, split, g = cuda.blockIdx.x * rows_in, cuda.blockIdx.y, cuda.blockIdx.z
        o = order_of[g]
        k = key_of[o]
        count = order.shape[1]
        tiles, asked = (count + columns_in - 1) // columns_in, rows.shape[1]
        for r in range(thread, rows_in, threads):
            best[r] = _INFINITY
            close[r] = float32(_INFINITY)
            if gathering and first + r < asked:
                for s in range(least.shape[1]):
                    best[r] = min(best[r], least[g, s, first + r])
                    if s < split:
                        close[r] = min(close[r], near[g, s, first + r])
            bound[r] = _INFINITY
            closer[r] = close[r]
            reach[r] = float32(_INFINITY)
        lightest = 0.0
        begin = tiles * split // cuda.gridDim.y
        end = tiles * (split + 1) // cuda.gridDim.y
        for t in range(begin, end):
            start = t * columns_in
            # ends with a barrier: what the tile before wrote is seen
            products(
                query, rows, g, first, keys, k, order, o, start, half,
                left, right, marks, halves, sums,
            )  # fmt: skip
            for m in range(high):
                for n in range(wide):
                    scores[down + m, along + n] = sums[m, n]
            longest = top[o, t]
            slope = product * longest + tiny * (float32(1.0) + longest)
            rest = square * longest * longest + tiny * (float32(1.0) + longest)
            # places of padding have weight 0 and end a class, so the first place is a key
            heavier = weight[o, start] != lightest
            lightest = weight[o, start]
            for r in range(thread, rows_in, threads):
                if first + r < asked:
                    errors[r] = query_norm[g, first + r] * slope + rest
                    close[r] = min(close[r], closer[r])
                    if best[r] < _INFINITY and (heavier or bound[r] != best[r]):
                        reach[r] = reach_of(best[r], lightest, scale[k], query_half[g, first + r])
                        bound[r] = best[r]
            cuda.syncthreads()
            for e in range(thread, rows_in * columns_in, threads):
                r = e // columns_in
                p = start + e - r * columns_in
                key = int64(marks[p - start])
                row = int64(-1)
                if first + r < asked:
                    row = rows[g, first + r]
                if row < 0:
                    key = int64(-1)
                if key >= 0 and masked and not mask[mask_of[g], row * mask_row, key * mask_column]:
                    key = int64(-1)
                below = float32(_INFINITY)
                if key >= 0:
                    x = halves[p - start] - scores[r, p - start]
                    low = x - errors[r]
                    if low <= close[r] and low <= reach[r]:
                        tau = _INFINITY
                        if filtered:
                            tau = threshold[
                                threshold_of[g], row * threshold_row, key * threshold_column
                            ]
                        status, energy, energy_above = judge(
                            query_given, g, row, keys_given, k, key, weight[o, p], beta, relative,
                            filtered, tau,
                        )  # fmt: skip
                        if status == _ADMITTED:
                            cuda.atomic.min(closer, r, x + errors[r])
                            if not gathering:
                                cuda.atomic.min(best, r, energy_above)
                        if gathering and status != _OUT and energy <= best[r]:
                            below = low
                            if status == _OPEN:
                                cuda.atomic.add(length, (g, first + r), listed.shape[2] + 1)
                if gathering:
                    scores[r, p - start] = below
            cuda.syncthreads()
            if gathering:
                for e in range(thread, rows_in * columns_in, threads):
                    r = e // columns_in
                    p = start + e - r * columns_in
                    below = scores[r, p - start]
                    # in a tile of one weight its own keys count, as those of tiles before
                    if below < _INFINITY and (not even[o, t] or below <= closer[r]):
                        slot = cuda.atomic.add(length, (g, first + r), 1)
                        if slot < listed.shape[2]:
                            listed[g, first + r, slot] = order[o, p]
                cuda.syncthreads()
        if not gathering:
            for r in range(thread, rows_in, threads):
                if first + r < asked:
                    least[g, split, first + r] = best[r]
                    near[g, split, first + r] = min(close[r], closer[r])

    return run
