"""Decoding of pointer networks [5]: greedily or by a beam, and the probability of a sequence.

[5] O. Vinyals, M. Fortunato, N. Jaitly (2015), Pointer networks. NeurIPS.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import natural_number
from .checks import floats, mask_for
from .pointer import pointer_log_probabilities

__all__ = ["decode", "greedy_pointer", "sequence_log_probability"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


def greedy_pointer(scores: ArrayLike, mask: ArrayLike | None = None) -> Int:
    """The position of the largest score; of equal ones the first.

    Parameters
    ----------
    scores, mask
        As `pointer_log_probabilities`.

    Returns
    -------
    int64, the shape of scores without its last axis
        -1 where no position is unmasked.

    Raises
    ------
    ValueError
        As `pointer_log_probabilities`.

    Properties
    ----------
    - P-argmax: the first unmasked position of the largest score
    - P-none: -1 exactly where nothing is unmasked
    - P-relative: a single unmasked position is pointed at whatever its score

    References
    ----------
    [5] Vinyals et al. (2015), Pointer networks.
    """
    s = floats("scores", scores)
    visible = mask_for("mask", mask, s.shape)
    if s.shape[-1] == 0:
        return np.full(s.shape[:-1], -1, dtype=np.int64)
    # finite scores all lie above the -inf of a masked position
    first = np.argmax(np.where(visible, s, -np.inf), axis=-1)
    return np.where(visible.any(axis=-1), first, -1).astype(np.int64)


def sequence_log_probability(
    scores: ArrayLike, pointed: ArrayLike, mask: ArrayLike | None = None
) -> Float:
    """``log p(C) = sum_i log p(C_i | C_<i)`` of the positions pointed at.

    Parameters
    ----------
    scores : (..., M, N)
        Row i from the decoder that was fed with the positions before i.
    pointed : int (..., M)
        In 0 .. N-1.
    mask : bool, broadcasts to (..., M, N)

    Returns
    -------
    float64 (...)
        -inf if a masked position was pointed at; 0 for M = 0.

    Raises
    ------
    TypeError
        If pointed is not of integers.
    ValueError
        As `pointer_log_probabilities`, or if pointed does not fit.

    Properties
    ----------
    - P-chain: the exponential is the product of the steps' probabilities
    - P-total: for scores independent of the past, all N**M sequences have probabilities of sum 1

    References
    ----------
    [5] Vinyals et al. (2015), Pointer networks, equation 1.
    """
    logs = pointer_log_probabilities(scores, mask)
    chosen = np.asarray(pointed)
    if chosen.dtype.kind not in "iu":
        raise TypeError(f"pointed: expected integers, got {chosen.dtype}")
    if chosen.shape != logs.shape[:-1]:
        raise ValueError(f"pointed: expected shape {logs.shape[:-1]}, got {chosen.shape}")
    if chosen.size and not (chosen.min() >= 0 and chosen.max() < logs.shape[-1]):
        raise ValueError(
            f"pointed: expected 0..{logs.shape[-1] - 1}, got {chosen.min()}..{chosen.max()}"
        )
    return np.asarray(np.take_along_axis(logs, chosen[..., None], axis=-1)[..., 0].sum(axis=-1))


def decode(
    step: Callable[[tuple[int, ...]], ArrayLike], steps: int, width: int = 1
) -> tuple[tuple[int, ...], float]:
    """The sequence of positions that a beam search finds, and its log-probability.

    Of the extensions of all prefixes in the beam, the width most probable stay. Of equally
    probable ones, those of the earlier prefix stay, then those of the lower position.

    Parameters
    ----------
    step : callable
        From the positions so far to the scores (N,) of the next; -inf forbids a position (the
        validity of a tour, say). Called once for each prefix in the beam.
    steps : int
        Length of the sequence.
    width : int
        At least 1; 1 is greedy decoding.

    Returns
    -------
    tuple of int, float
        An empty sequence and -inf if every extension is forbidden.

    Raises
    ------
    ValueError
        If width is below 1, or step returns something other than a vector without NaN and +inf.

    Properties
    ----------
    - P-greedy: width 1 follows `greedy_pointer`
    - P-exhaustive: width N**(steps - 1) gives the most probable sequence
    - P-repeats: a position may be pointed at again

    References
    ----------
    [5] Vinyals et al. (2015), Pointer networks.
    """
    if natural_number("width", width) == 0:
        raise ValueError("width: expected an integer >= 1, got 0")
    beam: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
    for _ in range(natural_number("steps", steps)):
        extended = []
        for prefix, log_probability in beam:
            scores = floats("step", step(prefix), 1, finite=False)
            if np.isnan(scores).any() or np.isposinf(scores).any():
                raise ValueError(f"step: expected scores below +inf, got {scores} for {prefix}")
            allowed = np.isfinite(scores)
            logs = pointer_log_probabilities(np.where(allowed, scores, 0.0), allowed)
            extended += [
                ((*prefix, int(j)), log_probability + float(logs[j]))
                for j in np.nonzero(allowed)[0]
            ]
        # a stable sort keeps the order of prefixes and positions among equals
        beam = sorted(extended, key=lambda entry: -entry[1])[:width]
    return beam[0] if beam else ((), -np.inf)
