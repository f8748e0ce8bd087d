"""The operator on a device of NVIDIA: the reference's result, bit for bit.

Kernels screen every pair with proved bounds (`nearest`, `energy`); the few keys that the bounds
cannot order are decided in exact arithmetic on the host (`decide`). What is returned about the
selected pair comes from the reference's own functions.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from gd_attention.selection import Selection, completed
from gd_attention.validation import Inputs, checked
from numba.core.errors import NumbaPerformanceWarning
from numpy.typing import ArrayLike, NDArray

from ..cpu import checked_winners
from .arrays import any_device
from .decide import decide_all, decide_nearest, decide_priors
from .plan import Plan, planned
from .search import OPEN, searched
from .upload import Settings

__all__ = ["gd_attention", "selected"]


@any_device
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
        Arrays of the caller's library, on the device if the arguments are.

    Raises
    ------
    TypeError, ValueError, PrecisionCapError
        As the reference; TypeError also for arguments on different devices.

    Notes
    -----
    Arrays on the device are copied to the host once: checks, exact decisions and the result's
    fields are the host's.
    Clauses: GDA-scope-operator, GDA-def-selection, GDA-select-index, GDA-select-ties,
    GDA-select-exact-order, GDA-select-priors, GDA-abstain-none, GDA-thm-filter-select.
    """
    inputs = checked(query, keys, values, alpha, beta, threshold, mask, fill, narrow=True)
    return selected(inputs, Settings())


def selected(inputs: Inputs, settings: Settings) -> Selection:
    """The operator on checked arguments; the settings change no answer."""
    index = np.full(inputs.query.shape[:-1], -1, np.int64)
    if index.size and inputs.keys.shape[-2]:
        flat = index.reshape(-1)
        for plan in planned(inputs, settings.tile.columns).parts():
            flat[plan.entries] = _winners(inputs, plan, settings)
    return completed(inputs, *checked_winners(inputs, index))


def _winners(inputs: Inputs, plan: Plan, settings: Settings) -> NDArray[np.int64]:
    with warnings.catch_warnings():
        # a small call leaves a device mostly idle: nothing that the caller could change
        warnings.simplefilter("ignore", NumbaPerformanceWarning)
        answer = searched(plan, inputs.beta, settings)
    winner: Any = answer.winner
    if plan.shared:
        decide_nearest(plan, answer.lists, winner)
    else:
        decide_priors(inputs, plan, answer.lists, winner)
    still = winner == OPEN
    if still.any():
        winner[still] = decide_all(inputs, plan.entries[still])
    return np.asarray(winner)
