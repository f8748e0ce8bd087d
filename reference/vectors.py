"""Vectors of pairs, one query and one key each, scaled so that nothing overflows on the way."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import element_message, first_index, real_array

__all__ = ["difference", "finite_vectors", "jumps", "rows", "scaled_product", "together"]

Float = NDArray[np.float64]
Int = NDArray[np.int32]


def finite_vectors(**arguments: ArrayLike) -> tuple[Float, ...]:
    """Named vector arguments as float64 (..., D), leading axes broadcast.

    Raises
    ------
    TypeError, ValueError
        Naming the argument: not real, no axis, D = 0, another D, a value that is not finite, or
        shapes that do not broadcast.

    Notes
    -----
    Clauses: GDA-def-space, GDA-input-shape, GDA-input-finite.
    """
    arrays: dict[str, Float] = {}
    for name, value in arguments.items():
        array = real_array(name, value)
        if array.ndim == 0 or array.shape[-1] == 0:
            raise ValueError(f"{name}: expected shape (..., D) with D >= 1, got {array.shape}")
        for other, earlier in arrays.items():
            if earlier.shape[-1] != array.shape[-1]:
                raise ValueError(
                    f"{name}: expected D = {earlier.shape[-1]} as in {other}, "
                    f"got shape {array.shape}"
                )
        finite = np.isfinite(array)
        if not finite.all():
            index = first_index(~finite)
            raise ValueError(element_message(name, "finite numbers", array, index))
        arrays[name] = array
    return together(**arrays)


def together(**arrays: Float) -> tuple[Float, ...]:
    """Named arrays, broadcast to one shape.

    Raises
    ------
    ValueError
        Naming the arguments and their shapes, if they do not broadcast.

    Notes
    -----
    Clause: GDA-input-shape.
    """
    try:
        return tuple(np.broadcast_arrays(*arrays.values()))
    except ValueError:
        shapes = ", ".join(str(array.shape) for array in arrays.values())
        raise ValueError(
            f"{', '.join(arrays)}: expected shapes that broadcast, got {shapes}"
        ) from None


def rows(
    function: Callable[[Float, Float, float], Float], first: Float, second: Float, number: float
) -> Float:
    """Apply a function of (P, D) arrays to arrays (..., D)."""
    shape = first.shape
    flat = (-1, shape[-1])
    count = int(np.prod(shape[:-1]))
    if not count:
        return np.zeros(shape[:-1])
    with np.errstate(over="ignore", under="ignore"):
        result = function(first.reshape(flat), second.reshape(flat), number)
    return np.asarray(result.reshape(shape[:-1]))


def difference(first: Float, second: Float) -> tuple[Float, Int]:
    """``first - second`` as (mantissa, exponent) pairs of float64: it may exceed float64."""
    with np.errstate(over="ignore", under="ignore"):
        plain = first - second
        # halving rounds only subnormal numbers, which do not matter beside so large a difference
        halved = ~np.isfinite(plain)
        mantissa, exponent = np.frexp(np.where(halved, 0.5 * first - 0.5 * second, plain))
    return mantissa, exponent + halved


def jumps(query: Float, key: Float) -> tuple[Float, Int]:
    """The jump as a vector of largest component in [1/2, 1) (or 0), and a power of two (...)."""
    mantissa, exponent = difference(key, query)
    # 0 has the exponent 0, which may be above that of a small component
    least = np.iinfo(np.int32).min // 2
    largest = np.where(mantissa != 0.0, exponent, least).max(axis=-1)
    largest = np.where(largest == least, 0, largest)
    with np.errstate(under="ignore"):
        return np.ldexp(mantissa, exponent - largest[..., None]), largest


def scaled_product(*factors: Float | tuple[Float, Int]) -> Float:
    """Product of floats, or of (mantissa, exponent) pairs, that only overflows in the result."""
    product: Float = np.ones(())
    total: Int = np.zeros((), dtype=np.int32)
    for factor in factors:
        mantissa, exponent = factor if isinstance(factor, tuple) else np.frexp(factor)
        product, shift = np.frexp(product * mantissa)
        total = total + exponent + shift
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.ldexp(product, total))
