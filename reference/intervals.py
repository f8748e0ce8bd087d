r"""Float64 intervals that hold an alignment energy: the proof behind every comparison by floats.

With a = min(alpha, 1 - alpha) (a float64 exactly) and any rho > 0, put

    u' = a / (1 + rho),  gain = log1p(a/(1-a) rho/(1+rho)),
    separation' = (gain + log1p(rho)) / (1 - 2u'),  1 - 2u' = ((1 - 2a) + rho) / (1 + rho).

Then u' is the exact minor coordinate at separation', and its energy is
``energy' = separation' u'^2 + gain`` (T2, T4, T5): the exact answer to a nearby question, whatever
rho was. E* is increasing and concave in the separation, with E*(0) = 0 and slope u (1 - u) (T6), so

    min(1, x) energy' <= E* <= energy' + u' (1 - u') (separation - separation'),
    x = separation / separation':

the chord to the origin or monotony below, the tangent above. rho is chosen a little large, so that
separation' exceeds separation and the chord counts.

No term but the last difference is negative, so rounding errors add up. With u = 2**-53 and log1p to
4 ulp (8u, the bound of NumPy's vector library): gain 13u, separation' 19u, energy' 26u, x and the
product 3u more; the tangent, used where separation' <= 2 separation, has 26u of energy' <= 2 E* and
32u of a term of at most energy', 116u of E* in all. `_ROUNDING` is 2**-45 = 256u. The absolute
`_SLACK` covers results next to the subnormal range, where relative errors mean nothing.

From separation 64 on, deficit <= 2.5 ceiling exp(-64) < 2**-90 ceiling: the ceiling is the energy
to rounding. At a = 1/2 and separation <= 2 the energy is separation / 4 (T6).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .alignment import align
from .distances import relative_error

__all__ = ["energy_interval", "minor_weights", "separation_interval"]

Float = NDArray[np.float64]

_ROUNDING = 2.0**-45
_SLACK = 2.0**-1060
_SATURATED = 64.0


def minor_weights(alpha: Float) -> Float:
    """``min(alpha, 1 - alpha)`` elementwise, exactly: 1 - alpha does not round for alpha >= 1/2.

    Clause: GDA-thm-symmetry.
    """
    return np.minimum(alpha, 1.0 - alpha)


def separation_interval(value: Float, dimension: int) -> tuple[Float, Float]:
    """Floats below and above the exact separation whose float64 form is ``value``.

    Parameters
    ----------
    value : float64 (...)
        As `distances.separations` returns it; inf has the upper end inf.
    dimension : int
        D.

    Notes
    -----
    The computed v satisfies |v - exact| <= b exact + 2**-1074, so exact lies between
    (v - 2**-1074)/(1 + b) and (v + 2**-1074)/(1 - b); 2b and 2**-1070 cover the rounding here.
    Clauses: GDA-def-separation, GDA-energy-overflow.
    """
    error = 2.0 * relative_error(dimension)
    finite = np.minimum(value, np.finfo(np.float64).max)
    with np.errstate(over="ignore"):
        low = np.maximum(finite * (1.0 - error) - 2.0**-1070, 0.0)
        high = value * (1.0 + error) + 2.0**-1070
    return low, high


def energy_interval(value: Float, alpha: Float, dimension: int) -> tuple[Float, Float]:
    """Floats below and above the exact alignment energy of pairs with computed separations.

    Parameters
    ----------
    value : float64 (P,)
        Separations as `distances.separations` returns them.
    alpha : float64 (P,)
        Mixing weights.
    dimension : int
        D.

    Returns
    -------
    low, high : float64 (P,)
        low <= E* <= high.

    Notes
    -----
    Clauses: GDA-def-energy, GDA-energy-value, GDA-thm-closed-form, GDA-thm-envelope.
    """
    weight = minor_weights(alpha)
    below, above = separation_interval(value, dimension)
    # where the nearby question starts from; the tilt 1 - 2u is enlarged by its rounding
    centre = np.minimum(value, _SATURATED)
    rest = 1.0 - weight
    tilt = (1.0 - 2.0 * align(centre, alpha).minor) + 2.0**-51
    rho = np.maximum(rest * np.expm1(centre * tilt), np.finfo(np.float64).tiny)
    minor = weight / (1.0 + rho)
    gain = np.log1p(weight / rest * (rho / (1.0 + rho)))
    separation = (gain + np.log1p(rho)) * (1.0 + rho) / ((1.0 - 2.0 * weight) + rho)
    energy = separation * minor**2 + gain
    low = energy * np.minimum(1.0, below / separation)
    # capped: 0 * inf would be NaN, and the ceiling bounds the energy there
    rise = np.minimum(above, 2.0 * _SATURATED) - separation
    high = energy + np.where(rise > -0.5 * separation, minor * (1.0 - minor) * rise, 0.0)
    high = np.where(above >= 2.0 * _SATURATED, np.inf, high)
    linear = (weight == 0.5) & (above <= 2.0)
    low = np.where(linear, 0.25 * below, low)
    high = np.where(linear, 0.25 * above, high)
    ceiling = -np.log1p(-weight)
    low = np.where(below >= _SATURATED, ceiling, low)
    # T6: below the ceiling and below a(1-a) separation, whatever the rest says
    high = np.minimum(np.minimum(high, ceiling), weight * rest * above)
    return low * (1.0 - _ROUNDING) - _SLACK, high * (1.0 + _ROUNDING) + _SLACK
