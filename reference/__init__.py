"""GD-Attention: the readable definition in NumPy and SciPy.

`gd_attention` is the operator. The other names are its parts, each under the clause of the
standard that it states. `gd_attention.conformance` judges implementations and is imported by name.
"""

from __future__ import annotations

from .alignment import Alignment, align, ceiling, coherence, radius, threshold_from_radius
from .errors import PrecisionCapError
from .reconstruction import Reconstruction, Status, reconstruct
from .relaxation import Relaxation, relaxation
from .selection import Admission, Selection, admission, gd_attention

__all__ = [
    "Admission",
    "Alignment",
    "PrecisionCapError",
    "Reconstruction",
    "Relaxation",
    "Selection",
    "Status",
    "admission",
    "align",
    "ceiling",
    "coherence",
    "gd_attention",
    "radius",
    "reconstruct",
    "relaxation",
    "threshold_from_radius",
]

__version__ = "1.0.0.dev1"
