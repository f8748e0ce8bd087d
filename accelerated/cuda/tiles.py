"""What the kernels share: the shape of a tile, the products of a tile, its error, an upload.

A block of threads holds a tile of queries and passes over tiles of keys. A tile goes through shared
memory in slabs of a few coordinates; each thread keeps a small square of products in registers. The
shape is a parameter because the arithmetic does not depend on it: the tests run the same kernels
with tiles of a few rows, where a simulator can afford many edges.

Rows of queries and of keys are read through lists, ``rows`` and ``order``. A place in a list may be
-1: it stands for no row, and is loaded as zeros. So a row that nobody may read is never touched,
whatever it holds.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from numba import cuda, float32, float64, int32

__all__ = ["DEVICE_TILE", "Tile", "encode", "measure", "multiply"]


class Tile(NamedTuple):
    """The shape of a tile: queries, keys, coordinates in a slab, and the square of one thread."""

    rows: int
    columns: int
    depth: int
    high: int
    wide: int

    @property
    def threads(self) -> int:
        """Threads of a block."""
        return (self.rows // self.high) * (self.columns // self.wide)


DEVICE_TILE = Tile(rows=64, columns=64, depth=16, high=4, wide=4)


@cache
def encode() -> Any:
    """Kernel: ``out = float32(source * unit - centre)``, over all elements in a grid-stride loop.

    Arguments: source (G, R, D) float32 or float64; of (G,) the frame of each slice; unit (F,) and
    centre (F, D) float64; out (G, R, D) float32. Rows that hold NaN give NaN, which nothing reads.
    """

    @cuda.jit
    def run(source, of, unit, centre, out):
        rows, dimension = source.shape[1], source.shape[2]
        size = source.shape[0] * rows * dimension
        place = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
        while place < size:
            c = place % dimension
            row = place // dimension
            g = row // rows
            r = row - g * rows
            frame = of[g]
            out[g, r, c] = float32(float64(source[g, r, c]) * unit[frame] - centre[frame, c])
            place += cuda.gridDim.x * cuda.blockDim.x

    return run


@cache
def measure(tile: Tile) -> Any:
    """Kernel: half squares and norms of encoded rows, and the largest norm of every tile.

    Arguments: vectors (F, R, D) float32; of (O,) the slice that each list reads; order (O, P)
    int64; written: half (O, P) float64, norm (O, P) float32, top (O, tiles) float32. One thread a
    row, one block a tile. `norm` is no less than the real norm of the encoded row (`bounds`).
    """
    size, depth, width = tile.columns, tile.depth, tile.depth + 1

    @cuda.jit
    def run(vectors, of, order, half, norm, top):
        slab = cuda.shared.array((size, width), float32)
        norms = cuda.shared.array((size,), float32)
        thread = cuda.threadIdx.x
        first, o = cuda.blockIdx.x * size, cuda.blockIdx.y
        source, dimension, count = of[o], vectors.shape[2], order.shape[1]
        total = float64(0.0)
        for start in range(0, dimension, depth):
            for e in range(thread, size * depth, size):
                r = e // depth
                c = e - r * depth
                value = float32(0.0)
                if first + r < count and start + c < dimension:
                    row = order[o, first + r]
                    if row >= 0:
                        value = vectors[source, row, start + c]
                slab[r, c] = value
            cuda.syncthreads()
            for c in range(depth):
                x = float64(slab[thread, c])
                total += x * x
            cuda.syncthreads()
        largest = float32(total**0.5 * (1.0 + 2.0**-20))
        norms[thread] = largest
        if first + thread < count:
            half[o, first + thread] = 0.5 * total
            norm[o, first + thread] = largest
        cuda.syncthreads()
        if thread == 0:
            for t in range(1, size):
                largest = max(largest, norms[t])
            top[o, cuda.blockIdx.x] = largest

    return run


@cache
def multiply(tile: Tile) -> Any:
    """Device function: the products of a tile of queries and a tile of keys.

    Arguments: query (G, M, D) and rows (G, R), the slice g, the first place of the tile; keys
    (K, N, D) and order (O, P), the slices k and o, the first place, and half (O, P); two slabs in
    shared memory. Written: the keys of the tile and their half squares, in shared memory, and sums,
    this thread's square. Ends with a barrier. What the block read from shared memory before the
    call is overwritten after the first barrier inside, when every thread has come back.
    """
    high, wide, depth, threads = tile.high, tile.wide, tile.depth, tile.threads
    columns_in, across = tile.columns, tile.columns // wide
    row_elements, column_elements = tile.rows * depth, tile.columns * depth

    @cuda.jit(device=True)
    def run(
        query, rows, g, first, keys, k, order, o, start, half, left, right, marks, halves, sums
    ):  # fmt: skip
        thread = cuda.threadIdx.x
        down = (thread // across) * high
        along = (thread % across) * wide
        dimension, count, listed = query.shape[2], rows.shape[1], order.shape[1]
        for m in range(high):
            for n in range(wide):
                sums[m, n] = float32(0.0)
        for slab in range(0, dimension, depth):
            for e in range(thread, row_elements, threads):
                r = e // depth
                c = e - r * depth
                value = float32(0.0)
                if first + r < count and slab + c < dimension:
                    row = rows[g, first + r]
                    if row >= 0:
                        value = query[g, row, slab + c]
                left[c, r] = value
            for e in range(thread, column_elements, threads):
                r = e // depth
                c = e - r * depth
                value = float32(0.0)
                if start + r < listed and slab + c < dimension:
                    row = order[o, start + r]
                    if row >= 0:
                        value = keys[k, row, slab + c]
                right[c, r] = value
            cuda.syncthreads()
            if slab == 0:
                for r in range(thread, columns_in, threads):
                    held = start + r < listed
                    marks[r] = int32(order[o, start + r]) if held else int32(-1)
                    halves[r] = float32(half[o, start + r]) if held else float32(0.0)
            for c in range(depth):
                for m in range(high):
                    x = left[c, down + m]
                    for n in range(wide):
                        sums[m, n] += x * right[c, along + n]
            cuda.syncthreads()

    return run
