"""Reconstruction: the iterated control. The query moves to its alignment point and selects again.

In exact arithmetic the selected key's energy strictly decreases while the jump is not 0, and no
step after an admitted one abstains; with one alpha and one threshold for all keys of a query the
index never changes (T18). Rounded iterates can break all three. So the first index is kept where
the theorem says that it stays, and a later selection that rounding makes abstain keeps the index
before it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .distances import pair_separations
from .interchange import any_library
from .search import search
from .selection import align_selected
from .validation import Inputs, checked, natural_number, non_negative_scalar

__all__ = ["Reconstruction", "Status", "reconstruct"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Index = NDArray[np.int64]


class Status(IntEnum):
    """Why a reconstruction stopped. Clause: GDA-def-reconstruction-status."""

    CONVERGED = 0
    """The separation of the selected pair is at most tol."""
    STAGNATED = 1
    """The rounded alignment point is the query itself."""
    MAX_STEPS = 2
    """The allowed number of steps was taken."""
    ABSTAINED = 3
    """No key was admitted at step 0."""


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """The result of `reconstruct`. Axes: P entries of the path, B..., M queries, D space.

    Entry p of a path is the state after p steps; P - 1 is the largest number of steps that a query
    took, and a query that stopped earlier repeats its last state.

    Attributes
    ----------
    status : int64 (B..., M)
        Values of `Status`.
    steps : int64 (B..., M)
        Moves that the query made.
    queries : float64 (P, B..., M, D)
    indices : int64 (P, B..., M)
        Key selected from that query; -1 where the query abstained.
    energies : float64 (P, B..., M)
        Its alignment energy, dimensionless; +inf where the query abstained.

    Notes
    -----
    Clauses: GDA-def-reconstruction, GDA-def-reconstruction-status.
    """

    status: Index
    steps: Index
    queries: Float
    indices: Index
    energies: Float


@any_library
def reconstruct(
    query: ArrayLike,
    keys: ArrayLike,
    *,
    alpha: ArrayLike = 0.5,
    beta: ArrayLike = 1.0,
    threshold: ArrayLike = math.inf,
    mask: ArrayLike | None = None,
    tol: ArrayLike = 1e-12,
    max_steps: int = 1000,
) -> Reconstruction:
    """Replace q by s*(q, k) of the selected key k, and select again, until a status is reached.

    Axes: B... leading dimensions, M queries, N keys, D space.

    Parameters
    ----------
    query, keys, alpha, beta, threshold, mask
        As in `gd_attention`.
    tol : scalar
        Finite, >= 0, dimensionless: a query has converged when the computed beta |jump|**2 <= tol.
        At 0 only the key itself will do.
    max_steps : int
        Largest number of moves, >= 0. The path takes memory for each.

    Returns
    -------
    Reconstruction

    Raises
    ------
    TypeError, ValueError, PrecisionCapError
        As `gd_attention`; also for tol and max_steps.

    Notes
    -----
    Asymptotically a step shortens the jump by the factor alpha. From afar with alpha > 1/2 steps
    are of size exp(-separation), and at large separations the query does not move (stagnated).
    Clauses: GDA-def-reconstruction, GDA-def-reconstruction-status, GDA-note-reconstruction,
    GDA-thm-reconstruction.
    """
    now = checked(query, keys, None, alpha, beta, threshold, mask)
    tolerance = non_negative_scalar("tol", tol)
    limit = natural_number("max_steps", max_steps)

    shape = now.query.shape[:-1]
    status = np.full(shape, Status.MAX_STEPS, dtype=np.int64)
    steps = np.zeros(shape, dtype=np.int64)
    active = np.ones(shape, dtype=np.bool_)
    queries: list[Float] = []
    indices: list[Index] = []
    energies: list[Float] = []

    def stop(which: Bool, reason: Status) -> None:
        status[active & which] = reason
        active[which] = False

    stays = _index_stays(now)
    index, separation = search(now)
    while True:
        energy, _, point, _ = align_selected(now, index, separation)
        queries.append(now.query)
        indices.append(index)
        energies.append(energy)
        stop(index < 0, Status.ABSTAINED)
        stop(separation <= tolerance, Status.CONVERGED)
        if len(queries) > limit:
            break
        stop((point == now.query).all(axis=-1), Status.STAGNATED)
        if not active.any():
            break
        steps += active
        now = replace(now, query=np.where(active[..., None], point, now.query))
        index, separation = _next(now, index, separation, active, stays)
    return Reconstruction(
        status=status,
        steps=steps,
        queries=np.stack(queries),
        indices=np.stack(indices),
        energies=np.stack(energies),
    )


def _index_stays(inputs: Inputs) -> Bool:
    """Queries (B..., M) whose unmasked keys share one alpha and one threshold.

    Clause: GDA-thm-reconstruction.
    """
    alike = np.ones(inputs.query.shape[:-1], dtype=np.bool_)
    for table in (inputs.alpha[..., None, :], inputs.threshold):
        least = np.where(inputs.mask, table, math.inf).min(axis=-1, initial=math.inf)
        most = np.where(inputs.mask, table, -math.inf).max(axis=-1, initial=-math.inf)
        alike &= least >= most
    return alike


def _next(
    now: Inputs, index: Index, separation: Float, active: Bool, stays: Bool
) -> tuple[Index, Float]:
    """Index and separation after the active queries have moved."""
    again = active & ~stays
    index, separation = index.copy(), separation.copy()
    if again.any():
        found, distance = search(replace(now, mask=now.mask & again[..., None]))
        # only rounding makes a later step abstain (T18): the index before it is kept
        taken = found >= 0
        index[taken], separation[taken] = found[taken], distance[taken]
        active = active & ~taken
    if active.any():
        # an active query has an index: it did not abstain
        entry = np.nonzero(active)
        keys = now.keys[(*entry[:-1], index[active])]
        separation[active] = pair_separations(now.query[active], keys, now.beta)
    return index, separation
