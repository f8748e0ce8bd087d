"""The attention SVM [8]: the max-margin token choice that gradient descent on attention tends to.

For inputs i with keys k_it and a chosen token each, the problem is the least p with
``p . (k_i,chosen - k_it) >= 1`` for every other token t of every input.

[8] D. A. Tarzanagh, Y. Li, X. Zhang, S. Oymak (2023), Max-margin token selection in attention
mechanism. NeurIPS.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import nnls

from .checks import floats, mask_for

__all__ = ["KKT", "Margin", "kkt", "max_margin"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Int = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Margin:
    """The solution of the margin problem.

    Attributes
    ----------
    direction : float64 (D,)
        p, the shortest vector with all constraints at least 1.
    margin : float
        ``1 / ||p||``: the least constraint value of the unit vector along p. inf if there is no
        constraint (single tokens), where p = 0.
    multipliers : float64 (n, T)
        Non-negative; p is their combination of the differences. Zero at the chosen tokens, at
        masked ones, and wherever the constraint is slack.
    constraints : float64 (n, T)
        ``p . (k_chosen - k_t)``; inf at the chosen tokens and at masked ones.
    """

    direction: Float
    margin: float
    multipliers: Float
    constraints: Float


@dataclass(frozen=True)
class KKT:
    """How far a point is from the optimality conditions; all are zero at the exact solution.

    Attributes
    ----------
    primal : float
        How far the least constraint falls below 1.
    dual : float
        How far the least multiplier falls below 0.
    stationarity : float
        ``||p - sum multiplier x difference||``.
    complementarity : float
        The largest ``multiplier x (constraint - 1)``, in absolute value.
    """

    primal: float
    dual: float
    stationarity: float
    complementarity: float


def max_margin(keys: ArrayLike, chosen: ArrayLike, mask: ArrayLike | None = None) -> Margin:
    """The shortest p with ``p . (k_i,chosen_i - k_it) >= 1`` for all i and t != chosen_i.

    Solved as least-distance programming (Lawson and Hanson 1974, chapter 23): non-negative least
    squares by its finite active-set method, then the active constraints once more as equations.
    The conditions of optimality are checked on the result.

    Axes: n inputs, T tokens, D space.

    Parameters
    ----------
    keys : (n, T, D)
    chosen : int (n,)
        In 0 .. T-1, unmasked.
    mask : bool, broadcasts to (n, T)
        True = the token exists: inputs of several lengths in one array.

    Returns
    -------
    Margin

    Raises
    ------
    TypeError
        If chosen is not of integers.
    ValueError
        If an argument does not fit, a result overflows, or no p satisfies the constraints: a
        chosen token lies in the hull of the others, or so near to it that float64 cannot tell.

    Properties
    ----------
    - P-kkt: feasible, multipliers >= 0, p their combination, complementary
    - P-tight: the least constraint is 1
    - P-margin: no unit vector has a larger least constraint than 1/||p||
    - P-shift: a vector added to all keys of one input changes nothing
    - P-scale: keys c times as large give p / c
    - P-infeasible: a chosen token in the hull of the others of its input is refused

    References
    ----------
    [8] Tarzanagh et al. (2023), Max-margin token selection in attention mechanism.
    """
    key, token, exists = checked_tokens(keys, chosen, mask)
    differences = _differences(key, token, exists)
    compared = exists & (np.arange(key.shape[1]) != token[:, None])
    rows = differences[compared]
    multipliers, constraints = np.zeros(compared.shape), np.full(compared.shape, np.inf)
    if not len(rows):
        return Margin(np.zeros(key.shape[2]), np.inf, multipliers, constraints)
    # rows of size 1: the threshold of nnls and the check below then mean the same for all inputs
    scale = float(np.max(np.abs(rows), initial=0.0))
    if scale == 0:
        raise _infeasible(token)
    p, found = _least_distance(rows / scale)
    values = (rows / scale) @ p
    # 1 - sqrt(eps): what nnls leaves of an infeasible problem is off by order 1, and of a solved
    # one by a few D eps times ||p||, which is below that for every ||p|| < 1e7; thinner margins
    # than 1e-7 of the keys' size are refused with the infeasible
    if not values.min() > 1 - np.sqrt(np.finfo(np.float64).eps):
        raise _infeasible(token)
    with np.errstate(over="ignore"):
        multipliers[compared] = found / scale / scale
        constraints[compared] = values
        margin = scale / float(np.linalg.norm(p))
        p = p / scale
    if not (np.isfinite(p).all() and np.isfinite(multipliers).all()):
        raise ValueError("keys: expected differences whose inverse squares float64 holds")
    return Margin(p, margin, multipliers, constraints)


def kkt(
    keys: ArrayLike,
    chosen: ArrayLike,
    direction: ArrayLike,
    multipliers: ArrayLike,
    mask: ArrayLike | None = None,
) -> KKT:
    """The residuals of the optimality conditions of `max_margin` at any point.

    Parameters
    ----------
    keys, chosen, mask
        As `max_margin`.
    direction : (D,)
    multipliers : (n, T)
        Those of chosen and masked tokens are not read.

    Returns
    -------
    KKT

    Raises
    ------
    TypeError, ValueError
        As `max_margin` for its arguments, or if shapes do not fit.

    Properties
    ----------
    - P-sufficient: residuals of zero prove the optimum, the problem being convex

    References
    ----------
    [8] Tarzanagh et al. (2023), Max-margin token selection in attention mechanism.
    """
    key, token, exists = checked_tokens(keys, chosen, mask)
    p, weights = floats("direction", direction, 1), floats("multipliers", multipliers, 2)
    if p.shape != key.shape[2:]:
        raise ValueError(f"direction: expected shape {key.shape[2:]}, got {p.shape}")
    if weights.shape != exists.shape:
        raise ValueError(f"multipliers: expected shape {exists.shape}, got {weights.shape}")
    compared = exists & (np.arange(key.shape[1]) != token[:, None])
    rows, weights = _differences(key, token, exists)[compared], weights[compared]
    slack = rows @ p - 1
    return KKT(
        primal=float(np.max(-slack, initial=0.0)),
        dual=float(np.max(-weights, initial=0.0)),
        stationarity=float(np.linalg.norm(p - weights @ rows)),
        complementarity=float(np.max(np.abs(weights * slack), initial=0.0)),
    )


def checked_tokens(
    keys: ArrayLike, chosen: ArrayLike, mask: ArrayLike | None
) -> tuple[Float, Int, Bool]:
    """The arguments that all functions of the attention SVM share, checked.

    Raises
    ------
    TypeError
        If chosen is not of integers.
    ValueError
        If keys are not finite of shape (n, T, D), or chosen is not an unmasked token per input.
    """
    key, token = floats("keys", keys, 3), np.asarray(chosen)
    if token.dtype.kind not in "iu":
        raise TypeError(f"chosen: expected integers, got {token.dtype}")
    if token.shape != key.shape[:1]:
        raise ValueError(f"chosen: expected shape {key.shape[:1]}, got {token.shape}")
    exists = mask_for("mask", mask, key.shape[:2])
    for i, t in enumerate(token):
        if not (0 <= t < key.shape[1] and exists[i, t]):
            raise ValueError(f"chosen: expected an unmasked token, got {t} at index ({i},)")
    return key, token.astype(np.int64), exists


def _differences(keys: Float, chosen: Int, exists: Bool) -> Float:
    """What p must score at least 1 on: the chosen key minus each key, (n, T, D).

    Masked keys, which need not be of any size, count as zero.
    """
    keys = np.where(exists[:, :, None], keys, 0.0)
    with np.errstate(over="ignore"):
        differences = np.take_along_axis(keys, chosen[:, None, None], axis=1) - keys
    if not np.isfinite(differences).all():
        raise ValueError("keys: expected finite differences, got an overflow of float64")
    return differences


def _least_distance(rows: Float) -> tuple[Float, Float]:
    """The shortest p with ``rows @ p >= 1``, and multipliers; meaningless where none exists.

    With u >= 0 minimising ``||sum u_r (row_r, 1) - (0, .., 0, 1)||`` and residual (r, r_last), the
    solution is ``-r / r_last`` and the multipliers are ``-u / r_last``.
    """
    target = np.zeros(rows.shape[1] + 1)
    target[-1] = 1
    u, _ = nnls(np.column_stack([rows, np.ones(len(rows))]).T, target, maxiter=30 * len(rows))
    active = u > 0
    while active.any():
        # the active constraints as equations: p in their span with each equal to 1
        p = np.linalg.lstsq(rows[active], np.ones(int(active.sum())), rcond=None)[0]
        found = np.linalg.lstsq(rows[active].T, p, rcond=None)[0]
        if found.min() >= 0:
            multipliers = np.zeros(len(rows))
            multipliers[active] = found
            return p, multipliers
        # a constraint that only rounding made active: it would push p the wrong way
        active[np.flatnonzero(active)[np.argmin(found)]] = False
    return np.zeros(rows.shape[1]), np.zeros(len(rows))


def _infeasible(chosen: Int) -> ValueError:
    return ValueError(
        "chosen: expected tokens that some direction separates from the others of their inputs, "
        f"got {chosen.tolist()}"
    )
