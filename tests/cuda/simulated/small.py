"""The operator with tiles of a few rows: the production kernels, cut where a simulator can follow.

`SMALL` has four threads a block; keys pass in parts, and few queries split them, so every call of
more than a handful of keys crosses edges of tiles, splits and parts.
"""

from __future__ import annotations

from typing import Any

from gd_attention.accelerated.cuda.operator import selected
from gd_attention.accelerated.cuda.tiles import Tile
from gd_attention.accelerated.cuda.upload import Settings
from gd_attention.interchange import any_library
from gd_attention.selection import Selection
from gd_attention.validation import checked

__all__ = ["SMALL", "attend"]

SMALL = Settings(tile=Tile(rows=4, columns=4, depth=2, high=2, wide=2), blocks=4, part=40)


@any_library
def attend(
    query: Any, keys: Any, values: Any = None, *, alpha: Any = 0.5, beta: Any = 1.0,
    threshold: Any = float("inf"), mask: Any = None, fill: Any = 0.0,
) -> Selection:  # fmt: skip
    """`gd_attention.accelerated.cuda.gd_attention`, with the small tiles."""
    inputs = checked(query, keys, values, alpha, beta, threshold, mask, fill, narrow=True)
    return selected(inputs, SMALL)
