"""Populations whose risk is known in rationals, and calibrations drawn from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True)
class Population:
    """Levels uniform on [0, 1], or on K equal steps; an error has probability `rate` of the level.

    ``risk(t)`` is that of ``level <= t``: an integral, or a mean, of the rate.
    """

    rate: Callable[[Float], Float]
    steps: int | None = None

    def draw(self, rng: np.random.Generator, size: int) -> tuple[Float, Bool]:
        level = rng.random(size)
        if self.steps is not None:
            level = np.floor(level * self.steps) / self.steps
        return level, rng.random(size) < self.rate(level)

    def risk(self, threshold: float) -> float:
        if self.steps is not None:
            taken = np.arange(self.steps) / self.steps
            return float(self.rate(taken[taken <= threshold]).mean())
        # midpoints: the error is far below what the tests tell apart, and `risky` allows for it
        grid = (np.arange(20_000) + 0.5) / 20_000 * min(threshold, 1.0)
        return float(self.rate(grid).mean())


def rising(level: Float) -> Float:
    return np.asarray(0.5 * level**2)


def falling_then_rising(level: Float) -> Float:
    """The risk of a threshold falls, and rises again: nothing is monotone."""
    return np.where(level < 0.1, 0.15, np.where(level < 0.6, 0.02, 0.5))


def constant(rate: float) -> Callable[[Float], Float]:
    return lambda level: np.full(level.shape, rate)


def sawtooth(level: Float) -> Float:
    """Around a target of 0.1 in blocks: thresholds with more and with less risk alternate."""
    return np.where(np.floor(level * 8) % 2 == 0, 0.202, 0.0)
