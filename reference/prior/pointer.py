"""Pointer networks [5]: the output is a position of the input, not a blend of it.

The dictionary is the input itself, so its size varies with the input while the parameters stay.
Decoding (`pointer_decoding`) reads one position; before that the distribution is dense.

[5] O. Vinyals, M. Fortunato, N. Jaitly (2015), Pointer networks. NeurIPS.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import natural_number
from .checks import floats, mask_for
from .gibbs import finite_product

__all__ = [
    "largest_probability",
    "pointer_log_probabilities",
    "pointer_probabilities",
    "pointer_scores",
]

Float = NDArray[np.float64]


def pointer_scores(
    states: ArrayLike,
    encodings: ArrayLike,
    w_states: ArrayLike,
    w_encodings: ArrayLike,
    v: ArrayLike,
) -> Float:
    """The scores ``u_ij = v . tanh(W_1 e_j + W_2 d_i)``.

    Axes: M decoder steps, N input positions, S and E widths of states and encodings, A hidden.

    The 2015 form: no clipping of u by a further tanh and no glimpse, which later work adds.

    Parameters
    ----------
    states : (..., M, S)
        The decoder states d_i.
    encodings : (..., N, E)
        The encoder states e_j.
    w_states : (A, S)
        W_2.
    w_encodings : (A, E)
        W_1.
    v : (A,)

    Returns
    -------
    float64 (..., M, N), dimensionless

    Raises
    ------
    ValueError
        If an argument is not finite, shapes do not fit, or a product overflows.

    Properties
    ----------
    - P-bounded: abs(u_ij) <= ||v||_1
    - P-pairwise: u_ij depends on d_i and e_j alone
    - P-any-length: the same parameters give N scores for every N

    References
    ----------
    [5] Vinyals et al. (2015), Pointer networks.
    """
    d, e = floats("states", states), floats("encodings", encodings)
    w2, w1 = floats("w_states", w_states, 2), floats("w_encodings", w_encodings, 2)
    direction = floats("v", v, 1)
    for name, rows, weights in (("w_states", d, w2), ("w_encodings", e, w1)):
        if rows.ndim < 2 or weights.shape != (direction.shape[0], rows.shape[-1]):
            raise ValueError(
                f"{name}: expected shape (A, width) with A = {direction.shape[0]} as v has and "
                f"the width of rows of shape {rows.shape}, got {weights.shape}"
            )
    of_states = finite_product(d, w2.T, "states, w_states")[..., :, None, :]
    of_encodings = finite_product(e, w1.T, "encodings, w_encodings")[..., None, :, :]
    with np.errstate(over="ignore"):
        # a sum of finite numbers that overflows has the tanh of an infinity, 1 or -1
        hidden = of_states + of_encodings
    return finite_product(np.tanh(hidden), direction, "v")


def pointer_log_probabilities(scores: ArrayLike, mask: ArrayLike | None = None) -> Float:
    """``log p_ij = u_ij - log sum_l exp(u_il)`` over the unmasked positions, -inf at masked ones.

    Parameters
    ----------
    scores : (..., N)
    mask : bool, broadcasts to the shape of scores
        True = may be pointed at. The 2015 operator masks nothing: a position may be pointed at
        again, and validity is a matter of the decoding. Hiding visited positions is later work.

    Returns
    -------
    float64, shape of scores
        At most 0; -inf throughout a fully masked row.

    Raises
    ------
    ValueError
        If a score is not finite or the mask does not fit.

    Properties
    ----------
    - P-logarithm: the logarithm of `pointer_probabilities`, finite also where those underflow

    References
    ----------
    [5] Vinyals et al. (2015), Pointer networks.
    """
    shifted = _below_largest(scores, mask)
    total = np.exp(shifted).sum(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.where(total > 0, total, 1.0)))


def pointer_probabilities(scores: ArrayLike, mask: ArrayLike | None = None) -> Float:
    """``p(C_i = j) = exp(u_ij) / sum_l exp(u_il)`` over the unmasked positions.

    Parameters
    ----------
    scores, mask
        As `pointer_log_probabilities`.

    Returns
    -------
    float64, shape of scores
        A fully masked row, or N = 0, gives zeros.

    Raises
    ------
    ValueError
        As `pointer_log_probabilities`.

    Properties
    ----------
    - P-distribution: positive on unmasked positions with sum 1
    - P-equivariant: permuting the positions permutes the probabilities
    - P-shift: a common shift of the scores that is exact changes nothing
    - P-not-sharp: of N scores in [-b, b] none gets more than `largest_probability`
    - P-masked-zero: a fully masked row, or N = 0, gives zeros

    References
    ----------
    [5] Vinyals et al. (2015), Pointer networks.
    """
    terms = np.exp(_below_largest(scores, mask))
    total = terms.sum(axis=-1, keepdims=True)
    return np.asarray(terms / np.where(total > 0, total, 1.0))


def largest_probability(v: ArrayLike, n: int) -> float:
    """``1 / (1 + (n - 1) exp(-2 ||v||_1))``: what no pointer over n positions can exceed.

    Scores lie in ``+-||v||_1`` whatever the states and matrices, so the distribution is never
    arbitrarily sharp for a given v.

    Parameters
    ----------
    v : (A,)
    n : int
        At least 1.

    Returns
    -------
    float, in (0, 1]

    Raises
    ------
    ValueError
        If v is not a finite vector or n is below 1.

    Properties
    ----------
    - P-attained: scores of ||v||_1 at one position and -||v||_1 elsewhere give it

    References
    ----------
    [5] Vinyals et al. (2015), Pointer networks, for the score; the bound follows from it.
    """
    if natural_number("n", n) == 0:
        raise ValueError("n: expected an integer >= 1, got 0")
    return float(1 / (1 + (n - 1) * np.exp(-2 * np.abs(floats("v", v, 1)).sum())))


def _below_largest(scores: ArrayLike, mask: ArrayLike | None) -> Float:
    """Scores minus the largest unmasked one, -inf at masked positions."""
    s = floats("scores", scores)
    if s.ndim < 1:
        raise ValueError(f"scores: expected at least 1 axis, got shape {s.shape}")
    visible = mask_for("mask", mask, s.shape)
    largest = np.max(s, axis=-1, keepdims=True, where=visible, initial=-np.inf)
    # a gap beyond the largest float is -inf, whose exponential is the 0 that it would be anyway
    with np.errstate(over="ignore"):
        return np.where(visible, s, -np.inf) - np.where(np.isfinite(largest), largest, 0.0)
