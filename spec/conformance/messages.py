"""The messages of the protocol: what the harness writes, and how it reads what comes back.

Replies are read strictly. A number that the declared dtype does not hold, or an array whose data do
not fill its shape, is no answer that could be judged.

Clauses: GDA-protocol-start, GDA-protocol-run, GDA-protocol-arrays.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gd_attention.conformance.encoding import decode_float, dtype_named, encode_array
from gd_attention.conformance.target import CAPABILITIES, FIELDS
from numpy.typing import NDArray

__all__ = [
    "PROTOCOL",
    "Declaration",
    "Malformed",
    "answered",
    "declared",
    "decoded",
    "run_line",
    "start_line",
    "stop_line",
]

PROTOCOL = "gda-lines/1"

# What a reply may hold; complex numbers are inputs of bad calls only.
_DTYPES = ("bool", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
           "bfloat16", "float16", "float32", "float64")  # fmt: skip
# As C99's %a writes floats, in either case and with any number of leading digits.
_FLOAT = re.compile(r"-?(?:0[xX][0-9a-fA-F]+(?:\.[0-9a-fA-F]*)?[pP][+-]?[0-9]{1,5}|inf|nan)")
_INTEGER = re.compile(r"-?[0-9]{1,20}")
_ERRORS: dict[str, type[Exception]] = {
    "ValueError": ValueError,
    "TypeError": TypeError,
    "NotImplementedError": NotImplementedError,
}


class Malformed(Exception):
    """A reply that is none of the protocol."""


@dataclass(frozen=True)
class Declaration:
    """What a process says of itself.

    Attributes
    ----------
    name, version : str
    contract : str, dict or None
    capabilities : tuple of str or None
        None asks the harness to probe.
    fields : tuple of str
        Fields that every result holds.
    """

    name: str
    version: str
    contract: Any
    capabilities: tuple[str, ...] | None
    fields: tuple[str, ...]


def start_line() -> bytes:
    """The first message."""
    return _line({"cmd": "start", "protocol": PROTOCOL})


def run_line(number: int, arguments: Mapping[str, Any]) -> bytes:
    """The message that asks for one case.

    Raises
    ------
    TypeError
        An argument has no meaning in other languages.
    """
    inputs = {name: encode_array(value) for name, value in arguments.items()}
    return _line({"cmd": "run", "id": number, "inputs": inputs})


def stop_line() -> bytes:
    """The last message."""
    return _line({"cmd": "stop"})


def declared(reply: Any) -> Declaration:
    """The declaration of a reply to start; Malformed says what is wrong with it."""
    found = _object(reply, "name", "version", "protocol", "fields", "contract", "capabilities")
    if found.get("protocol") != PROTOCOL:
        raise Malformed(f"protocol: expected {PROTOCOL!r}, got {found.get('protocol')!r}")
    for name in ("name", "version"):
        if not isinstance(found.get(name), str):
            raise Malformed(f"{name}: expected a string, got {found.get(name)!r}")
    contract = found.get("contract")
    if contract is not None and not isinstance(contract, (str, dict)):
        raise Malformed(f"contract: expected a name or an object, got {contract!r}")
    capabilities = found.get("capabilities")
    return Declaration(
        found["name"],
        found["version"],
        contract,
        None if capabilities is None else _words("capabilities", capabilities, CAPABILITIES),
        _words("fields", found.get("fields"), FIELDS),
    )


def answered(reply: Any, number: int) -> dict[str, NDArray[Any]] | Exception:
    """The fields of a result, or the exception that stands for a skip or an error.

    Raises
    ------
    Malformed
        The reply has another id, or not exactly one of result, skipped and error, or one that is
        not of the form of the protocol.
    """
    found = _object(reply, "id", "result", "skipped", "error")
    given = found.get("id")
    if isinstance(given, bool) or not isinstance(given, int) or given != number:
        raise Malformed(f"id: expected {number}, got {given!r}")
    kinds = [name for name in ("result", "skipped", "error") if name in found]
    if len(kinds) != 1:
        came = " and ".join(kinds) or "none"
        raise Malformed(f"expected one of result, skipped and error, got {came}")
    if "skipped" in found:
        if not isinstance(found["skipped"], str) or not found["skipped"]:
            raise Malformed(f"skipped: expected a reason, got {found['skipped']!r}")
        return NotImplementedError(f"skipped: {found['skipped']}")
    if "error" in found:
        error = _object(found["error"], "kind", "message")
        kind, message = error.get("kind"), error.get("message")
        if not isinstance(kind, str) or not isinstance(message, str):
            raise Malformed("error: expected the strings kind and message")
        known = _ERRORS.get(kind)
        return known(message) if known else RuntimeError(f"{kind}: {message}")
    result = _object(found["result"], *FIELDS)
    if "index" not in result:
        raise Malformed("result: expected the field index")
    return {name: decoded(name, value) for name, value in result.items()}


def decoded(name: str, document: Any) -> NDArray[Any]:
    """The array of a reply; Malformed says what is wrong with it."""
    found = _object(document, "dtype", "shape", "data")
    dtype, shape, data = found.get("dtype"), found.get("shape"), found.get("data")
    if dtype not in _DTYPES:
        raise Malformed(f"{name}: expected a dtype of {', '.join(_DTYPES)}, got {dtype!r}")
    if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
        raise Malformed(f"{name}: expected a shape, got {shape!r}")
    if not isinstance(data, list) or len(data) != math.prod(shape):
        count = len(data) if isinstance(data, list) else 0
        raise Malformed(f"{name}: expected {math.prod(shape)} elements for {shape}, got {count}")
    element = dtype_named(dtype)
    kind = "f" if dtype == "bfloat16" else element.kind
    items = [_item(name, item, kind) for item in data]
    try:
        with np.errstate(over="ignore"):
            array = np.array(items, dtype=element)
    except OverflowError as error:
        raise Malformed(f"{name}: {error}") from error
    if kind == "f":
        for item, kept in zip(items, array.astype(np.float64).tolist(), strict=True):
            if item != kept and item == item:
                raise Malformed(f"{name}: dtype {dtype} does not hold {item.hex()}")
    return array.reshape(shape)


def _item(name: str, item: Any, kind: str) -> Any:
    if kind == "b" and isinstance(item, bool):
        return item
    if kind in "iu":
        if type(item) is int:
            return item
        if isinstance(item, str) and _INTEGER.fullmatch(item):
            return int(item)
    if kind == "f" and isinstance(item, str) and _FLOAT.fullmatch(item):
        try:
            return decode_float(item)
        except OverflowError as error:
            raise Malformed(f"{name}: {item!r} is beyond float64") from error
    wanted = {"b": "a boolean", "f": "a hexadecimal float as a string"}.get(kind, "an integer")
    raise Malformed(f"{name}: expected {wanted}, got {item!r}")


def _object(value: Any, *known: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(f"expected an object, got {type(value).__name__}")
    unknown = sorted(value.keys() - set(known))
    if unknown:
        raise Malformed(f"expected the keys {', '.join(known)}, got {', '.join(unknown)}")
    return value


def _words(name: str, value: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise Malformed(f"{name}: expected a list of names, got {value!r}")
    unknown = sorted(set(value) - set(known))
    if unknown:
        raise Malformed(f"{name}: unknown {', '.join(unknown)}; known are {', '.join(known)}")
    return tuple(value)


def _line(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message, allow_nan=False, separators=(",", ":")).encode()
