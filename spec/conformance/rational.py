"""Exact numbers: floats as rationals, and the squared distances of a call as integers.

Every finite float is an integer times a power of two. The coordinates of one batch entry are put on
one grid (the finest power of two among them), so that differences, squares and sums are integers
and the order of the separations is an order of integers. No gcd is taken anywhere.

Clause: GDA-conv-real, GDA-conf-oracle.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from flint import arb, fmpz
from gd_attention.conformance.formats import FLOAT64, Format
from numpy.typing import NDArray

__all__ = ["Distances", "Exact", "dyadic", "nearest_float"]

# Products N*D above which a row is screened in float64 before integers are formed. A question of
# speed alone: both sides of it give the same answer.
_SCREEN_FROM = 1024


class Exact(NamedTuple):
    """The rational number ``num * 2**exp / den``, with ``den > 0``."""

    num: int
    exp: int
    den: int = 1

    @classmethod
    def of(cls, value: float) -> Exact:
        """The finite float itself."""
        return cls(*dyadic(value))

    def ball(self) -> Any:
        """An enclosure (flint ``arb``) at the precision in force; a single point if den is 1."""
        point = arb((fmpz(self.num), self.exp))
        return point if self.den == 1 else point / self.den

    def sign_of_difference(self, other: Exact) -> int:
        """The sign of ``self - other``: -1, 0 or 1."""
        left, right = self.num * other.den, other.num * self.den
        shift = self.exp - other.exp
        if shift >= 0:
            left <<= shift
        else:
            right <<= -shift
        return (left > right) - (left < right)

    def magnitude(self) -> int:
        """An integer b with ``|self| < 2**b``; meaningless for zero."""
        return abs(self.num).bit_length() + self.exp - self.den.bit_length() + 1

    def nearest(self) -> float:
        """The number rounded to the nearest float, infinite where it overflows."""
        if self.exp >= 0:
            return nearest_float(self.num << self.exp, self.den)
        return nearest_float(self.num, self.den << -self.exp)


def nearest_float(num: int, den: int) -> float:
    """``num / den`` rounded to nearest even, subnormals included; infinite on overflow.

    Python defines the true division of integers as correctly rounded.
    """
    try:
        return num / den
    except OverflowError:
        return math.inf if num > 0 else -math.inf


def dyadic(value: float) -> tuple[int, int]:
    """``(num, exp)`` with ``value == num * 2**exp`` exactly; ValueError or OverflowError if not
    finite.
    """
    num, den = float(value).as_integer_ratio()
    return num, 1 - den.bit_length()


def _parts(values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Odd integer mantissas and exponents of finite floats; zero has mantissa and exponent 0."""
    fraction, exponent = np.frexp(values)
    mantissa = np.ldexp(fraction, 53).astype(np.int64)
    # the lowest set bit, as a float, is an exact power of two: frexp reads off its place
    _, place = np.frexp((mantissa & -mantissa).astype(np.float64))
    trailing = np.where(mantissa == 0, 0, place - 1).astype(np.int64)
    exponents = np.where(mantissa == 0, 0, exponent.astype(np.int64) - 53 + trailing)
    return mantissa >> trailing, exponents


