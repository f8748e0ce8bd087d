"""[15] Switch routing: one expert a token, a capacity, and the auxiliary loss.

The auxiliary loss is not smallest at uniform routing: see `auxiliary_loss`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import natural_number, non_negative_scalar
from .checks import floats, mask_for, positive
from .gibbs import gibbs_weights

__all__ = ["Routing", "auxiliary_gradient", "auxiliary_loss", "capacity", "combine", "route"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Routing:
    """Where the tokens go.

    Attributes
    ----------
    probability : float64 (B..., T, N)
        Of the router; a row is zero where there is no expert.
    expert : int64 (B..., T)
        The most probable expert, before capacity; -1 where there is none.
    gate : float64 (B..., T)
        Its probability where the token is kept, else 0.
    kept : bool (B..., T)
        Whether the expert had room.
    capacity : int
        Tokens an expert may take, in each batch row.
    """

    probability: Float
    expert: Int
    gate: Float
    kept: Bool
    capacity: int


def capacity(tokens: int, experts: int, factor: ArrayLike) -> int:
    """``floor(T / N * factor)``, formed exactly.

    Parameters
    ----------
    tokens, experts : int
        T >= 0, N >= 1.
    factor : scalar
        Finite and positive; taken as the float that it is.

    Returns
    -------
    int

    Raises
    ------
    TypeError, ValueError
        For bad counts or a bad factor.

    Properties
    ----------
    - P-floor: it is the largest whole number that is at most ``T factor / N``.

    References
    ----------
    [15] Fedus, Zoph and Shazeer (2022), Switch transformers, JMLR 23(1), 5232-5270.
    """
    t, n = natural_number("tokens", tokens), natural_number("experts", experts)
    if n == 0:
        raise ValueError("experts: expected at least 1, got 0")
    return math.floor(Fraction(positive("factor", factor)) * t / n)


def route(logits: ArrayLike, factor: ArrayLike = 1.0, mask: ArrayLike | None = None) -> Routing:
    """Route each token to its most probable expert, as long as there is room.

    Ties go to the lowest index. Room is given in the order of position, in each batch row for
    itself; a token that finds none is dropped: it passes by the layer on the residual path. The
    argmax is taken of the logits: two logits that differ may have equal float probabilities.

    Legend: B... batch axes, T tokens, N experts.

    Parameters
    ----------
    logits : array_like (B..., T, N)
        Finite, N >= 1.
    factor : scalar
        Capacity factor, finite and positive.
    mask : array_like of bool, broadcasting to (B..., T, N), optional
        True = the token may go to the expert.

    Returns
    -------
    Routing

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains.

    Properties
    ----------
    - P-one: a kept token has one expert, and its gate is the largest probability of its row.
    - P-capacity: no expert takes more than the capacity, and none drops a token while it has room.
    - P-first: the kept tokens of an expert are its first ones.
    - P-room: with factor >= N nothing is dropped.
    - P-shift: a constant added to a token's logits changes nothing.

    References
    ----------
    [15] Fedus, Zoph and Shazeer (2022), Switch transformers, JMLR 23(1), 5232-5270.
    """
    z = floats("logits", logits)
    if z.ndim < 2 or z.shape[-1] == 0:
        raise ValueError(f"logits: expected (B..., T, N) with N >= 1, got shape {z.shape}")
    allowed = mask_for("mask", mask, z.shape)
    p = gibbs_weights(z, 1.0, allowed)
    some = allowed.any(axis=-1)
    expert = np.where(some, np.argmax(np.where(allowed, z, -np.inf), axis=-1), -1)
    chosen = expert[..., None] == np.arange(z.shape[-1])
    rank = np.sum(np.where(chosen, np.cumsum(chosen, axis=-2), 0), axis=-1)
    room = capacity(z.shape[-2], z.shape[-1], factor)
    kept = some & (rank <= room)
    gate = np.where(kept, np.sum(np.where(chosen, p, 0.0), axis=-1), 0.0)
    return Routing(p, np.asarray(expert, dtype=np.int64), gate, np.asarray(kept), room)


def combine(routing: Routing, outputs: ArrayLike) -> Float:
    """Output of the layer, ``p_{i*} E_{i*}(x)``; 0 for a dropped token.

    Legend: B... batch axes, T tokens, N experts, V width.

    Parameters
    ----------
    routing : Routing
    outputs : array_like (B..., T, N, V)
        ``E_i(x)`` of every expert.

    Returns
    -------
    float64 (B..., T, V)

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes.

    Properties
    ----------
    - P-dropped: a dropped token gets the zero vector.

    References
    ----------
    [15] Fedus, Zoph and Shazeer (2022), Switch transformers, JMLR 23(1), 5232-5270.
    """
    values = floats("outputs", outputs)
    if values.shape[:-1] != routing.probability.shape:
        raise ValueError(
            f"outputs: expected {routing.probability.shape} and a last axis, got {values.shape}"
        )
    index = np.maximum(routing.expert, 0)[..., None, None]
    taken = np.take_along_axis(values, index, axis=-2)[..., 0, :]
    return np.asarray(np.where(routing.kept[..., None], routing.gate[..., None] * taken, 0.0))


def auxiliary_loss(probability: ArrayLike, expert: ArrayLike, weight: ArrayLike = 0.01) -> float:
    """``alpha N sum_i f_i P_i``.

    f is the share of the tokens whose argmax is i (before any is dropped) and P the mean
    probability. The loss is not smallest at uniform routing: for the rows (.34, .33, .33) twice,
    (0, .5001, .4999) and (0, .4999, .5001) the sum N f.P is .8775 < 1. Cauchy-Schwarz applies only
    if f is taken to be P. Public code differs in the factor: some omits N.

    Legend: T tokens, N experts.

    Parameters
    ----------
    probability : array_like (T, N)
        Rows on the simplex; T >= 1.
    expert : array_like of int (T,)
        In [0, N).
    weight : scalar
        alpha, finite and non-negative; 1e-2 in the paper.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains.

    Properties
    ----------
    - P-uniform: if f or P is uniform, it is alpha.
    - P-bounds: for experts that are argmaxes, ``sum f_i^2 <= N sum f_i P_i <= N`` (an argmax has
      probability at least 1/N, so ``P_i >= f_i / N``).
    - P-comonotone: if f and P are ordered alike, ``N sum f_i P_i >= 1`` (Chebyshev).
    - P-not-minimal: it can be below alpha, its value at uniform routing.
    - P-permutation: renaming the experts changes nothing.

    References
    ----------
    [15] Fedus, Zoph and Shazeer (2022), Switch transformers, JMLR 23(1), 5232-5270.
    """
    p, f = _shares(probability, expert)
    balance: float = p.shape[1] * float(np.sum(f * np.mean(p, axis=0)))
    return non_negative_scalar("weight", weight) * balance


def auxiliary_gradient(
    probability: ArrayLike, expert: ArrayLike, weight: ArrayLike = 0.01
) -> Float:
    """Gradient of the auxiliary loss in the probabilities, ``alpha N f_i / T``.

    f does not contribute: a count has no gradient.

    Legend: T tokens, N experts.

    Parameters
    ----------
    probability, expert, weight
        As in `auxiliary_loss`.

    Returns
    -------
    float64 (T, N)

    Raises
    ------
    TypeError, ValueError
        As `auxiliary_loss`.

    Properties
    ----------
    - P-linear: the loss is linear in the probabilities with this gradient.

    References
    ----------
    [15] Fedus, Zoph and Shazeer (2022), Switch transformers, JMLR 23(1), 5232-5270.
    """
    p, f = _shares(probability, expert)
    row = non_negative_scalar("weight", weight) * p.shape[1] * f / len(p)
    return np.broadcast_to(row, p.shape).copy()


def _shares(probability: ArrayLike, expert: ArrayLike) -> tuple[Float, Float]:
    p = floats("probability", probability, ndim=2)
    if p.size == 0:
        raise ValueError(f"probability: expected (T, N) with T, N >= 1, got {p.shape}")
    index = np.asarray(expert)
    if not np.issubdtype(index.dtype, np.integer):
        raise TypeError(f"expert: expected integers, got dtype {index.dtype}")
    if index.shape != p.shape[:1]:
        raise ValueError(f"expert: expected shape {p.shape[:1]}, got {index.shape}")
    if ((index < 0) | (index >= p.shape[1])).any():
        raise ValueError(f"expert: expected indices in [0, {p.shape[1]})")
    return p, np.bincount(index, minlength=p.shape[1]) / len(p)
