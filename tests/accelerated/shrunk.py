"""Sizes so small that few keys reach every edge of the searches, and the choice of a route."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from gd_attention.accelerated import cpu, groups, masked, routes, sorting, threads, weights

__all__ = ["ROUTES", "TILE", "shrink", "take", "use_threads"]

ROUTES = ("passed", "tiled", "screened", "nearest", "chosen")


TILE = 5  # of `shrink`: edges come with few keys


def shrink(patch: pytest.MonkeyPatch, tile: int = TILE) -> None:
    """Tiles of a few keys, blocks of one panel and few queries, parts of a block, two threads."""
    for name in ("_LEAST_TILE", "_MOST_TILE"):
        patch.setattr(routes, name, tile)
    for name in ("_MOST_ROWS", "_MOST_COPIED"):
        patch.setattr(routes, name, 2)
    for module in (routes, weights):
        patch.setattr(module, "_LITTLE", 0)
    patch.setattr(routes, "_STRIDE", tile)
    patch.setattr(sorting, "_FEW", 0)
    patch.setattr(routes, "_PANELS", 1)
    patch.setattr(routes, "_PART_ELEMENTS", 1)
    patch.setattr(groups, "_BLOCK", 7)


def take(patch: pytest.MonkeyPatch, route: str) -> None:
    """All entries to one function of `routes`, whatever their size; "chosen": as in real calls.

    "nearest": all groups that can be to `nearest`, the others as "screened".
    """
    if route == "chosen":
        return
    if route == "nearest":
        patch.setattr(cpu, "_SOME_HUNDRED", -1)
    most = sys.maxsize if route == "passed" else -1
    patch.setattr(masked, "_FEW_QUERIES", most)
    patch.setattr(masked, "_FEW_PAIRS", most)
    if route == "tiled":

        def none(*_: Any) -> None:
            return None

        patch.setattr(routes, "_frame", none)


def use_threads(patch: pytest.MonkeyPatch, count: int) -> None:
    """The operator on so many threads."""
    patch.setattr(threads, "_pool", None)
    for module in (threads, routes, weights):
        patch.setattr(module, "thread_count", lambda: count)
