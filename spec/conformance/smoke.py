"""Before anything is judged: is this an implementation at all, and is it wired up?

A handful of basic calls separates a broken harness from a broken implementation. The boundary is
drawn where a fault of the implementation can still be an explanation:

- On *every* basic case the call raises, returns no index, an index of another shape, or one outside
  [-1, N): no reading of the operator gives that. Not judged.
- On *every* basic case the answer is wrong, and another wiring, the same for all of them, gives the
  right answers: arguments swapped, arrays transposed, indices counted from 1, and so on. Not
  judged.
- Anything else is judged, also a target that is wrong on every basic case: taking the maximum for
  the minimum is an error of the implementation.

Where a target is not judged, other wirings and other readings of what it returned are tried, and
the one that gives the right answers is named: a diagnosis by experiment, not by resemblance.

Clause: GDA-conf-smoke.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gd_attention.conformance.attempt import Attempt, attempt
from gd_attention.conformance.case import Case
from gd_attention.conformance.contract import EXACT
from gd_attention.conformance.errors import HarnessError
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.target import ReturnTypeError, describe, normalise
from numpy.typing import NDArray

__all__ = ["SMOKE", "smoke"]

Target = Callable[..., Any]
Floats = NDArray[np.float64]


def _smoke_cases() -> tuple[Case, ...]:
    """Calls of query and keys alone, without a tie or a close decision.

    M and N always differ, and all of M, N and D in all cases but one, so that a swapped or
    transposed argument shows. Winners stand at different places, and none is the farthest key.
    """
    keys = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]])
    return (
        Case(np.array([[0.0, 0.0], [3.0, 1.0]]), keys, id="probe-plain"),
        Case(
            np.array([[0.5, -1.0, 2.0]]),
            np.array([[4.0, 0.0, 2.0], [0.5, -1.5, 2.0], [-3.0, 1.0, 0.0], [0.5, 3.0, 2.0]]),
            id="smoke-one-query",
        ),
        Case(
            np.array([[0.0, 1.0], [5.0, 5.0], [-2.0, 0.5]]),
            np.array([[-2.0, 1.0], [9.0, 5.0], [0.5, 1.0], [7.0, -4.0], [4.5, 5.0]]),
            id="smoke-more-keys",
        ),
        Case(
            np.array([[0.0, 0.0, 1.0], [2.0, 2.0, 2.0], [0.25, 0.0, 1.0], [2.5, 2.0, 2.0]]),
            np.array([[2.0, 2.5, 2.0], [0.0, 0.5, 1.0]]),
            id="smoke-fewer-keys",
        ),
    )


SMOKE = _smoke_cases()


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
    return np.stack([_plain_index(target(row.copy(), keys)) for row in query])


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


def smoke(target: Target, further: Sequence[Case] = ()) -> frozenset[str]:
    """The fields that a target returns on basic calls.

    Parameters
    ----------
    target : callable
    further : sequence of Case
        Plain calls that are looked at for their fields only.

    Returns
    -------
    frozenset of str

    Raises
    ------
    HarnessError
        The harness or the wiring is likely at fault: see the head of this module.

    Notes
    -----
    Clause: GDA-conf-smoke.
    """
    outcomes = [attempt(target, case) for case in SMOKE]
    expected = [_exact(case) for case in SMOKE]
    faults = [
        _nonsense(case, outcome, right)
        for case, outcome, right in zip(SMOKE, outcomes, expected, strict=True)
    ]
    hopeless = all(faults)
    if hopeless or all(
        fault or not np.array_equal(_answer(outcome), right)
        for fault, outcome, right in zip(faults, outcomes, expected, strict=True)
    ):
        better = _better_wiring(target, expected)
        if hopeless or better:
            fault = faults[0] or "wrong on every basic case"
            raise HarnessError(_message(describe(target), fault, better, outcomes[0]))
    fields: set[str] = set()
    for outcome in (*outcomes, *(attempt(target, case) for case in further)):
        if outcome.response is not None:
            fields |= outcome.response.fields.keys()
    return frozenset(fields)


def _exact(case: Case) -> NDArray[np.int64]:
    answer = solve(case, EXACT)
    return np.array([answer.row((m,)).exact for m in range(answer.shape[0])], dtype=np.int64)


def _answer(outcome: Attempt) -> NDArray[Any]:
    assert outcome.response is not None
    return outcome.response.fields["index"]


def _nonsense(case: Case, outcome: Attempt, right: NDArray[np.int64]) -> str:
    """Why an outcome cannot be an answer to the call, empty if it can."""
    if outcome.response is None:
        error = outcome.error
        if isinstance(error, ReturnTypeError):
            return f"wrong return type on the basic case {case.id}: {error}"
        return f"the basic case {case.id} raised {type(error).__name__}: {error}"
    index, keys = _answer(outcome), len(case.keys)
    if index.shape != right.shape:
        return (
            f"index of a wrong shape on the basic case {case.id}: expected {right.shape}, "
            f"one for each query, got {index.shape}{_resemblance(index.shape, case)}"
        )
    if bool(((index < -1) | (index >= keys)).any()):
        return (
            f"index out of range on the basic case {case.id}: expected -1 to {keys - 1} "
            f"with {keys} keys, got {index.tolist()}"
        )
    return ""


def _resemblance(shape: tuple[int, ...], case: Case) -> str:
    queries, keys, dimension = len(case.query), len(case.keys), case.keys.shape[1]
    known: Mapping[tuple[int, ...], str] = {
        (keys,): "one for each key",
        (dimension,): "one for each dimension",
        (queries, keys): "one for each pair",
        (): "a single number",
    }
    return f", {known[shape]}" if shape in known else ""


def _better_wiring(target: Target, expected: Sequence[NDArray[np.int64]]) -> str:
    """The wiring and reading under which every basic case comes out right; empty if none does."""
    for wiring in _WIRINGS:
        results = list(_results(target, wiring))
        if len(results) < len(SMOKE):
            continue
        for reading in _READINGS:
            if (wiring.said or reading.said) and _agrees(reading, results, expected):
                return ", ".join(filter(None, (wiring.said, reading.said and _read(reading))))
    return ""


def _read(reading: _Reading) -> str:
    return f"reading the index {reading.said}"


def _results(target: Target, wiring: _Wiring) -> Iterator[Any]:
    """What the target returns under a wiring; it ends at the first call that fails."""
    for case in SMOKE:
        try:
            yield wiring.call(target, case.query.copy(), case.keys.copy())
        except Exception:
            # whatever goes wrong under this wiring, it is not the one that is looked for
            return


def _agrees(
    reading: _Reading, results: Sequence[Any], expected: Sequence[NDArray[np.int64]]
) -> bool:
    for case, result, right in zip(SMOKE, results, expected, strict=True):
        try:
            index = reading.read(result, case.keys)
        except Exception:
            return False
        if index is None or not np.array_equal(index, right):
            return False
    return True


def _plain_index(result: Any) -> NDArray[Any]:
    return normalise(result).fields["index"]


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


def _message(name: str, fault: str, better: str, first: Attempt) -> str:
    lines = [
        f"{name}: {fault}",
        f"All {len(SMOKE)} basic cases came out like that: the harness or the wiring is likely at "
        "fault, not the implementation.",
    ]
    if better:
        lines.append(f"The answers are right {better}.")
    elif first.response is None:
        lines.append(SMOKE[0].snippet(name))
    return "\n".join(lines)
