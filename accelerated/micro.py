"""The register tile: every product of a few queries with a few keys, and one test for all of them.

The whole search spends its time here. A call forms the scores of ``height`` queries against one
panel of keys, two vectors wide,

    score[m, l] = start[l] - limit[m] - <query m, key l>,

and answers one question: is any of them negative? ``start`` is half the squared norm of the key
and ``limit`` the largest half score ``|k|^2/2 - q.k`` with which a key is still a candidate, so a
negative score is a candidate and nearly every tile has none. Three things follow.

*No distance matrix.* The scores live in registers and die there. Only a tile with a candidate
writes them out, for the caller to look at.

*One test a tile.* Subtracting the limits first turns ``height * 2 * lanes`` comparisons into sign
bits: the tile ORs its registers together and tests one vector. In floating point the subtraction
is one more rounding, which the bound of the screen carries (`bounds`). The test is strict, so the
caller keeps the limit strictly above what must pass.

*Registers decide the shape.* Twelve queries times two vectors are 24 accumulators; with two vectors
of keys and the broadcast query, which the instruction takes from memory, that fits the 32
registers of AVX-512. With 16 registers the height is 6. Each step loads two vectors of keys and
reuses them ``height`` times, so the loads stay below the multiplications. Lower heights, 4 and 1,
serve calls with few queries, which memory bounds anyway.

A *word* is what one lane takes in one step. Its dtype selects the instruction:

    int32     four bytes, keys unsigned and queries signed    vpdpbusd, exact in int32
    uint32    two bfloat16                                    vdpbf16ps, float32 sums
    float32   one float32                                     fused multiply-add
    float64   one float64                                     fused multiply-add

so that callers are generic functions that Numba specialises by dtype, and its on-disk cache, which
works for functions of a module only, serves all engines. Queries are packed negated.

Long rows are cut along the dimension: ``first`` and ``last`` say whether a call starts a sum or
continues the one in ``out``, and whether it ends it. Then the panel and the queries of one cut stay
in the cache while they are reused.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .features import vector_bits

__all__ = ["HEIGHTS", "MAX_HEIGHT", "REGISTER_BYTES", "lowest_set", "negative_lanes", "tile"]

REGISTER_BYTES = vector_bits() // 8
MAX_HEIGHT = 12 if vector_bits() == 512 else 6
HEIGHTS = (MAX_HEIGHT, 4, 1)  # of the register tile, in queries

_I1, _I16, _I32, _I64 = ir.IntType(1), ir.IntType(16), ir.IntType(32), ir.IntType(64)
_PANEL_VECTORS = 2


class _BFloat(ir.types.Type):  # type: ignore[misc]
    """LLVM's bfloat, which llvmlite's builder does not know: a type that prints as one."""

    null = "0.0"
    intrinsic_name = "bf16"

    def _to_string(self) -> str:
        return "bfloat"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _BFloat)

    def __hash__(self) -> int:
        return hash(_BFloat)


class _Arithmetic:
    """Vector types and the multiply-accumulate of one word dtype."""

    def __init__(self, word: types.Type) -> None:
        self.word = word
        double = word == types.float64
        self.lanes = REGISTER_BYTES // (8 if double else 4)
        self.integer = _I64 if double else _I32  # as wide as a score, to read its sign
        element = {types.int32: _I32, types.float64: ir.DoubleType()}.get(word, ir.FloatType())
        self.score = ir.VectorType(element, self.lanes)
        self.bits = ir.VectorType(self.integer, self.lanes)
        self.packed = {
            types.int32: ir.VectorType(ir.IntType(8), self.lanes * 4),
            types.uint32: ir.VectorType(_BFloat(), self.lanes * 2),
        }.get(word, self.score)
        self.name = {
            types.int32: "llvm.x86.avx512.vpdpbusd.512",
            types.uint32: "llvm.x86.avx512bf16.dpbf16ps.512",
        }.get(word, f"llvm.fma.v{self.lanes}f{64 if double else 32}")

    def accumulate(self, b: Any, total: Any, query: Any, key: Any) -> Any:
        """``total + <query, key>`` in every lane; the byte engine takes its unsigned keys first."""
        q, k = b.bitcast(query, self.packed), b.bitcast(key, self.packed)
        fused = self.word in (types.float32, types.float64)
        arguments = [q, k, total] if fused else [total, k, q]
        signature = ir.FunctionType(self.score, [x.type for x in arguments])
        return b.call(_declared(b, self.name, signature), arguments)

    def minus(self, b: Any, left: Any, right: Any) -> Any:
        """The difference of two vectors of scores."""
        return b.sub(left, right) if self.word == types.int32 else b.fsub(left, right)


@intrinsic
def tile(
    typingctx: Any, queries: Any, queries_at: Any, panel: Any, panel_at: Any, start: Any,
    start_at: Any, limit: Any, limit_at: Any, out: Any, out_at: Any, steps: Any, height: Any,
    first: Any, last: Any,
) -> Any:  # fmt: skip
    """Scores of one register tile; see the module.

    Parameters
    ----------
    queries, panel : 1-D arrays of words, read from the offsets ``..._at``
        ``steps`` rows of ``height`` words, and of two vectors of words.
    start : 1-D array of scores, two vectors of them read
    limit : 1-D array of scores, ``height`` of them read
    out : 1-D array of scores
        ``height`` rows of two vectors. Read unless ``first``; written unless ``last`` and no score
        is negative.
    steps : int, at least 1
    height : int, one of HEIGHTS
    first, last : int, 0 or 1

    Returns
    -------
    int
        1 if ``last`` and a score is negative, else 0.
    """
    signature = types.int64(
        queries, types.int64, panel, types.int64, start, types.int64, limit, types.int64,
        out, types.int64, types.int64, types.int64, types.int64, types.int64,
    )  # fmt: skip
    arithmetic = _Arithmetic(queries.dtype)

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        pointers = [
            b.gep(context.make_array(sig.args[i])(context, b, args[i]).data, [args[i + 1]])
            for i in range(0, 10, 2)
        ]
        steps, height, first, last = args[10:]
        end = b.append_basic_block("tile.end")
        found = []
        with b.goto_block(end):
            result = b.phi(_I64)
        choice = b.switch(height, end)
        result.add_incoming(_int(0), b.block)
        for rows in HEIGHTS:
            block = b.append_basic_block(f"tile.{rows}")
            choice.add_case(_int(rows), block)
            b.position_at_end(block)
            found.append((_emit(b, arithmetic, rows, pointers, steps, first, last), b.block))
            b.branch(end)
        b.position_at_end(end)
        for value, block in found:
            result.add_incoming(value, block)
        return result

    return signature, codegen


def _emit(
    b: Any, arithmetic: _Arithmetic, rows: int, pointers: list[Any], steps: Any, first: Any,
    last: Any,
) -> Any:  # fmt: skip
    """Emit the tile of ``rows`` queries; the builder ends in the block that holds the result."""
    queries, panel, start, limit, out = pointers
    width = _PANEL_VECTORS * arithmetic.lanes
    cells = [(m, h) for m in range(rows) for h in range(_PANEL_VECTORS)]
    offset = {cell: _int(cell[0] * width + cell[1] * arithmetic.lanes) for cell in cells}

    fresh, resumed = b.append_basic_block("fresh"), b.append_basic_block("resumed")
    loop, done = b.append_basic_block("loop"), b.append_basic_block("done")
    b.cbranch(b.icmp_signed("!=", first, _int(0)), fresh, resumed)

    b.position_at_end(fresh)
    halves = [
        _load(b, b.gep(start, [_int(h * arithmetic.lanes)]), arithmetic.score)
        for h in range(_PANEL_VECTORS)
    ]
    limits = [_splat(b, b.load(b.gep(limit, [_int(m)])), arithmetic.lanes) for m in range(rows)]
    from_fresh = [arithmetic.minus(b, halves[h], limits[m]) for m, h in cells]
    b.branch(loop)

    b.position_at_end(resumed)
    from_resumed = [_load(b, b.gep(out, [offset[cell]]), arithmetic.score) for cell in cells]
    b.branch(loop)

    b.position_at_end(loop)
    step = b.phi(_I64)
    totals = [b.phi(arithmetic.score) for _ in cells]
    keys = [
        _load(
            b,
            b.gep(panel, [b.add(b.mul(step, _int(width)), _int(h * arithmetic.lanes))]),
            arithmetic.score,
        )
        for h in range(_PANEL_VECTORS)
    ]
    sums = []
    for m in range(rows):
        word = b.load(b.gep(queries, [b.add(b.mul(step, _int(rows)), _int(m))]))
        query = _splat(b, word, arithmetic.lanes)
        sums += [
            arithmetic.accumulate(b, totals[m * _PANEL_VECTORS + h], query, keys[h])
            for h in range(_PANEL_VECTORS)
        ]
    following = b.add(step, _int(1))
    step.add_incoming(_int(0), fresh)
    step.add_incoming(_int(0), resumed)
    step.add_incoming(following, loop)
    for phi, begun, kept, summed in zip(totals, from_fresh, from_resumed, sums, strict=True):
        phi.add_incoming(begun, fresh)
        phi.add_incoming(kept, resumed)
        phi.add_incoming(summed, loop)
    b.cbranch(b.icmp_signed("<", following, steps), loop, done)

    b.position_at_end(done)
    joined = b.bitcast(sums[0], arithmetic.bits)
    for total in sums[1:]:
        joined = b.or_(joined, b.bitcast(total, arithmetic.bits))
    ends = b.icmp_signed("!=", last, _int(0))
    hit = b.and_(_any(b, _signs(b, joined)), ends)
    store, out_of_tile = b.append_basic_block("store"), b.append_basic_block("tested")
    b.cbranch(b.or_(hit, b.not_(ends)), store, out_of_tile)
    b.position_at_end(store)
    for cell, total in zip(cells, sums, strict=True):
        pointer = b.bitcast(b.gep(out, [offset[cell]]), arithmetic.score.as_pointer())
        b.store(total, pointer, align=4)
    b.branch(out_of_tile)
    b.position_at_end(out_of_tile)
    return b.zext(hit, _I64)


@intrinsic
def negative_lanes(typingctx: Any, scores: Any, at: Any) -> Any:
    """Bit l is set if score l of the two vectors at the offset has its sign bit set."""
    arithmetic = _Arithmetic(scores.dtype)
    width = _PANEL_VECTORS * arithmetic.lanes
    bits = ir.VectorType(arithmetic.integer, width)

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(sig.args[0])(context, b, args[0]).data
        signs = _signs(b, _load(b, b.gep(data, [args[1]]), bits))
        return b.zext(b.bitcast(signs, ir.IntType(width)), _I64)

    return types.int64(scores, types.int64), codegen


@intrinsic
def lowest_set(typingctx: Any, mask: Any) -> Any:
    """The place of the lowest set bit of a nonzero mask."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        signature = ir.FunctionType(_I64, [_I64, _I1])
        return b.call(_declared(b, "llvm.cttz.i64", signature), [args[0], ir.Constant(_I1, 1)])

    return types.int64(types.int64), codegen


def _int(value: int) -> Any:
    return ir.Constant(_I64, value)


def _declared(b: Any, name: str, signature: Any) -> Any:
    return b.module.globals.get(name) or ir.Function(b.module, signature, name)


def _load(b: Any, pointer: Any, vector: Any) -> Any:
    # NumPy aligns to the element, not to the vector
    return b.load(b.bitcast(pointer, vector.as_pointer()), align=4)


def _splat(b: Any, scalar: Any, lanes: int) -> Any:
    vector = ir.Constant(ir.VectorType(scalar.type, lanes), ir.Undefined)
    lanes_of_zero = ir.Constant(ir.VectorType(_I32, lanes), [0] * lanes)
    return b.shuffle_vector(
        b.insert_element(vector, scalar, ir.Constant(_I32, 0)), vector, lanes_of_zero
    )


def _signs(b: Any, vector: Any) -> Any:
    return b.icmp_signed("<", vector, ir.Constant(vector.type, [0] * vector.type.count))


def _any(b: Any, flags: Any) -> Any:
    packed = b.bitcast(flags, ir.IntType(flags.type.count))
    return b.icmp_unsigned("!=", packed, ir.Constant(packed.type, 0))
