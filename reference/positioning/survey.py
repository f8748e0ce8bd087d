"""The whole map: every operator on every family, as plain data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .classes import horizontal_class, selects_with_control, vertical_class
from .entry import Entry
from .families import SHIFT, SWEEP, Family, digest, families
from .measures import Range, auroc, exclusion, horizontal, vertical
from .record import Record

__all__ = ["SCHEMA", "entries", "measure", "survey"]

SCHEMA = 1
# Weights are computed in float64 with functions whose last digits differ between machines: fewer
# digits than that are published, so that the map is the same everywhere.
_DIGITS = 4


def entries() -> tuple[Entry, ...]:
    """All rows of the map, in the order of the list of 19, GD-Attention last."""
    from . import abstaining, dense, energetic, gda, hard, routed

    rows = [
        *dense.ENTRIES,
        *hard.ENTRIES,
        *energetic.ENTRIES,
        *abstaining.ENTRIES,
        *routed.ENTRIES,
    ]
    return (*sorted(rows, key=lambda row: row.number or 0), *gda.ENTRIES)


def survey(seed: int = 20, progress: Callable[[str], None] | None = None) -> dict[str, Any]:
    """Measure every operator.

    Parameters
    ----------
    seed : int
        Of the families; see `families`.
    progress : callable, optional
        Called with the name of each operator before it is measured.

    Returns
    -------
    dict
        ``schema``, ``seed``, ``families`` (digests by name) and ``rows``; JSON's types alone, None
        for a number that does not exist.
    """
    inputs = families(seed)
    rows = []
    for entry in entries():
        if progress is not None:
            progress(entry.name)
        rows.append(measure(entry, inputs))
    return {
        "schema": SCHEMA,
        "seed": seed,
        "families": {name: digest(family) for name, family in inputs.items()},
        "rows": rows,
    }


def measure(entry: Entry, inputs: dict[str, Family]) -> dict[str, Any]:
    """One row of the map."""
    found = {name: entry.call(family.scores, family.mask) for name, family in inputs.items()}
    coherent = inputs["COH"]
    across, upright = horizontal(found["COH"]), vertical(found)
    absolute, relative, competition = exclusion(entry.call, coherent, found["COH"])
    return {
        "key": entry.key,
        "number": entry.number,
        "name": entry.name,
        "lineage": entry.lineage,
        "module": entry.module,
        "adapter": entry.adapter,
        "ties": entry.ties,
        "horizontal": {
            "class": horizontal_class(found),
            "support": _range(across.support),
            "concentration": _range(across.concentration),
            "distance": _range(across.distance),
            "one_hot": _number(across.one_hot),
            "sweep": {f"{factor:g}": _swept(found[f"COH*{factor:g}"]) for factor in SWEEP},
        },
        "vertical": {
            "class": vertical_class(found, upright),
            "ambiguity": _number(upright.ambiguity),
            "novelty": _number(upright.novelty),
            "single": _number(upright.single),
            "structural": _number(upright.structural),
            "excluded_absolute": _number(absolute),
            "excluded_relative": _number(relative),
            "competition": _number(competition),
            "shift_invariant": _shift_invariant(found),
        },
        "certificate": _certificate(entry, inputs),
        "selects_with_control": selects_with_control(across.one_hot, upright.novelty, entry.used),
    }


def _swept(found: Record) -> dict[str, Any]:
    numbers = horizontal(found)
    return {
        "support": _range(numbers.support),
        "concentration": _range(numbers.concentration),
        "one_hot": _number(numbers.one_hot),
    }


def _shift_invariant(found: dict[str, Record]) -> bool:
    """Whether SHD, which is COH less a constant, gets the weights of COH.

    The scores and the constant are multiples of 1/1024, so the shift itself is exact. What is left
    is the rounding of softmax-like weights: relative errors of a few eps times the exponent, of
    size 12 at most, far below 1e-12.
    """
    assert SHIFT <= 16
    return bool(np.abs(found["SHD"].weights - found["COH"].weights).max() < 1e-12)


def _certificate(entry: Entry, inputs: dict[str, Family]) -> dict[str, Any]:
    if entry.statistic is None:
        return {"exposed": False, "used": False, "auroc": None, "descends": entry.descends}
    values = [entry.statistic(inputs[name].scores, inputs[name].mask) for name in ("COH", "SHD")]
    # rounding alone must not tell the families apart where the statistic ignores a shift
    coherent, shifted = (np.round(value, 9) for value in values)
    return {
        "exposed": True,
        "used": entry.used,
        "auroc": _number(auroc(coherent, shifted)),
        "descends": entry.descends,
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, _DIGITS) + 0.0


def _range(values: Range) -> list[float | None]:
    return list(_each(values))


def _each(values: Range) -> Iterator[float | None]:
    yield _number(values.least)
    yield _number(values.median)
    yield _number(values.greatest)
