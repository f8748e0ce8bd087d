r"""One pair at a time, compiled: the root of T22, and a proved interval around the energy.

`root` is the iteration of `reference/minimiser.py` for scalars: F(z) = z - h/2 - (y/2) tanh z is
convex on z >= 0, and Newton descends from the right to its largest root. Next to the triple root
at separation 2, weight 1/2, where plain Newton gains a third of the distance per step, it starts
from the cubic instead: tanh z >= z - z^3/3, so F(z) <= C(z) = (1 - y/2) z - h/2 + (y/6) z^3, whose
largest root lies below F's by a relative O(z^2). One step of Newton on a convex function from the
left overshoots to the right of the root, so both starts end in the same descent. Below z = 1, F is
summed as (1 - y/2) z - h/2 + (y/2)(z - tanh z), the last difference by a continued fraction with
positive terms: the error of F there is below 6.5 eps z, derived in `reference/minimiser.py`.

`energy_bounds` needs no accurate root. It is `reference/intervals.py` for scalars: the root only
says where the nearby question is asked whose answer is known exactly, so that a bad root gives a
wide interval and never a wrong one. The proof there holds for these operations in this order;
hence no fastmath here.

The functions take and return scalars and allocate nothing, so that any target of Numba can compile
them.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = ["energy_bounds", "minor_coordinate", "root", "separation_beyond"]

_MOST_STEPS = 120
_EPS = 2.0**-52
_LARGEST = float(np.finfo(np.float64).max)
_SMALLEST_NORMAL = float(np.finfo(np.float64).tiny)
_ROUNDING = 2.0**-45
_SLACK = 2.0**-1060
_SATURATED = 64.0


@njit(nogil=True, cache=True, error_model="numpy")
def _half_log_odds(a):
    """``log((1-a)/a) / 2`` for a in (0, 1/2]; as `reference/minimiser.py` forms it."""
    if a >= 0.25:
        return 0.5 * math.log1p((1.0 - 2.0 * a) / a)
    return 0.5 * (math.log1p(-a) - math.log(a))


@njit(nogil=True, cache=True, error_model="numpy")
def _z_minus_tanh(z):
    """``z - tanh z`` for z in [0, 1], by eight levels of Lambert's fraction."""
    square = z * z
    tail = 0.0
    for odd in range(19, 4, -2):
        tail = square / (odd + tail)
    return z * square / (3.0 + tail + square)


@njit(nogil=True, cache=True, error_model="numpy")
def _start(half, field):
    """Where to begin: the root of the cubic next to the triple root, else right of all roots."""
    far = field + half
    if not (field < 0.1 and abs(1.0 - half) < 0.3):
        return far
    # the cubic z^3 + 3 p z - 2 r, its largest root bounded by two terms and refined twice
    p, r = (1.0 - half) / half, 1.5 * field / half
    z = (2.0 * r) ** (1.0 / 3.0) + math.sqrt(max(0.0, -3.0 * p))
    for _ in range(2):
        slope = 3.0 * (z * z + p)
        if slope > 0.0:
            z -= (z * (z * z + 3.0 * p) - 2.0 * r) / slope
    return min(z, far)


@njit(nogil=True, cache=True, error_model="numpy")
def root(separation, a):
    """``z = logit(1-u)/2`` at the global minimiser of one pair.

    Parameters
    ----------
    separation : float
        In [0, inf), dimensionless.
    a : float
        min(alpha, 1 - alpha).

    Notes
    -----
    Clauses: GDA-thm-computation, GDA-thm-uniqueness.
    """
    if a == 0.5 and separation <= 2.0:
        return 0.0
    half, field = 0.5 * separation, _half_log_odds(a)
    z = _start(half, field)
    turned = False
    for _ in range(_MOST_STEPS):
        if z < 1.0:
            tail = _z_minus_tanh(z)
            tanh = z - tail
            value = (1.0 - half) * z - field + half * tail
            slope = (1.0 - half) + half * tanh * tanh
        else:
            tanh = math.tanh(z)
            value = z - field - half * tanh
            slope = 1.0 - half * ((1.0 - tanh) * (1.0 + tanh))
        if slope <= 0.0:
            # left of the minimum of F: begin again from the right
            if turned:
                break
            turned = True
            z = field + half
            continue
        step = value / slope
        if value < 0.0 and turned:
            break
        turned = turned or value < 0.0
        following = max(z - step, 0.0)
        if abs(following - z) <= _EPS * z:
            return following
        z = following
    return z


