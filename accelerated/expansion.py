"""Which of two keys is nearer, decided without rounding in compiled float64.

The sign of ``|q - a|^2 - |q - b|^2 = sum (a - b)(a + b - 2q)`` is found by expansion arithmetic
(Shewchuk 1997, Adaptive Precision Floating-Point Arithmetic): a number is held as an unevaluated
sum of floats that do not overlap, smallest first, so its sign is that of its last component. Two
error-free steps build everything, a + b = s + e and a b = p + e with s, p the rounded results;
round to nearest even makes them exact as long as nothing overflows and no product loses bits
below 2^-1074. The range test at the entry guarantees both; float32 rows always pass it.

On data with few significant bits, such as integers or pixels, the expansion stays one component
long and an exact tie costs little more than a rounded distance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

__all__ = ["OPEN", "nearer"]

# The answer that is not a sign: the range or the buffer does not hold the exact sum.
OPEN = 2

# All magnitudes between these: with x a multiple of 2^-502 (53 bits below 2^-450) every product of
# differences is a multiple of 2^-1004 and, up to D = 2^40, the sum stays below 2^(2 * 483 + 40).
_LEAST, _GREATEST = 2.0**-450, 2.0**480

# Components kept before the question is handed on. Each holds up to 53 bits; sums that need more
# than 64 of them span over 3000 bits and cannot occur in the range above unless cancellation has
# thinned them out, so OPEN from here is possible in theory and rare.
_COMPONENTS = 64


@intrinsic
def _fma(typingctx: Any, x: Any, y: Any, z: Any) -> Any:
    """``x y + z`` with one rounding, in hardware or in the C library."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        double = ir.DoubleType()
        name = "llvm.fma.f64"
        function = b.module.globals.get(name) or ir.Function(
            b.module, ir.FunctionType(double, [double] * 3), name
        )
        return b.call(function, args)

    return types.float64(types.float64, types.float64, types.float64), codegen


@njit(nogil=True, cache=True, inline="always")
def _two_sum(x, y):
    """(s, e) with s the rounded sum and s + e = x + y exactly."""
    s = x + y
    y_part = s - x
    x_part = s - y_part
    return s, (x - x_part) + (y - y_part)


@njit(nogil=True, cache=True)
def _grow(components, count, value):
    """Add a float to an expansion in place, dropping zeros; the new count, -1 if it is full."""
    kept = 0
    for i in range(count):
        value, error = _two_sum(value, components[i])
        if error != 0.0:
            components[kept] = error
            kept += 1
    if value != 0.0:
        if kept == components.size:
            return -1
        components[kept] = value
        kept += 1
    return kept


@njit(nogil=True, cache=True)
def _in_range(row):
    for x in row:
        size = abs(np.float64(x))
        if size != 0.0 and not (_LEAST <= size <= _GREATEST):
            return False
    return True


@njit(nogil=True, cache=True)
def nearer(query, a, b):
    """The sign of ``|query - a|^2 - |query - b|^2``: -1, 0 or 1, or OPEN.

    Parameters
    ----------
    query, a, b : finite float32 or float64, shape (D,)

    Notes
    -----
    Clauses: GDA-thm-nearest, GDA-conv-real.
    """
    if not (_in_range(query) and _in_range(a) and _in_range(b)):
        return OPEN
    components = np.empty(_COMPONENTS)
    left, right = np.empty(2), np.empty(3)
    count = 0
    for c in range(query.size):
        x, y, q = np.float64(a[c]), np.float64(b[c]), np.float64(query[c])
        if x == y:
            continue
        left[1], left[0] = _two_sum(x, -y)
        total, rest = _two_sum(x, y)
        rest, right[0] = _two_sum(rest, -2.0 * q)
        right[2], right[1] = _two_sum(total, rest)
        for i in range(2):
            for j in range(3):
                if left[i] != 0.0 and right[j] != 0.0:
                    product = left[i] * right[j]
                    count = _grow(components, count, _fma(left[i], right[j], -product))
                    if count < 0:
                        return OPEN
                    count = _grow(components, count, product)
                    if count < 0:
                        return OPEN
    if count == 0:
        return 0
    return 1 if components[count - 1] > 0.0 else -1
