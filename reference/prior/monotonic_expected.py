"""The expected alignment of monotonic attention [6]: each outcome's probability over coin tosses.

The process is `monotonic.hard_process`, whose tests are here independent tosses that fire with
probability p_ij.

[6] C. Raffel, M.-T. Luong, P. J. Liu, R. J. Weiss, D. Eck (2017), Online and linear-time attention
by enforcing monotonic alignments. ICML.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks import floats

__all__ = ["expected_alignment", "expected_alignment_parallel"]

Float = NDArray[np.float64]


def expected_alignment(probabilities: ArrayLike, initial: ArrayLike | None = None) -> Float:
    """The probability that step i stops at entry j, by the recurrence.

    ``q_ij = (1 - p_i,j-1) q_i,j-1 + a_(i-1)j``, ``a_ij = p_ij q_ij``: q_ij is the probability that
    the scan of step i arrives at j. Every term is non-negative, so each result is accurate to a
    few T i units in the last place, whatever the probabilities, short of underflow. This is the
    definition that the parallel form is held to.

    Axes: I output steps, T memory entries.

    Parameters
    ----------
    probabilities : (..., I, T), in [0, 1]
    initial : (..., T), optional
        Non-negative with sum at most 1: the alignment a_0 before the first step. Default: all mass
        on entry 0.

    Returns
    -------
    float64 (..., I, T)
        Non-negative; what a row lacks to 1 is the mass of none. A row of masked entries (p = 0)
        is zero.

    Raises
    ------
    ValueError
        If a probability lies outside [0, 1], or initial does not fit, is negative, or exceeds 1 in
        sum by more than rounding.

    Properties
    ----------
    - P-expectation: equals the probabilities of the hard process over independent coin tosses
    - P-sub-probability: rows sum to at most 1, and the sums do not increase from step to step
    - P-hard-limit: for p in {0, 1} the rows are the one-hot (or zero) rows of the hard process
    - P-monotone-support: zero before the first entry that the last step may stop at
    - P-prefix: entry j does not depend on probabilities of later entries
    - P-geometric: a_1j = p_1j prod_(l<j) (1 - p_1l)

    References
    ----------
    [6] Raffel et al. (2017), Online and linear-time attention, equations 9 to 14.
    """
    p, alignment = _checked(probabilities, initial)
    result = np.empty_like(p)
    for i in range(p.shape[-2]):
        arriving = np.zeros(p.shape[:-2])
        for j in range(p.shape[-1]):
            arriving = arriving + alignment[..., j]
            result[..., i, j] = p[..., i, j] * arriving
            arriving = (1 - p[..., i, j]) * arriving
        alignment = result[..., i, :]
    return result


def expected_alignment_parallel(
    probabilities: ArrayLike, initial: ArrayLike | None = None
) -> Float:
    """The same, by the parallel form ``a_i = p_i c_i cumsum(a_(i-1) / c_i)``.

    ``c_i`` is the exclusive cumulative product of 1 - p_i. The form divides by c, so it exists only
    while c does: implementations that clip c away from zero lose mass without a word (with p = 1/2
    and the mass at entry 100, all of it; after p = 1, everything). Unclipped it is as accurate as
    the recurrence while every c is a normal float, since all terms are non-negative; outside that
    domain this function refuses.

    Axes, parameters, result and errors as `expected_alignment`, and:

    Raises
    ------
    ValueError
        If some c_ij is below the smallest normal float (2**-1022), as after p = 1: use
        `expected_alignment` there.

    Properties
    ----------
    - P-parallel: equals the recurrence wherever it does not refuse
    - P-refuses: raises where an exclusive product vanishes, never returns clipped mass

    References
    ----------
    [6] Raffel et al. (2017), Online and linear-time attention, appendix on the parallel form.
    """
    p, alignment = _checked(probabilities, initial)
    survival = np.cumprod(1 - p, axis=-1)
    survival = np.concatenate([np.ones_like(p[..., :1]), survival[..., :-1]], axis=-1)
    vanished = survival < np.finfo(np.float64).tiny
    if vanished.any():
        where = tuple(int(axis) for axis in np.argwhere(vanished)[0])
        raise ValueError(
            "probabilities: expected exclusive products of 1 - p of at least 2**-1022 (use "
            f"expected_alignment otherwise), got {survival[where]} at index {where}"
        )
    result = np.empty_like(p)
    for i in range(p.shape[-2]):
        c = survival[..., i, :]
        alignment = p[..., i, :] * c * np.cumsum(alignment / c, axis=-1)
        result[..., i, :] = alignment
    return result


def _checked(probabilities: ArrayLike, initial: ArrayLike | None) -> tuple[Float, Float]:
    p = floats("probabilities", probabilities)
    if p.ndim < 2:
        raise ValueError(f"probabilities: expected shape (..., I, T), got {p.shape}")
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise ValueError(f"probabilities: expected values in [0, 1], got {p.min()}..{p.max()}")
    entries = p.shape[-1]
    if initial is None:
        first = np.zeros(entries)
        first[:1] = 1.0
    else:
        first = floats("initial", initial)
    shape = (*p.shape[:-2], entries)
    try:
        spread = np.broadcast_to(first, shape)
    except ValueError:
        spread = None
    if spread is None or first.ndim < 1 or first.shape[-1] != entries:
        raise ValueError(f"initial: expected shape {shape}, got {first.shape}")
    if first.size and first.min() < 0:
        raise ValueError(f"initial: expected values of at least 0, got {first.min()}")
    # a sum of T rounded terms that is 1 exactly may come out above it by T eps
    total = first.sum(axis=-1)
    if first.size and total.max() > 1 + entries * np.finfo(np.float64).eps:
        raise ValueError(f"initial: expected a sum of at most 1, got {total.max()}")
    return p, spread
