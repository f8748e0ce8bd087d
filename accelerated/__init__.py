"""GD-Attention on the hardware: the reference's exact answers, compiled.

The package needs Numba and is imported by name; ``import gd_attention`` never loads it.
"""

from __future__ import annotations

try:
    import numba as _numba  # noqa: F401  (only to say what is missing)
except ImportError as error:
    raise ImportError(
        "gd_attention.accelerated needs Numba: pip install 'gd-attention[accelerated]'"
    ) from error

from .cpu import gd_attention
from .index import IndexFileError, KeyIndex
from .nearest import nearest, squared_distance_sign
from .packing import Packed, pack

__all__ = [
    "IndexFileError", "KeyIndex", "Packed", "gd_attention", "nearest", "pack",
    "squared_distance_sign",
]  # fmt: skip
