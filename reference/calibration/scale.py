"""Beta from the data: a separation that means something, placed at a quantile of the lengths.

The operator sees lengths through the separation ``beta length**2`` alone, so to choose beta is to
say which length gets which separation. Two separations mean something by themselves:

- 2, the critical one. Up to it the alignment point is unique for every alpha, the landscape is
  convex, and at alpha = 1/2 the energy is a quarter of the separation: exact, and as far from
  saturation as it gets. Beyond it the energy bends towards its ceiling.
- ``beta radius(f * ceiling)**2``, where a share f of the ceiling is reached: thresholds
  on lengths beyond it have the rest of the ceiling only to be told apart in.

beta = 1 is a choice too: unnormalised features are then saturated, and rows of unit norm have
separations of at most 4, orthogonal ones the critical 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import positive_scalar
from ..distances import relative_error
from ..exact import exact_separation
from ..search import blocks
from ..validation import Inputs, checked
from .samples import axes_of, least_count, share_of

__all__ = ["ScaledBeta", "beta_from_scale"]

Float = NDArray[np.float64]

_OVER = ("nearest", "pairs")


@dataclass(frozen=True, eq=False)
class ScaledBeta:
    """A precision, and where it puts the lengths of the sample.

    Attributes
    ----------
    beta : float
        Largest float64 at which at least the wanted share of the lengths has a separation of at
        most `separation`, as real numbers.
    separation : float
        What was placed; dimensionless.
    share, achieved : float
        Wanted share of the lengths, and the share at or below `separation`; ties make it larger.
    over : str
        "nearest" or "pairs".
    samples : int
        Number of lengths.
    length : float
        The length that was placed, rounded.
    saturated : float
        Share of the lengths with a separation above 36, where at any alpha the energies of
        different lengths agree in float64.
    lengths : float64 (samples,)
        Lengths, rising, rounded.
    limited_by : str
    """

    beta: float
    separation: float
    share: float
    achieved: float
    over: str
    samples: int
    length: float
    saturated: float
    lengths: Float
    limited_by: str

    def plot(self, ax: Any | None = None) -> Any:
        """Share of the lengths up to a separation; returns the axes."""
        axes = axes_of(ax)
        separations = self.beta * self.lengths**2
        shares = np.arange(1, self.samples + 1) / self.samples
        axes.step(separations, shares, where="post", color="C0", label=self.over)
        axes.axvline(self.separation, color="C3", linestyle=":", label="placed")
        axes.axhline(self.share, color="0.5", linestyle="--", label="wanted share")
        axes.set(xlabel="separation", ylabel="share of lengths", ylim=(0.0, 1.02))
        axes.legend()
        return axes


def beta_from_scale(
    query: ArrayLike,
    keys: ArrayLike,
    *,
    share: ArrayLike = 0.5,
    separation: ArrayLike = 2.0,
    over: str = "nearest",
    mask: ArrayLike | None = None,
) -> ScaledBeta:
    """The largest beta at which a wanted share of lengths has at most a given separation.

    Parameters
    ----------
    query : array_like (M, D)
    keys : array_like (N, D)
    share : float
        In (0, 1].
    separation : float
        Finite and positive. The default is the critical one: the share is then that of the unique
        regime, at any alpha.
    over : {"nearest", "pairs"}
        Lengths from each query to its nearest key: what a threshold has to tell apart. Or those of
        all pairs: what the whole landscape looks like.
    mask : array_like of bool, broadcasting to (M, N), optional
        Pairs that count. ``~numpy.eye(N, dtype=bool)`` where the queries are the keys.

    Returns
    -------
    ScaledBeta

    Raises
    ------
    TypeError, ValueError
        Naming the argument. ValueError if the length of that share is 0, or so small or large that
        no float64 beta places it.

    Notes
    -----
    The placed length is the k-th smallest of n, k the least integer with ``k / n >= share`` as
    float64 numbers. Near-ties are ordered by exact squares, and beta is rounded down.
    """
    inputs = checked(query, keys, None, 0.5, 1.0, math.inf, mask)
    if inputs.batch:
        raise ValueError(f"query: expected shape (M, D), got shape {np.shape(query)}")
    wanted = share_of("share", share)
    placed = positive_scalar("separation", separation)
    if over not in _OVER:
        raise ValueError(f"over: expected one of {_OVER}, got {over!r}")
    squares, rows, columns = _squares(inputs, over)
    if not squares.size:
        raise ValueError("mask: expected an allowed pair, got none")
    k = least_count(wanted, squares.size)
    at = _Ordered(inputs, squares, rows, columns)
    square = at.exact(k)
    if not square:
        zero = int((squares == 0.0).sum())
        raise ValueError(
            f"share: expected one above {zero}/{squares.size}, the share of equal rows, "
            f"got {wanted!r}"
        )
    beta = _largest_float(Fraction(placed) / square)
    if not 0.0 < beta < math.inf:
        raise ValueError(f"separation: no float64 beta places {placed!r} at a length of "
                         f"{float(at.lengths[k - 1])!r}")  # fmt: skip
    reached = at.count(Fraction(placed) / Fraction(beta))
    if reached > k:
        limit = f"a tie: {reached - k + 1} lengths are equal"
    elif reached / squares.size != wanted:
        limit = f"{squares.size} lengths: shares are multiples of 1/{squares.size}"
    else:
        limit = "nothing"
    with np.errstate(over="ignore", under="ignore"):
        saturated = float((beta * np.sort(squares) > 36.0).mean())
    return ScaledBeta(
        beta=beta,
        separation=placed,
        share=wanted,
        achieved=reached / squares.size,
        over=over,
        samples=squares.size,
        length=float(at.lengths[k - 1]),
        saturated=saturated,
        lengths=at.lengths,
        limited_by=limit,
    )


class _Ordered:
    """Squared lengths in float64, with exact answers about their order."""

    def __init__(self, inputs: Inputs, squares: Float, rows: Any, columns: Any) -> None:
        order = np.argsort(squares, kind="stable")
        self.inputs, self.squares = inputs, squares[order]
        self.rows, self.columns = rows[order], columns[order]
        self.lengths: Float = np.sqrt(self.squares)
        # twice the relative error of a float, and a rest for subnormal squares
        self.margin = 4.0 * relative_error(int(inputs.query.shape[-1]))

    def _around(self, value: float) -> tuple[int, list[Fraction]]:
        """How many squares certainly lie below, and the exact ones that may not, rising."""
        slack = 2.0**-1072
        low = np.searchsorted(self.squares, value * (1.0 - self.margin) - slack, side="left")
        high = np.searchsorted(self.squares, value * (1.0 + self.margin) + slack, side="right")
        return int(low), sorted(self._square(i) for i in range(int(low), int(high)))

    def _square(self, i: int) -> Fraction:
        return exact_separation(
            self.inputs.query[self.rows[i]], self.inputs.keys[self.columns[i]], 1.0
        )

    def exact(self, k: int) -> Fraction:
        """The k-th smallest square, counted from 1."""
        low, near = self._around(float(self.squares[k - 1]))
        return near[k - 1 - low]

    def count(self, limit: Fraction) -> int:
        """How many squares are at most the limit."""
        low, near = self._around(_largest_float(limit))
        return low + sum(square <= limit for square in near)


def _squares(inputs: Inputs, over: str) -> tuple[Float, Any, Any]:
    """Squared lengths of what counts, and the rows and columns of their pairs."""
    values, rows, columns = [], [], []
    for block in blocks(inputs):
        start = block.here[-1].start
        if over == "pairs":
            row, column = np.nonzero(block.mask)
        else:
            index = block.least(block.mask)
            row = np.nonzero(index >= 0)[0]
            column = index[row]
        values.append(block.separations.value[row, column])
        rows.append(row + start)
        columns.append(column)
    if not values:
        return np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    return np.concatenate(values), np.concatenate(rows), np.concatenate(columns)


def _largest_float(number: Fraction) -> float:
    try:
        rounded = float(number)
    except OverflowError:
        return math.inf
    return math.nextafter(rounded, 0.0) if Fraction(rounded) > number else rounded
