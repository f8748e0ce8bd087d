"""What is known about one query and some of its keys, in words and numbers."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from gd_attention.counting import Regime
from numpy.typing import NDArray

__all__ = ["Explanation", "KeyEvidence", "Labels", "Standing"]


class Labels(Protocol):
    """A name for each key: a list of str, or texts in a file."""

    def __len__(self) -> int: ...

    def __getitem__(self, row: int, /) -> str: ...


class Standing(StrEnum):
    """What became of a key."""

    SELECTED = "selected"
    ADMITTED = "admitted"
    """Admitted, and its exact energy is greater than that of the selected key."""
    TIED = "tied"
    """Admitted with the same exact energy, but a greater index."""
    REFUSED = "refused"
    """Its exact energy is above its threshold."""
    MASKED = "masked"
    """The mask excludes it. It was not read: it has no numbers."""


@dataclass(frozen=True)
class KeyEvidence:
    """One key, seen from the query. Numbers are NaN where the key is masked.

    Attributes
    ----------
    index : int
    rank : int or None
        Place, from 1, in the order by (exact E*, index) of all keys that are not masked; None for
        a key that was asked for and lies behind those listed.
    label : str or None
    standing : Standing
    distance : float
        |k - q|, a length.
    separation : float
        Dimensionless.
    energy : float
        E*, dimensionless; the bits that the operator returns for this pair.
    ceiling : float
        The least upper bound of its energies at any distance: a threshold above it refuses nothing.
    threshold : float
    coherence : float
        exp(-E*).
    coordinate : float
        t* in [0, 1].
    unique : bool
        Whether the alignment point is the only global minimiser; False where masked.
    regime : Regime or None
        How many stationary points the passage has; None where masked.
    alpha : float
    """

    index: int
    rank: int | None
    label: str | None
    standing: Standing
    distance: float
    separation: float
    energy: float
    ceiling: float
    threshold: float
    coherence: float
    coordinate: float
    unique: bool
    regime: Regime | None
    alpha: float

    @property
    def reason(self) -> str:
        """The standing in words."""
        match self.standing:
            case Standing.TIED:
                return "exact tie, greater index"
            case Standing.REFUSED:
                return f"refused: E* above {self.threshold:.6g}"
            case _:
                return self.standing.value


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a query selected its key, or abstained.

    Attributes
    ----------
    query : float64 (D,)
    beta : float
    index : int
        The selected key; -1 for an abstention.
    keys : tuple of KeyEvidence
        The first keys in the order by (exact E*, index), whether admitted or not; then those that
        were asked for, the selected key and the runner-up if they are not among them.
    count, masked, admitted : int
        Number of keys; of those that are masked; of those that are admitted.
    runner_up : int
        The key that would be selected without the selected one; -1 if no other is admitted.
    energy_margin : float
        E* of the runner-up less that of the selected key, >= 0, without the cancellation of
        saturated energies; inf without a runner-up, NaN for an abstention.
    distance_margin : float
        The same of their distances, a length: negative where a weight or a threshold outweighs the
        distance.
    radius : float
        A length: no shorter shift of the query changes the index or the abstention.
    tight : bool
        Whether the radius is the distance to the boundary of the cell, rounded down, not only a
        lower bound.
    alignment_point : float64 (D,)
        s* of the selected pair; the query for an abstention.

    Notes
    -----
    Clauses: GDA-def-selection, GDA-def-admission, GDA-thm-robustness.
    """

    query: NDArray[np.float64]
    beta: float
    index: int
    keys: tuple[KeyEvidence, ...]
    count: int
    masked: int
    admitted: int
    runner_up: int
    energy_margin: float
    distance_margin: float
    radius: float
    tight: bool
    alignment_point: NDArray[np.float64]

    @property
    def selected(self) -> KeyEvidence | None:
        """The evidence of the selected key."""
        return next((key for key in self.keys if key.index == self.index), None)

    @property
    def robustness(self) -> str:
        """The radius in words."""
        if self.radius == math.inf:
            return "no shift of the query changes this"
        return f"no shift of the query shorter than {self.radius:.6g} changes this"

    def to_json(self) -> dict[str, Any]:
        """A document of plain numbers, lists and texts.

        What is not finite is one of the strings "Infinity", "-Infinity" and "NaN", since JSON has
        no such numbers.
        """
        document = {name: getattr(self, name) for name in self.__dataclass_fields__}
        document |= {
            "query": self.query.tolist(),
            "alignment_point": self.alignment_point.tolist(),
            "keys": [
                {**asdict(key), "regime": None if key.regime is None else key.regime.name.lower(),
                 "reason": key.reason}
                for key in self.keys
            ],
        }  # fmt: skip
        plain: dict[str, Any] = _plain(document)
        return plain


def _plain(item: Any) -> Any:
    if isinstance(item, dict):
        return {name: _plain(part) for name, part in item.items()}
    if isinstance(item, list):
        return [_plain(part) for part in item]
    if isinstance(item, float) and not math.isfinite(item):
        return "NaN" if math.isnan(item) else "Infinity" if item > 0 else "-Infinity"
    return item
