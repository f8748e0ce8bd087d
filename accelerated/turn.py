"""Rows turned into the columns of a panel, a square of registers at a time; and reading ahead.

A panel holds a coordinate of its keys side by side, while a key holds its coordinates so. Written
one by one, each number of a key goes to another cache line. Instead as many rows as a register has
lanes are loaded, and log2 of that number of rounds of interleaving turn the square: in each round
rows i and i + half become the low and the high half of their elements alternating. An index of row
bits and column bits is thereby rotated by one bit a round, so after all rounds the two have changed
places.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .micro import REGISTER_BYTES

__all__ = ["LANES", "bits_of", "read_ahead", "turn"]

LANES = REGISTER_BYTES // 4  # float32 in a register

_I32, _I64 = ir.IntType(32), ir.IntType(64)
_VECTOR = ir.VectorType(ir.FloatType(), LANES)


@intrinsic
def turn(
    typingctx: Any, rows: Any, rows_at: Any, stride: Any, panel: Any, panel_at: Any, width: Any
) -> Any:
    """``panel[panel_at + c width + l] = rows[rows_at + l stride + c]`` for c, l below LANES.

    Parameters
    ----------
    rows, panel : 1-D float32 arrays
    rows_at, stride, panel_at, width : int
    """
    signature = types.void(rows, types.int64, types.int64, panel, types.int64, types.int64)

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        source = context.make_array(sig.args[0])(context, b, args[0]).data
        target = context.make_array(sig.args[3])(context, b, args[3]).data
        vectors = [b.load(_pointer(b, source, args[1], args[2], i), align=4) for i in range(LANES)]
        half = LANES // 2
        low = [x for i in range(half) for x in (i, LANES + i)]
        high = [x + half for x in low]
        for _ in range(LANES.bit_length() - 1):
            vectors = [
                b.shuffle_vector(
                    vectors[i], vectors[i + half], ir.Constant(ir.VectorType(_I32, LANES), lanes)
                )
                for i in range(half)
                for lanes in (low, high)
            ]
        for i, vector in enumerate(vectors):
            b.store(vector, _pointer(b, target, args[4], args[5], i), align=4)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def read_ahead(typingctx: Any, array: Any, at: Any) -> Any:
    """Ask for the cache line that holds this element of a contiguous array."""
    signature = types.void(array, types.int64)

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(sig.args[0])(context, b, args[0]).data
        pointer = b.bitcast(b.gep(data, [args[1]]), ir.IntType(8).as_pointer())
        kinds = [pointer.type, _I32, _I32, _I32]
        name = "llvm.prefetch.p0"
        function = b.module.globals.get(name) or ir.Function(
            b.module, ir.FunctionType(ir.VoidType(), kinds), name
        )
        # to be read, to be kept, data
        b.call(function, [pointer, *(ir.Constant(_I32, x) for x in (0, 3, 1))])
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def bits_of(typingctx: Any, number: Any) -> Any:
    """The bits of a float64 as an int64; of positive numbers in the order of the numbers."""
    signature = types.int64(types.float64)

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        return b.bitcast(args[0], _I64)

    return signature, codegen


def _pointer(b: Any, data: Any, at: Any, stride: Any, i: int) -> Any:
    place = b.add(at, b.mul(stride, ir.Constant(_I64, i)))
    return b.bitcast(b.gep(data, [place]), _VECTOR.as_pointer())
