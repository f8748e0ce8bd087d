"""Floating-point formats: their numbers, and rounding into them.

A format is given by its precision p, the exponent of its least subnormal number and the exponent
its numbers stay below. Everything else follows: eps = 2^(1-p), the unit roundoff u = 2^-p, the
largest number (2^p - 1) 2^(top-p). All four formats are subsets of float64, so that a number of
any of them is held as a Python float or a float64 array without loss.

Clause: GDA-conf-contract-record.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

__all__ = ["BFLOAT16", "FLOAT16", "FLOAT32", "FLOAT64", "FORMATS", "Format", "plain"]


@dataclass(frozen=True)
class Format:
    """A binary floating-point format with subnormal numbers.

    Attributes
    ----------
    name : str
        The dtype of that name holds its numbers.
    bits : int
        Precision p, in bits.
    bottom : int
        Exponent of the least positive number, ``2**bottom``.
    top : int
        Every finite number is below ``2**top``.
    """

    name: str
    bits: int
    bottom: int
    top: int

    @property
    def unit(self) -> int:
        """``2**p``, the inverse of the unit roundoff."""
        return 1 << self.bits

    @property
    def eps(self) -> float:
        """The distance from 1 to the next number."""
        return math.ldexp(1.0, 1 - self.bits)

    @property
    def least(self) -> float:
        """The least positive number, subnormal."""
        return math.ldexp(1.0, self.bottom)

    @property
    def normal(self) -> float:
        """The least positive number of full precision."""
        return math.ldexp(1.0, self.bottom + self.bits - 1)

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return math.ldexp(float(self.unit - 1), self.top - self.bits)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype; that of bfloat16 comes from ml_dtypes."""
        return np.dtype(ml_dtypes.bfloat16 if self.name == "bfloat16" else self.name)

    def __contains__(self, other: object) -> bool:
        """Whether every number of another format is a number of this one."""
        return (
            isinstance(other, Format)
            and other.bits <= self.bits
            and other.bottom >= self.bottom
            and other.top <= self.top
        )

    def holds(self, num: int, exp: int) -> bool:
        """Whether the positive number ``num * 2**exp`` belongs to the format."""
        trailing = (num & -num).bit_length() - 1
        bits = num.bit_length()
        return (
            bits - trailing <= self.bits
            and exp + trailing >= self.bottom
            and bits + exp <= self.top
        )

    def _place(self, value: float) -> int:
        """Exponent of the last bit of the numbers around a finite value."""
        return max(math.frexp(value)[1] - self.bits, self.bottom)

    def floor(self, value: float) -> float:
        """The greatest number at most ``value``; -inf below the least one."""
        if self.bits == 53 or not math.isfinite(value):
            return value
        if abs(value) > self.largest:
            return self.largest if value > 0.0 else -math.inf
        place = self._place(value)
        return math.ldexp(math.floor(math.ldexp(value, -place)), place)

    def ceil(self, value: float) -> float:
        """The least number at least ``value``; +inf above the greatest one."""
        return -self.floor(-value)

    def below(self, value: float) -> float:
        """The greatest number less than ``value``."""
        return self.floor(math.nextafter(value, -math.inf))

    def above(self, value: float) -> float:
        """The least number greater than ``value``."""
        return self.ceil(math.nextafter(value, math.inf))

    def nearest(self, value: float) -> float:
        """``value`` rounded to nearest, ties to even; a finite value to a finite number."""
        if self.bits == 53 or not math.isfinite(value):
            return value
        if abs(value) > self.largest:
            return math.copysign(self.largest, value)
        place = self._place(value)
        return math.copysign(math.ldexp(round(math.ldexp(value, -place)), place), value)

    def ulp(self, value: float) -> float:
        """The distance between neighbours at ``value``."""
        return math.ldexp(1.0, self._place(value)) if self.bits < 53 else math.ulp(value)

    def rounded(self, array: Any) -> NDArray[np.float64]:
        """Real numbers rounded as by ``nearest``, as a float64 array; NaN and infinities stay."""
        given = np.asarray(array, dtype=np.float64)
        if self.bits == 53:
            return given
        place = np.maximum(np.frexp(given)[1] - self.bits, self.bottom)
        with np.errstate(all="ignore"):
            near = np.ldexp(np.rint(np.ldexp(given, -place)), place)
        inside = np.clip(near, -self.largest, self.largest)
        return np.where(np.isfinite(given), inside, given)

    def represents(self, array: Any) -> bool:
        """Whether every finite number of a real array belongs to the format."""
        given = plain(np.asarray(array))
        exact = given.astype(np.float64)
        # integers of 64 bits may exceed float64; NaN is in every format
        return bool(np.array_equal(exact, self.rounded(exact), equal_nan=True)) and bool(
            given.dtype.kind not in "iu" or (_integers(exact) == given.astype(object)).all()
        )


def _integers(values: NDArray[np.float64]) -> NDArray[Any]:
    """Integral floats as Python integers, which compare without rounding."""
    exact: NDArray[Any] = np.asarray(np.frompyfunc(int, 1, 1)(values))
    return exact


def plain(array: NDArray[Any]) -> NDArray[Any]:
    """The array, bfloat16 widened to float32: its own kind is unknown to most of NumPy."""
    return array.astype(np.float32) if array.dtype == ml_dtypes.bfloat16 else array


FLOAT64 = Format("float64", 53, -1074, 1024)
FLOAT32 = Format("float32", 24, -149, 128)
FLOAT16 = Format("float16", 11, -24, 16)
BFLOAT16 = Format("bfloat16", 8, -133, 128)
FORMATS = {item.name: item for item in (FLOAT64, FLOAT32, FLOAT16, BFLOAT16)}
