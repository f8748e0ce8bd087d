"""What one argument may be: the checks of dtype, integer exactness and domain.

Real arguments are floats of 64 bits or fewer, taken exactly, or integers that float64 represents.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "INTEGERS",
    "as_float64",
    "boolean_array",
    "element_message",
    "first_index",
    "inexact_integers",
    "is_bfloat16",
    "natural_number",
    "non_negative_array",
    "non_negative_scalar",
    "positive_scalar",
    "real_array",
    "real_dtype_array",
    "threshold_array",
    "weight_array",
]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_REAL = "real numbers: floats of 64 bits or fewer, or integers"
INTEGERS = "integers that float64 represents"


def real_array(name: str, value: ArrayLike) -> Float:
    """A real argument as float64, exactly.

    Raises
    ------
    TypeError
        If it is bool, complex, object, long double, or not numeric.
    ValueError
        If it is ragged, or holds an integer that float64 does not represent.

    Notes
    -----
    Clauses: GDA-input-dtype, GDA-input-exact.
    """
    array = real_dtype_array(name, value)
    bad = inexact_integers(array)
    if bad is not None:
        index = first_index(bad)
        raise ValueError(element_message(name, INTEGERS, array, index))
    return as_float64(array)


def weight_array(name: str, value: ArrayLike) -> Float:
    """A mixing weight as float64, every element in the open interval (0, 1).

    Raises
    ------
    TypeError, ValueError
        As `real_array`; ValueError outside (0, 1), NaN included.

    Notes
    -----
    Clauses: GDA-input-domain, GDA-def-weights.
    """
    array = real_array(name, value)
    # extremes pass NaN on, and need no table of flags where all is well
    if array.size and not (array.min() > 0.0 and array.max() < 1.0):
        inside = (array > 0.0) & (array < 1.0)
        raise ValueError(element_message(name, "values in (0, 1)", array, first_index(~inside)))
    return array


def threshold_array(name: str, value: ArrayLike) -> Float:
    """A threshold as float64: any value but NaN, infinities included.

    Raises
    ------
    TypeError, ValueError
        As `real_array`; ValueError for NaN.

    Notes
    -----
    Clause: GDA-input-domain.
    """
    array = real_array(name, value)
    bad = np.isnan(array)
    if bad.any():
        raise ValueError(element_message(name, "numbers or infinities", array, first_index(bad)))
    return array


def non_negative_array(name: str, value: ArrayLike) -> Float:
    """A quantity that cannot be negative, such as a separation: float64 in [0, inf].

    Raises
    ------
    TypeError, ValueError
        As `real_array`; ValueError for negative numbers and NaN.

    Notes
    -----
    Clause: GDA-input-domain.
    """
    array = real_array(name, value)
    inside = array >= 0.0  # False for NaN
    if not inside.all():
        raise ValueError(element_message(name, "numbers >= 0", array, first_index(~inside)))
    return array


def positive_scalar(name: str, value: ArrayLike) -> float:
    """A finite real number > 0, as a float.

    Raises
    ------
    TypeError, ValueError
        As `real_array`; ValueError if it is not a scalar, not finite, or not positive.

    Notes
    -----
    Clause: GDA-input-domain.
    """
    number = _scalar(name, value)
    if not (0.0 < number < math.inf):
        raise ValueError(f"{name}: expected a finite number > 0, got {number!r}")
    return number


def non_negative_scalar(name: str, value: ArrayLike) -> float:
    """A finite real number >= 0, as a float.

    Raises
    ------
    TypeError, ValueError
        As `real_array`; ValueError if it is not a scalar, not finite, or negative.

    Notes
    -----
    Clause: GDA-input-domain.
    """
    number = _scalar(name, value)
    if not (0.0 <= number < math.inf):
        raise ValueError(f"{name}: expected a finite number >= 0, got {number!r}")
    return number


def natural_number(name: str, value: Any) -> int:
    """An integer >= 0.

    Raises
    ------
    TypeError
        If it is a bool or not an integer.
    ValueError
        If it is negative.

    Notes
    -----
    Clause: GDA-input-domain.
    """
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: expected an integer, got {type(value).__name__}")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: expected an integer, got {type(value).__name__}") from None
    if number < 0:
        raise ValueError(f"{name}: expected an integer >= 0, got {number}")
    return number


def real_dtype_array(name: str, value: Any) -> NDArray[Any]:
    """The array of a real argument, its dtype checked, nothing converted."""
    if isinstance(value, np.ma.MaskedArray):
        # asarray would drop its mask, and read what the caller hid
        raise TypeError(f"{name}: expected {_REAL}, got a numpy masked array")
    listed = isinstance(value, (list, tuple, int)) and not isinstance(value, bool)
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name}: expected a rectangular array, got a ragged sequence") from None
    if listed and array.dtype.kind in "fO" and _check_leaves(name, value):
        # Python integers beyond 64 bits make an object array; these are representable
        array = np.asarray(value, dtype=np.float64)
    if listed and array.dtype.kind in "iu" and _holds_bool(value):
        # a bool among integers becomes one of them without a trace in the dtype
        raise TypeError(f"{name}: expected {_REAL}, got bool among the elements")
    if not _is_real(array.dtype):
        raise TypeError(f"{name}: expected {_REAL}, got dtype {array.dtype}")
    return array


def _is_real(dtype: np.dtype[Any]) -> bool:
    if dtype.kind in "iu":
        return True
    # by its letter: long double may be 64 bits wide, and is refused there too
    return (dtype.kind == "f" and dtype.char != "g") or is_bfloat16(dtype)


def is_bfloat16(dtype: np.dtype[Any]) -> bool:
    """Whether a dtype is bfloat16: another package defines it, so only its name tells."""
    return dtype.kind == "V" and dtype.name == "bfloat16"


def _holds_bool(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_holds_bool, value))
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind == "b"
    return isinstance(value, bool)


def _check_leaves(name: str, value: Any) -> bool:
    """Check the elements of a sequence that NumPy promoted to float64 or to object.

    The promotion hides a bool among floats and rounds an integer among floats. Returns whether
    every element is a Python number, so that conversion to float64 is exact.
    """
    if isinstance(value, (list, tuple)):
        plain = [_check_leaves(name, item) for item in value]  # all: each may raise
        return all(plain)
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: expected {_REAL}, got bool among the elements")
    if isinstance(value, int):
        try:
            exact = float(value) == value
        except OverflowError:
            exact = False
        if not exact:
            raise ValueError(f"{name}: expected {INTEGERS}, got {_short(value)}")
        return True
    if isinstance(value, (np.ndarray, np.generic)):
        if not _is_real(value.dtype):
            raise TypeError(f"{name}: expected {_REAL}, got dtype {value.dtype}")
        real_array(name, np.asarray(value))
        return True
    return isinstance(value, float)


def _short(number: int) -> str:
    # beyond 4300 digits Python refuses to print an integer, with an error of its own
    return str(number) if number.bit_length() <= 256 else f"a {number.bit_length()}-bit integer"


def boolean_array(name: str, value: Any) -> Bool:
    if value is None:
        return np.ones((), dtype=np.bool_)
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name}: expected dtype bool, got a numpy masked array")
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name}: expected a rectangular array, got a ragged sequence") from None
    if array.dtype != np.bool_:
        raise TypeError(f"{name}: expected dtype bool, got dtype {array.dtype}")
    return array


def _scalar(name: str, value: ArrayLike) -> float:
    array = real_array(name, value)
    if array.ndim:
        raise ValueError(f"{name}: expected a scalar, got shape {array.shape}")
    return float(array)


def as_float64(array: NDArray[Any]) -> Float:
    """The array in float64; a signalling NaN, which may lie where nobody reads, is no warning."""
    with np.errstate(invalid="ignore"):
        return np.asarray(array, dtype=np.float64)


def inexact_integers(array: NDArray[Any]) -> Bool | None:
    """Where an integer is not representable in float64; None where all are."""
    if array.dtype.kind not in "iu" or array.dtype.itemsize < 8 or not array.size:
        return None  # 32 bits always fit in 53
    limit = 2**53
    if array.max() <= limit and (array.dtype.kind == "u" or array.min() >= -limit):
        return None
    rounded = array.astype(np.float64)
    # 2**63 or 2**64 is where the conversion back would overflow; no integer of the dtype is it
    top = 2.0 ** (63 if array.dtype.kind == "i" else 64)
    inside = rounded < top
    back = np.where(inside, rounded, 0.0).astype(array.dtype)
    bad = ~inside | (back != array)
    return bad if bad.any() else None


def first_index(flags: Bool) -> tuple[int, ...]:
    """The first index, in row-major order, where a flag is set."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(flags)), flags.shape))


def element_message(name: str, expected: str, array: NDArray[Any], index: tuple[int, ...]) -> str:
    where = f" at index {index}" if index else ""
    return f"{name}: expected {expected}, got {array[index].item()!r}{where}"
