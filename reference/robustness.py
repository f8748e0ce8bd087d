"""How far a query may move before its selection changes (T17), as a certificate.

The returned number never exceeds the exact one: with one alpha everything but the radii of the
thresholds is computed in integers and rounded down, and each radius is confirmed by the exact
comparison; with alpha per key energies come from proved intervals.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .alignment import radius
from .decide import compare_threshold
from .enclosure import minor_weight
from .exact import grid_squares, scaled_fraction
from .interchange import any_library
from .intervals import energy_interval
from .search import Block, blocks
from .validation import checked

__all__ = ["robustness_radius"]

Float = NDArray[np.float64]

# covers the rounding of the five float operations of a bound with alpha per key: less than 2**-50
_ROUNDING = 1.0 - 2.0**-50


@any_library
def robustness_radius(
    query: ArrayLike,
    keys: ArrayLike,
    *,
    alpha: ArrayLike = 0.5,
    beta: ArrayLike = 1.0,
    threshold: ArrayLike = math.inf,
    mask: ArrayLike | None = None,
) -> Float:
    """A length within which no shift of the query changes its index or its abstention.

    Parameters
    ----------
    query, keys, alpha, beta, threshold, mask
        As in `gd_attention`.

    Returns
    -------
    float64 (B..., M)
        A length, in [0, inf]: the index stays as it is for every shift shorter than this. inf
        where no shift can change it. With one min(alpha, 1 - alpha) for all unmasked keys and no
        threshold it is the distance to the boundary of the query's cell, rounded down: a shift
        beyond it, towards the other key of that boundary, changes the index. Thresholds and alpha
        per key make it a lower bound.

    Raises
    ------
    TypeError, ValueError, PrecisionCapError
        As in `gd_attention`.

    Notes
    -----
    Clauses: GDA-thm-robustness, GDA-def-radius.
    """
    inputs = checked(query, keys, None, alpha, beta, threshold, mask)
    result = np.full(inputs.query.shape[:-1], math.inf)
    for block in blocks(inputs):
        index, _ = block.select()
        for row, chosen in enumerate(index.tolist()):
            (open_keys,) = np.nonzero(block.mask[row])
            weights = {minor_weight(value) for value in block.alpha[open_keys].tolist()}
            shared = len(weights) <= 1
            bounds = (_by_distance if shared else _by_energy)(block, row, chosen, open_keys)
            least = min(bounds, default=math.inf)
            result[(*block.here[:-1], block.here[-1].start + row)] = max(least, 0.0)
    return result


def _by_distance(
    block: Block, row: int, chosen: int, open_keys: NDArray[np.intp]
) -> Iterator[float]:
    """The terms of the minimum with one weight: distances to bisectors and to threshold spheres."""
    query = block.query[row]
    squares = _squares(query, block.keys[open_keys])
    spheres = [
        _radius_bounds(float(block.threshold[row, j]), float(block.alpha[j]), block.beta)
        for j in open_keys.tolist()
    ]
    if chosen < 0:
        for square, (_, outer) in zip(squares, spheres, strict=True):
            yield _outside(square, outer)
        return
    place = open_keys.tolist().index(chosen)
    inner = spheres[place][0]
    if inner < math.inf:
        yield _below(Fraction(inner) - _root_above(squares[place]))
    apart = _squares(block.keys[chosen], block.keys[open_keys])
    for j, square, gap, (_, outer) in zip(open_keys.tolist(), squares, apart, spheres, strict=True):
        if j == chosen:
            continue
        yield max(_bisector(square - squares[place], gap, j < chosen), _outside(square, outer))


def _by_energy(block: Block, row: int, chosen: int, open_keys: NDArray[np.intp]) -> Iterator[float]:
    """The terms of the minimum with alpha per key: energy gaps over the Lipschitz constant."""
    low, high = energy_interval(
        block.separations.value[row, open_keys], block.alpha[open_keys], block.dimension
    )
    tau = block.threshold[row, open_keys]
    lipschitz = math.sqrt(block.beta) * math.sqrt(0.5)
    outside = (low - tau) / lipschitz
    if chosen < 0:
        yield from _rounded_down(outside)
        return
    mine = open_keys == chosen
    yield from _rounded_down((tau - high)[mine] / lipschitz)
    gap = (low - high[mine][0]) / (2.0 * lipschitz)
    yield from _rounded_down(np.maximum(gap, outside)[~mine])


def _rounded_down(bounds: Float) -> list[float]:
    """Floats below the quotients that were meant; negative ones count as 0 in the end."""
    # a step further: next to the subnormal range the relative margin is less than one quantum.
    # An infinite threshold makes an infinite bound, which is exact
    stepped = np.nextafter(bounds * _ROUNDING, -np.inf)
    result: list[float] = np.where(np.isinf(bounds), bounds, stepped).tolist()
    return result


def _squares(point: Float, rows: Float) -> list[Fraction]:
    squares, exponent = grid_squares(point, rows)
    return [scaled_fraction(square, exponent) for square in squares]


def _bisector(excess: Fraction, gap: Fraction, first: bool) -> float:
    """Distance from the query to the bisector of two keys: excess / (2 sqrt(gap)), rounded down.

    Equal keys tie wherever the query is: the one with the lesser index is always first.
    """
    if not gap:
        return -math.inf if first else math.inf
    if excess < 0:
        return -math.inf  # the other key is nearer and excluded by its threshold alone
    return _root_below(excess * excess / (4 * gap))


def _outside(square: Fraction, outer: float) -> float:
    """Distance from the query to the sphere of a key, from outside, rounded down."""
    if outer == math.inf:
        return -math.inf
    if outer < 0:
        return math.inf
    return _below(Fraction(_root_below(square)) - Fraction(outer))


@lru_cache(maxsize=4096)
def _radius_bounds(threshold: float, alpha: float, beta: float) -> tuple[float, float]:
    """Floats below and above the radius of a threshold, confirmed by the exact comparison."""
    estimate = float(radius(threshold, alpha, beta))
    if threshold <= 0.0 or math.isinf(estimate):
        return estimate, estimate  # T9: exact
    margin = 2.0**-50
    while True:
        # both ends move until they bracket: inner to 0, where E* = 0 < threshold, outer to infinity
        inner = estimate * max(1.0 - margin, 0.0)
        outer = (estimate + 2.0**-1074) * (1.0 + margin)
        beyond = outer == math.inf or _sign_at(outer, threshold, alpha, beta) > 0
        if beyond and _sign_at(inner, threshold, alpha, beta) <= 0:
            return inner, outer
        margin *= 2.0


def _sign_at(length: float, threshold: float, alpha: float, beta: float) -> int:
    """Sign of E* - threshold at this distance."""
    return compare_threshold(Fraction(beta) * Fraction(length) ** 2, alpha, threshold)


def _root_below(square: Fraction) -> float:
    """The square root of a rational, rounded down to float64."""
    return _below(_root(square))


def _root_above(square: Fraction) -> Fraction:
    """A rational above the square root, by a relative 2**-118 at most."""
    root = _root(square)
    return root * (1 + Fraction(1, 2**119))


def _root(square: Fraction) -> Fraction:
    """A rational below the square root of a rational, by a relative 2**-119 at most."""
    if not square:
        return Fraction(0)
    # scaled so that the integer root has at least 120 bits
    shift = max(0, 240 - square.numerator.bit_length() + square.denominator.bit_length())
    shift += shift % 2
    root = math.isqrt((square.numerator << shift) // square.denominator)
    return Fraction(root, 1 << (shift // 2))


def _below(number: Fraction) -> float:
    """The greatest float64 that is not above a rational."""
    try:
        rounded = float(number)
    except OverflowError:
        return math.copysign(np.finfo(np.float64).max, number) if number > 0 else -math.inf
    return math.nextafter(rounded, -math.inf) if Fraction(rounded) > number else rounded
