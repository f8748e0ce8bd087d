"""What the oracle expects of one call, as data.

The oracle fills these; the judge compares a response with them. Nothing here computes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Expectation", "Interval", "Pair", "Row"]


@dataclass(frozen=True)
class Interval:
    """The admissible floats of one real-valued number.

    Attributes
    ----------
    nearest : float
        The exact value, correctly rounded to float64.
    lower, upper : float
        The least and the greatest float64 that the contract admits; both are admitted.
    """

    nearest: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Pair:
    """What is expected of the real-valued fields for one selected (query, key) pair.

    Attributes
    ----------
    energy, coordinate : Interval
    alignment_point : tuple of Interval
        One per dimension.
    unique : bool
        The exact answer.
    unique_admissible : frozenset of bool
        Every answer that the contract admits.
    separation : float
        The exact separation rounded to float64, +inf where it overflows; dimensionless.
    separation_is_zero, degenerate, overflow, jump_overflows : bool
        Exact separation 0; alpha = 1/2 and separation > 2; the float64 separation overflows; a
        component of k - q overflows in float64. Under a contract of a narrower dtype, in that.
    """

    energy: Interval
    coordinate: Interval
    alignment_point: tuple[Interval, ...]
    unique: bool
    unique_admissible: frozenset[bool]
    separation: float
    separation_is_zero: bool
    degenerate: bool
    overflow: bool
    jump_overflows: bool


@dataclass(frozen=True)
class Row:
    """What is expected of the selection for one query.

    Attributes
    ----------
    exact : int
        The exact index, -1 for an abstention.
    admissible : frozenset of int
        Every index that the contract admits; holds ``exact``.
    tied : bool
        At least two admitted keys attain the least energy exactly.
    close : bool
        Two admitted keys have different exact energies that float64 hardly tells apart: relative
        gap of the ordering quantity at most 1e-12, or saturated, overflowed, underflowed.
    priors : bool
        alpha differs among the keys.
    masked, threshold, threshold_zero, threshold_ceiling : bool
        The mask forbids a key; a threshold is finite; a threshold is 0, -0.0 or negative; a
        threshold lies within 4 ulp of the ceiling of its key's alpha.
    """

    exact: int
    admissible: frozenset[int]
    tied: bool
    close: bool
    priors: bool
    masked: bool
    threshold: bool
    threshold_zero: bool
    threshold_ceiling: bool


class Expectation(ABC):
    """The oracle's answer to one case.

    Attributes
    ----------
    shape : tuple of int
        (B..., M).
    dimension, width, keys : int
        D, V and N.
    real_dtypes : tuple of str
        The dtypes in which a real-valued field may be returned.
    """

    shape: tuple[int, ...]
    dimension: int
    width: int
    keys: int
    real_dtypes: tuple[str, ...] = ("float64",)

    def explain(self, position: tuple[int, ...], index: int) -> str:
        """Why the returned index is not the exact one, or is but others would do: a sentence."""
        return ""

    def elsewhere(
        self, position: tuple[int, ...], index: int, read: Callable[[Pair], Interval], value: float
    ) -> str:
        """Under which other contract a wrong number would be admissible; empty if none is known.

        ``read`` takes the interval of the number from the fields of the pair.
        """
        return ""

    @abstractmethod
    def row(self, position: tuple[int, ...]) -> Row:
        """The selection expected at a position of shape (B..., M)."""

    @abstractmethod
    def pair(self, position: tuple[int, ...], index: int) -> Pair:
        """The fields expected at that position if the key ``index`` was selected."""
