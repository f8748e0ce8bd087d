"""What weights per key do to the cells: where a boundary lies, and how far a key reaches.

Near the keys the energy is a(1-a) separation, a = min(alpha, 1 - alpha), so the boundary of two
keys is that of the distances weighted by sqrt(a(1-a)): a sphere of Apollonius instead of a plane.
Far away every energy is at its ceiling -log(1-a), and the least ceiling takes all. So a key whose
ceiling is not the least has a bounded cell: where its energy reaches the least ceiling, its reach
ends, for there and beyond the key of least ceiling has less energy wherever it lies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..alignment import align, radius
from ..arguments import positive_scalar, weight_array
from .samples import axes_of

__all__ = ["PairBoundary", "pair_boundary", "reach"]

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PairBoundary:
    """Where the cells of two keys meet on the passage from the first to the second.

    Attributes
    ----------
    length : float
        Distance of the keys.
    position : float
        Distance of the boundary from the first key, in (0, length).
    unsaturated : float
        What it would be were no energy saturated: ``length r / (1 + r)``,
        ``r = sqrt(w_2 / w_1)``, ``w = alpha (1 - alpha)``.
    middle : float
        What it is with equal weights: half of the length.
    reach : (float, float)
        Of each key against the other; +inf for the one of least ceiling, or for equal ceilings.
    weights : (float, float)
        alpha of the two keys.
    beta : float
    """

    length: float
    position: float
    unsaturated: float
    middle: float
    reach: tuple[float, float]
    weights: tuple[float, float]
    beta: float

    def plot(self, ax: Any | None = None) -> Any:
        """The two energies along the line through both keys; returns the axes."""
        axes = axes_of(ax)
        x = np.linspace(-0.5 * self.length, 1.5 * self.length, 401)
        for number, (end, alpha) in enumerate(zip((0.0, self.length), self.weights, strict=True)):
            energy = align(self.beta * (x - end) ** 2, alpha).energy
            axes.plot(x, energy, color=f"C{number}", label=f"key {number + 1}, alpha {alpha:.3g}")
        axes.axvline(self.position, color="C3", linestyle=":", label="boundary")
        axes.axvline(self.middle, color="0.6", linestyle="--", label="middle")
        axes.set(xlabel="distance from key 1", ylabel="energy")
        axes.legend()
        return axes


def pair_boundary(length: ArrayLike, alpha: ArrayLike, beta: ArrayLike = 1.0) -> PairBoundary:
    """Where two keys of different weight have equal energy between them.

    Parameters
    ----------
    length : float
        Distance of the keys, finite and positive.
    alpha : array_like (2,)
        Their mixing weights, in (0, 1).
    beta : float
        Precision, finite and positive, in 1/length**2.

    Returns
    -------
    PairBoundary
        ``position`` is found by bisection: the float64 energies change order within one step of
        float64 of it. Where both are saturated there, any point that float64 cannot tell apart.

    Raises
    ------
    TypeError, ValueError
        Naming the argument.
    """
    whole = positive_scalar("length", length)
    weights = weight_array("alpha", alpha)
    if weights.shape != (2,):
        raise ValueError(f"alpha: expected shape (2,), got {weights.shape}")
    precision = positive_scalar("beta", beta)
    first, second = (float(a) for a in weights)
    root = math.sqrt(precision)

    def nearer_first(x: float) -> bool:
        # E*_1 rises and E*_2 falls along the passage (T6): one change of sign
        one = align((root * x) ** 2, first)
        two = align((root * (whole - x)) ** 2, second)
        if one.energy != two.energy:
            return bool(one.energy < two.energy)
        # equal in float64: with one ceiling the deficits still tell, the larger is nearer
        return bool(one.deficit > two.deficit)

    low, high = 0.0, whole
    while True:
        middle = low + 0.5 * (high - low)
        if not low < middle < high:
            break
        if nearer_first(middle):
            low = middle
        else:
            high = middle
    ratio = math.sqrt(second * (1.0 - second)) / math.sqrt(first * (1.0 - first))
    reaches = reach(weights, precision)
    return PairBoundary(
        length=whole,
        position=middle,
        unsaturated=whole * ratio / (1.0 + ratio),
        middle=0.5 * whole,
        reach=(float(reaches[0]), float(reaches[1])),
        weights=(first, second),
        beta=precision,
    )


def reach(alpha: ArrayLike, beta: ArrayLike = 1.0) -> Float:
    """The distance beyond which a key cannot be selected while all keys are allowed.

    It is the radius of the least ceiling: a selected key has less energy than the key of least
    ceiling, so less than that ceiling.

    Parameters
    ----------
    alpha : array_like (N,)
        Mixing weights of all keys, N >= 1, in (0, 1).
    beta : float
        Precision, finite and positive.

    Returns
    -------
    float64 (N,)
        A length, to a few eps where it does not lie next to saturation; +inf for the keys of least
        ceiling. A bound: the cell may end earlier.

    Raises
    ------
    TypeError, ValueError
        Naming the argument.
    """
    weights = weight_array("alpha", alpha)
    if weights.ndim != 1 or not weights.size:
        raise ValueError(f"alpha: expected shape (N,) with N >= 1, got {weights.shape}")
    minor = np.minimum(weights, 1.0 - weights)
    least = minor.min()
    # rounded up, log1p being right to 4 ulp: the reach is a bound
    ceiling = -np.log1p(-least) * (1.0 + 2.0**-49)
    found = radius(np.full(weights.shape, ceiling), weights, beta) * (1.0 + 2.0**-48)
    return np.asarray(np.where(minor == least, np.inf, found))
