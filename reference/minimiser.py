r"""The minimiser on the passage, and why float64 finds it: Newton's iteration and T5's readings.

Everything is stated for the minor weight a = min(alpha, 1 - alpha), which float64 holds exactly,
so that h = log((1-a)/a) >= 0. The other half is symmetry (T8). Write y for the separation.

Solve (T22). With z = logit(1-u)/2 stationarity reads F(z) = z - h/2 - (y/2) tanh z = 0. F is
convex on z >= 0 with F(0) <= 0, so Newton from z_0 = (h + y)/2 descends to the largest root, the
global minimiser's. Below z = 1, where the terms of F can cancel, it is summed as

    F(z) = (1 - y/2) z - h/2 + (y/2) (z - tanh z),

where 1 - y/2 does not round for y >= 1, and z - tanh z = z^3 / (3 + c + z^2) with Lambert's
continued fraction c, whose terms are all positive. Next to the triple root at y = 2, h = 0 this
gives z itself to a few eps: it balances terms that are each accurate.

Read off (T5). With X = y tanh z,

    D = a exp(-X) + (1-a),  u = a exp(-X) / D,  p = u expm1(X) = a (1 - exp(-X)) / D,
    E* = y u^2 + log1p(p),  deficit = -log1p(-u) - y u^2.

Nothing overflows, and E* has no negative term.

Error of the energy to first order, in units of eps = 2**-52, with one eps for each of exp, expm1,
log, log1p and tanh and half an eps for each operation. E* >= y u(1-u), because E* is concave with
this slope (T6).

1. Root: along z the reading has dE = 4 y u^2 (1-u) F'(z) dz, and an error r of F moves z by
   r / F'(z). The singular factor cancels: dE = 4 y u^2 (1-u) r <= 4 u r E*. At a root h/2 <= z and
   y/2 <= z / tanh z. So for z < 1 (h to 2.5 eps, the fraction to 5 eps of at most 0.24 z, three
   products and two sums) r <= 6 z, and 6.5 z with the rounding of z; for z >= 1 r <= 4 z. As
   u z = z / (1 + exp(2z)) < 0.14, this is less than 4 eps of E*.
2. Pull: X is off by 1.5 eps, and dE/dX = u (1 - 2 y u(1-u)) gives less than X/E* <= 1/(u(1-u))
   times that: at most 1.5 / (1-u) <= 3 eps.
3. Reading: D and u come to 1.5 and 3.5 eps, y u^2 to 8; p to 3.5, log1p(p) to 4.5; the sum adds
   half an eps: at most 8.5 eps.

Together 15.5 eps, so the bound of 16 that `align` states has room for the second order. The three
are not at their worst together: a covering of all pairs in ball arithmetic (`proofs/rounding`)
gives 9.5 eps, and 13.5 for functions that are off by two eps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["minor_log_odds", "newton_root", "positive_root", "pull", "sigmoid_reading"]

Float = NDArray[np.float64]

# A guard against a loop that rounding keeps alive. The descent is quadratic but for the triple
# root, where a step leaves 2/3: z falls to its least, about 1e-8, in 50 steps.
_MOST_STEPS = 120
_STEP_BACK = 2.0**-10


def minor_log_odds(a: Float) -> Float:
    """``log((1-a)/a)`` for a in (0, 1/2], to 2.5 eps; 0 exactly at 1/2.

    Clause: GDA-def-log-odds.
    """
    # 1 - 2a does not round from 1/4 on; below, log((1-a)/a) > 1 and the difference does not
    # cancel, while the quotient (1-a)/a would overflow for subnormal a
    near = np.log1p((1.0 - 2.0 * a) / np.maximum(a, 0.25))
    return np.where(a >= 0.25, near, np.log1p(-a) - np.log(a))


def newton_root(separation: Float, field: Float, start: Float) -> Float:
    """Root of ``F(z) = z - field - (separation/2) tanh z`` next to ``start``, by Newton.

    Parameters
    ----------
    separation, field, start : float64 (P,)
        F is convex on z >= 0. ``start`` >= 0 has F(start) >= 0, so the iteration runs from there
        to the nearest root without passing it: down from the right, up from the left.

    Returns
    -------
    float64 (P,)

    Notes
    -----
    Clause: GDA-thm-computation.
    """
    root = start.copy()
    active = np.arange(root.size)
    turned = np.zeros(root.shape, dtype=np.bool_)
    for _ in range(_MOST_STEPS):
        z, past = root[active], turned[active]
        value, slope = _newton_terms(0.5 * separation[active], field[active], z)
        step = np.where(slope != 0.0, value, 0.0) / np.where(slope != 0.0, slope, 1.0)
        # a long step rounds at the size of where it starts and may end beside a small root: one
        # step back is allowed, a second would follow the rounding of F, a long one leave the root
        beyond = value < 0.0
        step[beyond & (past | (np.abs(step) > _STEP_BACK * z))] = 0.0
        root[active] = np.maximum(z - step, 0.0)
        turned[active] = past | beyond
        active = active[np.abs(root[active] - z) > 2.0**-52 * z]
        if not active.size:
            break
    return root


def _newton_terms(half: Float, field: Float, z: Float) -> tuple[Float, Float]:
    """F(z) and F'(z), each in the form that does not cancel."""
    tanh = np.tanh(z)
    small = z < 1.0
    low = np.minimum(z, 1.0)  # the form not taken must not overflow
    value = np.where(
        small,
        (1.0 - half) * low - field + half * _z_minus_tanh(low),
        z - field - half * tanh,
    )
    slope = np.where(
        small, (1.0 - half) + half * tanh**2, 1.0 - half * ((1.0 - tanh) * (1.0 + tanh))
    )
    return value, slope


