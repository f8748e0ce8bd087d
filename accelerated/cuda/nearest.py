r"""Kernels for keys of one weight: the nearest key, screened (GDA-thm-nearest, GDA-thm-screening).

`screen` forms x = |k|^2/2 - <q, k> of every pair in float32 and a bound e that encloses the real
half score: lo = x - e <= s <= x + e = hi. Each thread keeps, for each of its queries, the least hi,
the least lo with its key, and the second least lo; a block joins them in shared memory and writes
one record for each query and each split of the keys; `join` passes over the splits. No atomic is
needed, and the record does not depend on the order in which blocks run.

If the second least lo is above the least hi, then the key of the least lo is the only one that can
be nearest: decided. Otherwise `collect` passes again, for the open queries alone, and lists every
key with lo <= the least hi. The list is decided in exact arithmetic on the host, so the order in
which keys arrive in it does not matter. A list that overflows leaves its length, and the host then
decides among all keys.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from numba import cuda, float32, int32, int64

from .tiles import Tile, multiply

__all__ = ["LISTED", "collect", "join", "screen"]

LISTED = 32  # keys of a list

_INFINITY = math.inf


@cache
def screen(tile: Tile) -> Any:
    """Kernel: the record of every query against every split of the keys.

    Arguments: query (G, M, D), rows (G, R), query_norm (G, R); keys (K, N, D), key_of (O,),
    order (O, P), half (O, P), top (O, tiles), order_of (G,); the mask (X, M or 1, N or 1) with
    mask_of (G,) and the steps 0 or 1 of its axes, read if ``masked``; base, the index of the
    part's first key in the whole; the bound's coefficients (`bounds`). Written at split
    ``base_split + blockIdx.y``: upper, lower, second (G, S, R) float32 and owner (G, S, R) int64,
    -1 for none.
    """
    rows_in, columns_in, depth = tile.rows, tile.columns, tile.depth
    high, wide, across = tile.high, tile.wide, tile.columns // tile.wide
    left_width, right_width = rows_in + 4, columns_in + 4
    products = multiply(tile)

    @cuda.jit
    def run(
        query, rows, query_norm, keys, key_of, order, half, top, order_of, mask, mask_of,
        mask_row, mask_column, masked, base, base_split, product, square, tiny,
        upper, lower, second, owner,
    ):  # fmt: skip
        left = cuda.shared.array((depth, left_width), float32)
        right = cuda.shared.array((depth, right_width), float32)
        uppers = cuda.shared.array((rows_in, across), float32)
        lowers = cuda.shared.array((rows_in, across), float32)
        seconds = cuda.shared.array((rows_in, across), float32)
        owners = cuda.shared.array((rows_in, across), int32)
        marks = cuda.shared.array((columns_in,), int32)
        halves = cuda.shared.array((columns_in,), float32)
        indices = cuda.shared.array((rows_in,), int32)
        norms = cuda.shared.array((rows_in,), float32)
        sums = cuda.local.array((high, wide), float32)
        hi = cuda.local.array(high, float32)
        lo = cuda.local.array(high, float32)
        next_lo = cuda.local.array(high, float32)
        found = cuda.local.array(high, int32)
        thread, threads = cuda.threadIdx.x, cuda.blockDim.x
        down = (thread // across) * high
        along = (thread % across) * wide
        first, split, g = cuda.blockIdx.x * rows_in, cuda.blockIdx.y, cuda.blockIdx.z
        o = order_of[g]
        k = key_of[o]
        count = order.shape[1]
        tiles = (count + columns_in - 1) // columns_in
        for m in range(high):
            hi[m] = float32(_INFINITY)
            lo[m] = float32(_INFINITY)
            next_lo[m] = float32(_INFINITY)
            found[m] = int32(-1)
        for r in range(thread, rows_in, threads):
            held = first + r < rows.shape[1]
            indices[r] = int32(rows[g, first + r]) if held else int32(-1)
            norms[r] = query_norm[g, first + r] if held else float32(0.0)
        begin = tiles * split // cuda.gridDim.y
        end = tiles * (split + 1) // cuda.gridDim.y
        for t in range(begin, end):
            start = t * columns_in
            products(
                query, rows, g, first, keys, k, order, o, start, half,
                left, right, marks, halves, sums,
            )  # fmt: skip
            longest = top[o, t]
            slope = product * longest + tiny * (float32(1.0) + longest)
            rest = square * longest * longest + tiny * (float32(1.0) + longest)
            for n in range(wide):
                key = marks[along + n]
                if key >= 0:
                    for m in range(high):
                        row = indices[down + m]
                        allowed = row >= 0
                        if masked and allowed:
                            allowed = mask[mask_of[g], row * mask_row, key * mask_column]
                        if allowed:
                            x = halves[along + n] - sums[m, n]
                            error = norms[down + m] * slope + rest
                            below = x - error
                            above = x + error
                            if above < hi[m]:
                                hi[m] = above
                            if below < lo[m]:
                                next_lo[m] = lo[m]
                                lo[m] = below
                                found[m] = key
                            elif below < next_lo[m]:
                                next_lo[m] = below
        for m in range(high):
            uppers[down + m, thread % across] = hi[m]
            lowers[down + m, thread % across] = lo[m]
            seconds[down + m, thread % across] = next_lo[m]
            owners[down + m, thread % across] = found[m]
        cuda.syncthreads()
        for r in range(thread, rows_in, threads):
            if first + r < rows.shape[1]:
                least, one, two, which = uppers[r, 0], lowers[r, 0], seconds[r, 0], owners[r, 0]
                for c in range(1, across):
                    least = min(least, uppers[r, c])
                    two = min(two, seconds[r, c], max(one, lowers[r, c]))
                    if lowers[r, c] < one:
                        one = lowers[r, c]
                        which = owners[r, c]
                at = base_split + split
                upper[g, at, first + r] = least
                lower[g, at, first + r] = one
                second[g, at, first + r] = two
                owner[g, at, first + r] = base + int64(which) if which >= 0 else int64(-1)

    return run


@cache
def join() -> Any:
    """Kernel: the records of the splits of a query joined; one thread a query.

    Arguments: upper, lower, second (G, S, R) float32, owner (G, S, R) int64; written: limit (G, R)
    float32, the least hi; winner (G, R) int64, the only key that can be nearest, -1 if
    there is no key, -2 if more than one can be.
    """

    @cuda.jit
    def run(upper, lower, second, owner, limit, winner):
        r = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
        g = cuda.blockIdx.y
        if r < limit.shape[1]:
            least, one, two, which = upper[g, 0, r], lower[g, 0, r], second[g, 0, r], owner[g, 0, r]
            for s in range(1, upper.shape[1]):
                least = min(least, upper[g, s, r])
                two = min(two, second[g, s, r], max(one, lower[g, s, r]))
                if lower[g, s, r] < one:
                    one = lower[g, s, r]
                    which = owner[g, s, r]
            limit[g, r] = least
            winner[g, r] = which if two > least or which < 0 else int64(-2)

    return run


@cache
def collect(tile: Tile) -> Any:
    """Kernel: the list of keys with lo <= limit, for the open queries.

    Arguments as in `screen`; ``rows`` holds the open queries, ``limit`` (G, R) their least hi.
    Written: length (G, R) int32, and listed (G, R, LISTED) int64, keys in the order of
    arrival. A length above LISTED says that keys are missing.
    """
    rows_in, columns_in, depth = tile.rows, tile.columns, tile.depth
    high, wide, across = tile.high, tile.wide, tile.columns // tile.wide
    left_width, right_width = rows_in + 4, columns_in + 4
    products = multiply(tile)

    @cuda.jit
    def run(
        query, rows, query_norm, keys, key_of, order, half, top, order_of, mask, mask_of,
        mask_row, mask_column, masked, base, product, square, tiny, limit, length, listed,
    ):  # fmt: skip
        left = cuda.shared.array((depth, left_width), float32)
        right = cuda.shared.array((depth, right_width), float32)
        marks = cuda.shared.array((columns_in,), int32)
        halves = cuda.shared.array((columns_in,), float32)
        indices = cuda.shared.array((rows_in,), int32)
        norms = cuda.shared.array((rows_in,), float32)
        limits = cuda.shared.array((rows_in,), float32)
        sums = cuda.local.array((high, wide), float32)
        thread, threads = cuda.threadIdx.x, cuda.blockDim.x
        down = (thread // across) * high
        along = (thread % across) * wide
        first, split, g = cuda.blockIdx.x * rows_in, cuda.blockIdx.y, cuda.blockIdx.z
        o = order_of[g]
        k = key_of[o]
        count = order.shape[1]
        tiles = (count + columns_in - 1) // columns_in
        for r in range(thread, rows_in, threads):
            held = first + r < rows.shape[1]
            indices[r] = int32(rows[g, first + r]) if held else int32(-1)
            norms[r] = query_norm[g, first + r] if held else float32(0.0)
            limits[r] = limit[g, first + r] if held else float32(0.0)
        begin = tiles * split // cuda.gridDim.y
        end = tiles * (split + 1) // cuda.gridDim.y
        for t in range(begin, end):
            start = t * columns_in
            products(
                query, rows, g, first, keys, k, order, o, start, half,
                left, right, marks, halves, sums,
            )  # fmt: skip
            longest = top[o, t]
            slope = product * longest + tiny * (float32(1.0) + longest)
            rest = square * longest * longest + tiny * (float32(1.0) + longest)
            for n in range(wide):
                key = marks[along + n]
                if key >= 0:
                    for m in range(high):
                        row = indices[down + m]
                        allowed = row >= 0
                        if masked and allowed:
                            allowed = mask[mask_of[g], row * mask_row, key * mask_column]
                        if allowed:
                            error = norms[down + m] * slope + rest
                            below = (halves[along + n] - sums[m, n]) - error
                            if below <= limits[down + m]:
                                q = first + down + m
                                slot = cuda.atomic.add(length, (g, q), 1)
                                if slot < listed.shape[2]:
                                    listed[g, q, slot] = base + int64(key)

    return run
