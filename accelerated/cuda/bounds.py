"""The error bound of the device's screen, with and without fused multiply-add.

A compiler for a device fuses x y + z into one rounding where it likes, and a simulator never does.
The bound holds for both: every step below charges a product and a sum one rounding each, and a
fused step is the case in which the product's rounding is zero. `proofs/cuda_screening.proof.py`
checks every inequality used. The same argument carries `solve.energy_bounds` and the float64
squared distances of `energy` over to the device: their derivations let each rounding be anything
up to u, so also zero, and CUDA's log1p, expm1, exp, log and tanh err by at most 2 ulp (CUDA C++
Programming Guide, Mathematical Functions), where 4 are charged.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..bounds import UNIT32, gamma

__all__ = ["FAR", "MOST_DIMENSION", "Coefficients", "coefficients"]

# gamma(D + 16) of float32 stays below 1/8 up to here.
MOST_DIMENSION = 1 << 20

# The norm of an encoded query up to which no sum of products overflows: 2^60 times 2^11, the most
# that the norm of a key of coordinates up to 2 has in MOST_DIMENSION dimensions, stays below 2^127.
FAR = 2.0**60


class Coefficients(NamedTuple):
    """What the device adds to and subtracts from a half score, to enclose the real one.

    With n and N the measured norms of an encoded query and of the longest encoded key of a tile:

        e = product n N + square N^2 + tiny (1 + n) (1 + N)

    Dimensionless. All are float32 numbers.
    """

    product: float
    square: float
    tiny: float


def coefficients(dimension: int) -> Coefficients:
    """The coefficients of the screen in ``dimension`` dimensions.

    Notes
    -----
    Clause: GDA-thm-screening. u = 2^-24.

    Encoding. A coordinate x becomes w = fl32(fl64(x unit - centre)); unit is a power of two. So
    |w - x^| <= v |x^| + 2^-126 with v = u (1 + 2^-20), x^ the real centred coordinate. With
    |x^| <= (|w| + 2^-126) / (1 - v), the half score of the encoded rows differs from the real one
    by at most (2 v + 3 v^2) (n N + N^2 / 2) to first order in 2^-126: 2.1 u (n N + N^2 / 2).

    Norms. A measured norm is the rounded root of a float64 sum of exact squares, times 1 + 2^-20,
    rounded to float32: no less than the real norm of the encoded row.

    Sum. Each of D terms passes its product and at most D sums: gamma(D + 1) n N.

    Half square. Rounded to float64 and to float32: 2 u h, h <= N^2 / 2.

    Score. x = H - sum rounds once, and x -+ e once more: u (|H| + |sum|) and u (|x| + e), where
    |H| <= N^2 / 2 (1 + 2u) and |sum| <= (1 + gamma(D + 1)) n N.

    Bound. e itself is computed in float32 with at most 8 roundings of positive numbers.

    Together (D + 1 + 2.1 + 2 + 8) u n N and (2.1 + 2 + 2 + 8) u N^2 / 2, and the factors 1 + e and
    1 + gamma that multiply them: gamma(D + 16) and gamma(10) are enough up to MOST_DIMENSION.

    Tiny. A product or sum that underflows, or is flushed, loses at most 2^-126 (1 + |w_q|)(1 +
    |w_k|) for each of its operands and results: below 2^-119 D (1 + n)(1 + N).
    """
    if dimension > MOST_DIMENSION:
        raise ValueError(f"dimension: expected at most {MOST_DIMENSION}, got {dimension}")
    return Coefficients(
        product=_up(gamma(dimension + 16, UNIT32)),
        square=_up(gamma(10, UNIT32)),
        tiny=_up(dimension * 2.0**-118),
    )


def _up(value: float) -> float:
    """A float32 number above a positive one."""
    return float(np.nextafter(np.float32(value), np.float32(np.inf)))
