"""[9] Modern Hopfield networks: repeated updates, fixed points and the bound of one retrieval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import natural_number, non_negative_scalar
from .checks import floats, positive
from .gibbs import finite_product
from .hopfield import energy, patterns_and_state, weights

__all__ = ["Retrieval", "lipschitz", "retrieval_bound", "retrieve", "separation"]

Float = NDArray[np.float64]


def separation(patterns: ArrayLike) -> Float:
    """``Delta_i = x_i.x_i - max_{j != i} x_i.x_j``, the separation of each pattern.

    Legend: N patterns, D space.

    Parameters
    ----------
    patterns : array_like (N, D)

    Returns
    -------
    float64 (N,)
        Negative where another pattern has the larger inner product; plus infinity for N = 1.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes, and where an inner product overflows.

    Properties
    ----------
    - P-equal-norm: among patterns of equal norm it is half the squared distance to the nearest
      other pattern.

    References
    ----------
    [9] Ramsauer et al. (2021), Hopfield networks is all you need, ICLR 2021.
    """
    x = floats("patterns", patterns, ndim=2)
    gram = finite_product(x, x.T, "patterns")
    others = np.where(np.eye(len(x), dtype=bool), -np.inf, gram)
    return np.asarray(np.diagonal(gram) - np.max(others, axis=-1, initial=-np.inf))


def retrieval_bound(patterns: ArrayLike, state: ArrayLike, beta: ArrayLike, index: int) -> Float:
    """Bound of ``|f(xi) - x_i|`` after one update.

    ``2 M (N - 1) exp(-beta (Delta_i - 2 M |xi - x_i|))``: the weights of the others are at most
    ``exp(-beta (x_i - x_j).xi)`` each, and ``(x_i - x_j).xi >= Delta_i - 2 M |xi - x_i|``.

    Legend: B... batch axes, N patterns, D space, M the largest norm.

    Parameters
    ----------
    patterns, state, beta
        As in `weights`.
    index : int
        The pattern i, in [0, N).

    Returns
    -------
    float64 (B...)
        In the unit of the patterns; plus infinity where it overflows (it says nothing there), 0
        for N = 1.

    Raises
    ------
    TypeError, ValueError
        As `weights`; ValueError for an index outside [0, N).

    Properties
    ----------
    - P-retrieval: ``|update - x_i|`` stays below it.

    References
    ----------
    [9] Ramsauer et al. (2021), Hopfield networks is all you need, ICLR 2021: the theorem on one
    retrieval has this shape; the constants here are derived above.
    """
    x, xi = patterns_and_state(patterns, state)
    precision = positive("beta", beta)
    i = natural_number("index", index)
    if i >= len(x):
        raise ValueError(f"index: expected less than {len(x)} patterns, got {i}")
    if len(x) == 1:
        return np.zeros(xi.shape[:-1])
    largest = np.sqrt(np.max(np.sum(x * x, axis=-1)))
    distance = np.sqrt(np.sum((xi - x[i]) ** 2, axis=-1))
    exponent = -precision * (separation(x)[i] - 2.0 * largest * distance)
    with np.errstate(over="ignore"):
        bound = 2.0 * (len(x) - 1) * np.exp(exponent)
    # all patterns zero: the bound is 0, and not 0 * inf
    return np.asarray(bound * largest if largest > 0.0 else np.zeros_like(bound))


def lipschitz(patterns: ArrayLike, beta: ArrayLike) -> float:
    """Lipschitz constant of `update`: ``beta diam(X)^2 / 4``.

    The Jacobian is beta times the covariance of the patterns under the weights, and the variance
    of a quantity of range r is at most ``r^2 / 4`` (Popoviciu).

    Legend: N patterns, D space.

    Parameters
    ----------
    patterns : array_like (N, D)
    beta : scalar
        Inverse temperature, finite and positive.

    Returns
    -------
    float
        Dimensionless; 0 for one pattern or none. Below 1 the update is a contraction.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains.

    Properties
    ----------
    - P-unique: below 1 there is one fixed point, and every start converges to it.

    References
    ----------
    [9] Ramsauer et al. (2021), Hopfield networks is all you need, ICLR 2021, gives the regimes
    (one global fixed point, metastable averages, single patterns); the constant is derived above.
    """
    x = floats("patterns", patterns, ndim=2)
    differences = x[:, None, :] - x[None, :, :]
    squared = np.max(np.sum(differences * differences, axis=-1), initial=0.0)
    return float(positive("beta", beta) * squared / 4.0)


@dataclass(frozen=True, eq=False)
class Retrieval:
    """Where `retrieve` stopped.

    Attributes
    ----------
    state : float64 (B..., D)
    weights : float64 (B..., N)
        Those of the last update: ``state = weights @ patterns`` after at least one.
    energies : float64 (T + 1, B...)
        Energy of the start and after each of T updates.
    residual : float64 (B...)
        ``|f(xi) - xi|`` at the last update's argument.
    converged : bool
        Whether every residual is at most the tolerance.
    """

    state: Float
    weights: Float
    energies: Float
    residual: Float
    converged: bool


def retrieve(
    patterns: ArrayLike,
    state: ArrayLike,
    beta: ArrayLike,
    mask: ArrayLike | None = None,
    *,
    steps: int = 1,
    tolerance: ArrayLike = 0.0,
) -> Retrieval:
    """Updates until the state stands still, `steps` of them at most.

    `steps` counts updates: 0 leaves the state, 1 is attention. (The authors' code performs
    ``update_steps_max + 1`` of them.)

    Legend: B... batch axes, N patterns, D space.

    Parameters
    ----------
    patterns, state, beta, mask
        As in `weights`.
    steps : int
        At least 0.
    tolerance : scalar
        Stop once no state moves farther; 0 asks for a fixed point in float64.

    Returns
    -------
    Retrieval

    Raises
    ------
    TypeError, ValueError
        As `weights`, and for bad `steps` or `tolerance`.

    Properties
    ----------
    - P-steps: n steps are n updates.
    - P-energies: the energies never rise along the way.
    - P-metastable: a fixed point is one pattern or an average of close ones: for high beta it is
      near a separated pattern, for low beta near the mean of all.

    References
    ----------
    [9] Ramsauer et al. (2021), Hopfield networks is all you need, ICLR 2021.
    """
    x, xi = patterns_and_state(patterns, state)
    limit = non_negative_scalar("tolerance", tolerance)
    energies = [energy(x, xi, beta, mask)]
    p, residual = weights(x, xi, beta, mask), np.full(xi.shape[:-1], np.inf)
    for _ in range(natural_number("steps", steps)):
        p = weights(x, xi, beta, mask)
        moved = np.asarray(p @ x)
        residual = np.sqrt(np.sum((moved - xi) ** 2, axis=-1))
        xi = moved
        energies.append(energy(x, xi, beta, mask))
        if np.all(residual <= limit):
            break
    # without a step the state is the caller's array still
    return Retrieval(xi.copy(), p, np.stack(energies), residual, bool(np.all(residual <= limit)))