def _z_minus_tanh(z: Float) -> Float:
    """Difference z - tanh z for z in [0, 1]; eight levels of the fraction suffice (below 1e-18)."""
    square = z * z
    tail = np.zeros_like(z)
    for odd in (19, 17, 15, 13, 11, 9, 7, 5):
        tail = square / (odd + tail)
    return np.asarray(z * square / (3.0 + tail + square))


def pull(separation: Float, a: Float) -> tuple[Float, Float]:
    """``m = 1 - 2u`` and the pull ``X = separation m`` at the global minimiser.

    Parameters
    ----------
    separation : float64 (...)
        Finite, dimensionless.
    a : float64 (...)
        min(alpha, 1 - alpha).

    Notes
    -----
    At a = 1/2 and separation <= 2, m = 0: nothing is iterated towards the triple root.
    Clauses: GDA-thm-computation, GDA-thm-uniqueness.
    """
    separation, a = np.broadcast_arrays(separation, a)
    m = np.zeros(separation.shape)
    where = (a != 0.5) | (separation > 2.0)
    m[where] = np.tanh(_minimiser_root(separation[where], a[where]))
    return m, separation * m


def positive_root(separation: float, a: float) -> float:
    """``z = logit(1-u)/2`` at the global minimiser of one pair; arguments as in `pull`.

    Clause: GDA-thm-computation.
    """
    if a == 0.5 and separation <= 2.0:
        return 0.0
    return float(_minimiser_root(np.array([separation]), np.array([a]))[0])


def _minimiser_root(separation: Float, a: Float) -> Float:
    field = 0.5 * minor_log_odds(a)
    return newton_root(separation, field, field + 0.5 * separation)


def sigmoid_reading(a: Float, X: Float) -> tuple[Float, Float, Float]:
    """``u = a exp(-X) / D`` and ``p = a (1 - exp(-X)) / D``, with D = a exp(-X) + (1-a).

    Also returns ``p / a``, which stays finite and accurate for subnormal a.

    Clause: GDA-thm-closed-form.
    """
    decay = np.exp(-X)
    share = a * decay + (1.0 - a)
    ratio = -np.expm1(-X) / share
    return a * decay / share, a * ratio, ratio
