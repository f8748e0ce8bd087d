"""The four screens: what each computes with, needs of the CPU, and loses to rounding."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import DTypeLike

from .bounds import MOST_DIMENSION, UNIT, UNIT32, Coefficients, screen_coefficients
from .features import cpu_features, cpu_name
from .micro import REGISTER_BYTES

__all__ = ["ENGINES", "Engine", "available", "offered"]


@dataclass(frozen=True)
class Engine:
    """One screen.

    Attributes
    ----------
    name : str
    word, score : dtype
        Of the packed rows (it selects the instruction, see `micro`) and of the sums.
    stored : dtype
        Of the half squares.
    per_word : int
        Coordinates in a word.
    feature : str or None
        The CPU feature without which LLVM would end the process.
    roundings_per_word : int
        Roundings of a sum for each word.
    most : int
        The largest dimension.
    """

    name: str
    word: DTypeLike
    score: DTypeLike
    stored: DTypeLike
    per_word: int
    feature: str | None
    roundings_per_word: int
    most: int

    @cached_property
    def width(self) -> int:
        """Keys in a panel."""
        return 2 * REGISTER_BYTES // np.dtype(self.word).itemsize

    def steps(self, dimension: int) -> int:
        """Words that hold a row."""
        return -(-dimension // self.per_word)

    def coefficients(self, dimension: int) -> Coefficients:
        """What the screen adds to its scores to enclose the real ones."""
        roundings = self.roundings_per_word * self.steps(dimension)
        return screen_coefficients(
            dimension,
            roundings + 1 if roundings else 0,  # the limit is subtracted first
            UNIT if self.score == np.float64 else UNIT32,
            UNIT if self.stored == np.float64 else UNIT32,
        )


# Cheapest first.
#
# int8. A start is below 2^29 units, a limit below 1.01 (2^29 + 127^2 D) + 130 D and 128 * 127 D
# more, the partial sums of a row below 255 * 127 D: together under 2^31 up to D = 8192, so no sum
# wraps. vpdpbusd does not saturate.
#
# bf16. vdpbf16ps multiplies pairs exactly (8 + 8 bits) and adds them with at most two roundings a
# pair in either order, flushing subnormals; four are charged, so that an implementation that
# rounds the products or their sum first is inside too.
ENGINES = (
    Engine("int8", np.int32, np.int32, np.float32, 4, "avx512vnni", 0, 8192),
    Engine("bf16", np.uint32, np.float32, np.float32, 2, "avx512bf16", 4, 1 << 20),
    Engine("float32", np.float32, np.float32, np.float32, 1, None, 1, 1 << 20),
    Engine("float64", np.float64, np.float64, np.float64, 1, None, 1, MOST_DIMENSION),
)


def available(dimension: int) -> tuple[Engine, ...]:
    """The engines that this CPU and this dimension allow, cheapest first.

    Empty beyond `bounds.MOST_DIMENSION`.
    """
    features = cpu_features()
    return tuple(
        engine
        for engine in ENGINES
        if dimension <= engine.most
        and (engine.feature is None or {engine.feature, "avx512f"} <= features)
    )


def offered(dimension: int) -> tuple[Engine, ...]:
    """The engines that a call may choose from: those that are available and that can pay.

    Whether vdpbf16ps pays depends on the CPU. By published instruction tables it starts as often
    as a multiply-add of float32 on AMD's Zen 4 and later, and so halves the pass. On an Intel
    server CPU its pass was measured at 1.5 to 2.8 times that of float32, which rules out more as
    well. Elsewhere than on Zen bf16 is left to those who ask for it.
    """
    pays = cpu_name().startswith("znver") and cpu_name() not in ("znver1", "znver2", "znver3")
    return tuple(e for e in available(dimension) if e.name != "bf16" or pays)
