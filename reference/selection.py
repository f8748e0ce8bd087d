"""Selection: the operator `gd_attention`, and the table of admitted keys.

Index, admission and uniqueness are those of exact real arithmetic on the given floats (`search`
decides them). What is returned about the selected pair is computed here, in float64.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .alignment import align
from .arguments import as_float64
from .exact import exact_separation
from .interchange import any_library
from .intervals import separation_interval
from .search import blocks, search
from .validation import Inputs, checked

__all__ = ["Admission", "Selection", "admission", "align_selected", "completed", "gd_attention"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Selection:
    """The result of `gd_attention`. Axes: B... leading dimensions, M queries, D space, V width.

    Attributes
    ----------
    index : int64 (B..., M)
        Selected key; -1 where the query abstains.
    output : (B..., M, V), dtype of values
        Value row of the selected key, unchanged; fill where the query abstains.
    energy : float64 (B..., M)
        Alignment energy E* of the selected pair, dimensionless; +inf where the query abstains.
    coordinate : float64 (B..., M)
        Alignment coordinate t* in [0, 1]; may round to 0 or 1; 0 where the query abstains.
    alignment_point : float64 (B..., M, D)
        s* = q + t* (k - q), finite for finite input; q where the query abstains.
    unique : bool (B..., M)
        Whether s* is the only global minimiser of the selected pair's landscape, decided exactly;
        False where the query abstains.

    Notes
    -----
    Clauses: GDA-def-selection, GDA-abstain-fields, GDA-output-dtype.
    """

    index: Index
    output: NDArray[Any]
    energy: Float
    coordinate: Float
    alignment_point: Float
    unique: Bool


@dataclass(frozen=True, eq=False)
class Admission:
    """The result of `admission`. Axes: B... leading dimensions, M queries, N keys.

    Attributes
    ----------
    admitted : bool (B..., M, N)
        Whether the mask allows the pair and E* <= threshold, decided exactly.
    energy : float64 (B..., M, N)
        E* of every unmasked pair, admitted or not; +inf where masked.

    Notes
    -----
    Clause: GDA-def-admission.
    """

    admitted: Bool
    energy: Float


@any_library
def gd_attention(
    query: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike | None = None,
    *,
    alpha: ArrayLike = 0.5,
    beta: ArrayLike = 1.0,
    threshold: ArrayLike = math.inf,
    mask: ArrayLike | None = None,
    fill: ArrayLike = 0.0,
) -> Selection:
    """Select, for each query, the admitted key of least alignment energy, or abstain.

    Axes: B... leading dimensions, M queries, N keys, D space, V value width.

    Parameters
    ----------
    query : array_like (B..., M, D)
    keys : array_like (B..., N, D)
    values : array_like (B..., N, V), optional
        Default: the keys.
    alpha : array_like, broadcasts to (B..., N)
        Mixing weight on the query's well, in (0, 1): a prior of each key.
    beta : scalar
        Precision, finite and positive; beta = 1/(2 sigma**2).
    threshold : array_like, broadcasts to (B..., M, N)
        A key is admitted iff E* <= threshold. Dimensionless; inf admits all.
    mask : bool array_like, broadcasts to (B..., M, N), optional
        True where the pair may be selected. Masked pairs are never read.
    fill : array_like, broadcasts to (B..., M, V)
        Output of a query that abstains; representable in the dtype of values.

    Returns
    -------
    Selection
        ``energy`` has a relative error of at most 16 eps + (D + 3) u (u = 2**-53 = eps/2) for alpha
        from 1e-12 to 1 - 1e-12, where it is not subnormal.

    Raises
    ------
    TypeError, ValueError
        As `validation.checked`, naming the argument.
    PrecisionCapError
        If an order or an admission is open at the precision cap; no such input is known.

    Notes
    -----
    Index, abstention and ``unique`` are those of exact real arithmetic on the given floats, for
    every finite input. Clauses: GDA-scope-operator, GDA-def-selection, GDA-def-output,
    GDA-select-index, GDA-select-ties, GDA-select-exact-order, GDA-select-priors, GDA-abstain-none,
    GDA-abstain-empty, GDA-abstain-fields, GDA-output-gather, GDA-output-fill, GDA-call-pure,
    GDA-call-repeatable, GDA-thm-filter-select.
    """
    inputs = checked(query, keys, values, alpha, beta, threshold, mask, fill)
    return completed(inputs, *search(inputs))


@any_library
def admission(
    query: ArrayLike,
    keys: ArrayLike,
    *,
    alpha: ArrayLike = 0.5,
    beta: ArrayLike = 1.0,
    threshold: ArrayLike = math.inf,
    mask: ArrayLike | None = None,
) -> Admission:
    """The table of admitted keys and of alignment energies.

    Parameters
    ----------
    query, keys, alpha, beta, threshold, mask
        As in `gd_attention`.

    Returns
    -------
    Admission

    Raises
    ------
    TypeError, ValueError, PrecisionCapError
        As in `gd_attention`.

    Notes
    -----
    Clauses: GDA-def-admission, GDA-admit-threshold, GDA-admit-ceiling, GDA-admit-zero,
    GDA-admit-mask, GDA-thm-vacuous.
    """
    inputs = checked(query, keys, None, alpha, beta, threshold, mask)
    admitted = np.zeros(inputs.mask.shape, dtype=np.bool_)
    energy = np.full(inputs.mask.shape, math.inf)
    for block in blocks(inputs):
        admitted[block.here] = block.admitted()
        energy[block.here] = block.energies()
    return Admission(admitted=admitted, energy=energy)


def completed(inputs: Inputs, index: Index, separation: Float) -> Selection:
    """The result of a call whose selected keys are known.

    Parameters
    ----------
    inputs : Inputs
        Query and keys may be float32.
    index : int64 (B..., M)
        Selected key; -1 where the query abstains.
    separation : float64 (B..., M)
        Of the selected pair, as `distances.pair_separations` gives it; 0 where the query abstains.

    Notes
    -----
    Clauses: GDA-def-output, GDA-output-gather, GDA-output-fill, GDA-abstain-fields.
    """
    chosen = index >= 0
    energy, coordinate, point, unique = align_selected(inputs, index, separation)
    # select, never multiply by a one-hot row: NaN * 0 is NaN
    output = _gathered(inputs.values, index)
    output[~chosen] = inputs.fill[~chosen]
    return Selection(
        index=index,
        output=output,
        energy=energy,
        coordinate=coordinate,
        alignment_point=point,
        unique=unique,
    )


def align_selected(
    inputs: Inputs, index: Index, separation: Float
) -> tuple[Float, Float, Float, Bool]:
    """Energy, coordinate, alignment point and uniqueness of the selected pairs (B..., M).

    Query and keys may be float32: only the rows of the pairs are converted.

    Clauses: GDA-def-alignment-point, GDA-def-energy, GDA-align-unique, GDA-align-half,
    GDA-abstain-fields, GDA-energy-value, GDA-coordinate-value.
    """
    chosen = index >= 0
    alpha = np.where(chosen, _picked(inputs.alpha, index), 0.5)
    query = as_float64(inputs.query)
    selected_keys = as_float64(_gathered(inputs.keys, index))
    separation, unique = _unique(query, inputs.beta, chosen, alpha, selected_keys, separation)
    aligned = align(separation, alpha)
    return (
        np.where(chosen, aligned.energy, math.inf),
        np.where(chosen, aligned.coordinate, 0.0),
        _alignment_point(query, selected_keys, aligned.coordinate, aligned.minor, chosen),
        unique,
    )


def _alignment_point(query: Float, key: Float, coordinate: Float, minor: Float, on: Bool) -> Float:
    """s* = q + t (k - q), from the nearer end, so that min(t, 1 - t) keeps its digits.

    Clauses: GDA-align-point-value, GDA-align-point-finite.
    """
    far = (coordinate > 0.5)[..., None]
    step = minor[..., None]
    # k - q overflows where the point does not: then both are halved, and the step, at most 1/2,
    # is doubled. Rows of queries that abstain may hold anything.
    with np.errstate(over="ignore", invalid="ignore"):
        jump = key - query
        part = np.where(np.isfinite(jump), step * jump, (2.0 * step) * (0.5 * key - 0.5 * query))
        point = np.where(far, key - part, query + part)
    return np.where(on[..., None], point, query)


def _unique(
    query: Float, beta: float, chosen: Bool, alpha: Float, keys: Float, separation: Float
) -> tuple[Float, Bool]:
    """Uniqueness of the selected pairs, and their separations on the right side of 2.

    Rounding must not move a separation across 2 at alpha = 1/2: the alignment point would be the
    midpoint although it is not the minimiser. Clauses: GDA-align-unique, GDA-align-half.
    """
    half = chosen & (alpha == 0.5)
    below, above = separation_interval(separation, query.shape[-1])
    unique = chosen & ~(half & (below > 2.0))
    near = half & (below <= 2.0) & (above > 2.0)
    if near.any():
        separation = separation.copy()
    for pair in zip(*np.nonzero(near), strict=True):
        exact = exact_separation(query[pair], keys[pair], beta)
        unique[pair] = exact <= 2
        rounded = float(exact)
        separation[pair] = max(rounded, math.nextafter(2.0, 3.0)) if exact > 2 else rounded
    return separation, unique


def _gathered(rows: NDArray[Any], index: Index) -> NDArray[Any]:
    """Rows (B..., N, X) at index (B..., M), as a new array; arbitrary where index is -1."""
    if not rows.shape[-2]:
        return np.zeros((*index.shape, rows.shape[-1]), dtype=rows.dtype)
    if rows.ndim == 2:
        result: NDArray[Any] = rows[index]
        return result
    return np.take_along_axis(rows, np.maximum(index, 0)[..., None], axis=-2)


def _picked(weights: Float, index: Index) -> Float:
    """Elements (B..., N) at index (B..., M); arbitrary where index is -1."""
    if not weights.shape[-1]:
        return np.full(index.shape, 0.5)
    return np.take_along_axis(weights, np.maximum(index, 0), axis=-1)
