"""A faulty implementation: the selected key has the least float energy.

Float energies are accurate here, and still saturate: from a separation of about 37 on they agree to
the last bit, and the first such key wins whatever its distance.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from fractions_order import run


def energy_order(exact: Fraction, energy: float, shared: bool) -> float:
    """The rounded energy, also where one alpha would allow the distance."""
    return energy


def select(
    query, keys, values=None, *, alpha=0.5, beta=1.0, threshold=math.inf, mask=None, fill=0.0
) -> dict[str, np.ndarray]:
    """The operator with the argmin over rounded energies."""
    return run(query, keys, values, alpha, beta, threshold, mask, fill, order=energy_order)
