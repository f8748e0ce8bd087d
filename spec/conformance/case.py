"""One call of a target, as data.

A case holds the arguments of a call and nothing of its answer. It may be a valid call, judged by
the oracle, or a bad call, which names the exception that it must raise (``expects``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ARGUMENTS", "Case"]

# The arguments of the operator, in the order of its signature.
ARGUMENTS = ("query", "keys", "values", "alpha", "beta", "threshold", "mask", "fill")

_DEFAULTS: dict[str, Any] = {
    "values": None,
    "alpha": 0.5,
    "beta": 1.0,
    "threshold": math.inf,
    "mask": None,
    "fill": 0.0,
}


@dataclass(frozen=True, eq=False)
class Case:
    """The arguments of one call, with what is known about why the call is made.

    Attributes
    ----------
    query, keys, values, alpha, beta, threshold, mask, fill
        As in the signature of the operator. Anything else than arrays and numbers appears in bad
        calls only.
    id, family, clauses, flags
        Name of the case, family it was drawn from, clauses it was built for, and which failures
        it probes.
    expects
        ``"ValueError"`` or ``"TypeError"`` for a bad call, else None.
    argument
        The argument that the message of a bad call's exception names.
    dtype
        The dtype in which its arrays are handed over, that of the contract.
    """

    query: Any
    keys: Any
    values: Any = None
    alpha: Any = 0.5
    beta: Any = 1.0
    threshold: Any = math.inf
    mask: Any = None
    fill: Any = 0.0
    id: str = ""
    family: str = ""
    clauses: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    expects: str | None = None
    argument: str | None = None
    dtype: str = "float64"

    def arguments(self) -> dict[str, Any]:
        """The arguments by name; those at their default are left out."""
        given = {}
        for name in ARGUMENTS:
            value = getattr(self, name)
            if name in _DEFAULTS and _is_default(value, _DEFAULTS[name]):
                continue
            given[name] = value
        return given

    def copy(self) -> Case:
        """A case whose arrays are copies, so that a target cannot reach this one's."""
        arrays: dict[str, Any] = {
            field.name: np.array(value, copy=True, order="K")
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), np.ndarray)
        }
        return replace(self, **arrays)

    def call(self, target: Callable[..., Any]) -> Any:
        """Call the target: query and keys by position, the rest by keyword, defaults omitted."""
        given = self.arguments()
        return target(given.pop("query"), given.pop("keys"), **given)

    def snippet(self, target: str, arrays: str | None = None) -> str:
        """Python that repeats the call as pasted; ``target`` is ``package.module:callable``.

        ``arrays`` names the library whose arrays the target takes, None for NumPy's as they are.
        """
        module, _, name = target.partition(":")
        first, _, _ = name.partition(".")
        given = self.arguments()
        lines = ["import numpy as np", f"from {module} import {first}", ""]
        if arrays is not None:
            lines.insert(1, "from gd_attention.conformance import adapt")
            name = f"adapt({name}, {arrays!r})"
        lines += [f"{key} = {_literal(value)}" for key, value in given.items()]
        keywords = [f"{key}={key}" for key in given if key not in ("query", "keys")]
        call = ", ".join(["query", "keys", *keywords])
        lines += ["", f"print({name}({call}))"]
        if self.dtype == "bfloat16":
            # NumPy knows the name of the dtype once this is imported
            lines.insert(0, "import ml_dtypes  # noqa: F401")
        return "\n".join(lines) + "\n"


def _is_default(value: Any, default: Any) -> bool:
    if default is None or value is None:
        return value is default
    return type(value) is type(default) and bool(value == default)


def _literal(value: Any) -> str:
    """Python source of an argument, exact to the bit and to the dtype."""
    if isinstance(value, np.ndarray):
        return _array_literal(value)
    if isinstance(value, np.generic):
        return f"np.{value.dtype.name}({_item(value.item())})"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    return _item(value)


def _array_literal(value: NDArray[Any]) -> str:
    if value.size == 0:
        return f"np.empty({value.shape}, dtype={value.dtype.name!r})"
    nested = value.tolist() if value.dtype != np.longdouble else value.astype(float).tolist()
    return f"np.array({_nested(nested)}, dtype={value.dtype.name!r})"


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_nested(item) for item in value) + "]"
    return _item(value)


def _item(value: Any) -> str:
    # repr of a finite float reads back to the same float
    if isinstance(value, float) and not math.isfinite(value):
        return "np.nan" if math.isnan(value) else ("np.inf" if value > 0 else "-np.inf")
    return repr(value)
