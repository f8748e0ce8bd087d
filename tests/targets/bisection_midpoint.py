"""A faulty implementation: bisection on the derivative of coherence along the passage.

At alpha = 1/2 the derivative vanishes at the midpoint by symmetry, the first point that bisection
looks at. Beyond separation 2 the midpoint is a maximum of energy, not a minimum.
"""

from __future__ import annotations

import math

import numpy as np


def coordinate(length: float, alpha: float, beta: float) -> float:
    """The point of the passage, as a share of its length, where bisection stops."""
    if length == 0.0:
        return 1.0 - alpha
    low, high = 0.0, length
    for _ in range(200):
        middle = 0.5 * (low + high)
        near = alpha * middle * math.exp(-beta * middle * middle)
        far = (1.0 - alpha) * (length - middle) * math.exp(-beta * (length - middle) ** 2)
        slope = far - near
        if slope == 0.0:
            break
        low, high = (middle, high) if slope > 0.0 else (low, middle)
    return 0.5 * (low + high) / length


def select(query, keys, *, alpha=0.5, beta=1.0) -> dict[str, np.ndarray]:
    """Nearest key, with energy and coordinate from bisection; no thresholds, no mask, no batch."""
    query, keys = np.asarray(query, dtype=float), np.asarray(keys, dtype=float)
    if query.ndim != 2 or keys.ndim != 2 or len(keys) == 0 or np.ndim(alpha):
        raise NotImplementedError("one batch, one key at least, one alpha")
    squares = ((query[:, None, :] - keys[None, :, :]) ** 2).sum(-1)
    index = squares.argmin(-1)
    shares, energies = [], []
    for row, winner in enumerate(index.tolist()):
        length = math.sqrt(squares[row, winner])
        share = coordinate(length, alpha, beta) if math.isfinite(length) else 0.5
        near = alpha * math.exp(-beta * (share * length) ** 2)
        far = (1.0 - alpha) * math.exp(-beta * ((1.0 - share) * length) ** 2)
        shares.append(share)
        # the published floor inside the logarithm
        energies.append(-math.log(max(near + far, 1e-12)))
    return {"index": index, "coordinate": np.array(shares), "energy": np.array(energies)}
