"""Rows as words: centred, rounded to the arithmetic of a screen, with what the rounding lost.

A row x becomes ``v = x * unit - centre`` in float64. ``unit`` is the power of two that brings the
largest key coordinate to [1/2, 1), so no later square leaves the range of float32; ``centre`` is
near the mean of the keys, which changes no distance and takes away the offset that would drown the
differences. Then v is rounded to levels, by dtype of the words: bytes times a scale, bfloat16,
float32, or not at all. The screens need four numbers about it (`bounds`): the norm of v, the norm
of what rounding left over, the norm of the rounded row, and for bytes the sum of the levels.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import overload, register_jitable

__all__ = ["pack_block", "pack_queries", "per_word", "row_squares", "steps_of"]

# Sums of squares may be formed in any order; no NaN reaches them. Their error is in `bounds`.
_SUM = {"reassoc", "contract", "nnan", "nsz"}
_LEVELS = 127.0
_FLIP_BYTES = np.int32(-0x7F7F7F80)  # 0x80808080: adds 128 to every byte
_FLIP_HALVES = np.uint32(0x80008000)  # the signs of two bfloat16


def per_word(words: Any) -> int:
    """How many coordinates one word of the array holds."""
    return {"int32": 4, "uint32": 2}.get(words.dtype.name, 1)


@overload(per_word)
def _per_word(words):
    count = {types.int32: 4, types.uint32: 2}.get(words.dtype, 1)
    return lambda words: count


@register_jitable
def steps_of(words, width):
    """How many words hold a row of ``width`` coordinates."""
    return (width + per_word(words) - 1) // per_word(words)


@njit(nogil=True, cache=True, fastmath=_SUM)
def _centre_row(row, unit, centre, values):
    """Write v; return its squared norm and largest magnitude."""
    square = 0.0
    top = 0.0
    for c in range(row.size):
        v = np.float64(row[c]) * unit - centre[c]
        values[c] = v
        square += v * v
        top = max(top, abs(v))
    return square, top


@njit(nogil=True, cache=True, fastmath=_SUM)
def _norms(values, decoded):
    """Squared norms of what rounding lost and of what it kept."""
    lost = 0.0
    kept = 0.0
    for c in range(values.size):
        lost += (values[c] - decoded[c]) * (values[c] - decoded[c])
        kept += decoded[c] * decoded[c]
    return lost, kept


def _encode(values, scale, query, words, at, stride):
    """Round v to words at ``at``, ``at + stride``, ...; queries negated, key bytes plus 128.

    Returns the squared norms (lost, kept) and the sum of the byte levels.
    """
    raise NotImplementedError


@overload(_encode)
def _encode_for(values, scale, query, words, at, stride):
    return {types.int32: _encode_bytes, types.uint32: _encode_bfloats}.get(
        words.dtype, _encode_floats
    )


def _encode_bytes(values, scale, query, words, at, stride):
    steps = steps_of(words, values.size)
    levels = np.zeros(4 * steps, np.int8)
    decoded = np.empty(values.size)
    inverse = 1.0 / scale
    total = 0
    for c in range(values.size):
        # the quotient can exceed the last level by rounding alone
        level = min(max(np.rint(values[c] * inverse), -_LEVELS), _LEVELS)
        decoded[c] = level * scale
        total += np.int64(level)
        levels[c] = np.int8(-level if query else level)
    packed = levels.view(np.int32)
    for w in range(steps):
        words[at + w * stride] = packed[w] if query else packed[w] ^ _FLIP_BYTES
    lost, kept = _norms(values, decoded)
    return lost, kept, total


def _encode_bfloats(values, scale, query, words, at, stride):
    steps = steps_of(words, values.size)
    rounded = np.zeros(2 * steps, np.float32)
    bits = rounded.view(np.uint32)
    decoded = np.empty(values.size)
    for c in range(values.size):
        rounded[c] = np.float32(values[c])
        # to nearest even at bit 16; a second rounding, and what both lose is measured below
        kept_bits = bits[c] + np.uint32(0x7FFF) + ((bits[c] >> np.uint32(16)) & np.uint32(1))
        bits[c] = kept_bits & np.uint32(0xFFFF0000)
        decoded[c] = rounded[c]
    for w in range(steps):
        word = np.uint32((bits[2 * w] >> np.uint32(16)) | bits[2 * w + 1])
        words[at + w * stride] = word ^ _FLIP_HALVES if query else word
    lost, kept = _norms(values, decoded)
    return lost, kept, 0


def _encode_floats(values, scale, query, words, at, stride):
    decoded = np.empty(values.size)
    for c in range(values.size):
        words[at + c * stride] = values[c]
        decoded[c] = words[at + c * stride]
        if query:
            words[at + c * stride] = -words[at + c * stride]
    lost, kept = _norms(values, decoded)
    return lost, kept, 0


@register_jitable
def _byte_scale(top):
    """The byte scale for magnitudes up to ``top``: a float32, so level times scale is exact."""
    scale = np.float64(np.float32(top / _LEVELS))
    return scale if scale > 0.0 else 1.0


@njit(nogil=True, cache=True)
def pack_block(keys, order, unit, centre, words, half, width, facts):
    """Pack one block of keys.

    Parameters
    ----------
    keys : floating (N, D)
    order : int64 (n,)
        The rows of the block, at most ``half.size``.
    unit : float
    centre : float64 (D,)
    words : 1-D array of words, output
        The panels of the block, zero where no key is.
    half : 1-D array of float32 (float64 for words of float64), output
        Half squared norms, infinite where no key is.
    width : int
        Keys in a panel.
    facts : float64 (5,), output
        Byte scale; largest norms of v, of what rounding lost, of what it kept; largest half
        squared norm. Computed values: `bounds` says by how much they can be too small.
    """
    dimension = keys.shape[1]
    steps = steps_of(words, dimension)
    values = np.empty(dimension)
    scale = 1.0
    if per_word(words) == 4:
        top = 0.0
        for row in order:
            top = max(top, _centre_row(keys[row], unit, centre, values)[1])
        scale = _byte_scale(top)
    norm = lost = kept = 0.0
    for i in range(order.size):
        square, _ = _centre_row(keys[order[i]], unit, centre, values)
        at = (i // width) * steps * width + i % width
        lost_i, kept_i, _ = _encode(values, scale, False, words, at, width)
        half[i] = 0.5 * square
        norm, lost, kept = max(norm, square), max(lost, lost_i), max(kept, kept_i)
    half[order.size :] = np.inf
    facts[0] = scale
    facts[1], facts[2], facts[3] = math.sqrt(norm), math.sqrt(lost), math.sqrt(kept)
    facts[4] = 0.5 * norm


@njit(nogil=True, cache=True)
def pack_queries(query, rows, unit, centre, words, height, least_scale, facts):
    """Pack a block of queries, negated, in tiles of ``height`` rows.

    Parameters
    ----------
    query : floating (M, D)
    rows : int64 (m,)
        The rows of the block.
    words : 1-D array of words, output
    height : int
        Queries in a register tile.
    least_scale : float
        The byte scale is at least this.
    facts : float64 (m, 4), output
        Norm of v; norm of what rounding lost; sum of the byte levels; squared norm of v.

    Returns
    -------
    float
        The byte scale.
    """
    dimension = query.shape[1]
    steps = steps_of(words, dimension)
    values = np.empty(dimension)
    scale = 1.0
    if per_word(words) == 4:
        top = 0.0
        for row in rows:
            top = max(top, _centre_row(query[row], unit, centre, values)[1])
        scale = max(_byte_scale(top), least_scale)
    for i in range(rows.size):
        square, _ = _centre_row(query[rows[i]], unit, centre, values)
        at = (i // height) * steps * height + i % height
        lost, _, total = _encode(values, scale, True, words, at, height)
        facts[i, 0], facts[i, 1] = math.sqrt(square), math.sqrt(lost)
        facts[i, 2], facts[i, 3] = total, square
    return scale


@njit(nogil=True, cache=True)
def row_squares(rows, unit, centre, squares):
    """Squared norms of the centred rows; infinite or NaN where a row overflows float64."""
    values = np.empty(rows.shape[1])
    for i in range(rows.shape[0]):
        squares[i], _ = _centre_row(rows[i], unit, centre, values)
