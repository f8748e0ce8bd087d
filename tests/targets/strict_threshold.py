"""A faulty implementation: admission is strict, energy < threshold.

Right everywhere but where energy and threshold are equal, which happens in two cases only:
separation 0 with threshold 0, and alpha = 1/2 with a separation of at most 2 and a threshold of a
quarter of it.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from fractions_order import admits, run


def strict(exact: Fraction, energy: float, threshold: float) -> bool:
    """Strict where the non-strict comparison is meant."""
    return admits(exact, energy, threshold) and energy < threshold


def select(
    query, keys, values=None, *, alpha=0.5, beta=1.0, threshold=math.inf, mask=None, fill=0.0
) -> dict[str, np.ndarray]:
    """The operator with strict admission."""
    return run(query, keys, values, alpha, beta, threshold, mask, fill, admission=strict)
