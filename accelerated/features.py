"""What the CPU can do, asked before anything is compiled.

LLVM does not refuse an instruction that the target lacks: it ends the process. So the engines ask
here first. Numba compiles for the CPU that ``NUMBA_CPU_NAME`` names and with the features of
``NUMBA_CPU_FEATURES`` or of this machine; the answer is the part of them that both allow, so
``NUMBA_CPU_NAME=x86-64-v3`` shows what a machine without AVX-512 does.
"""

from __future__ import annotations

from functools import cache

import llvmlite.binding as llvm
import numba

__all__ = ["cpu_features", "cpu_name", "vector_bits"]

# The vector extensions of the levels of the x86-64 psABI that the engines ask about.
_LEVELS = {
    "generic": frozenset[str](),
    "x86-64": frozenset[str](),
    "x86-64-v2": frozenset[str](),
    "x86-64-v3": frozenset({"avx", "avx2", "fma"}),
    "x86-64-v4": frozenset({"avx", "avx2", "fma", "avx512f"}),
}


@cache
def cpu_features() -> frozenset[str]:
    """LLVM's names of the features that compiled code may use, such as ``avx512vnni``."""
    given = numba.config.CPU_FEATURES
    if given is None:
        try:
            given = llvm.get_host_cpu_features().flatten()
        except RuntimeError:  # LLVM knows no features of this host
            given = ""
    present = frozenset(name[1:] for name in given.split(",") if name.startswith("+"))
    if not numba.config.ENABLE_AVX:
        present = frozenset(name for name in present if not name.startswith("avx"))
    level = _LEVELS.get(str(numba.config.CPU_NAME).lower())
    return present if level is None else present & level


@cache
def cpu_name() -> str:
    """LLVM's name of the CPU that code is compiled for, such as ``znver4``."""
    return str(numba.config.CPU_NAME or llvm.get_host_cpu_name()).lower()


@cache
def vector_bits() -> int:
    """Width of the widest vector registers: 512, 256 or 128 bits."""
    features = cpu_features()
    if "avx512f" in features:
        return 512
    return 256 if "avx" in features else 128
