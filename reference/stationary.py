r"""Stationary points on the passage and the barriers between them.

By T8 let h >= 0. In z with t = sigmoid(2z) stationarity is z - h/2 - (y/2) tanh z = 0, and the
negative solutions are z = -x with G(x) = x + h/2 - (y/2) tanh x = 0, x > 0. G is convex with
G(0) = h/2 >= 0 and least at x_c = artanh(sqrt(1 - 2/y)). So Newton climbs from 0 to the saddle and
descends from y/2 to the metastable point, neither passing x_c. With X = y tanh x,
t = sigmoid(h - X) gives the coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import non_negative_array, weight_array
from .counting import three_points
from .interchange import any_library
from .minimiser import minor_log_odds, newton_root, pull, sigmoid_reading
from .vectors import together

__all__ = ["Barrier", "StationaryPoints", "barrier", "stationary_points"]

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StationaryPoints:
    """Stationary points of the landscape on the passage.

    Attributes
    ----------
    count : int64 (...)
        1 or 3, decided exactly; 0 at separation 0, where no stationary point is isolated.
    coordinate : float64 (..., 3)
        Their coordinates t, ascending; NaN from `count` on. At count 3: minimum, saddle, minimum.

    Notes
    -----
    Clauses: GDA-thm-stationarity, GDA-thm-counting.
    """

    count: NDArray[np.int64]
    coordinate: Float


@dataclass(frozen=True, eq=False)
class Barrier:
    """Heights of the saddle above the two minima; dimensionless, shape (...).

    Attributes
    ----------
    from_global : float64
        phi(saddle) - E*; NaN outside the three-point regime.
    from_metastable : float64
        phi(saddle) - phi(metastable minimum); NaN outside the three-point regime.

    Notes
    -----
    Clause: GDA-thm-barriers.
    """

    from_global: Float
    from_metastable: Float


@any_library
def stationary_points(separation: ArrayLike, alpha: ArrayLike = 0.5) -> StationaryPoints:
    """Stationary coordinates: solutions of ``t = sigmoid(h + separation (2t - 1))``.

    Parameters
    ----------
    separation : array_like (...)
        In [0, inf]; dimensionless. At inf: the limits 0, 1/2, 1.
    alpha : array_like (...)
        In (0, 1); broadcasts with `separation`.

    Returns
    -------
    StationaryPoints

    Raises
    ------
    TypeError, ValueError
        If `separation` is negative or NaN, or `alpha` is outside (0, 1).
    PrecisionCapError
        As `regime`.

    Notes
    -----
    Next to the spinodal the saddle and the metastable point merge like a square root; there their
    coordinates are good to the square root of eps. Clauses: GDA-thm-stationarity,
    GDA-thm-counting.
    """
    y, weight, a = _pairs(separation, alpha)
    three = three_points(y, a)
    with np.errstate(under="ignore"):
        u, saddle, meta = _minors(y, a, three)
    triple = np.where(
        (weight > 0.5)[..., None],
        np.stack([u, 1.0 - saddle, 1.0 - meta], axis=-1),
        np.stack([meta, saddle, 1.0 - u], axis=-1),
    )
    single = np.stack(
        [np.where(weight > 0.5, u, 1.0 - u)] + [np.full(y.shape, np.nan)] * 2, axis=-1
    )
    coordinate = np.where(three[..., None], triple, single)
    coordinate[y == 0.0] = np.nan
    count = np.where(three, 3, np.where(y > 0.0, 1, 0))
    return StationaryPoints(count=count.astype(np.int64), coordinate=coordinate)


@any_library
def barrier(separation: ArrayLike, alpha: ArrayLike = 0.5) -> Barrier:
    """Barrier heights ``phi(saddle) - phi(minimum)`` of the three-point regime.

    Parameters
    ----------
    separation : array_like (...)
        In [0, inf]; dimensionless.
    alpha : array_like (...)
        In (0, 1); broadcasts with `separation`.

    Returns
    -------
    Barrier
        Dimensionless, >= 0; NaN outside the three-point regime, +inf at separation inf.

    Raises
    ------
    TypeError, ValueError
        If `separation` is negative or NaN, or `alpha` is outside (0, 1).
    PrecisionCapError
        As `regime`.

    Notes
    -----
    Absolute error of a few (1 + separation) eps: a barrier that vanishes keeps no relative
    precision. Clause: GDA-thm-barriers.
    """
    y, _, a = _pairs(separation, alpha)
    three = three_points(y, a)
    with np.errstate(under="ignore", over="ignore"):
        u, saddle, meta = _minors(y, a, three)
        # at a stationary point phi = y (1-t)^2 + log t - log(1-alpha), and likewise from the other
        # end: both minima are read from their own well
        from_global = _rise(y, u, 1.0 - saddle)
        from_meta = _rise(y, meta, saddle)
    return Barrier(
        from_global=np.where(three, from_global, np.nan),
        from_metastable=np.where(three, from_meta, np.nan),
    )


def _rise(y: Float, start: Float, stop: Float) -> Float:
    """``y (stop^2 - start^2) + log((1-stop)/(1-start))``, not below 0."""
    step = stop - start
    linear = y * (step * (stop + start))
    return np.maximum(linear + np.log1p(-step / (1.0 - start)), 0.0)


def _pairs(separation: ArrayLike, alpha: ArrayLike) -> tuple[Float, Float, Float]:
    y, weight = together(
        separation=non_negative_array("separation", separation),
        alpha=weight_array("alpha", alpha),
    )
    return y, weight, np.minimum(weight, 1.0 - weight)


def _minors(y: Float, a: Float, three: NDArray[np.bool_]) -> tuple[Float, Float, Float]:
    """For h >= 0: u of the global minimum, t of the saddle and of the metastable minimum."""
    bounded = np.minimum(y, np.finfo(np.float64).max)
    u, _, _ = sigmoid_reading(a, pull(bounded, a)[1])
    saddle, meta = np.full(y.shape, 0.5), np.full(y.shape, 0.5)
    part, weight = bounded[three], a[three]
    field = -0.5 * minor_log_odds(weight)
    m = np.sqrt((part - 2.0) / part)
    # artanh m, in the form that does not lose 1 - m
    turn = np.where(m < 0.5, np.arctanh(np.minimum(m, 0.5)), np.log1p(m) + 0.5 * np.log(0.5 * part))
    # x_c parts the two where the field is within rounding of the spinodal
    low = np.minimum(newton_root(part, field, np.zeros_like(part)), turn)
    high = np.maximum(newton_root(part, field, 0.5 * part), turn)
    saddle[three] = _coordinate(part * np.tanh(low), weight)
    meta[three] = _coordinate(part * np.tanh(high), weight)
    return u, saddle, meta


def _coordinate(X: Float, a: Float) -> Float:
    """``sigmoid(h - X)``, which is ``(1-a) exp(-X) / ((1-a) exp(-X) + a)``.

    Where exp(-X) nears the subnormal numbers the quotient is expanded by ``exp(3X/4)``: no factor
    is then subnormal before the coordinate is, and none overflows before it is 0.
    """
    decay = (1.0 - a) * np.exp(-X)
    quarter = np.exp(-0.25 * X)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        other = a / quarter / quarter / quarter
        deep = (1.0 - a) * quarter / ((1.0 - a) * quarter + other)
    return np.asarray(np.where(X > 690.0, deep, decay / (decay + a)))
