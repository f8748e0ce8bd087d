"""Every rounding contract that exists, for the tests."""

from __future__ import annotations

from itertools import product

from gd_attention.conformance.contract import Contract
from gd_attention.conformance.formats import FORMATS

ROUNDING = tuple(
    Contract(dtype, accumulate, distance, order)
    for (dtype, narrow), (accumulate, wide), distance, order in product(
        FORMATS.items(), FORMATS.items(), ("difference", "expanded"), ("distance", "energy")
    )
    if narrow in wide
)
