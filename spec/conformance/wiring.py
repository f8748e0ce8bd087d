"""Other wirings of a target: what would have given the right answers.

Tried only where the basic cases say that a target is not judged. A wiring is another way to call,
a reading another way to take the result; a pair of them explains a failure if it is right on every
basic case.

Clause: GDA-conf-smoke.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gd_attention.conformance.case import Case
from gd_attention.conformance.libraries import adapt
from gd_attention.conformance.target import normalise
from numpy.typing import NDArray

__all__ = ["better_wiring"]

Target = Callable[..., Any]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Wiring:
    """Another way to call the target; the result is read as that of the plain call."""

    said: str
    call: Callable[[Target, Floats, Floats], Any]


@dataclass(frozen=True)
class _Reading:
    """Another way to read what was returned; None where it cannot be read so."""

    said: str
    read: Callable[[Any, Floats], NDArray[Any] | None]


def _one_by_one(target: Target, query: Floats, keys: Floats) -> Any:
    return np.stack([_index_of_one(target(row.copy(), keys)) for row in query])


def _with_tensors(target: Target, query: Floats, keys: Floats) -> Any:
    return adapt(target, "torch")(query, keys)


_WIRINGS = (
    _Wiring("", lambda target, query, keys: target(query, keys)),
    _Wiring("with query and keys swapped", lambda target, query, keys: target(keys, query)),
    _Wiring(
        "with query as (D, M) and keys as (D, N), the transposed layout",
        lambda target, query, keys: target(query.T.copy(), keys.T.copy()),
    ),
    _Wiring(
        "with keys given a second time, as values: the target cannot do without them",
        lambda target, query, keys: target(query, keys, keys.copy()),
    ),
    _Wiring(
        "with one query at a time, of shape (D,)",
        _one_by_one,
    ),
    _Wiring(
        "with a leading batch axis, (1, M, D) and (1, N, D)",
        lambda target, query, keys: _inner(target(query[None], keys[None]), 1),
    ),
    _Wiring(
        "with leading batch and head axes, (1, 1, M, D) and (1, 1, N, D)",
        lambda target, query, keys: _inner(target(query[None, None], keys[None, None]), 2),
    ),
    _Wiring(
        "with lists in place of arrays",
        lambda target, query, keys: target(query.tolist(), keys.tolist()),
    ),
    _Wiring(
        "with float32 arrays",
        lambda target, query, keys: target(query.astype(np.float32), keys.astype(np.float32)),
    ),
)

# Tried where PyTorch is loaded, as it is by a target that needs it. JAX takes NumPy's arrays as
# they are, and its adapter would change a setting of the whole process.
_TENSORS = _Wiring("with tensors of PyTorch (--arrays torch)", _with_tensors)


def _element(place: int) -> Callable[[Any, Floats], NDArray[Any] | None]:
    def read(result: Any, keys: Floats) -> NDArray[Any] | None:
        if not isinstance(result, tuple) or len(result) <= place:
            return None
        found = np.asarray(result[place])
        return found if found.dtype.kind in "iu" else None

    return read


def _whole_numbers(result: Any, keys: Floats) -> NDArray[Any] | None:
    found = _field(result)
    if found.dtype.kind != "f" or not bool((found == np.round(found)).all()):
        return None
    return found.astype(np.int64)


def _table(best: Callable[..., Any]) -> Callable[[Any, Floats], NDArray[Any] | None]:
    def read(result: Any, keys: Floats) -> NDArray[Any] | None:
        found = _field(result)
        if found.ndim != 2 or found.shape[1] != len(keys) or found.dtype.kind != "f":
            return None
        index: NDArray[Any] = best(found, axis=1)
        return index

    return read


def _rows(result: Any, keys: Floats) -> NDArray[Any] | None:
    """The keys that were returned as rows, by their index."""
    found = _field(result)
    if found.ndim != 2 or found.shape[1] != keys.shape[1] or found.dtype.kind != "f":
        return None
    same = (found[:, None, :] == keys[None, :, :]).all(-1)
    return same.argmax(-1) if bool(same.any(-1).all()) else None


_READINGS = (
    _Reading("", lambda result, keys: _plain_index(result)),
    _Reading("counting from 1", lambda result, keys: _plain_index(result) - 1),
    _Reading("dropping a trailing axis of length 1", lambda r, k: _last_dropped(_plain_index(r))),
    _Reading("as whole numbers in a float array", _whole_numbers),
    _Reading("as the first element of the returned tuple", _element(0)),
    _Reading("as the second element of the returned tuple", _element(1)),
    _Reading("as the least entry of each row of a table of all pairs", _table(np.argmin)),
    _Reading("as the greatest entry of each row of a table of all pairs", _table(np.argmax)),
    _Reading("as rows of keys, the output in place of the index", _rows),
)


def better_wiring(
    target: Target, cases: Sequence[Case], expected: Sequence[NDArray[np.int64]]
) -> str:
    """The wiring and reading under which every case comes out right; empty if none does.

    Clause: GDA-conf-smoke.
    """
    for wiring in (*_WIRINGS, *([_TENSORS] if "torch" in sys.modules else [])):
        results = list(_results(target, wiring, cases))
        if len(results) < len(cases):
            continue
        for reading in _READINGS:
            if (wiring.said or reading.said) and _agrees(reading, cases, results, expected):
                return ", ".join(filter(None, (wiring.said, reading.said and _read(reading))))
    return ""


def _read(reading: _Reading) -> str:
    return f"reading the index {reading.said}"


def _results(target: Target, wiring: _Wiring, cases: Sequence[Case]) -> Iterator[Any]:
    """What the target returns under a wiring; it ends at the first call that fails."""
    for case in cases:
        try:
            yield wiring.call(target, case.query.copy(), case.keys.copy())
        except Exception:
            # whatever goes wrong under this wiring, it is not the one that is looked for
            return


def _agrees(
    reading: _Reading,
    cases: Sequence[Case],
    results: Sequence[Any],
    expected: Sequence[NDArray[np.int64]],
) -> bool:
    for case, result, right in zip(cases, results, expected, strict=True):
        try:
            index = reading.read(result, case.keys)
        except Exception:
            return False
        if index is None or not np.array_equal(index, right):
            return False
    return True


def _plain_index(result: Any) -> NDArray[Any]:
    return normalise(result).fields["index"]


def _index_of_one(result: Any) -> NDArray[Any]:
    """The index of a query that came alone; a plain integer is one."""
    return np.asarray(result) if isinstance(result, int) else _plain_index(result)


def _field(result: Any) -> NDArray[Any]:
    """The index as it came, of whatever type, or the array that was returned in its place."""
    given = result.get("index") if isinstance(result, Mapping) else getattr(result, "index", None)
    return np.asarray(result if given is None or callable(given) else given)


def _last_dropped(index: NDArray[Any]) -> NDArray[Any] | None:
    return index[..., 0] if index.ndim > 1 and index.shape[-1] == 1 else None


def _inner(result: Any, axes: int) -> NDArray[Any]:
    """The index without leading axes of length 1."""
    index = _plain_index(result)
    if index.shape[:axes] != (1,) * axes:
        raise ValueError(f"index: expected {axes} leading axes of length 1, got {index.shape}")
    inner: NDArray[Any] = index[(0,) * axes]
    return inner
