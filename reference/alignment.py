r"""The alignment coordinate and energy of pairs, from their separation and mixing weight.

Everything is computed for the minor weight a = min(alpha, 1 - alpha), which float64 holds exactly,
and mirrored afterwards (T8). How the minimiser is found, and why the energy is accurate where the
coordinate is ill conditioned, is told in `minimiser`. Thresholds become radii here too, because the
energy increases with the separation (T6, T7).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import non_negative_array, positive_scalar, threshold_array, weight_array
from .interchange import any_library
from .inverse import separation_of_energy
from .minimiser import positive_root, pull, sigmoid_reading
from .vectors import together

__all__ = [
    "Alignment",
    "align",
    "ceiling",
    "coherence",
    "positive_root",
    "radius",
    "threshold_from_radius",
]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

# From here on exp(-separation) is 0 in float64 and the pair is saturated whatever alpha is.
_SATURATED = 1e4


@dataclass(frozen=True, eq=False)
class Alignment:
    """The alignment point of pairs, and its energy. All fields are dimensionless, shape (...).

    Attributes
    ----------
    coordinate : float64
        t*, in [0, 1]; may round to 0 or 1. 1 - alpha at separation 0; the key side at
        alpha = 1/2, separation > 2.
    minor : float64
        u = min(t*, 1 - t*), without the rounding of the coordinate.
    energy : float64
        E*.
    ceiling : float64
        -log max(alpha, 1 - alpha), the supremum of the energy.
    deficit : float64
        ceiling - E*, computed without subtracting them.
    unique : bool
        Whether the alignment point is unique. True at separation 0, where q and k coincide.
    curvature : float64
        1 - 2 separation t*(1 - t*), in [0, 1]: the Hessian's eigenvalue along the passage over
        2 beta.

    Notes
    -----
    Clauses: GDA-def-alignment-point, GDA-def-energy, GDA-align-unique, GDA-thm-curvature.
    """

    coordinate: Float
    minor: Float
    energy: Float
    ceiling: Float
    deficit: Float
    unique: Bool
    curvature: Float


@any_library
def align(separation: ArrayLike, alpha: ArrayLike = 0.5) -> Alignment:
    """Alignment coordinate, energy, ceiling, deficit, uniqueness and curvature of pairs.

    Parameters
    ----------
    separation : array_like (...)
        beta |k - q|^2, in [0, inf]; dimensionless. At inf the energy is the ceiling.
    alpha : array_like (...)
        Weight of the query's well, in (0, 1); broadcasts with `separation`.

    Returns
    -------
    Alignment

    Raises
    ------
    TypeError, ValueError
        If `separation` is negative or NaN, or `alpha` is outside (0, 1).

    Notes
    -----
    With eps = 2**-52. Relative error of the energy: at most 16 eps for separations from 1e-300 to
    1e300 and alpha from 1e-12 to 1 - 1e-12, the critical point included, unless the energy is
    subnormal; `minimiser` derives it, and tests measure less than 3 eps. Of u and of the deficit:
    at most 4 (1 + separation + |h|) eps where they are not subnormal; tests measure less than 2.
    The curvature: at most 16 eps. These hold next to (2, 1/2) too, for the floats given: what is
    ill conditioned there is the answer to inexact ones (T13).

    Clauses: GDA-align-zero, GDA-align-half, GDA-align-unique, GDA-coordinate-value,
    GDA-energy-value, GDA-energy-overflow, GDA-energy-saturation, GDA-thm-closed-form,
    GDA-thm-computation.
    """
    lam, weight = together(
        separation=non_negative_array("separation", separation),
        alpha=weight_array("alpha", alpha),
    )
    # exact: 1 - alpha does not round for alpha >= 1/2
    a = np.minimum(weight, 1.0 - weight)
    bounded = np.minimum(lam, _SATURATED)
    with np.errstate(under="ignore"):
        m, X = pull(bounded, a)
        u, product, _ = sigmoid_reading(a, X)
        square = bounded * u * u
        deficit = -np.log1p(-u) - square
        top = -np.log1p(-a)
        # At a = 1/2 up to separation 2, u = 1/2 and p = 0: separation / 4, exactly (T6). Beyond
        # X = 30 the deficit is below 2**-40 of the ceiling: subtracting it costs nothing.
        energy = np.where(X > 30.0, top - deficit, square + np.log1p(product))
        # 1 - (y/2)(1 - m^2): for small y no factor is lost, for large ones u keeps its digits
        near = (1.0 - 0.5 * bounded) + 0.5 * bounded * m**2
        curvature = np.where(bounded < 8.0, near, 1.0 - 2.0 * bounded * (u * (1.0 - u)))
    # T8: for alpha > 1/2 the minimiser lies on the query's side; a tie at alpha = 1/2 goes to the
    # key's side (GDA-align-half). At separation 0, u = a: 1 - alpha, without a second rounding.
    coordinate = np.where(weight > 0.5, u, 1.0 - u)
    return Alignment(
        coordinate=np.asarray(coordinate),
        minor=np.asarray(u),
        energy=np.asarray(energy),
        ceiling=np.asarray(top),
        deficit=np.asarray(deficit),
        unique=np.asarray((weight != 0.5) | (lam <= 2.0)),
        curvature=np.asarray(curvature),
    )


@any_library
def ceiling(alpha: ArrayLike) -> Float:
    """Supremum of the alignment energy over all separations: ``-log max(alpha, 1 - alpha)``.

    Parameters
    ----------
    alpha : array_like (...)
        In (0, 1).

    Returns
    -------
    float64 (...)
        Dimensionless, in (0, log 2]; correct to 2 eps. The real ceiling is transcendental: no
        float equals it.

    Raises
    ------
    TypeError, ValueError
        If `alpha` is outside (0, 1).

    Notes
    -----
    Clauses: GDA-def-energy, GDA-thm-vacuous.
    """
    weight = weight_array("alpha", alpha)
    return np.asarray(-np.log1p(-np.minimum(weight, 1.0 - weight)))


@any_library
def coherence(energy: ArrayLike) -> Float:
    """Coherence ``exp(-energy)`` of alignment energies.

    Parameters
    ----------
    energy : array_like (...)
        Non-negative, dimensionless; +inf (an abstention) gives 0.

    Returns
    -------
    float64 (...)
        Dimensionless, in [0, 1].

    Raises
    ------
    TypeError, ValueError
        If `energy` is negative or NaN.

    Notes
    -----
    Clause: GDA-def-coherence.
    """
    with np.errstate(under="ignore"):
        return np.asarray(np.exp(-non_negative_array("energy", energy)))


@any_library
def radius(threshold: ArrayLike, alpha: ArrayLike = 0.5, beta: ArrayLike = 1.0) -> Float:
    """Radius of a threshold: the supremum of the lengths |k - q| at which E* <= threshold.

    Parameters
    ----------
    threshold : array_like (...)
        Dimensionless; infinities allowed.
    alpha : array_like (...)
        In (0, 1); broadcasts with `threshold`.
    beta : scalar
        Precision, finite and positive, in 1/length**2.

    Returns
    -------
    float64 (...)
        A length. -inf for a negative threshold, 0 at 0 and -0.0, +inf at or above the ceiling. The
        ceiling is the real number, which no float equals.

    Raises
    ------
    TypeError, ValueError
        If `threshold` is NaN, `alpha` outside (0, 1), or `beta` not finite and positive.

    Notes
    -----
    Relative error measured: below 4 eps, up to the last float below the ceiling. At alpha = 1/2 and
    threshold <= 1/2 the radius is sqrt(4 threshold / beta) to 2 eps.

    Clauses: GDA-def-radius, GDA-thm-nearest, GDA-thm-vacuous, GDA-admit-ceiling.
    """
    tau, weight = together(
        threshold=threshold_array("threshold", threshold), alpha=weight_array("alpha", alpha)
    )
    precision = positive_scalar("beta", beta)
    with np.errstate(under="ignore"):
        taus, a = tau.ravel(), np.minimum(weight, 1.0 - weight).ravel()
        y = separation_of_energy(taus, a)
        # two roots: the quotient of separation and precision may overflow
        root = np.sqrt(np.abs(y))
        # there E* = a(1-a) y, and y itself may be subnormal while its root is not
        tiny = (y > 0.0) & (y < 2.0**-900) | (y == 0.0) & (taus > 0.0)
        root[tiny] = 2.0**-100 * np.sqrt(taus[tiny] * 2.0**200 / a[tiny] / (1.0 - a[tiny]))
        length = np.where(y < 0.0, y, root / np.sqrt(precision))
    return np.asarray(length.reshape(tau.shape))


@any_library
def threshold_from_radius(
    radius: ArrayLike, alpha: ArrayLike = 0.5, beta: ArrayLike = 1.0
) -> Float:
    """Threshold that admits exactly the keys within a radius: E* at this length, up to rounding.

    Parameters
    ----------
    radius : array_like (...)
        A length, in [0, inf].
    alpha : array_like (...)
        In (0, 1); broadcasts with `radius`.
    beta : scalar
        Precision, finite and positive, in 1/length**2.

    Returns
    -------
    float64 (...)
        Dimensionless. Relative error at most 18 eps where `align` has 16, unless subnormal. Where
        it rounds to the ceiling it says no more about the radius.

    Raises
    ------
    TypeError, ValueError
        If `radius` is negative or NaN, `alpha` outside (0, 1), or `beta` not finite and positive.

    Notes
    -----
    Clauses: GDA-def-radius, GDA-thm-envelope, GDA-thm-nearest.
    """
    length = non_negative_array("radius", radius)
    precision = positive_scalar("beta", beta)
    mantissa, exponent = np.frexp(length)
    beta_mantissa, beta_exponent = np.frexp(precision)
    with np.errstate(over="ignore", under="ignore"):
        # the square alone may overflow or underflow where the separation does not
        separation = np.ldexp(mantissa**2 * beta_mantissa, 2 * exponent + beta_exponent)
    return align(separation, alpha).energy
