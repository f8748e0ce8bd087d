"""One call of a target: what it returned or raised, and what it did to its inputs.

Clauses: GDA-call-pure, GDA-call-repeatable.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from gd_attention.conformance.case import ARGUMENTS, Case
from gd_attention.conformance.errors import HarnessError, TargetFault
from gd_attention.conformance.target import Response, ReturnTypeError, normalise
from numpy.typing import NDArray

__all__ = ["Attempt", "attempt", "disagreement"]


@dataclass(frozen=True)
class Attempt:
    """The outcome of one call.

    Attributes
    ----------
    response : Response or None
        What was returned; None after an exception, and for a bad call.
    error : Exception or None
        What was raised; `ReturnTypeError` where the return value holds no index.
    result : object
        The return value as it came.
    modified : str
        The input that the call modified and how, empty if none.
    """

    response: Response | None
    error: Exception | None
    result: Any
    modified: str


def attempt(target: Callable[..., Any], case: Case) -> Attempt:
    """Call the target on copies of the case's inputs."""
    given = _inputs(case)
    layout = {name: _layout(getattr(given, name)) for name in ARGUMENTS}
    response, error, result = None, None, None
    try:
        result = given.call(target)
        if case.expects is None:
            response = normalise(result)
    except HarnessError:
        raise
    except Exception as raised:
        # any other exception is the target's, and an outcome
        error = raised
        if isinstance(raised, TargetFault):
            raised.case = case.id or case.family or "without a name"
    # what a target was given in place of the inputs, only its adapter can compare
    modified = _modified(case, given, layout) or getattr(target, "gda_modified", "")
    return Attempt(response, error, result, modified)


def disagreement(first: Attempt, kept: dict[str, NDArray[Any]] | None, second: Attempt) -> str:
    """How a repeated call differs from the first; empty if it agrees.

    ``kept`` is the fingerprint of the first response. NaN agrees with NaN.
    """
    if type(first.error) is not type(second.error):
        return f"first call: {_outcome(first.error)}, repeated call: {_outcome(second.error)}"
    if kept is None or second.response is None:
        return ""
    if kept.keys() != second.response.fields.keys():
        return (
            f"first call returned {', '.join(kept)}, "
            f"repeated call {', '.join(second.response.fields)}"
        )
    for name, value in kept.items():
        again = second.response.fields[name]
        if not _same(value, again):
            return f"{name}: first call {value.tolist()}, repeated call {again.tolist()}"
    return ""


def _inputs(case: Case) -> Case:
    given = case.copy()
    lists: dict[str, Any] = {
        name: copy.deepcopy(value)
        for name in ARGUMENTS
        if isinstance(value := getattr(given, name), (list, tuple))
    }
    return replace(given, **lists) if lists else given


def _layout(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return (value.shape, value.strides, value.dtype, value.flags.writeable)
    return None


def _modified(case: Case, given: Case, layout: dict[str, Any]) -> str:
    for name in ARGUMENTS:
        before, after = getattr(case, name), getattr(given, name)
        if isinstance(before, np.ndarray):
            if _layout(after) != layout[name]:
                return f"{name}: shape, strides, dtype or flags were changed in place"
            # bytes, so that a changed NaN or a changed sign of zero counts too
            if before.tobytes() != after.tobytes():
                return f"{name}: {before.tolist()} became {after.tolist()}"
        elif isinstance(before, (list, tuple)) and repr(before) != repr(after):
            return f"{name}: {before!r} became {after!r}"
    return ""


def _outcome(error: Exception | None) -> str:
    if error is None:
        return "a result"
    if isinstance(error, ReturnTypeError):
        return f"a return value without an index ({error})"
    return f"{type(error).__name__}: {error}"


def _same(first: NDArray[Any], second: NDArray[Any]) -> bool:
    if first.shape != second.shape or first.dtype != second.dtype:
        return False
    if first.tobytes() == second.tobytes():
        return True
    return first.dtype.kind == "f" and bool(np.array_equal(first, second, equal_nan=True))
