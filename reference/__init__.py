"""GD-Attention: the readable definition in NumPy and SciPy.

`gd_attention` is the operator. The other names are its parts, each under the clause of the
standard that it states. `gd_attention.conformance` judges implementations and is imported by name.
"""

from __future__ import annotations

from .alignment import Alignment, align, ceiling, coherence, radius, threshold_from_radius
from .errors import PrecisionCapError
from .explanation import Explanation, KeyEvidence, Standing, explain
from .gradients import (
    CoordinateDerivatives,
    EnergyGradient,
    coordinate_derivatives,
    energy_gradient,
    landscape_gradient,
    landscape_hessian,
)
from .landscape import (
    Barrier,
    Jump,
    Regime,
    StationaryPoints,
    barrier,
    energy,
    jump,
    log_odds,
    regime,
    separation,
    spinodal,
    stationary_points,
)
from .merge import OrderKey, merge, order_keys
from .reconstruction import Reconstruction, Status, reconstruct
from .relaxation import Relaxation, relaxation
from .robustness import robustness_radius
from .selection import Admission, Selection, admission, gd_attention

__all__ = [
    "Admission",
    "Alignment",
    "Barrier",
    "CoordinateDerivatives",
    "EnergyGradient",
    "Explanation",
    "Jump",
    "KeyEvidence",
    "OrderKey",
    "PrecisionCapError",
    "Reconstruction",
    "Regime",
    "Relaxation",
    "Selection",
    "Standing",
    "StationaryPoints",
    "Status",
    "__version__",
    "admission",
    "align",
    "barrier",
    "ceiling",
    "coherence",
    "coordinate_derivatives",
    "energy",
    "energy_gradient",
    "explain",
    "gd_attention",
    "jump",
    "landscape_gradient",
    "landscape_hessian",
    "log_odds",
    "merge",
    "order_keys",
    "radius",
    "reconstruct",
    "regime",
    "relaxation",
    "robustness_radius",
    "separation",
    "spinodal",
    "stationary_points",
    "threshold_from_radius",
]

__version__ = "1.0.0.dev1"
