"""GD-Attention on a device of NVIDIA: the reference's exact answers, screened by CUDA kernels.

Imported by name; neither ``import gd_attention`` nor ``import gd_attention.accelerated`` loads it.
Without a device the kernels run in Numba's simulator: set ``NUMBA_ENABLE_CUDASIM=1``.
"""

from __future__ import annotations

from .operator import gd_attention

__all__ = ["gd_attention"]
