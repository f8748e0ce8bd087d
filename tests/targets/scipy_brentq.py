"""An honest float64 implementation as a user would write it: NumPy differences, SciPy's brentq.

Nothing is exact here and nothing is shared with the reference. Order by distance for one alpha, by
energy otherwise; the root of the stationarity equation by bracketing. It must conform under the
float64 contract: a contract that refused it would ask for more than its text says.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq


def align(separation: float, alpha: float) -> tuple[float, float]:
    """Coordinate and energy of one pair."""
    a = min(alpha, 1.0 - alpha)
    if a == 0.5 and separation <= 2.0:
        return 0.5, separation / 4.0
    if separation == 0.0:
        return 1.0 - alpha, 0.0
    h = math.log1p((1.0 - 2.0 * a) / a) if a >= 0.25 else math.log1p(-a) - math.log(a)
    lam = min(separation, 1e5)

    def f(z: float) -> float:
        return z - 0.5 * h - 0.5 * lam * math.tanh(z)

    # f falls up to its minimum, where cosh(z)^2 = separation / 2, and rises from there
    low = math.acosh(math.sqrt(0.5 * lam)) if lam > 2.0 else 0.0
    high = 0.5 * (h + lam)
    if f(low) >= 0.0:  # within rounding of the double root
        z = low
    elif f(high) <= 0.0:  # saturated: tanh rounds to 1
        z = high
    else:
        z = brentq(f, low, high, xtol=1e-300, rtol=4 * np.finfo(float).eps, maxiter=2000)
    pull = lam * math.tanh(z)
    fall = math.exp(-pull)
    share = a * fall + (1.0 - a)
    u = a * fall / share
    energy = lam * u * u + math.log1p(-a * math.expm1(-pull) / share)
    return (u if alpha > 0.5 else 1.0 - u), energy


def select(query, keys, *, alpha=0.5, beta=1.0, threshold=np.inf, mask=None):
    """Index, energy and coordinate of two-dimensional inputs."""
    query, keys = np.asarray(query, np.float64), np.asarray(keys, np.float64)
    if query.ndim != 2 or keys.ndim != 2:
        raise NotImplementedError("two dimensions only")
    m, n = len(query), len(keys)
    alpha = np.broadcast_to(np.asarray(alpha, np.float64), (n,))
    threshold = np.broadcast_to(np.asarray(threshold, np.float64), (m, n))
    mask = np.ones((m, n), bool) if mask is None else np.broadcast_to(mask, (m, n))
    shared = len(set(alpha.tolist())) <= 1
    index, energy, coordinate = np.full(m, -1), np.full(m, np.inf), np.zeros(m)
    for i in range(m):
        best = math.inf
        for j in np.nonzero(mask[i])[0]:
            with np.errstate(over="ignore"):
                separation = float(beta * np.sum((keys[j] - query[i]) ** 2))
            t, e = align(separation, float(alpha[j]))
            order = separation if shared else e
            # an energy that underflows must not pass for an exact match
            exact_match = bool((keys[j] == query[i]).all())
            admitted = exact_match if threshold[i, j] == 0.0 else e <= threshold[i, j]
            if admitted and (order < best or index[i] < 0):
                best, index[i], energy[i], coordinate[i] = order, j, e, t
    return {"index": index, "energy": energy, "coordinate": coordinate}
