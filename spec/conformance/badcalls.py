"""Calls that must raise: a table of broken arguments.

Each entry starts from one valid call and breaks one rule. It names the exception, the argument that
a good message names (informative: no target is judged by its words) and the clause. The table goes
into the vectors, except for the few entries that only Python can build: objects, strings and long
doubles have no meaning in another language, and a long double's width depends on the machine.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from gd_attention.conformance.case import Case

__all__ = ["bad_calls", "is_portable", "own_calls"]

_QUERY = np.array([[0.0, 0.0, 1.0], [2.0, 1.0, 0.0]])
_KEYS = np.array([[1.0, 0.0, 1.0], [2.0, 2.0, 0.0], [0.0, 3.0, 1.0], [4.0, 1.0, 0.5]])
_VALUES = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
_WHOLE = np.array([[1, 2], [3, 4], [5, 6], [7, 8]])

_SHAPE = "GDA-input-shape"
_DTYPE = "GDA-input-dtype"
_DOMAIN = "GDA-input-domain"
_FINITE = "GDA-input-finite"
_FILL = "GDA-fill-representable"

_BEYOND = 2**53 + 1  # the least positive integer that float64 does not represent


def _with(array: np.ndarray, position: tuple[int, ...], value: float) -> np.ndarray:
    changed = np.array(array)
    changed[position] = value
    return changed


def _allow(*allowed: tuple[int, int]) -> np.ndarray:
    mask = np.zeros((2, 4), dtype=bool)
    for position in allowed:
        mask[position] = True
    return mask


_NAN_KEY = _with(_KEYS, (1, 2), np.nan)
_NAN_QUERY = _with(_QUERY, (1, 0), np.nan)

# id, clause, exception, argument named, what replaces the valid arguments
_TABLE: tuple[tuple[str, str, str, str, dict[str, Any]], ...] = (
    ("query-0d", _SHAPE, "ValueError", "query", {"query": np.array(1.0)}),
    ("query-1d", _SHAPE, "ValueError", "query", {"query": np.zeros(3)}),
    ("keys-0d", _SHAPE, "ValueError", "keys", {"keys": np.array(1.0)}),
    ("keys-1d", _SHAPE, "ValueError", "keys", {"keys": np.zeros(3)}),
    ("dimension-differs", _SHAPE, "ValueError", "keys", {"keys": np.zeros((4, 2))}),
    ("dimension-one-broadcasts-not", _SHAPE, "ValueError", "keys", {"keys": np.zeros((4, 1))}),
    (
        "dimension-zero",
        _SHAPE,
        "ValueError",
        "query",
        {"query": np.zeros((2, 0)), "keys": np.zeros((4, 0))},
    ),
    (
        "batch-differs",
        _SHAPE,
        "ValueError",
        "keys",
        {"query": np.zeros((2, 2, 3)), "keys": np.zeros((3, 4, 3))},
    ),
    ("values-1d", _SHAPE, "ValueError", "values", {"values": np.zeros(4)}),
    ("values-rows-differ", _SHAPE, "ValueError", "values", {"values": np.zeros((3, 2))}),
    ("values-one-row", _SHAPE, "ValueError", "values", {"values": np.zeros((1, 2))}),
    (
        "values-batch-differs",
        _SHAPE,
        "ValueError",
        "values",
        {"query": np.zeros((2, 2, 3)), "values": np.zeros((3, 4, 2))},
    ),
    ("alpha-length", _SHAPE, "ValueError", "alpha", {"alpha": np.full(3, 0.5)}),
    ("alpha-enlarges", _SHAPE, "ValueError", "alpha", {"alpha": np.full((2, 4), 0.5)}),
    ("alpha-column", _SHAPE, "ValueError", "alpha", {"alpha": np.full((4, 1), 0.5)}),
    ("beta-array", _SHAPE, "ValueError", "beta", {"beta": np.array([1.0, 2.0])}),
    ("beta-one-element", _SHAPE, "ValueError", "beta", {"beta": np.array([1.0])}),
    ("threshold-length", _SHAPE, "ValueError", "threshold", {"threshold": np.full(3, 0.5)}),
    (
        "threshold-enlarges",
        _SHAPE,
        "ValueError",
        "threshold",
        {"threshold": np.full((2, 2, 4), 0.5)},
    ),
    ("mask-length", _SHAPE, "ValueError", "mask", {"mask": np.ones(2, dtype=bool)}),
    ("mask-transposed", _SHAPE, "ValueError", "mask", {"mask": np.ones((4, 2), dtype=bool)}),
    ("mask-enlarges", _SHAPE, "ValueError", "mask", {"mask": np.ones((3, 2, 4), dtype=bool)}),
    ("query-bool", _DTYPE, "TypeError", "query", {"query": _QUERY > 0.5}),
    ("query-complex", _DTYPE, "TypeError", "query", {"query": _QUERY.astype(np.complex128)}),
    ("query-object", _DTYPE, "TypeError", "query", {"query": _QUERY.astype(object)}),
    ("query-long-double", _DTYPE, "TypeError", "query", {"query": _QUERY.astype(np.longdouble)}),
    ("query-string", _DTYPE, "TypeError", "query", {"query": [["0.0", "0.0", "1.0"]]}),
    ("query-none", _DTYPE, "TypeError", "query", {"query": None}),
    ("keys-bool", _DTYPE, "TypeError", "keys", {"keys": _KEYS > 0.5}),
    ("keys-complex", _DTYPE, "TypeError", "keys", {"keys": _KEYS.astype(np.complex64)}),
    ("keys-object", _DTYPE, "TypeError", "keys", {"keys": _KEYS.astype(object)}),
    ("values-bool", _DTYPE, "TypeError", "values", {"values": _VALUES > 2.0}),
    ("values-complex", _DTYPE, "TypeError", "values", {"values": _VALUES.astype(np.complex128)}),
    ("alpha-bool", _DTYPE, "TypeError", "alpha", {"alpha": np.array(True)}),
    ("alpha-complex", _DTYPE, "TypeError", "alpha", {"alpha": np.array(0.5 + 0j)}),
    ("alpha-string", _DTYPE, "TypeError", "alpha", {"alpha": "0.5"}),
    ("beta-bool", _DTYPE, "TypeError", "beta", {"beta": np.array(True)}),
    ("beta-complex", _DTYPE, "TypeError", "beta", {"beta": np.array(1.0 + 0j)}),
    ("threshold-bool", _DTYPE, "TypeError", "threshold", {"threshold": np.array(True)}),
    ("threshold-complex", _DTYPE, "TypeError", "threshold", {"threshold": np.array(0.5 + 0j)}),
    ("mask-integer", _DTYPE, "TypeError", "mask", {"mask": np.ones((2, 4), dtype=np.int64)}),
    ("mask-float", _DTYPE, "TypeError", "mask", {"mask": np.ones((2, 4))}),
    ("fill-bool", _DTYPE, "TypeError", "fill", {"fill": np.array(True)}),
    ("fill-complex", _DTYPE, "TypeError", "fill", {"fill": np.array(0j)}),
    ("query-beyond", _DTYPE, "ValueError", "query", {"query": np.array([[0, _BEYOND, 1]])}),
    ("keys-beyond", _DTYPE, "ValueError", "keys", {"keys": np.array([[1, 2, -_BEYOND]])}),
    (
        "keys-beyond-unsigned",
        _DTYPE,
        "ValueError",
        "keys",
        {"keys": np.array([[1, 2, 2**64 - 1]], dtype=np.uint64)},
    ),
    ("threshold-beyond", _DTYPE, "ValueError", "threshold", {"threshold": np.array(_BEYOND)}),
    ("alpha-zero", _DOMAIN, "ValueError", "alpha", {"alpha": 0.0}),
    ("alpha-one", _DOMAIN, "ValueError", "alpha", {"alpha": 1.0}),
    ("alpha-integer", _DOMAIN, "ValueError", "alpha", {"alpha": 1}),
    ("alpha-negative", _DOMAIN, "ValueError", "alpha", {"alpha": -0.25}),
    ("alpha-above-one", _DOMAIN, "ValueError", "alpha", {"alpha": 1.5}),
    ("alpha-nan", _DOMAIN, "ValueError", "alpha", {"alpha": np.nan}),
    ("alpha-infinite", _DOMAIN, "ValueError", "alpha", {"alpha": np.inf}),
    (
        "alpha-one-of-many",
        _DOMAIN,
        "ValueError",
        "alpha",
        {"alpha": np.array([0.5, 0.5, 1.0, 0.5])},
    ),
    ("beta-zero", _DOMAIN, "ValueError", "beta", {"beta": 0.0}),
    ("beta-negative-zero", _DOMAIN, "ValueError", "beta", {"beta": -0.0}),
    ("beta-negative", _DOMAIN, "ValueError", "beta", {"beta": -1.0}),
    ("beta-infinite", _DOMAIN, "ValueError", "beta", {"beta": np.inf}),
    ("beta-nan", _DOMAIN, "ValueError", "beta", {"beta": np.nan}),
    ("threshold-nan", _DOMAIN, "ValueError", "threshold", {"threshold": np.nan}),
    (
        "threshold-nan-of-many",
        _DOMAIN,
        "ValueError",
        "threshold",
        {"threshold": np.array([1.0, np.nan, 1.0, np.inf])},
    ),
    # alpha and threshold are arguments, not rows that a pair reads: a mask does not excuse them
    (
        "alpha-nan-masked",
        _DOMAIN,
        "ValueError",
        "alpha",
        {"alpha": np.array([0.5, np.nan, 0.5, 0.5]), "mask": np.array([True, False, True, True])},
    ),
    (
        "threshold-nan-masked",
        _DOMAIN,
        "ValueError",
        "threshold",
        {
            "threshold": np.array([1.0, np.nan, 1.0, 1.0]),
            "mask": np.array([True, False, True, True]),
        },
    ),
    ("query-nan", _FINITE, "ValueError", "query", {"query": _NAN_QUERY}),
    ("query-infinite", _FINITE, "ValueError", "query", {"query": _with(_QUERY, (0, 1), np.inf)}),
    ("keys-nan", _FINITE, "ValueError", "keys", {"keys": _NAN_KEY}),
    ("keys-infinite", _FINITE, "ValueError", "keys", {"keys": _with(_KEYS, (3, 0), -np.inf)}),
    (
        "keys-nan-one-query-reads",
        _FINITE,
        "ValueError",
        "keys",
        {"keys": _NAN_KEY, "mask": _allow((0, 0), (1, 1))},
    ),
    (
        "query-nan-one-key-reads",
        _FINITE,
        "ValueError",
        "query",
        {"query": _NAN_QUERY, "mask": _allow((0, 0), (1, 3))},
    ),
    (
        "keys-nan-under-threshold",
        _FINITE,
        "ValueError",
        "keys",
        {"keys": _NAN_KEY, "threshold": np.array([1.0, -np.inf, 1.0, 1.0])},
    ),
    ("fill-fraction", _FILL, "ValueError", "fill", {"values": _WHOLE, "fill": 0.5}),
    ("fill-nan-integer", _FILL, "ValueError", "fill", {"values": _WHOLE, "fill": np.nan}),
    ("fill-int8", _FILL, "ValueError", "fill", {"values": _WHOLE.astype(np.int8), "fill": 300}),
    ("fill-unsigned", _FILL, "ValueError", "fill", {"values": _WHOLE.astype(np.uint8), "fill": -1}),
    (
        "fill-float32-overflow",
        _FILL,
        "ValueError",
        "fill",
        {"values": _VALUES.astype(np.float32), "fill": 1e300},
    ),
    (
        "fill-float16-rounds",
        _FILL,
        "ValueError",
        "fill",
        {"values": _VALUES.astype(np.float16), "fill": 2049.0},
    ),
    ("fill-length", _FILL, "ValueError", "fill", {"values": _VALUES, "fill": np.zeros(3)}),
    (
        "fill-enlarges",
        _FILL,
        "ValueError",
        "fill",
        {"values": _VALUES, "fill": np.zeros((3, 2, 2))},
    ),
)


@cache
def bad_calls() -> tuple[Case, ...]:
    """Every bad call of the table.

    Clause: GDA-input-shape, GDA-input-dtype, GDA-input-domain, GDA-input-finite,
    GDA-fill-representable.

    Returns
    -------
    tuple of Case
        ``expects`` names the exception; ``clauses`` the one clause that the call breaks.
    """
    valid = Case(_QUERY, _KEYS, flags=("bad-call",))
    return tuple(
        replace(
            valid, id=name, clauses=(clause,), expects=expects, argument=argument, **arguments
        ).copy()
        for name, clause, expects, argument, arguments in _TABLE
    )


def own_calls() -> tuple[Case, ...]:
    """The bad calls that no other language can make: objects, strings, long doubles, None.

    They are no vectors, and are judged beside them.

    Clause: GDA-input-dtype.
    """
    return tuple(case for case in bad_calls() if not is_portable(case))


def is_portable(case: Case) -> bool:
    """Whether another language can build the arguments: numeric arrays of known width only."""
    for value in case.arguments().values():
        if not isinstance(value, (np.ndarray, np.generic, float, int)):
            return False
        dtype = np.asarray(value).dtype
        if dtype.kind not in "biufc" or dtype in (np.longdouble, np.clongdouble):
            return False
    return True
