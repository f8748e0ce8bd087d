"""The target of a run: how it is found, what it returns, what a call asks of it.

A target is a callable with the operator's arguments. It may return a Selection-like object, a
mapping, or the index array alone; what it returns decides which fields are judged.

Clause: GDA-conf-profile.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gd_attention.conformance.case import Case
from gd_attention.conformance.errors import HarnessError
from gd_attention.conformance.formats import plain
from numpy.typing import NDArray

__all__ = [
    "CAPABILITIES",
    "FIELDS",
    "Response",
    "ReturnTypeError",
    "capabilities_of",
    "describe",
    "load",
    "normalise",
    "snippet",
]

# The fields of a selection; a target returns at least the index.
FIELDS = ("index", "output", "energy", "coordinate", "alignment_point", "unique")

# What a call may ask of a target beyond query and keys, each after those it rests on: probing
# takes them in this order.
CAPABILITIES = (
    "alpha",
    "alpha-per-key",
    "beta",
    "threshold",
    "threshold-per-key",
    "mask",
    "values",
    "fill",
    "batch",
    "empty",
    "masked-nan",
    "mixed-dtype",
    "errors",
)


class ReturnTypeError(TypeError):
    """The target returned something that holds no index."""


@dataclass(frozen=True)
class Response:
    """What one call returned: the fields present, by name, as arrays."""

    fields: Mapping[str, NDArray[Any]]

    def get(self, name: str) -> NDArray[Any] | None:
        """The field of that name, None where the target does not return it."""
        return self.fields.get(name)

    def fingerprint(self) -> dict[str, NDArray[Any]]:
        """A copy of every field, which a target that reuses its buffers cannot reach."""
        return {name: np.array(value, copy=True) for name, value in self.fields.items()}


def load(name: str) -> Callable[..., Any]:
    """The callable named by ``package.module:callable``; HarnessError says what is missing."""
    module_name, colon, path = name.partition(":")
    if not colon or not module_name or not path:
        raise HarnessError(
            "target: expected package.module:callable, such as mine:select for the function select "
            f"in mine.py, got {name!r}"
        )
    if module_name.endswith(".py"):
        raise HarnessError(
            f"target: expected the name of a module, got the file {module_name!r}: "
            f"write {module_name[:-3]}:{path}"
        )
    try:
        found: Any = importlib.import_module(module_name)
    except Exception as error:
        # a target's module may fail in any way while it is imported
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        hint = (
            "; it lies neither in the current folder nor among the installed packages"
            if missing and f"{module_name}.".startswith(f"{missing}.")
            else ""
        )
        raise HarnessError(
            f"target: cannot import {module_name!r}: {type(error).__name__}: {error}{hint}"
        ) from error
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            raise HarnessError(f"target: {module_name!r} has no attribute {path!r}") from error
    if not callable(found):
        raise HarnessError(f"target: {name!r} is not callable, it is a {type(found).__name__}")
    target: Callable[..., Any] = found
    return target


def describe(target: Callable[..., Any]) -> str:
    """The name ``package.module:callable`` of a callable, as far as it has one.

    An attribute ``gda_name`` goes first.
    """
    own = getattr(target, "gda_name", None)
    if own is not None:
        return str(own)
    module = getattr(target, "__module__", None) or type(target).__module__
    name = getattr(target, "__qualname__", None) or type(target).__qualname__
    return f"{module}:{name}"


def snippet(target: Callable[..., Any], case: Case, name: str) -> str:
    """What repeats a call as pasted: Python, or what the target's ``gda_snippet`` makes of it."""
    own = getattr(target, "gda_snippet", None)
    return str(case.snippet(name) if own is None else own(case, name))


def normalise(result: Any) -> Response:
    """The fields of a returned object.

    An array or a list is the index. A mapping gives its keys, any other object its attributes;
    a field that is missing or None is not returned.

    Raises
    ------
    ReturnTypeError
        Nothing that could be an index array was returned.
    """
    if isinstance(result, Mapping):
        given = {name: result.get(name) for name in FIELDS}
    elif hasattr(result, "__array__") or isinstance(result, list):
        given = {"index": result}
    else:
        given = {name: getattr(result, name, None) for name in FIELDS}
        if callable(given["index"]):
            # tuples and strings have a method of that name
            given["index"] = None
    if given["index"] is None:
        raise ReturnTypeError(
            "expected an object or a mapping with the field index, or an index array, "
            f"got {type(result).__name__}"
        )
    fields = {name: _as_array(name, value) for name, value in given.items() if value is not None}
    index = fields["index"]
    if index.size == 0 and index.dtype == np.float64 and isinstance(given["index"], list):
        # numpy reads an empty list as float64
        fields["index"] = index = index.astype(np.int64)
    if index.dtype.kind not in "iu":
        raise ReturnTypeError(f"index: expected integers, got dtype {index.dtype}")
    return Response(fields)


def _as_array(name: str, value: Any) -> NDArray[Any]:
    try:
        array = np.asarray(value)
    except Exception as error:
        raise ReturnTypeError(
            f"{name}: expected an array, got {type(value).__name__}: {error}"
        ) from error
    if plain(array).dtype.kind not in "biuf":
        raise ReturnTypeError(f"{name}: expected a real or boolean array, got dtype {array.dtype}")
    return array


def capabilities_of(case: Case) -> frozenset[str]:
    """The capabilities that a call asks of its target."""
    given = case.arguments()
    needs: set[str] = {
        name for name in ("alpha", "beta", "threshold", "mask", "values", "fill") if name in given
    }
    for name in ("alpha", "threshold"):
        if name in given and _ndim(given[name]) > 0:
            needs.add(f"{name}-per-key")
    if any(_ndim(given[name]) > 2 for name in ("query", "keys", "values") if name in given):
        needs.add("batch")
    if case.expects is not None:
        # a bad call: its arrays may be anything, so nothing more is read from them
        needs.add("errors")
        return frozenset(needs)
    arrays = {name: np.asarray(value) for name, value in given.items()}
    if any(arrays[name].size == 0 for name in ("query", "keys", "values") if name in arrays):
        needs.add("empty")
    if not all(np.isfinite(arrays[name]).all() for name in ("query", "keys")):
        needs.add("masked-nan")
    if any(
        array.dtype != case.dtype and not np.isscalar(given[name])
        for name, array in arrays.items()
        if name != "mask"
    ):
        needs.add("mixed-dtype")
    return frozenset(needs)


def _ndim(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.ndim
    return 1 if isinstance(value, (list, tuple)) else 0
