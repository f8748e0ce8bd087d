"""Arrays as JSON that any language reads exactly.

An array is an object with ``dtype``, ``shape`` and ``data``, the elements in row-major order.
Floats are hexadecimal (C99, as ``float.hex`` writes them) with ``inf``, ``-inf`` and ``nan``
spelled; integers are numbers, or decimal strings beyond 2^53, where a reader that knows only
doubles would round them; booleans are booleans; complex numbers are pairs of hexadecimal floats.

Clause: GDA-conv-real.
"""

from __future__ import annotations

import json
from typing import Any

import ml_dtypes
import numpy as np

__all__ = ["decode_array", "decode_float", "dtype_named", "dumps", "encode_array", "encode_float"]

_BFLOAT16 = "bfloat16"
_LARGEST_SAFE = 2**53
# What fits on one line of a vector file stays on one line.
_WIDTH = 110


def encode_float(value: float) -> str:
    """A float as a string that reads back to the same bits, but for the payload of a NaN."""
    return float(value).hex()


def decode_float(text: str) -> float:
    """The float that ``encode_float`` wrote."""
    return float.fromhex(text)


def encode_array(value: Any) -> dict[str, Any]:
    """An array or scalar with its dtype and shape; a plain number is a 0-d float64 or int64.

    Raises
    ------
    TypeError
        For a dtype without a meaning in other languages: object, string, long double.
    """
    array = np.asarray(value)
    name = array.dtype.name
    if name == _BFLOAT16:
        # exact: every bfloat16 is a float64
        array = array.astype(np.float64)
    if array.dtype.kind not in "biufc" or array.dtype in (np.longdouble, np.clongdouble):
        raise TypeError(f"value: expected bool, integer, float or complex, got {array.dtype}")
    data = [_encode_item(item) for item in array.ravel(order="C").tolist()]
    return {"dtype": name, "shape": list(array.shape), "data": data}


def decode_array(document: dict[str, Any]) -> Any:
    """The array of ``encode_array``; 0-d float64 and int64 come back as plain numbers."""
    dtype = dtype_named(document["dtype"])
    shape = tuple(document["shape"])
    kind = "f" if dtype.name == _BFLOAT16 else dtype.kind
    items = [_decode_item(item, kind) for item in document["data"]]
    if shape == () and dtype in (np.float64, np.int64):
        return items[0]
    array = np.array(items, dtype=dtype).reshape(shape)
    return array[()] if shape == () and kind in "iuf" else array


def dtype_named(name: str) -> np.dtype[Any]:
    """The dtype of a name; bfloat16 comes from ml_dtypes, as NumPy has none of its own."""
    found: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16 if name == _BFLOAT16 else name)
    return found


def _encode_item(item: Any) -> Any:
    if isinstance(item, bool):
        return item
    if isinstance(item, int):
        return item if abs(item) <= _LARGEST_SAFE else str(item)
    if isinstance(item, complex):
        return [encode_float(item.real), encode_float(item.imag)]
    return encode_float(item)


def _decode_item(item: Any, kind: str) -> Any:
    if kind in "iu":
        return int(item)
    if kind == "c":
        return complex(decode_float(item[0]), decode_float(item[1]))
    return decode_float(item) if kind == "f" else item


def dumps(document: Any) -> str:
    """Canonical text of a JSON document; what fits on one line stays on one line."""
    return _render(document, 0) + "\n"


def _render(value: Any, depth: int) -> str:
    flat = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if not isinstance(value, (dict, list)) or not value or len(flat) + depth <= _WIDTH:
        return flat
    pad, end = " " * (depth + 1), " " * depth
    if isinstance(value, dict):
        rows = [
            f"{pad}{json.dumps(key)}: {_render(item, depth + 1)}" for key, item in value.items()
        ]
        return "{\n" + ",\n".join(rows) + f"\n{end}}}"
    if any(isinstance(item, (dict, list)) for item in value):
        rows = [pad + _render(item, depth + 1) for item in value]
        return "[\n" + ",\n".join(rows) + f"\n{end}]"
    return "[\n" + _filled([json.dumps(item) for item in value], pad) + f"\n{end}]"


def _filled(items: list[str], pad: str) -> str:
    """Short items, as many on a line as fit."""
    lines, line = [], pad
    for number, item in enumerate(items):
        word = item + ("," if number < len(items) - 1 else "")
        if len(line) + len(word) > _WIDTH and line != pad:
            lines.append(line.rstrip())
            line = pad
        line += word + " "
    lines.append(line.rstrip())
    return "\n".join(lines)
