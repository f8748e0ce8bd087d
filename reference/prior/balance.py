"""[14] Importance and load of the experts, and the losses that balance them.

The load speaks of the noisy logits H and never of probabilities: comparing the threshold of a
softmax with raw logits is the fault of a public implementation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from ..arguments import non_negative_scalar
from .checks import floats
from .gating import kth_excluding

__all__ = ["balance_loss", "cv_squared", "importance", "load", "selection_probability"]

Float = NDArray[np.float64]


def importance(gate: ArrayLike) -> Float:
    """``Importance_i = sum over the batch of G_i``.

    Legend: T tokens, N experts.

    Parameters
    ----------
    gate : array_like (T, N)
        Of `gates`.

    Returns
    -------
    float64 (N,)

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes.

    Properties
    ----------
    - P-total: the importances add up to the number of tokens that have a candidate.

    References
    ----------
    [14] Shazeer et al. (2017), Outrageously large neural networks, ICLR 2017.
    """
    return np.asarray(np.sum(floats("gate", gate, ndim=2), axis=0))


def selection_probability(clean: ArrayLike, scale: ArrayLike, noisy: ArrayLike, k: int) -> Float:
    """``P(x, i) = Phi((clean_i - kth_excluding(H, k, i)) / scale_i)``.

    The probability that i is among the top k if its own noise alone is drawn anew.

    Legend: B... batch axes, N experts.

    Parameters
    ----------
    clean, noisy : array_like (B..., N)
        ``x W_g`` and H.
    scale : array_like (B..., N)
        Positive.
    k : int
        At least 1; from N on every probability is 1.

    Returns
    -------
    float64 (B..., N)
        In [0, 1].

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains.

    Properties
    ----------
    - P-own-noise: it is that probability.
    - P-unbiased: its mean over the noise is the probability of being selected, so that the mean
      load is the mean count.
    - P-not-k: the probabilities of one draw need not add up to k.

    References
    ----------
    [14] Shazeer et al. (2017), Outrageously large neural networks, ICLR 2017.
    """
    mean, spread = floats("clean", clean), floats("scale", scale)
    h = floats("noisy", noisy)
    if h.ndim == 0:
        raise ValueError("noisy: expected an axis of experts, got a scalar")
    if mean.shape != h.shape or spread.shape != h.shape:
        raise ValueError(f"clean, scale: expected {h.shape}, got {mean.shape}, {spread.shape}")
    if not (spread > 0.0).all():
        raise ValueError("scale: expected positive numbers")
    with np.errstate(over="ignore"):
        # a tiny scale sends the quotient to infinity, where Phi has its limit
        return np.asarray(ndtr((mean - kth_excluding(h, k)) / spread))


def load(probability: ArrayLike) -> Float:
    """``Load_i = sum over the batch of P(x, i)``, a smooth count of the tokens of an expert.

    Legend: T tokens, N experts.

    Parameters
    ----------
    probability : array_like (T, N)
        Of `selection_probability`.

    Returns
    -------
    float64 (N,)

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes.

    Properties
    ----------
    - P-certain: where all are selected for certain it is the number of tokens.

    References
    ----------
    [14] Shazeer et al. (2017), Outrageously large neural networks, ICLR 2017.
    """
    return np.asarray(np.sum(floats("probability", probability, ndim=2), axis=0))


def cv_squared(values: ArrayLike, ddof: int = 0) -> float:
    """Squared coefficient of variation, ``Var / mean^2``.

    Legend: N experts.

    Parameters
    ----------
    values : array_like (N,)
        Non-negative, N >= 1.
    ddof : int
        0 = the population's variance (1/N), 1 = the sample's (1/(N-1)) as public code has it.

    Returns
    -------
    float
        Dimensionless. 0 for one expert and where all are zero.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains.

    Properties
    ----------
    - P-scale: a positive factor on all values changes nothing.
    - P-zero: it is 0 iff the values are equal.
    - P-ddof: the sample's is N/(N-1) times the population's.

    References
    ----------
    [14] Shazeer et al. (2017), Outrageously large neural networks, ICLR 2017.
    """
    numbers = floats("values", values, ndim=1)
    if ddof not in (0, 1):
        raise ValueError(f"ddof: expected 0 or 1, got {ddof!r}")
    if numbers.size == 0 or (numbers < 0.0).any():
        raise ValueError("values: expected at least one number, and none negative")
    largest = np.max(numbers)
    # one expert has no sample variance, and zeros have no coefficient of variation
    if largest == np.min(numbers):
        return 0.0
    relative = numbers / largest
    return float(np.var(relative, ddof=ddof) / np.mean(relative) ** 2)


def balance_loss(values: ArrayLike, weight: ArrayLike, ddof: int = 0) -> float:
    """``w CV(values)^2``: L_importance of the importances, L_load of the loads.

    Legend: N experts.

    Parameters
    ----------
    values, ddof
        As in `cv_squared`.
    weight : scalar
        Finite and non-negative.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        As `cv_squared`.

    Properties
    ----------
    - P-weight: it is the weight times the squared coefficient of variation.

    References
    ----------
    [14] Shazeer et al. (2017), Outrageously large neural networks, ICLR 2017.
    """
    return non_negative_scalar("weight", weight) * cv_squared(values, ddof)
