"""The robustness radius of one query over many keys: what cannot count is left out first.

With one weight the certificate is a minimum over the keys, and the term of key j is at least
(L_j - L_i)/2 for the selected key i (T17). The keys next to the query give a bound; a key whose
term is certainly above it changes nothing, and the exact arithmetic is spent on the rest.
"""

from __future__ import annotations

import math

import numpy as np
from gd_attention.distances import pair_separations, relative_error
from gd_attention.intervals import minor_weights
from gd_attention.robustness import robustness_radius
from gd_attention.validation import Inputs
from numpy.typing import NDArray

from .order import chunks

__all__ = ["certificate"]

Rows = NDArray[np.int64]


def certificate(inputs: Inputs, index: int, near: list[int]) -> tuple[float, bool]:
    """`robustness_radius` of a call of one query, and whether it is tight.

    Parameters
    ----------
    inputs : Inputs
        One query; keys of any floating dtype.
    index : int
        The selected key, -1 for an abstention.
    near : list of int
        Keys, not masked, that are likely to give the minimum.

    Notes
    -----
    Clause: GDA-thm-robustness.
    """
    mask = inputs.mask[0]
    open_keys = np.flatnonzero(mask)
    if not open_keys.size:
        return math.inf, True
    weights = minor_weights(inputs.alpha[open_keys])
    shared = bool((weights == weights[0]).all())
    tight = shared and bool((inputs.threshold[0, open_keys] == math.inf).all())
    if index < 0 or not shared:
        return _radius(inputs, open_keys), tight
    bound = _radius(inputs, np.unique([*near, index]))
    return _radius(inputs, _not_beyond(inputs, index, bound)), tight


def _radius(inputs: Inputs, rows: Rows) -> float:
    result = robustness_radius(
        inputs.query, inputs.keys[rows], alpha=inputs.alpha[rows], beta=inputs.beta,
        threshold=inputs.threshold[:, rows], mask=inputs.mask[:, rows],
    )  # fmt: skip
    return float(result[0])


def _not_beyond(inputs: Inputs, index: int, bound: float) -> Rows:
    """The keys, not masked, but for those whose term is certainly above the bound."""
    # a computed separation has a relative error of at most r, its root half of that; the root, the
    # quotient and the product below add 4 u = 2**-51
    error = relative_error(inputs.query.shape[1]) + 2.0**-51
    query = np.asarray(inputs.query, np.float64)
    chosen = np.asarray(inputs.keys[index : index + 1], np.float64)
    own = float(_length(pair_separations(query, chosen, inputs.beta), inputs.beta)[0])
    kept = []
    for start, block in chunks(inputs):
        value = block.separations.value[0]
        length = _length(value, inputs.beta)
        # halving is exact; 2**-50 covers the rounding of the difference
        term = 0.5 * (length * (1.0 - error) - own * (1.0 + error)) * (1.0 - 2.0**-50)
        # where a separation overflows or is subnormal its relative error says nothing
        known = np.isfinite(value) & (value > 2.0**-1000) & math.isfinite(own)
        kept.append(start + np.flatnonzero(block.mask[0] & ~(known & (term > bound))))
    return np.unique([index, *np.concatenate(kept).tolist()])


def _length(separation: NDArray[np.float64], beta: float) -> NDArray[np.float64]:
    return np.sqrt(separation) / math.sqrt(beta)
