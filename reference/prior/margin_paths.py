"""The paths of the attention SVM [8]: gradient descent, and the optimum at each norm of p.

On both paths of the model (`margin_model`) p grows without bound and its direction tends to that of
`margin.max_margin` for the tokens with the best scores: for descent under the conditions of the
paper (all other tokens of an input score alike, say), for the optimum wherever they are separable.

[8] D. A. Tarzanagh, Y. Li, X. Zhang, S. Oymak (2023), Max-margin token selection in attention
mechanism. NeurIPS.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from ..arguments import natural_number
from .checks import floats, positive
from .margin_model import Loss, Problem, excess, gradient, problem_of, vector

__all__ = ["Path", "gradient_path", "regularisation_path"]

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Path:
    """Points of a path.

    Attributes
    ----------
    points : float64 (steps + 1, D) or (radii, D)
        p at each step, or at each radius. A gradient path that stops early has fewer.
    norms : float64
        Their lengths.
    saturated : bool
        The gradient is zero in float64, and the path stopped there.
    """

    points: Float
    norms: Float
    saturated: bool


def gradient_path(
    keys: ArrayLike,
    scores: ArrayLike,
    steps: int,
    rate: float = 0.1,
    *,
    normalised: bool = True,
    start: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    loss: Loss = "logistic",
) -> Path:
    """Gradient descent on p: ``p <- p - rate g``, or ``- rate g / ||g||`` if normalised.

    Plain descent moves only like log(step); normalised descent reaches the same direction in far
    fewer steps. It stops where the gradient is zero in float64.

    Parameters
    ----------
    keys, scores, mask, loss
        As `attention_loss`.
    steps : int
    rate : float
        Positive.
    normalised : bool
    start : (D,), optional
        Default: zero.

    Returns
    -------
    Path
        ``steps + 1`` points, the start among them, or fewer if saturated.

    Raises
    ------
    ValueError
        As `attention_loss`, or if rate is not positive.

    Properties
    ----------
    - P-direction: the direction tends to that of `margin.max_margin` of the best tokens
    - P-grows: the norm grows without bound
    - P-one-hot: the attention tends to one-hot on the best tokens

    References
    ----------
    [8] Tarzanagh et al. (2023), Max-margin token selection in attention mechanism.
    """
    problem, size = problem_of(keys, scores, mask), positive("rate", rate)
    p = np.zeros(problem.keys.shape[2]) if start is None else vector(start, problem, "start")
    points = [p]
    for _ in range(natural_number("steps", steps)):
        slope = gradient(problem, p, loss)
        largest = np.max(np.abs(slope), initial=0.0)
        if largest == 0:
            break
        if normalised:
            # by the largest entry first: the squares of a small gradient vanish
            slope = slope / largest
            slope = slope / np.linalg.norm(slope)
        p = p - size * slope
        points.append(p)
    return Path(np.array(points), np.linalg.norm(points, axis=1), len(points) <= steps)


def regularisation_path(
    keys: ArrayLike,
    scores: ArrayLike,
    radii: ArrayLike,
    *,
    mask: ArrayLike | None = None,
    loss: Loss = "logistic",
    starts: int = 8,
    seed: int = 0,
) -> Path:
    """``p(R) = argmin of the loss over ||p|| <= R`` for each radius.

    Minimises the logarithm of the excess loss (same minimiser, and still informative where the loss
    itself is constant in float64) by sequential quadratic programming. The loss is not convex: the
    best of the last radius' point and of random starts is kept, which is no proof of a global
    minimum.

    Parameters
    ----------
    keys, scores, mask, loss
        As `attention_loss`.
    radii : (R,)
        Positive, ascending.
    starts : int
        Random starts per radius, beside zero and the continuation of the last point.
    seed : int

    Returns
    -------
    Path
        A point per radius; never saturated.

    Raises
    ------
    ValueError
        As `attention_loss`, if radii are not positive and ascending, or if every token of every
        input scores alike (all p are optimal then).

    Properties
    ----------
    - P-direction: p(R)/R tends to the direction of `margin.max_margin` of the best tokens
    - P-inside: ||p(R)|| <= R
    - P-decreases: the loss does not increase with R

    References
    ----------
    [8] Tarzanagh et al. (2023), Max-margin token selection in attention mechanism.
    """
    problem, bounds = problem_of(keys, scores, mask), floats("radii", radii, 1)
    if bounds.size and (bounds[0] <= 0 or (np.diff(bounds) <= 0).any()):
        raise ValueError(f"radii: expected positive ascending values, got {bounds}")
    if not (problem.gaps > 0).any():
        raise ValueError("scores: expected a token below the best of its input, got none")
    rng, space = np.random.default_rng(seed), problem.keys.shape[2]
    points: list[Float] = []
    for radius in bounds:
        tries = [
            np.zeros(space),
            *points[-1:],
            *(p * radius / np.linalg.norm(p) for p in points[-1:] if p.any()),
        ]
        tries += [radius * _unit(rng, space) for _ in range(starts)]
        found = [_ball_minimum(problem, p, float(radius), loss) for p in tries]
        # the last point lies in the larger ball too: with it the loss cannot increase
        best = min([*points[-1:], *found], key=lambda p: excess(problem, p, loss))
        if excess(problem, best, loss) == 0:
            raise ValueError(
                f"radii: expected values at which the excess loss is not 0 in float64, got {radius}"
            )
        points.append(best)
    array = np.array(points).reshape(len(points), space)
    return Path(array, np.linalg.norm(array, axis=1), False)


def _ball_minimum(problem: Problem, start: Float, radius: float, loss: Loss) -> Float:
    def objective(p: Float) -> tuple[float, Float]:
        value = excess(problem, p, loss)
        # a trial point far outside the ball may saturate; it only has to look very low
        if value == 0:
            return -1e3, np.zeros_like(p)
        return float(np.log(value)), gradient(problem, p, loss) / value

    ball = {
        "type": "ineq",
        "fun": lambda p: radius**2 - p @ p,
        "jac": lambda p: -2 * p,
    }
    result = minimize(
        objective,
        start,
        jac=True,
        method="SLSQP",
        constraints=[ball],
        options={"maxiter": 300, "ftol": 1e-13},
    )
    length = np.linalg.norm(result.x)
    return np.asarray(result.x * min(1.0, radius / length) if length else result.x)


def _unit(rng: np.random.Generator, space: int) -> Float:
    drawn = rng.standard_normal(space)
    return drawn / np.linalg.norm(drawn)
