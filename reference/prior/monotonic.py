"""Monotonic attention [6]: scan the memory from where the last step stopped, take the first hit.

The hard process reads one entry or none, by an absolute test of each entry alone. A step that finds
nothing absorbs: all later steps find nothing. Only this convention makes the expected alignment of
the paper (`monotonic_expected`) the expectation of the hard process; restarting at the end, or
where the last hit was, gives other numbers.

[6] C. Raffel, M.-T. Luong, P. J. Liu, R. J. Weiss, D. Eck (2017), Online and linear-time attention
by enforcing monotonic alignments. ICML.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from ..arguments import natural_number
from .checks import floats, mask_for
from .gibbs import finite_product

__all__ = [
    "fires",
    "hard_process",
    "monotonic_energies",
    "read_memory",
    "selection_probabilities",
]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Int = NDArray[np.int64]


def monotonic_energies(
    states: ArrayLike,
    memory: ArrayLike,
    w_states: ArrayLike,
    w_memory: ArrayLike,
    bias: ArrayLike,
    v: ArrayLike,
    gain: float = 1.0,
    offset: float = 0.0,
) -> Float:
    """The energies ``e_ij = gain (v / ||v||) . tanh(W_s s_i + W_h h_j + b) + offset``.

    Axes: I output steps, T memory entries, S and H widths of states and memory, A hidden width.

    The offset, and the normalisation of v, are what distinguishes these energies from the additive
    score of [1]: the test of the hard process is absolute, so the level of the energies matters.

    Parameters
    ----------
    states : (..., I, S)
    memory : (..., T, H)
    w_states : (A, S)
    w_memory : (A, H)
    bias, v : (A,)
        v is not zero.
    gain, offset : float

    Returns
    -------
    float64 (..., I, T), dimensionless

    Raises
    ------
    TypeError, ValueError
        If an argument is not finite, shapes do not fit, a product overflows, or v is zero.

    Properties
    ----------
    - P-bounded: abs(e_ij - offset) <= abs(gain) ||v||_1 / ||v||_2 <= abs(gain) sqrt(A)
    - P-scale-of-v: positive multiples of v give the same energies

    References
    ----------
    [6] Raffel et al. (2017), Online and linear-time attention.
    """
    s, h = floats("states", states), floats("memory", memory)
    ws, wh = floats("w_states", w_states, 2), floats("w_memory", w_memory, 2)
    b, direction = floats("bias", bias, 1), floats("v", v, 1)
    slope, level = floats("gain", gain, 0), floats("offset", offset, 0)
    for name, rows, weights in (("w_states", s, ws), ("w_memory", h, wh)):
        if rows.ndim < 2 or weights.shape != (direction.shape[0], rows.shape[-1]):
            expected = f"(A, width) = ({direction.shape[0]}, {rows.shape[-1:]})"
            raise ValueError(
                f"{name}: expected shape {expected} for rows {rows.shape}, got {weights.shape}"
            )
    if b.shape != direction.shape:
        raise ValueError(f"bias: expected shape {direction.shape} as v has, got {b.shape}")
    largest = np.max(np.abs(direction), initial=0.0)
    if largest == 0:
        raise ValueError("v: expected a vector other than zero, got zero")
    # by the largest entry first: the squares in the norm neither overflow nor vanish
    unit = direction / largest
    unit = unit / np.linalg.norm(unit)
    of_states = finite_product(s, ws.T, "states, w_states")[..., :, None, :]
    of_memory = finite_product(h, wh.T, "memory, w_memory")[..., None, :, :]
    with np.errstate(over="ignore"):
        # a sum of finite numbers that overflows has the tanh of an infinity, 1 or -1
        hidden = of_states + of_memory + b
    return np.asarray(slope * (np.tanh(hidden) @ unit) + level)


def selection_probabilities(energies: ArrayLike, mask: ArrayLike | None = None) -> Float:
    """``p_ij = 1 / (1 + exp(-e_ij))``, and 0 where the mask hides an entry.

    Parameters
    ----------
    energies : (..., I, T), +-inf allowed
    mask : bool, broadcasts to (..., I, T)
        True = may be selected.

    Returns
    -------
    float64 (..., I, T), in [0, 1]

    Raises
    ------
    ValueError
        If an energy is NaN or the mask does not broadcast.

    Properties
    ----------
    - P-absolute: the probability of an entry depends on its own energy alone

    References
    ----------
    [6] Raffel et al. (2017), Online and linear-time attention.
    """
    e = _no_nan("energies", energies)
    return np.where(mask_for("mask", mask, e.shape), expit(e), 0.0)


def fires(energies: ArrayLike, mask: ArrayLike | None = None) -> Bool:
    """The test of the hard process: ``energy > 0``, and never where the mask hides an entry.

    Strict: a probability of exactly 1/2 does not fire. Each entry is tested alone, against a level
    that no other entry moves.

    Parameters
    ----------
    energies : (..., I, T), +-inf allowed
    mask : bool, broadcasts to (..., I, T)
        True = may be selected.

    Returns
    -------
    bool (..., I, T)

    Raises
    ------
    ValueError
        If an energy is NaN or the mask does not broadcast.

    Properties
    ----------
    - P-strict: an energy of 0, a probability of 1/2, does not fire
    - P-absolute: a constant added to all energies can turn every entry on or off

    References
    ----------
    [6] Raffel et al. (2017), Online and linear-time attention.
    """
    e = _no_nan("energies", energies)
    return mask_for("mask", mask, e.shape) & (e > 0)


def hard_process(hits: ArrayLike, start: int = 0) -> Int:
    """The entry that each step stops at: the first hit from where the last step stopped.

    ``t_i = min{j >= t_(i-1): hit_ij}`` with ``t_0 = start``, and -1 from the first step on that
    finds none. The scan begins AT the last entry, so an entry may be read several times in a row.
    At test time the hits are `fires` of the energies, in training independent coin tosses.

    Axes: I output steps, T memory entries.

    Parameters
    ----------
    hits : bool (..., I, T)
    start : int
        Where the first step begins, 0-based, in 0 .. T.

    Returns
    -------
    int64 (..., I)
        Index of the entry, or -1 = none. T = 0 gives -1 everywhere.

    Raises
    ------
    TypeError
        If hits is not boolean, or start not an integer.
    ValueError
        If hits has fewer than two axes or start is outside 0 .. T.

    Properties
    ----------
    - P-monotone: indices never decrease until the first -1
    - P-absorbing: after -1 only -1
    - P-first-hit: the index is the first hit from the last index on
    - P-not-best: entries after the one that is read do not change the index of the step

    References
    ----------
    [6] Raffel et al. (2017), Online and linear-time attention.
    """
    hit = np.asarray(hits)
    if hit.dtype != np.bool_:
        raise TypeError(f"hits: expected bool, got {hit.dtype}")
    if hit.ndim < 2:
        raise ValueError(f"hits: expected shape (..., I, T), got {hit.shape}")
    steps, entries = hit.shape[-2:]
    first = natural_number("start", start)
    if first > entries:
        raise ValueError(f"start: expected an index in 0..{entries}, got {first}")
    position = np.arange(entries)
    index = np.full(hit.shape[:-1], -1, dtype=np.int64)
    # a step that finds nothing stops at the end, where every later scan is empty
    last = np.full(hit.shape[:-2], first)
    for i in range(steps):
        eligible = hit[..., i, :] & (position >= last[..., None])
        last = np.min(np.where(eligible, position, entries), axis=-1, initial=entries)
        index[..., i] = np.where(last < entries, last, -1)
    return index


def read_memory(index: ArrayLike, memory: ArrayLike) -> Float:
    """What each step reads: its memory entry, or the zero vector where its index is -1.

    Parameters
    ----------
    index : int (..., I)
        In -1 .. T-1.
    memory : (..., T, H)

    Returns
    -------
    float64 (..., I, H)

    Raises
    ------
    TypeError
        If index is not of integers.
    ValueError
        If an index lies outside -1 .. T-1 or memory has fewer than two axes.

    Properties
    ----------
    - P-none-is-zero: -1 reads the zero vector, all else an entry unchanged

    References
    ----------
    [6] Raffel et al. (2017), Online and linear-time attention.
    """
    chosen, rows = np.asarray(index), floats("memory", memory)
    if chosen.dtype.kind not in "iu":
        raise TypeError(f"index: expected integers, got {chosen.dtype}")
    if chosen.ndim == 0:
        raise ValueError("index: expected an axis of steps, got a scalar")
    if rows.ndim < 2:
        raise ValueError(f"memory: expected shape (..., T, H), got {rows.shape}")
    entries = rows.shape[-2]
    if chosen.size and not (chosen.min() >= -1 and chosen.max() < entries):
        raise ValueError(f"index: expected -1..{entries - 1}, got {chosen.min()}..{chosen.max()}")
    # entry -1 of the padded memory is the zero vector
    padded = np.concatenate([rows, np.zeros((*rows.shape[:-2], 1, rows.shape[-1]))], axis=-2)
    batch = np.broadcast_shapes(chosen.shape[:-1], rows.shape[:-2])
    padded = np.broadcast_to(padded, (*batch, *padded.shape[-2:]))
    chosen = np.broadcast_to(chosen, (*batch, chosen.shape[-1]))
    return np.take_along_axis(padded, chosen[..., None] % (entries + 1), axis=-2)


def _no_nan(name: str, value: ArrayLike) -> Float:
    array = floats(name, value, finite=False)
    if np.isnan(array).any():
        where = tuple(int(axis) for axis in np.argwhere(np.isnan(array))[0])
        raise ValueError(f"{name}: expected no NaN, got NaN at index {where}")
    return array
