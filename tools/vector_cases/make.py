"""How the tables of the fixed vectors write a case."""

from __future__ import annotations

from typing import Any

import numpy as np
from gd_attention.conformance.case import Case

__all__ = ["make"]

_ARRAYS = ("query", "keys", "values", "mask")


def make(name: str, clauses: str, flags: str, query: Any, keys: Any, **others: Any) -> Case:
    """A case from plain lists; clauses and flags are words, the former without their prefix."""
    arguments: dict[str, Any] = {"query": query, "keys": keys, **others}
    for argument, value in arguments.items():
        if isinstance(value, list):
            dtype = bool if argument == "mask" else np.float64
            arguments[argument] = np.array(value, dtype=dtype)
    return Case(
        **arguments,
        id=name,
        clauses=tuple(f"GDA-{clause}" for clause in clauses.split()),
        flags=tuple(flags.split()),
    )