class Distances:
    """Squared lengths of the jumps from the queries to the keys of one batch entry, exactly.

    Lengths squared are integers in units of ``2**unit``. A query row or a key row that no allowed
    pair reads is never looked at and may hold anything.

    Parameters
    ----------
    query : (M, D) float64
    keys : (N, D) float64
    allowed : (M, N) bool
        False where the mask forbids the pair.
    """

    def __init__(
        self,
        query: NDArray[np.float64],
        keys: NDArray[np.float64],
        allowed: NDArray[np.bool_],
    ) -> None:
        self.dimension = query.shape[1]
        self._allowed = allowed
        self._query = np.where(np.any(allowed, axis=1, keepdims=True), query, 0.0)
        self._keys = np.where(np.any(allowed, axis=0)[..., None], keys, 0.0)
        self._parts = _parts(np.concatenate([self._query, self._keys]))
        mantissa, exponent = self._parts
        present = exponent[mantissa != 0]
        self.exponent = int(present.min()) if present.size else 0
        self.unit = 2 * self.exponent
        self._rows: dict[int, list[int]] = {}
        self._squares: dict[tuple[int, int], int] = {}
        self._small = self._small_integers()

    def _small_integers(self) -> NDArray[np.int64] | None:
        """All coordinates as int64 on the grid if squared lengths then fit in 62 bits, else None.

        With coordinates below 2^b, differences are below 2^(b+1), their squares below 2^(2b+2),
        and D of them sum to less than D 2^(2b+2).
        """
        mantissa, exponent = self._parts
        shift = np.where(mantissa == 0, 0, exponent - self.exponent)
        if mantissa.size == 0 or int(shift.max()) > 60:
            return None
        widest = int((np.frexp(np.abs(mantissa).astype(np.float64))[1] + shift).max())
        if 2 * (widest + 1) + self.dimension.bit_length() > 62:
            return None
        result: NDArray[np.int64] = mantissa << shift
        return result

    def _integers(self, row: int) -> list[int]:
        """A row of queries followed by keys, as integers on the grid."""
        known = self._rows.get(row)
        if known is None:
            mantissa, exponent = self._parts
            known = [
                m << (e - self.exponent) if m else 0
                for m, e in zip(mantissa[row].tolist(), exponent[row].tolist(), strict=True)
            ]
            self._rows[row] = known
        return known

    def jump(self, m: int, i: int) -> list[int]:
        """Components of ``k_i - q_m`` in units of ``2**exponent``."""
        query, key = self.endpoints(m, i)
        return [k - q for q, k in zip(query, key, strict=True)]

    def endpoints(self, m: int, i: int) -> tuple[list[int], list[int]]:
        """Components of ``q_m`` and ``k_i`` in units of ``2**exponent``."""
        return self._integers(m), self._integers(len(self._query) + i)

    def squared(self, m: int, i: int) -> int:
        """The squared length of the jump, in units of ``2**unit``."""
        known = self._squares.get((m, i))
        if known is None:
            known = sum([d * d for d in self.jump(m, i)])
            self._squares[m, i] = known
        return known

    def ascending(self, m: int) -> Iterator[tuple[int, int]]:
        """Pairs (squared length, key) over the allowed keys of a query: ascending, then by key."""
        keys = np.flatnonzero(self._allowed[m])
        if self._small is not None:
            jumps = self._small[len(self._query) + keys] - self._small[m]
            squares = (jumps * jumps).sum(axis=1)
            # keys ascend, so a stable sort puts equal lengths in the order of the keys
            order = np.argsort(squares, kind="stable")
            return zip(squares[order].tolist(), keys[order].tolist(), strict=True)
        if len(keys) * self.dimension <= _SCREEN_FROM or self.dimension > 1 << 20:
            query, first = self._integers(m), len(self._query)
            found = []
            for i in keys.tolist():
                key = self._integers(first + i)
                square = sum([(k - q) * (k - q) for q, k in zip(query, key, strict=True)])
                self._squares[m, i] = square
                found.append((square, i))
            found.sort()
            return iter(found)
        return self._screened(m, keys)

    def _screened(self, m: int, keys: NDArray[np.intp]) -> Iterator[tuple[int, int]]:
        """The same order, forming integers only for the keys that float64 bounds cannot separate.

        Let s be the computed ``sum((k - q)**2)`` and S the real one, u = 2^-53. Without overflow a
        difference of floats has relative error at most u and cannot underflow inexactly, a square
        has relative error at most u plus absolute error at most 2^-1075, a sum of floats has
        relative error at most u (it is exact in the subnormal range), and every term passes at
        most D - 1 sums in any order. So s = S(1 + theta) + eta (1 + theta') with
        |theta|, |theta'| <= c = (D+2)u / (1 - (D+2)u) and |eta| <= D 2^-1075 (three factors
        from difference, difference and square: D - 1 + 3 = D + 2), whence
        S >= (s - 2 D 2^-1075) / (1 + c) >= s (1 - c) - D 2^-1074. With D <= 2^20 the float
        ``s * (1 - (D + 8) u')``, u' = 2^-52, lies below s(1 - c) even after the rounding of its own
        operations, unless the product is subnormal, where its rounding adds at most 2^-1075; the
        last subtraction, of (D + 2) 2^-1074, is rounded too: its relative error u is covered by the
        factor (2 (D+8) u against (D+2) u + 3 u). Where s overflows or is NaN the bound used is 0,
        which is always true: integers decide such keys.
        """
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            jumps = self._keys[keys] - self._query[m]
            computed = (jumps * jumps).sum(axis=1)
            lower = computed * (1 - (self.dimension + 8) * 2.0**-52)
            lower -= (self.dimension + 2) * 2.0**-1074
        lower = np.where(np.isfinite(computed), np.maximum(lower, 0.0), 0.0)
        order = np.argsort(lower, kind="stable")
        waiting: list[tuple[int, int]] = []
        for place, bound in zip(order.tolist(), lower[order].tolist(), strict=True):
            floor = self._on_grid(bound)
            # strictly below the bound of all keys not yet seen: none of them can come before
            while waiting and waiting[0][0] < floor:
                yield heapq.heappop(waiting)
            key = int(keys[place])
            heapq.heappush(waiting, (self.squared(m, key), key))
        while waiting:
            yield heapq.heappop(waiting)

    def _on_grid(self, value: float) -> int:
        """The largest integer n with ``n * 2**unit <= value``."""
        num, exp = dyadic(value)
        shift = exp - self.unit
        return num << shift if shift >= 0 else num >> -shift

    def magnitude(self, m: int, i: int) -> int:
        """``sum((|q| + |k|)**2)`` in units of ``2**unit``: the size of what the form adds up."""
        query, key = self.endpoints(m, i)
        return sum([(abs(q) + abs(k)) ** 2 for q, k in zip(query, key, strict=True)])

    def exact_in_float64(self, m: int, i: int, beta: tuple[int, int]) -> bool:
        """``exact_difference`` in float64."""
        return self.exact_difference(m, i, beta, FLOAT64)

    def exact_difference(self, m: int, i: int, beta: tuple[int, int], form: Format) -> bool:
        """Whether ``beta * sum((k - q)**2)`` rounds nowhere in a format, in any order of the sum.

        True iff every difference is in the format, the product by beta is in it, and with 2^g the
        largest power of two dividing all differences the sum is below 2^p units of 2^(2g), that
        unit being no less than the format's least number and the sum below its range's end. Then
        every square and every partial sum is a multiple of the unit and at most the sum: a number
        of the format, whatever the order.
        """
        jump = [abs(d) for d in self.jump(m, i) if d]
        if not jump:
            return True
        if any(not form.holds(d, self.exponent) for d in jump):
            return False
        trailing = min((d & -d).bit_length() - 1 for d in jump)
        total = self.squared(m, i)
        if (
            self.unit + 2 * trailing < form.bottom
            or (total >> 2 * trailing).bit_length() > form.bits
        ):
            return False
        if total.bit_length() + self.unit > form.top:
            return False
        return form.holds(total * beta[0], self.unit + beta[1])

    def exact_expanded(self, m: int, i: int, beta: tuple[int, int], form: Format) -> bool:
        """Whether ``beta * (|q|**2 + |k|**2 - 2 q.k)`` rounds nowhere in a format.

        In any order of the sums, with beta before or after them. With 2^g the largest power of two
        dividing all components, every product and every partial sum is a multiple of 2^(2g) and at
        most S = sum((|q| + |k|)**2); times beta = b 2^e, a multiple of 2^(2g+e) and at most b S of
        those. True iff b S is at most 2^p units, and both units and both sizes are in the range.
        """
        query, key = self.endpoints(m, i)
        parts = [abs(x) for x in (*query, *key) if x]
        if not parts:
            return True
        trailing = min((x & -x).bit_length() - 1 for x in parts)
        size = self.magnitude(m, i)
        unit = self.unit + 2 * trailing
        if min(unit, unit + beta[1]) < form.bottom:
            return False
        if (size >> 2 * trailing) * beta[0] > form.unit:
            return False
        return (
            max(size.bit_length() + self.unit, (size * beta[0]).bit_length() + self.unit + beta[1])
            <= form.top
        )
