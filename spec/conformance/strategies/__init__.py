"""The families of generated cases, one per failure shape.

What is generated, why from that distribution and what it shrinks to stands at the head of each
module. In a format other than float64 the families keep their shapes at that format's scales; of
*dtypes*, the kinds that mix floating formats or need integers beyond the format have no meaning
there and are left out. Every case is a valid call; bad calls are a table of their own (`badcalls`).
"""

from __future__ import annotations

from gd_attention.conformance.strategies.calls import BATCH, DTYPES
from gd_attention.conformance.strategies.family import Family
from gd_attention.conformance.strategies.geometry import COLLINEAR, OFFSET, SCALES
from gd_attention.conformance.strategies.masks import MASKED_NAN, MASKS
from gd_attention.conformance.strategies.priors import PRIORS
from gd_attention.conformance.strategies.regimes import (
    CRITICAL,
    DEGENERATE,
    EXTREME_ALPHA,
    SATURATED,
)
from gd_attention.conformance.strategies.simple import BASIC, EMPTY, LINE, SINGLE
from gd_attention.conformance.strategies.thresholds import THRESHOLDS
from gd_attention.conformance.strategies.ties import NEAR_TIES, PERMUTATIONS, TIES

__all__ = ["FAMILIES", "Family", "family"]

FAMILIES: tuple[Family, ...] = (
    BASIC,
    TIES,
    NEAR_TIES,
    COLLINEAR,
    OFFSET,
    SCALES,
    SATURATED,
    CRITICAL,
    DEGENERATE,
    EXTREME_ALPHA,
    THRESHOLDS,
    MASKS,
    EMPTY,
    SINGLE,
    LINE,
    BATCH,
    PERMUTATIONS,
    MASKED_NAN,
    PRIORS,
    DTYPES,
)


def family(name: str) -> Family:
    """The family of that name.

    Raises
    ------
    KeyError
        If there is no such family.
    """
    for candidate in FAMILIES:
        if candidate.name == name:
            return candidate
    raise KeyError(name)
