"""Derivatives: of the alignment energy, of the alignment coordinate, and of the landscape.

The energy is a minimum over points, so its derivatives are the partial ones at the minimiser
(envelope theorem, T10). Products such as beta times a jump may exceed float64 although the
derivative does not; they are formed with separate exponents and overflow only in the result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .alignment import align
from .arguments import non_negative_array, positive_scalar, weight_array
from .distances import pair_separations
from .interchange import any_library
from .minimiser import pull, sigmoid_reading
from .vectors import difference, finite_vectors, jumps, rows, scaled_product, together

__all__ = [
    "CoordinateDerivatives",
    "EnergyGradient",
    "coordinate_derivatives",
    "energy_gradient",
    "landscape_gradient",
    "landscape_hessian",
]

Float = NDArray[np.float64]

# From here on the pair is saturated in float64: u is 0, and so is every derivative of t.
_SATURATED = 1e4


@dataclass(frozen=True, eq=False)
class EnergyGradient:
    """Gradient of the alignment energy E* of pairs.

    Attributes
    ----------
    query, key : float64 (..., D)
        With respect to q and k, in 1/length; opposite to each other. Not longer than
        min(beta L / 2, 1 / L).
    alpha : float64 (...)
        Dimensionless; at alpha = 1/2 and separation > 2 the left derivative (the tie rule's).
    beta : float64 (...)
        In length**2; +inf where it exceeds float64.
    separation : float64 (...)
        dE*/dseparation = t*(1 - t*), in [0, 1/4].

    Notes
    -----
    Clause: GDA-thm-gradients.
    """

    query: Float
    key: Float
    alpha: Float
    beta: Float
    separation: Float


@dataclass(frozen=True, eq=False)
class CoordinateDerivatives:
    """Partial derivatives of the alignment coordinate t*, dimensionless, shape (...).

    Attributes
    ----------
    separation : float64
        dt*/dseparation.
    log_odds : float64
        dt*/dh.

    Notes
    -----
    Clause: GDA-thm-conditioning.
    """

    separation: Float
    log_odds: Float


@any_library
def energy_gradient(
    query: ArrayLike, key: ArrayLike, alpha: ArrayLike = 0.5, beta: ArrayLike = 1.0
) -> EnergyGradient:
    """Gradient of the alignment energy in query, key, alpha and beta.

    ``grad_q E* = -2 beta t(1-t) Delta = -grad_k E*``,
    ``dE*/dalpha = (t - (1-alpha)) / (alpha (1-alpha))``, ``dE*/dbeta = L^2 t(1-t)``.

    Parameters
    ----------
    query, key : array_like (..., D)
        Finite; leading axes broadcast with each other and with alpha.
    alpha : array_like (...)
        In (0, 1).
    beta : scalar
        Precision, finite and positive.

    Returns
    -------
    EnergyGradient
        All 0 where the key equals the query, but `separation`, which is alpha (1 - alpha) there.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains, naming the argument.

    Notes
    -----
    Clause: GDA-thm-gradients.
    """
    q, k = finite_vectors(query=query, key=key)
    weight = weight_array("alpha", alpha)
    precision = positive_scalar("beta", beta)
    y, weight = together(pair=rows(pair_separations, q, k, precision), alpha=weight)
    shape = (*y.shape, q.shape[-1])
    a = np.minimum(weight, 1.0 - weight)
    with np.errstate(under="ignore"):
        _, X = pull(np.minimum(y, _SATURATED), a)
        u, _, ratio = sigmoid_reading(a, X)
        slope = u * (1.0 - u)
    factor = _columns(np.frexp(slope))
    to_query = scaled_product(
        np.float64(-2.0) * np.ones(()), np.full((), precision), factor, difference(k, q)
    )
    to_query = np.broadcast_to(to_query, shape)
    unit, exponent = jumps(q, k)
    square = np.frexp(np.sum(unit * unit, axis=-1))
    return EnergyGradient(
        query=np.asarray(to_query + 0.0),
        key=np.asarray(0.0 - to_query),
        # t - (1-alpha) cancels for small separations. For alpha <= 1/2 it is a - u = (1-a) p, and
        # p/a is left of the quotient; the mirror image (T8) has the other sign
        alpha=np.asarray(np.where(weight > 0.5, -ratio, ratio) + 0.0),
        beta=np.broadcast_to(
            scaled_product((square[0], square[1] + 2 * exponent), np.frexp(slope)), y.shape
        ).copy(),
        separation=np.asarray(slope),
    )


@any_library
def coordinate_derivatives(separation: ArrayLike, alpha: ArrayLike = 0.5) -> CoordinateDerivatives:
    """Derivatives of the alignment coordinate in the separation and in the log-odds.

    ``dt/dseparation = t(1-t)(2t-1)/c`` and ``dt/dh = t(1-t)/c`` with the curvature
    ``c = 1 - 2 separation t(1-t)``.

    Parameters
    ----------
    separation : array_like (...)
        In [0, inf]; dimensionless.
    alpha : array_like (...)
        In (0, 1); broadcasts with `separation`.

    Returns
    -------
    CoordinateDerivatives
        At alpha = 1/2 and separation > 2 the derivative in h is one-sided, from h >= 0. At the
        critical point both are +inf: the derivatives from above. (From below in the separation
        the first is 0.)

    Raises
    ------
    TypeError, ValueError
        If `separation` is negative or NaN, or `alpha` is outside (0, 1).

    Notes
    -----
    No first-order statement holds near (2, 1/2); use the monotone interval there. Clause:
    GDA-thm-conditioning.
    """
    y, weight = together(
        separation=non_negative_array("separation", separation),
        alpha=weight_array("alpha", alpha),
    )
    aligned = align(y, weight)
    a = np.minimum(weight, 1.0 - weight)
    with np.errstate(under="ignore"):
        m, _ = pull(np.minimum(y, _SATURATED), a)
        slope = aligned.minor * (1.0 - aligned.minor)
        critical = aligned.curvature == 0.0
        by_field = slope / np.where(critical, 1.0, aligned.curvature)
        # at separation 0, t = 1 - alpha for every h: 2t - 1 = 1 - 2a in the limit, as elsewhere
        by_separation = np.where(weight > 0.5, -m, m) * by_field
    return CoordinateDerivatives(
        separation=np.where(critical, np.inf, by_separation),
        log_odds=np.where(critical, np.inf, by_field),
    )


@any_library
def landscape_gradient(
    s: ArrayLike,
    query: ArrayLike,
    key: ArrayLike,
    alpha: ArrayLike = 0.5,
    beta: ArrayLike = 1.0,
) -> Float:
    """Gradient of the landscape, ``2 beta ((1-p)(s-q) + p(s-k))``, p the share of the key's term.

    Parameters
    ----------
    s, query, key : array_like (..., D)
        Finite; leading axes broadcast with each other and with alpha.
    alpha : array_like (...)
        In (0, 1).
    beta : scalar
        Precision, finite and positive.

    Returns
    -------
    float64 (..., D)
        In 1/length; infinite where it exceeds float64.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains, naming the argument.

    Notes
    -----
    Clauses: GDA-def-landscape, GDA-thm-stationarity.
    """
    point, q, k = finite_vectors(s=s, query=query, key=key)
    weight = weight_array("alpha", alpha)
    precision = positive_scalar("beta", beta)
    _, weight = together(pair=point[..., 0], alpha=weight)
    key_share, query_share = _shares(point, q, k, weight, precision)
    to_query, to_key = difference(point, q), difference(point, k)
    # a common exponent, so that the sum overflows only as a whole
    top = np.maximum(to_query[1], to_key[1])
    with np.errstate(under="ignore"):
        mean = query_share[..., None] * np.ldexp(to_query[0], to_query[1] - top)
        mean = mean + key_share[..., None] * np.ldexp(to_key[0], to_key[1] - top)
    mantissa, exponent = np.frexp(mean)
    return scaled_product(np.full((), 2.0), np.full((), precision), (mantissa, exponent + top))


@any_library
def landscape_hessian(
    s: ArrayLike,
    query: ArrayLike,
    key: ArrayLike,
    alpha: ArrayLike = 0.5,
    beta: ArrayLike = 1.0,
) -> Float:
    """Hessian of the landscape, ``2 beta I - 4 beta^2 p(1-p) Delta Delta^T``.

    Parameters
    ----------
    s, query, key, alpha, beta
        As in `landscape_gradient`.

    Returns
    -------
    float64 (..., D, D)
        In 1/length**2; infinite where it exceeds float64. At the alignment point its eigenvalues
        are 2 beta, D - 1 times, and 2 beta times the curvature of `align`.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains, naming the argument.

    Notes
    -----
    Clauses: GDA-thm-curvature, GDA-thm-convexity.
    """
    point, q, k = finite_vectors(s=s, query=query, key=key)
    weight = weight_array("alpha", alpha)
    precision = positive_scalar("beta", beta)
    _, weight = together(pair=point[..., 0], alpha=weight)
    key_share, query_share = _shares(point, q, k, weight, precision)
    mantissa, exponent = difference(k, q)
    beta_part = np.full((), precision)
    with np.errstate(over="ignore"):
        return np.float64(2.0) * precision * np.eye(q.shape[-1]) - scaled_product(
            # the product of components first, so that rounding keeps the matrix symmetric
            (mantissa[..., :, None], exponent[..., :, None]),
            (mantissa[..., None, :], exponent[..., None, :]),
            np.full((), 4.0),
            beta_part,
            beta_part,
            key_share[..., None, None],
            query_share[..., None, None],
        )


def _shares(
    point: Float, q: Float, k: Float, weight: Float, precision: float
) -> tuple[Float, Float]:
    """Shares of the key's and of the query's term in the mixture at a point; they sum to 1."""
    # beta (|s-q|^2 - |s-k|^2) = beta Delta . ((s-q) + (s-k)): the squares would cancel
    unit, exponent = jumps(q, k)
    to_query, query_exponent = jumps(q, point)
    to_key, key_exponent = jumps(k, point)
    top = np.maximum(query_exponent, key_exponent)
    with np.errstate(under="ignore"):
        middle = np.ldexp(to_query, (query_exponent - top)[..., None])
        middle = middle + np.ldexp(to_key, (key_exponent - top)[..., None])
        dot = np.frexp(np.sum(unit * middle, axis=-1))
        lead = scaled_product(np.full((), precision), (dot[0], dot[1] + exponent + top))
        # odds of the key's term: (1-alpha)/alpha exp(lead), with the smaller factor in front
        decay = np.exp(-np.abs(lead))
        small = np.where(lead > 0.0, weight, 1.0 - weight) * decay
        large = np.where(lead > 0.0, 1.0 - weight, weight)
        minor = small / (small + large)
        major = large / (small + large)
    return np.where(lead > 0.0, major, minor), np.where(lead > 0.0, minor, major)


def _columns(parts: tuple[Float, NDArray[np.int32]]) -> tuple[Float, NDArray[np.int32]]:
    return parts[0][..., None], parts[1][..., None]
