r"""Separations in float64 that neither overflow nor underflow, with a proved relative error.

Between one query and N keys. Let u = 2**-53, and let S be the exact squared length of a jump.

1. A difference ``k_c - q_c`` of floats is correctly rounded, gradual underflow included: it is 0
   iff ``k_c == q_c``, and otherwise has a relative error of at most u. If it overflows, both
   operands are halved first; halving is exact but for subnormal operands, which are off by
   2**-1075 beside a difference above 2**1022.
2. Each square adds a factor (1 + u), the sum of D terms at most D - 1 factors in any order of
   addition (a fused multiply-add only removes factors), the product by beta one more. In all the
   computed separation is ``Lam (1 + d)`` with |d| <= g(D+3), g(n) = n u / (1 - n u).
3. A square may underflow. Where S lies in [2**-900, 2**900] this loses at most 2**-1075 a term,
   a relative D 2**-175. Elsewhere the jump is first scaled by the power of two that puts its
   largest component in [1/2, 1): S is then at least 1/4, and what underflows is below D 2**-1073.

So `relative_error` (D) = (1 + 2**-10)(D + 4) u bounds |d| for every D < 2**40: g(n) exceeds n u by
a factor below 1 + 2**-12, and the spare unit covers the terms of (1) and (3).

The order needs no beta, and must not saturate: `ratio` is S divided by a power of two of its own
for each query. `value` is the separation itself, which may overflow to inf or lose digits below
2**-1022 (an absolute error of at most 2**-1074); it is 0 only where S is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Separations", "order_factor", "pair_separations", "relative_error", "separations"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_UNIT = 2.0**-53
_SMALLEST = 2.0**-1074
# squared lengths in this range need no scaling (step 3)
_LOW, _HIGH = 2.0**-900, 2.0**900


@dataclass(frozen=True, eq=False)
class Separations:
    """Separations of M queries and N keys.

    Attributes
    ----------
    ratio : float64 (M, N)
        Squared length over a power of two that may differ from query to query; 0 iff the key
        equals the query; inf where masked, or above 2**1023 times the least nonzero one.
        Relative error at most ``relative_error(D)`` where finite.
    value : float64 (M, N)
        Separation, dimensionless; 0 iff the key equals the query; inf where it overflows;
        arbitrary where masked. Relative error at most ``relative_error(D)`` plus an absolute
        2**-1074.
    """

    ratio: Float
    value: Float


def relative_error(dimension: int) -> float:
    """Bound on the relative error of a computed separation in D dimensions."""
    return (1.0 + 2.0**-10) * (dimension + 4) * _UNIT


def order_factor(dimension: int) -> float:
    """Factor c such that ``ratio_i > c * ratio_j`` proves key j nearer than key i.

    With b = `relative_error`: if S_i <= S_j then ``ratio_i <= (1+b)/(1-b) ratio_j``. The quotient
    is at most 1 + 2.2 b (b < 1/12), and the remaining 1.8 b >= 9 u cover the rounding of c and of
    the product.
    """
    return 1.0 + 4.0 * relative_error(dimension)


def separations(query: Float, keys: Float, beta: float, mask: Bool) -> Separations:
    """Separations of every query and key, by differences.

    Parameters
    ----------
    query : float64 (M, D)
    keys : float64 (N, D)
        Finite in every row that an unmasked pair reads.
    beta : float
        Precision, finite and positive.
    mask : bool (M, N)
        Pairs that are not masked out.

    Returns
    -------
    Separations

    Notes
    -----
    Clauses: GDA-def-separation, GDA-mask-unread, GDA-energy-overflow.
    """
    return _separations(query[:, None, :], keys[None, :, :], beta, mask)


def pair_separations(query: Float, keys: Float, beta: float) -> Float:
    """Separations of query p and key p, both of shape (P, D), as `Separations.value`: shape (P,).

    Clause: GDA-def-separation.
    """
    every = np.ones((query.shape[0], 1), dtype=np.bool_)
    query, keys = np.ascontiguousarray(query), np.ascontiguousarray(keys)
    return _separations(query[:, None, :], keys[:, None, :], beta, every).value[:, 0]


def _separations(query: Float, keys: Float, beta: float, mask: Bool) -> Separations:
    """Shapes: query (M, 1, D), keys (1, N, D) or (M, N, D), mask (M, N)."""
    # masked rows may hold anything, and what overflows here is scaled below
    with np.errstate(over="ignore", invalid="ignore"):
        jump = keys - query
        square = np.einsum("mnd,mnd->mn", jump, jump)
        value = square * beta
    if beta < 2.0**-100:
        # 2**-900 beta may underflow, but a separation of 0 means equality
        np.maximum(value, _SMALLEST, out=value, where=square > 0.0)
    suspect = mask & ~((square >= _LOW) & (square <= _HIGH))
    if suspect.any():
        rows, columns = np.nonzero(suspect)
        # equal pairs are common, and need no scaling: their square is 0 already
        unequal: Bool = np.logical_or.reduce(jump[rows, columns] != 0.0, axis=-1)
        scaled = np.unique(rows[unequal])
        if scaled.size:
            near = keys if len(keys) == 1 else keys[scaled]
            square[scaled], value[scaled] = _scaled(query[scaled], near, beta, mask[scaled])
    return Separations(ratio=np.where(mask, square, math.inf), value=value)


def _scaled(query: Float, keys: Float, beta: float, mask: Bool) -> tuple[Float, Float]:
    """Ratios and separations of some queries, each jump scaled by its own power of two."""
    with np.errstate(over="ignore", invalid="ignore"):
        jump = keys - query
        halved: Bool = np.logical_or.reduce(~np.isfinite(jump), axis=-1)
        jump = np.where(halved[..., None], 0.5 * keys - 0.5 * query, jump)
        largest = np.where(mask, np.abs(jump).max(axis=-1), 0.0)
        exponent = np.frexp(largest)[1]
        unit = np.ldexp(jump, -exponent[..., None])
        square = np.where(largest > 0.0, np.einsum("mnd,mnd->mn", unit, unit), 0.0)
    fraction, shift = np.frexp(square)
    exponent = shift + 2 * (exponent + halved)
    nonzero = fraction > 0.0
    least = np.where(nonzero, exponent, np.iinfo(exponent.dtype).max).min(axis=-1, keepdims=True)
    beta_fraction, beta_exponent = math.frexp(beta)
    with np.errstate(over="ignore"):
        # a ratio beyond 2**1023 becomes inf: such a key is out of the race
        ratio = np.ldexp(fraction, np.where(nonzero, exponent - least, 0))
        value = np.ldexp(fraction * beta_fraction, exponent + beta_exponent)
    return ratio, np.where(nonzero, np.maximum(value, _SMALLEST), 0.0)