@njit(nogil=True, cache=True, error_model="numpy")
def minor_coordinate(separation, a):
    """``u = min(t*, 1 - t*)`` of one pair; arguments as in `root`.

    Clause: GDA-thm-closed-form.
    """
    decay = a * math.exp(-separation * math.tanh(root(separation, a)))
    return decay / (decay + (1.0 - a))


@njit(nogil=True, cache=True, error_model="numpy")
def energy_bounds(value, a, relative):
    """Floats below and above the exact energy of a pair with a computed separation.

    Parameters
    ----------
    value : float
        Computed separation, in [0, inf].
    a : float
        min(alpha, 1 - alpha).
    relative : float
        Relative error of ``value``, beside an absolute 2^-1074.

    Returns
    -------
    low, high : float
        low <= E* <= high.

    Notes
    -----
    Clauses: GDA-def-energy, GDA-thm-closed-form, GDA-thm-envelope. Proof: `reference/intervals.py`.
    """
    error = 2.0 * relative
    below = max(min(value, _LARGEST) * (1.0 - error) - 2.0**-1070, 0.0)
    above = value * (1.0 + error) + 2.0**-1070
    rest = 1.0 - a
    ceiling = -math.log1p(-a)
    if below >= _SATURATED:
        low, high = ceiling, ceiling
    elif a == 0.5 and above <= 2.0:
        low, high = 0.25 * below, 0.25 * above
    else:
        centre = min(value, _SATURATED)
        # the tilt 1 - 2u enlarged by its rounding, so that the chord counts
        tilt = (1.0 - 2.0 * minor_coordinate(centre, a)) + 2.0**-51
        rho = max(rest * math.expm1(centre * tilt), _SMALLEST_NORMAL)
        minor = a / (1.0 + rho)
        gain = math.log1p(a / rest * (rho / (1.0 + rho)))
        separation = (gain + math.log1p(rho)) * (1.0 + rho) / ((1.0 - 2.0 * a) + rho)
        energy = separation * (minor * minor) + gain
        low = energy * min(1.0, below / separation)
        high = energy
        rise = min(above, 2.0 * _SATURATED) - separation
        if rise > -0.5 * separation:
            high = energy + minor * (1.0 - minor) * rise
        if above >= 2.0 * _SATURATED:
            high = math.inf
    high = min(high, ceiling, a * rest * above)
    return low * (1.0 - _ROUNDING) - _SLACK, high * (1.0 + _ROUNDING) + _SLACK


@njit(nogil=True, cache=True, error_model="numpy")
def separation_beyond(energy, a, relative):
    """A computed separation from which on every pair of weight >= a exceeds ``energy``.

    Parameters
    ----------
    energy : float
        Upper bound on the best energy so far, or inf.
    a : float
        The least min(alpha, 1 - alpha) of a group of keys.
    relative : float
        As in `energy_bounds`.

    Returns
    -------
    float
        x such that a pair of weight at least ``a`` whose computed separation is above x has a
        larger exact energy; inf if none is found.

    Notes
    -----
    E* increases with the separation (T6) and with the weight (T23), so it is enough that
    ``energy_bounds(x, a)`` lies above ``energy``: this is checked, whatever the search for x did.
    The search is Newton's on a concave increasing function from the left; next to the ceiling,
    where it would creep, it starts from the deficit's asymptote a exp(-x) (T14).

    Clauses: GDA-thm-prior-monotone, GDA-thm-envelope.
    """
    ceiling = -math.log1p(-a)
    deficit = ceiling - energy
    if not deficit > 2.0**-40 * ceiling:
        return math.inf
    x = max(energy, 0.0) / a / (1.0 - a)
    if deficit < a:
        x = max(x, math.log(a / deficit) - 0.7)
    x = min(x, _SATURATED)
    for _ in range(40):
        low, high = energy_bounds(x, a, 0.0)
        minor = minor_coordinate(x, a)
        step = (energy - 0.5 * (low + high)) / (minor * (1.0 - minor))
        x = min(max(x + step, 0.0), 2.0 * _SATURATED)
        if abs(step) <= 2.0**-30 * x:
            break
    margin = 2.0**-28 + 4.0 * relative
    for _ in range(6):
        x = x * (1.0 + margin) + 2.0**-1060
        if energy_bounds(x, a, relative)[0] > energy:
            return x
        margin *= 64.0
    return math.inf
