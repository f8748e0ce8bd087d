"""The operator on the CPU: the reference's result, bit for bit, from compiled exact searches.

A call is searched in groups of batch entries that read the same keys. Where the keys of a group
share one weight min(alpha, 1 - alpha), and mask and threshold do not tell its keys apart, the
selected key is the nearest (GDA-thm-nearest), and all queries of the group are searched at once by
`nearest`. Elsewhere, and for up to some hundred queries, which do not pay for packing the keys as
bytes, `masked` searches entry by entry. A threshold that is common to all keys of a query is asked
about the winner alone (GDA-thm-filter-select). What is returned about the selected pair comes from
the reference's own functions.

To ask whether all keys are finite costs a pass over them, for one query as much as the search. A
few queries meet every key that they may select anyway, so there the search finds out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from gd_attention.distances import pair_separations
from gd_attention.exact import exact_separation
from gd_attention.interchange import any_library
from gd_attention.selection import Selection, completed
from gd_attention.thresholds import admitted_pairs
from gd_attention.validation import Inputs, checked
from numpy.typing import ArrayLike, NDArray

from .groups import Group, groups
from .masked import few, search_entry, trusted
from .nearest import nearest
from .weights import all_finite

__all__ = ["checked_winners", "gd_attention", "search_group"]

Index = NDArray[np.int64]

_SOME_HUNDRED = 256  # queries


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

    Parameters, result and errors are those of `gd_attention.gd_attention`, and so is every bit of
    the result. Axes: B... leading dimensions, M queries, N keys, D space, V value width.

    Parameters
    ----------
    query : array_like (B..., M, D)
        float32 and float64 are read as they are, without a copy where they are contiguous.
    keys : array_like (B..., N, D)
    values : array_like (B..., N, V), optional
        Default: the keys.
    alpha : array_like, broadcasts to (B..., N)
        Mixing weight on the query's well, in (0, 1): a prior of each key.
    beta : scalar
        Precision, finite and positive.
    threshold : array_like, broadcasts to (B..., M, N)
        A key is admitted iff E* <= threshold. Dimensionless; inf admits all.
    mask : bool array_like, broadcasts to (B..., M, N), optional
        True where the pair may be selected. Masked pairs are never read.
    fill : array_like, broadcasts to (B..., M, V)
        Output of a query that abstains; representable in the dtype of values.

    Returns
    -------
    Selection

    Raises
    ------
    TypeError, ValueError, PrecisionCapError
        As the reference.

    Notes
    -----
    Clauses: GDA-scope-operator, GDA-def-selection, GDA-select-index, GDA-select-ties,
    GDA-select-exact-order, GDA-select-priors, GDA-abstain-none, GDA-thm-filter-select.
    """
    check = partial(
        checked, query, keys, values, alpha, beta, threshold, mask, fill, narrow=True
    )  # fmt: skip
    # a few queries meet every key that they may select in one pass, and find out by themselves
    later = _shape_of_few(query, keys)
    try:
        inputs = check(finite=_later if later else all_finite)
    except ValueError:
        if later:
            # of several faults the one that is told is the reference's
            check(finite=all_finite)
        raise
    if later and inputs.query.ndim > 2:
        inputs, later = check(finite=all_finite), False
    doubt = partial(check, finite=all_finite) if later else trusted
    index = np.full(inputs.query.shape[:-1], -1, np.int64)
    if index.size and inputs.keys.shape[-2]:
        for group in groups(inputs):
            index[group.here] = search_group(group, doubt)
    return completed(inputs, *checked_winners(inputs, index))


def _shape_of_few(query: ArrayLike, keys: ArrayLike) -> bool:
    """Whether the search of these arguments, if they are in order, is that of `few` queries."""
    if not (isinstance(query, np.ndarray) and isinstance(keys, np.ndarray)):
        return False
    return query.ndim == keys.ndim == 2 and few(len(query), len(keys))


def _later(array: NDArray[Any]) -> bool:
    """Taken for finite until the search has seen it."""
    return True


def search_group(group: Group, doubt: Callable[[], object] = trusted) -> Index:
    """The selected keys of a group (R..., M) but for thresholds common to all keys of a query.

    ``doubt`` as in `search_entry`.
    """
    index = np.full(group.query.shape[:-1], -1, np.int64)
    # entries that read the same keys are one search to `nearest`, and several to `masked`
    several = index.size > group.query.shape[-2] and not few(index.size, len(group.keys))
    columns = group.columns() if several or index.size > _SOME_HUNDRED else None
    if columns is not None:
        if not columns.size:
            return index
        if group.shared(columns) and group.common():
            rows = group.query.reshape(-1, group.query.shape[-1])
            keys = group.keys if columns.size == len(group.keys) else group.keys[columns]
            return columns[nearest(rows, keys)].reshape(index.shape)
    for entry in np.ndindex(index.shape[:-1]):
        index[entry] = search_entry(
            group.query[entry], group.keys, group.alpha[entry], group.beta,
            group.threshold[entry], group.mask[entry], doubt,
        )  # fmt: skip
    return index


def checked_winners(inputs: Inputs, index: Index) -> tuple[Index, NDArray[np.float64]]:
    """The winners that their thresholds admit, and their separations; -1 and 0 elsewhere."""
    separation = np.zeros(index.shape)
    pairs: tuple[Any, ...] = np.nonzero(index >= 0)
    winners = index[pairs]
    query = inputs.query[pairs].astype(np.float64, copy=False)
    keys = inputs.keys[*pairs[:-1], winners].astype(np.float64, copy=False)
    value = pair_separations(query, keys, inputs.beta)
    separation[pairs] = value
    threshold = inputs.threshold[*pairs, winners]
    if (threshold == math.inf).all():
        return index, separation

    def exact(pair: int) -> Fraction:
        return exact_separation(query[pair], keys[pair], inputs.beta)

    alpha = inputs.alpha[*pairs[:-1], winners]
    refused = ~admitted_pairs(value, alpha, threshold, query.shape[-1], exact)
    out = tuple(axis[refused] for axis in pairs)
    index[out], separation[out] = -1, 0.0
    return index, separation
