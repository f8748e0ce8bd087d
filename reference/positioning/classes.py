"""The two classes of an operator, read off its numbers by fixed rules."""

from __future__ import annotations

from collections.abc import Mapping

from .families import SWEEP, WIDTH
from .measures import Vertical
from .record import Record

__all__ = ["horizontal_class", "selects_with_control", "vertical_class"]


def horizontal_class(records: Mapping[str, Record]) -> str:
    """One of ``one``, ``fixed-k``, ``full`` and ``adaptive``, from the scale sweep.

    ``one``: every accepted instance is exactly one-hot at every scale. ``full``: every candidate
    has weight at every scale. ``fixed-k``: the number of candidates with weight is always the same.
    ``adaptive``: it depends on the scores.
    """
    counts: set[int] = set()
    for factor in SWEEP:
        weights = records[f"COH*{factor:g}"].weights
        counts |= set((weights > 0).sum(axis=-1).tolist())
    counts -= {0}  # rejected whole: judged on the vertical axis
    if counts == {1}:
        return "one"
    if counts == {WIDTH}:
        return "full"
    return "fixed-k" if len(counts) == 1 else "adaptive"


def vertical_class(records: Mapping[str, Record], numbers: Vertical) -> str:
    """One of ``absolute``, ``soft-absolute``, ``ambiguity``, ``structural`` and ``none``.

    ``absolute``: mass goes to none on weak absolute evidence, and every mass of none is 0 or 1.
    ``soft-absolute``: the same with masses in between. ``ambiguity``: mass goes to none on
    ambiguous evidence alone. ``structural``: only on sets of candidates that are present and for
    reasons other than the scores. ``none``: never but on an empty set.
    """
    if numbers.novelty > 0 or numbers.single > 0:
        masses = {mass for found in records.values() for mass in found.none.tolist()}
        return "absolute" if masses <= {0.0, 1.0} else "soft-absolute"
    if numbers.ambiguity > 0:
        return "ambiguity"
    present = [found for name, found in records.items() if name != "EMPTY"]
    return "structural" if any(found.structural.any() for found in present) else "none"


def selects_with_control(one_hot: float, novelty: float, used: bool) -> bool:
    """Selection with consistency control, as the map defines it.

    Accepted instances are always exactly one-hot, weak absolute evidence is rejected, and the
    decision to accept is a declared statistic.
    """
    return one_hot == 1.0 and novelty > 0 and used
