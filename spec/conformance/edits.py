"""Simpler cases next to a case: what shrinking tries.

Every edit yields valid calls only, in a fixed order, the boldest first: whole arguments, batch
entries, queries, keys, dimensions and value columns go before single numbers are rounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from gd_attention.conformance.case import Case
from numpy.typing import NDArray

__all__ = ["EDITS", "measure", "places", "simpler_at"]

_DEFAULTS: dict[str, Any] = {
    "values": None,
    "fill": 0.0,
    "mask": None,
    "threshold": math.inf,
    "beta": 1.0,
    "alpha": 0.5,
}
# Trailing dimensions of each argument that are not batch dimensions.
_CORE = {
    "query": 2,
    "keys": 2,
    "values": 2,
    "alpha": 1,
    "beta": 0,
    "threshold": 2,
    "mask": 2,
    "fill": 2,
}


def measure(case: Case) -> tuple[int, int, int]:
    """How large a case is, for comparison: numbers held, arguments given, digits written."""
    given = case.arguments()
    arrays = [np.asarray(value) for value in given.values()]
    numbers = sum(array.size + array.ndim for array in arrays)
    # a narrow or integer dtype is one more thing to notice
    odd = sum(array.dtype not in (np.float64, np.bool_) for array in arrays)
    digits = sum(_digits(item) for array in arrays for item in array.ravel().tolist())
    return numbers, len(given) + odd, digits


def _digits(item: Any) -> int:
    text = repr(item)
    # zero is plainer than any other number
    return 2 if text == "0.0" else len(text)


def _arguments(case: Case) -> Iterator[Case]:
    for name, default in _DEFAULTS.items():
        if name in case.arguments():
            yield _with(case, {name: default})
    for name in ("alpha", "threshold"):
        value = np.asarray(getattr(case, name))
        if value.ndim:
            for item in dict.fromkeys(value.ravel().tolist()):
                yield _with(case, {name: item})


def _batch(case: Case) -> Iterator[Case]:
    """One batch entry alone."""
    arrays = _arrays(case)
    lead = np.broadcast_shapes(
        *(arrays[name].shape[:-2] for name in ("query", "keys", "values") if name in arrays)
    )
    deep = [name for name, array in arrays.items() if array.ndim > _CORE[name]]
    for entry in np.ndindex(lead) if lead else ():
        yield _with(case, {name: _entry(arrays[name], _CORE[name], lead, entry) for name in deep})


def _entry(
    array: NDArray[Any], core: int, lead: tuple[int, ...], entry: tuple[int, ...]
) -> NDArray[Any]:
    one: NDArray[Any] = np.broadcast_to(array, (*lead, *array.shape[-core:]))[entry].copy()
    return one


def _queries(case: Case) -> Iterator[Case]:
    axes = {"query": -2, "threshold": -2, "mask": -2, "fill": -2}
    yield from _fewer(case, axes, np.asarray(case.query).shape[-2])


def _keys(case: Case) -> Iterator[Case]:
    axes = {"keys": -2, "values": -2, "alpha": -1, "threshold": -1, "mask": -1}
    yield from _fewer(case, axes, np.asarray(case.keys).shape[-2])


def _dimensions(case: Case) -> Iterator[Case]:
    axes = {"query": -1, "keys": -1}
    if case.values is None:
        # the output is then a key
        axes["fill"] = -1
    yield from _fewer(case, axes, np.asarray(case.query).shape[-1])


def _line(case: Case) -> Iterator[Case]:
    """One dimension: the query at the origin, the keys at their distances."""
    query, keys = np.asarray(case.query), np.asarray(case.keys)
    if query.ndim == keys.ndim == 2 and len(query) == 1 and query.shape[1] > 1:
        distances = np.sqrt(((keys - query).astype(np.float64) ** 2).sum(-1, keepdims=True))
        for digits in (0, 1, 3, 17):
            yield replace(
                case, query=np.zeros((1, 1)), keys=np.round(distances, digits), fill=_fill(case)
            )


def _fill(case: Case) -> Any:
    """A fill that fits keys of one dimension, where keys are the values."""
    return case.fill if case.values is not None or np.ndim(case.fill) == 0 else 0.0


def _columns(case: Case) -> Iterator[Case]:
    if case.values is not None:
        yield from _fewer(case, {"values": -1, "fill": -1}, np.asarray(case.values).shape[-1])


def _fewer(case: Case, axes: dict[str, int], size: int) -> Iterator[Case]:
    """The case without a run of entries of an axis of that size; at least one entry stays."""
    arrays = {
        name: array
        for name, array in _arrays(case).items()
        if name in axes and array.ndim >= -axes[name] and array.shape[axes[name]] == size
    }
    run = size // 2
    while run:
        for start in range(0, size, run):
            gone = range(start, min(start + run, size))
            yield _with(
                case, {name: np.delete(array, gone, axes[name]) for name, array in arrays.items()}
            )
        run //= 2


def _plain_dtypes(case: Case) -> Iterator[Case]:
    for name, array in _arrays(case).items():
        if array.dtype != np.float64 and name != "mask":
            yield _with(case, {name: array.astype(np.float64)})


def _together(case: Case) -> Iterator[Case]:
    """All coordinates rounded alike, or moved so that the first query is the origin."""
    query, keys = np.asarray(case.query), np.asarray(case.keys)
    for digits in (0, 1, 2, 4):
        yield replace(case, query=np.round(query, digits), keys=np.round(keys, digits))
    if query.size and query.dtype == keys.dtype == np.float64:
        origin = query.reshape(-1, query.shape[-1])[0]
        yield replace(case, query=query - origin, keys=keys - origin)
    if case.values is not None:
        values = np.asarray(case.values)
        yield replace(case, values=np.arange(values.size, dtype=values.dtype).reshape(values.shape))


def places(case: Case) -> list[tuple[str, tuple[int, ...]]]:
    """Where the numbers of a case stand: argument and position within it."""
    return [
        (name, place) for name, array in _arrays(case).items() for place in np.ndindex(array.shape)
    ]


def simpler_at(case: Case, name: str, place: tuple[int, ...]) -> Iterator[Case]:
    """The case with one number replaced by simpler ones."""
    if name not in case.arguments():
        # it was simplified to its default meanwhile
        return
    array = np.asarray(getattr(case, name))
    for item in _simpler(name, array[place].item()):
        changed = array.copy()
        changed[place] = item
        candidate = _with(case, {name: changed if array.ndim else changed.item()})
        if _valid(candidate):
            yield candidate


def _simpler(name: str, value: Any) -> Iterator[Any]:
    if name == "mask":
        if not value:
            yield True
        return
    if isinstance(value, int):
        yield from (item for item in (0, 1, value // 2) if abs(item) < abs(value))
        return
    if not math.isfinite(value):
        yield 0.0
        return
    fixed = {"alpha": (0.5, 0.25, 0.75), "beta": (1.0, 2.0, 0.5)}.get(name, (0.0, 1.0, -1.0, 2.0))
    for item in (*fixed, *(float(f"{value:.{digits}e}") for digits in (0, 1, 2, 4, 8))):
        if name == "alpha" and not 0.0 < item < 1.0:
            continue
        if item != value and not (name == "beta" and not 0.0 < item < math.inf):
            yield item


def _arrays(case: Case) -> dict[str, NDArray[Any]]:
    """The given arguments as arrays, numbers as arrays without dimensions."""
    return {name: np.asarray(value) for name, value in case.arguments().items()}


def _with(case: Case, arguments: dict[str, Any]) -> Case:
    return replace(case, **arguments)


def _valid(case: Case) -> bool:
    """Whether every row that the mask lets through is finite."""
    query, keys = np.asarray(case.query), np.asarray(case.keys)
    finite_query, finite_keys = np.isfinite(query).all(-1), np.isfinite(keys).all(-1)
    if finite_query.all() and finite_keys.all():
        return True
    if case.mask is None:
        return False
    pairs = finite_query[..., :, None] & finite_keys[..., None, :]
    return bool((pairs | ~np.asarray(case.mask)).all())


def _sound(edit: Callable[[Case], Iterator[Case]]) -> Callable[[Case], Iterator[Case]]:
    def candidates(case: Case) -> Iterator[Case]:
        # numpy warns where a rounded or shifted number overflows; such a candidate is invalid
        with np.errstate(all="ignore"):
            yield from filter(_valid, edit(case))

    return candidates


EDITS = tuple(
    map(
        _sound,
        (
            _arguments,
            _batch,
            _queries,
            _keys,
            _line,
            _dimensions,
            _columns,
            _plain_dtypes,
            _together,
        ),
    )
)
