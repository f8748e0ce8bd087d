"""A plan on the device: what the kernels decide, and the lists that they leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from gd_attention.distances import relative_error
from numba import cuda
from numpy.typing import NDArray

from . import energy, nearest
from .bounds import coefficients
from .frames import Frames, framed
from .nearest import LISTED
from .plan import Plan
from .upload import KeyParts, Queries, Settings, device, pairs_arguments

__all__ = ["NONE", "OPEN", "Answer", "searched"]

NONE, OPEN = -1, -2
MOST_ROWS = 2**31 - 1

Index = NDArray[np.int64]

_ALL = slice(None)


@dataclass(frozen=True, eq=False)
class Answer:
    """What the device found.

    Attributes
    ----------
    winner : int64 (G, M)
        The selected key but for a threshold common to all keys of a query; NONE; or OPEN.
    lists : dict
        Of open queries (g, m), the keys that can win. An open query without a list is to be
        decided among all its keys.
    """

    winner: Index
    lists: dict[tuple[int, int], Index]


def searched(plan: Plan, beta: float, settings: Settings) -> Answer:
    """Search a plan of at most 65535 groups and lists.

    Notes
    -----
    Clauses: GDA-select-index, GDA-select-ties, GDA-select-priors, GDA-admit-mask,
    GDA-admit-threshold, GDA-thm-nearest, GDA-thm-screening, GDA-thm-prior-monotone.
    """
    used = np.zeros(plan.keys.shape[:2], np.bool_)
    for order, k in zip(plan.lists.order, plan.lists.key_of, strict=True):
        used[k, order[order >= 0]] = True
    frames = framed(plan.keys, used)
    winner: Index = np.where(plan.live, OPEN, NONE)
    fits = frames.fits
    with np.errstate(over="ignore", under="ignore"):
        scale = 2.0 * beta / frames.unit**2
    if not plan.shared:
        # beyond, energies are the host's: every product of the kernel stays inside float64
        fits = fits & (scale > 2.0**-900) & (scale < 2.0**900)
    usable = plan.live & fits[plan.lists.key_of[plan.list_of]][:, None]
    # kernels count rows in 32 bits; `KeyParts` cuts keys far below that, but not with priors
    counted = max(plan.query.shape[1], 0 if plan.shared else plan.keys.shape[1])
    if counted > MOST_ROWS or not usable.any():
        return Answer(winner, {})
    queries = Queries.of(plan, frames, usable, settings)
    here = queries.rows >= 0
    if not here.any():
        return Answer(winner, {})
    if plan.shared:
        return _nearest(plan, frames, queries, winner, here, settings)
    return _energy(plan, frames, queries, winner, here, beta, scale, settings)


def _bound(plan: Plan) -> list[np.float32]:
    return [np.float32(value) for value in coefficients(plan.query.shape[-1])]


def _nearest(
    plan: Plan,
    frames: Frames,
    queries: Queries,
    winner: Index,
    here: NDArray[np.bool_],
    settings: Settings,
) -> Answer:
    tile, shape = settings.tile, queries.rows.shape
    groups, count = shape
    parts = KeyParts(plan, frames, settings, whole=False)
    grids = [settings.grid(shape, places) for places in parts.places]
    record = (groups, sum(grid[1] for grid in grids), count)
    upper, lower, second = (cuda.device_array(record, np.float32) for _ in range(3))
    owner = cuda.device_array(record, np.int64)
    list_of, bound = device(plan.list_of), _bound(plan)
    done = 0
    for part, grid in zip(parts, grids, strict=True):
        nearest.screen(tile)[grid, tile.threads](
            queries.encoded, queries.on_device, queries.norm, part.encoded, part.key_of,
            part.order, part.half, part.top, list_of, *_mask(plan, groups, part.base, part),
            part.base, done, *bound, upper, lower, second, owner,
        )  # fmt: skip
        done += grid[1]
    limit = cuda.device_array(shape, np.float32)
    found = cuda.device_array(shape, np.int64)
    nearest.join()[(-(-count // tile.threads), groups), tile.threads](
        upper, lower, second, owner, limit, found
    )
    winner[here] = found.copy_to_host()[here]
    still = here & (winner == OPEN)
    if not still.any():
        return Answer(winner, {})
    # the open queries of each group, side by side
    rows = _packed(still)
    taken = np.maximum(rows, 0), np.arange(groups)[:, None]
    norms = queries.norm.copy_to_host()[taken[1], taken[0]]
    limits = limit.copy_to_host()[taken[1], taken[0]]
    length = device(np.zeros(rows.shape, np.int32))
    listed = device(np.full((*rows.shape, LISTED), -1, np.int64))
    on_device = device(rows), device(norms), device(limits)
    for part, places in zip(parts, parts.places, strict=True):
        nearest.collect(tile)[settings.grid(rows.shape, places), tile.threads](
            queries.encoded, on_device[0], on_device[1], part.encoded, part.key_of,
            part.order, part.half, part.top, list_of, *_mask(plan, groups, part.base, part),
            part.base, *bound, on_device[2], length, listed,
        )  # fmt: skip
    return Answer(winner, _lists(rows, length.copy_to_host(), listed.copy_to_host()))


def _energy(
    plan: Plan,
    frames: Frames,
    queries: Queries,
    winner: Index,
    here: NDArray[np.bool_],
    beta: float,
    scale: NDArray[np.float64],
    settings: Settings,
) -> Answer:
    tile, shape = settings.tile, queries.rows.shape
    groups = shape[0]
    parts = KeyParts(plan, frames, settings, whole=True)
    (part,) = parts
    grid = settings.grid(shape, parts.places[0])
    least = device(np.full((groups, grid[1], shape[1]), np.inf))
    near = device(np.full((groups, grid[1], shape[1]), np.inf, np.float32))
    length = device(np.zeros(shape, np.int32))
    listed = device(np.full((*shape, LISTED), -1, np.int64))
    arguments = (
        queries.encoded, queries.given, queries.on_device, queries.norm, queries.half,
        part.encoded, part.given, part.key_of, part.order, part.half, part.top,
        device(plan.lists.weight), device(_even(plan.lists.weight, tile.columns)),
        device(plan.list_of), *_mask(plan, groups, 0, part),
        *pairs_arguments(plan.threshold, groups, np.inf, _ALL),
        beta, device(scale), relative_error(plan.query.shape[-1]), *_bound(plan),
        least, near, length, listed,
    )  # fmt: skip
    energy.survey(tile)[grid, tile.threads](*arguments)
    energy.gather(tile)[grid, tile.threads](*arguments)
    rows: Index = np.where(here, queries.rows, -1)
    counts, keys = length.copy_to_host(), listed.copy_to_host()
    # nothing listed: every key is certainly refused; one: whether it is admitted is asked of it
    winner[here & (counts == 0)] = NONE
    single = here & (counts == 1)
    winner[single] = keys[single, 0]
    rows[counts <= 1] = -1
    return Answer(winner, _lists(rows, counts, keys))


def _mask(plan: Plan, groups: int, first: int, part: Any) -> tuple[Any, ...]:
    keys = slice(first, first + part.encoded.shape[1])
    return pairs_arguments(plan.mask, groups, True, keys)


def _packed(flags: NDArray[np.bool_]) -> Index:
    """Places of the true elements of each row, side by side, -1 beyond them."""
    rows = np.full((len(flags), int(flags.sum(axis=1).max())), -1, np.int64)
    for row, flag in zip(rows, flags, strict=True):
        places = np.flatnonzero(flag)
        row[: len(places)] = places
    return rows


def _even(weight: NDArray[np.float64], columns: int) -> NDArray[np.bool_]:
    """Whether the keys of a tile have one weight; places of padding, 0, do not count."""
    lists, places = weight.shape
    tiles = -(-places // columns)
    padded = np.zeros((lists, tiles * columns))
    padded[:, :places] = weight
    table = padded.reshape(lists, tiles, columns)
    even: NDArray[np.bool_] = ((table == table[..., :1]) | (table == 0.0)).all(axis=-1)
    return even


def _lists(rows: Index, length: NDArray[np.int32], listed: Index) -> dict[tuple[int, int], Index]:
    """The lists that hold all their keys, sorted: the order of arrival says nothing."""
    return {
        (int(g), int(rows[g, r])): np.sort(listed[g, r, : length[g, r]])
        for g, r in zip(*np.nonzero((rows >= 0) & (length <= LISTED)), strict=True)
    }
