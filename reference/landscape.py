"""The energy landscape of one query and one key, and its stationary points along the passage.

The landscape itself is a function of vectors. Everything below `separation` depends on two numbers
only, the separation y and the log-odds h (T1, T2). These are diagnostics: selection needs the
global minimum alone, which is `alignment.align`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import positive_scalar, weight_array
from .counting import Regime, regime, spinodal
from .distances import pair_separations
from .interchange import any_library
from .minimiser import minor_log_odds
from .stationary import Barrier, StationaryPoints, barrier, stationary_points
from .vectors import finite_vectors, jumps, rows, together

__all__ = [
    "Barrier",
    "Jump",
    "Regime",
    "StationaryPoints",
    "barrier",
    "energy",
    "jump",
    "log_odds",
    "regime",
    "separation",
    "spinodal",
    "stationary_points",
]

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Jump:
    """The jump from queries to keys.

    Attributes
    ----------
    delta : float64 (..., D)
        k - q, correctly rounded; infinite where it overflows.
    length : float64 (...)
        |k - q|; infinite where it overflows, 0 iff the key equals the query.
    direction : float64 (..., D)
        Unit vector, finite also where `delta` overflows; 0 where the key equals the query.

    Notes
    -----
    Clause: GDA-def-jump.
    """

    delta: Float
    length: Float
    direction: Float


@any_library
def energy(
    s: ArrayLike,
    query: ArrayLike,
    key: ArrayLike,
    alpha: ArrayLike = 0.5,
    beta: ArrayLike = 1.0,
) -> Float:
    """Energy landscape ``phi(s) = -log(alpha exp(-beta|s-q|^2) + (1-alpha) exp(-beta|s-k|^2))``.

    Parameters
    ----------
    s, query, key : array_like (..., D)
        Finite; leading axes broadcast.
    alpha : array_like (...)
        Weight of the query's well, in (0, 1).
    beta : scalar
        Precision, finite and positive.

    Returns
    -------
    float64 (...)
        Dimensionless, >= 0; 0 iff s = q = k, unless it underflows. +inf where it overflows.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains, naming the argument.

    Notes
    -----
    Relative error: a few (D + 4) eps. Clause: GDA-def-landscape.
    """
    point, q, k = finite_vectors(s=s, query=query, key=key)
    weight = weight_array("alpha", alpha)
    precision = positive_scalar("beta", beta)
    from_query = rows(pair_separations, point, q, precision)
    from_key = rows(pair_separations, point, k, precision)
    _, weight = together(pair=from_key, alpha=weight)
    with np.errstate(under="ignore"):
        # both terms have one sign: near 0 the mixture's distance from 1 keeps its digits
        shift = weight * np.expm1(-from_query) + (1.0 - weight) * np.expm1(-from_key)
        near = -np.log1p(np.maximum(shift, -0.5))
        # far from both wells the exponentials underflow, their logarithms do not
        far = -np.logaddexp(np.log(weight) - from_query, np.log1p(-weight) - from_key)
    return np.asarray(np.where(shift > -0.5, near, far) + 0.0)


@any_library
def jump(query: ArrayLike, key: ArrayLike) -> Jump:
    """Jump ``Delta = k - q`` with its length ``L`` and direction ``g = Delta / L``.

    Parameters
    ----------
    query, key : array_like (..., D)
        Finite; leading axes broadcast.

    Returns
    -------
    Jump

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes and for non-finite values, naming the argument.

    Notes
    -----
    Clause: GDA-def-jump.
    """
    q, k = finite_vectors(query=query, key=key)
    unit, exponent = jumps(q, k)
    norm = np.sqrt(np.sum(unit * unit, axis=-1))
    with np.errstate(over="ignore", under="ignore"):
        # infinite where the jump exceeds float64; length and direction are not formed from it
        return Jump(
            delta=np.asarray(k - q),
            length=np.asarray(np.ldexp(norm, exponent)),
            direction=unit / np.where(norm > 0.0, norm, 1.0)[..., None],
        )


@any_library
def separation(query: ArrayLike, key: ArrayLike, beta: ArrayLike = 1.0) -> Float:
    """Separation ``beta |k - q|^2``.

    Parameters
    ----------
    query, key : array_like (..., D)
        Finite; leading axes broadcast.
    beta : scalar
        Precision, finite and positive.

    Returns
    -------
    float64 (...)
        Dimensionless; 0 iff the key equals the query, +inf where it overflows. Relative error
        below (D + 4) 2**-52, plus an absolute 2**-1074.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains, naming the argument.

    Notes
    -----
    Clause: GDA-def-separation.
    """
    q, k = finite_vectors(query=query, key=key)
    return rows(pair_separations, q, k, positive_scalar("beta", beta))


@any_library
def log_odds(alpha: ArrayLike) -> Float:
    """Key log-odds ``h = log((1-alpha)/alpha)``.

    Parameters
    ----------
    alpha : array_like (...)
        In (0, 1).

    Returns
    -------
    float64 (...)
        Dimensionless; 0 exactly at 1/2. Relative error at most 2.5 eps, near 1/2 too.

    Raises
    ------
    TypeError, ValueError
        If `alpha` is outside (0, 1).

    Notes
    -----
    Clause: GDA-def-log-odds.
    """
    weight = weight_array("alpha", alpha)
    # the complement is exact: 1 - alpha does not round for alpha >= 1/2
    h = minor_log_odds(np.minimum(weight, 1.0 - weight))
    return np.asarray(np.where(weight > 0.5, -h, h))
