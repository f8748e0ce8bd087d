"""`explain`: the evidence behind one selection."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from gd_attention.alignment import ceiling
from gd_attention.arguments import as_float64, natural_number, real_dtype_array
from gd_attention.interchange import any_library
from gd_attention.validation import Inputs, checked
from numpy.typing import ArrayLike

from .certificate import certificate
from .evidence import Explanation, KeyEvidence, Labels, Standing
from .order import first_keys
from .pairs import Pairs, margins

__all__ = ["explain"]


@any_library
def explain(
    query: ArrayLike,
    keys: ArrayLike,
    *,
    alpha: ArrayLike = 0.5,
    beta: ArrayLike = 1.0,
    threshold: ArrayLike = math.inf,
    mask: ArrayLike | None = None,
    labels: Labels | None = None,
    count: int = 10,
    also: Sequence[int] = (),
) -> Explanation:
    """Say why one query selects its key, or abstains.

    Parameters
    ----------
    query : array_like (D,)
    keys : array_like (N, D)
        Read in parts: an array that is mapped from a file need not fit into memory.
    alpha : array_like, broadcasts to (N,)
        Mixing weight on the query's well, in (0, 1).
    beta : scalar
        Precision, finite and positive, in 1/length**2.
    threshold : array_like, broadcasts to (N,)
        A key is admitted iff E* <= threshold. Dimensionless.
    mask : bool array_like, broadcasts to (N,), optional
        True where a key may be selected.
    labels : sequence of str, optional
        A name for each key.
    count : int
        How many keys to list, >= 0.
    also : sequence of int
        Further keys to list, wherever they lie.

    Returns
    -------
    Explanation

    Raises
    ------
    TypeError, ValueError, PrecisionCapError
        As `gd_attention`; also if the query is not one row, a label is missing, or ``also`` names
        no key.

    Notes
    -----
    Selection, admission and order are exact, as in `gd_attention`; energies and coordinates are the
    bits that it returns. With alpha per key the radius looks at all keys at once.
    Clauses: GDA-def-selection, GDA-def-admission, GDA-select-exact-order, GDA-thm-robustness,
    GDA-thm-counting.
    """
    row = real_dtype_array("query", query)
    if row.ndim != 1:
        raise ValueError(f"query: expected shape (D,), got {row.shape}")
    table = real_dtype_array("keys", keys)
    if table.ndim != 2:
        raise ValueError(f"keys: expected shape (N, D), got {table.shape}")
    inputs = checked(row[None, :], table, None, alpha, beta, threshold, mask, narrow=True)
    if labels is not None and len(labels) != len(table):
        raise ValueError(f"labels: expected {len(table)}, one for each key, got {len(labels)}")
    listed = natural_number("count", count)
    order = first_keys(inputs, listed)
    index = order.admitted[0].index if order.admitted else -1
    runner_up = order.admitted[1].index if len(order.admitted) > 1 else -1
    ranks = {key.index: place for place, key in enumerate(order.first, start=1)}
    more = [_key("also", number, len(table)) for number in also]
    shown = list(dict.fromkeys([*ranks, *(i for i in (index, runner_up) if i >= 0), *more]))
    pairs = Pairs.of(inputs, np.array([i for i in shown if inputs.mask[0, i]], np.int64))
    evidence = {
        i: pairs.evidence(place, index, ranks.get(i), labels)
        for place, i in enumerate(pairs.rows.tolist())
    }
    energy_margin, distance_margin = margins(evidence.get(index), evidence.get(runner_up))
    radius, tight = certificate(inputs, index, list(evidence))
    point = pairs.alignment_point[pairs.rows == index]
    return Explanation(
        query=as_float64(row).copy(),
        beta=inputs.beta,
        index=index,
        keys=tuple(evidence.get(i) or _masked(inputs, i, labels) for i in shown),
        count=len(table),
        masked=int(np.count_nonzero(~inputs.mask)),
        admitted=order.count,
        runner_up=runner_up,
        energy_margin=energy_margin,
        distance_margin=distance_margin,
        radius=radius,
        tight=tight,
        alignment_point=point[0] if index >= 0 else as_float64(row).copy(),
    )


def _key(name: str, number: int, count: int) -> int:
    index = natural_number(name, number)
    if index >= count:
        raise ValueError(f"{name}: expected a key below {count}, got {index}")
    return index


def _masked(inputs: Inputs, index: int, labels: Labels | None) -> KeyEvidence:
    """The evidence of a key that is masked: nothing is read."""
    alpha = float(inputs.alpha[index])
    return KeyEvidence(
        index=index,
        rank=None,
        label=None if labels is None else str(labels[index]),
        standing=Standing.MASKED,
        distance=math.nan,
        separation=math.nan,
        energy=math.nan,
        ceiling=float(ceiling(alpha)),
        threshold=float(inputs.threshold[0, index]),
        coherence=math.nan,
        coordinate=math.nan,
        unique=False,
        regime=None,
        alpha=alpha,
    )
