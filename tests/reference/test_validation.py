"""Hostile input: each bad call with its exact error.

A message names the argument, what was expected, what came, and the first offending index. The
second half holds calls that look bad and are not.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import gd_attention
import numpy as np
import pytest
from gd_attention.validation import checked

NAN, INF = float("nan"), float("inf")
Q = [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]  # M = 3, D = 2
K = [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [4.0, 4.0]]  # N = 4
REAL = "real numbers: floats of 64 bits or fewer, or integers"
INTEGERS = "integers that float64 represents"
READ = "finite values in every row that an unmasked pair reads"
BIG = 2**53 + 1


def call(query: Any = Q, keys: Any = K, values: Any = None, **rest: Any) -> dict[str, Any]:
    return {"query": query, "keys": keys, "values": values, **rest}


def put(rows: list[list[float]], row: int, column: int, value: float) -> np.ndarray:
    array = np.array(rows)
    array[row, column] = value
    return array


def off(*masked: tuple[int, int]) -> np.ndarray:
    mask = np.ones((3, 4), dtype=bool)
    for pair in masked:
        mask[pair] = False
    return mask


SHAPES = [
    (call(1.0), "query: expected at least 2 dimensions (..., M, D), got shape ()"),
    (call([0.0, 1.0]), "query: expected at least 2 dimensions (..., M, D), got shape (2,)"),
    (call(keys=[1.0, 2.0]), "keys: expected at least 2 dimensions (..., N, D), got shape (2,)"),
    (call(keys=[]), "keys: expected at least 2 dimensions (..., N, D), got shape (0,)"),
    (
        call(values=[1.0] * 4),
        "values: expected at least 2 dimensions (..., N, V), got shape (4,)",
    ),
    (
        call(np.empty((3, 0)), np.empty((4, 0))),
        "query: expected D >= 1 in shape (..., M, D), got shape (3, 0)",
    ),
    (call(keys=[[1.0]]), "keys: expected D = 2 as in query, got shape (1, 1)"),
    (call(keys=np.empty((0, 3))), "keys: expected D = 2 as in query, got shape (0, 3)"),
    (
        call(values=np.ones((3, 2))),
        "values: expected N = 4 rows as in keys, got shape (3, 2)",
    ),
    # a single value row does not stand for all keys
    (
        call(values=np.ones((1, 2))),
        "values: expected N = 4 rows as in keys, got shape (1, 2)",
    ),
    (
        call(np.ones((2, 3, 2)), np.ones((3, 4, 2))),
        "keys: expected leading dimensions that broadcast with (2,), got (3,)",
    ),
    (
        call(np.ones((2, 3, 2)), values=np.ones((3, 4, 1))),
        "values: expected leading dimensions that broadcast with (2,), got (3,)",
    ),
    (
        call(alpha=[0.5, 0.5, 0.5]),
        "alpha: expected a shape that broadcasts to (B..., N) = (4,), got (3,)",
    ),
    # alpha, threshold and mask never enlarge the batch
    (
        call(alpha=np.full((2, 4), 0.5)),
        "alpha: expected a shape that broadcasts to (B..., N) = (4,), got (2, 4)",
    ),
    (
        call(alpha=np.full((1, 4), 0.5)),
        "alpha: expected a shape that broadcasts to (B..., N) = (4,), got (1, 4)",
    ),
    (
        call(threshold=np.ones((2, 3, 4))),
        "threshold: expected a shape that broadcasts to (B..., M, N) = (3, 4), got (2, 3, 4)",
    ),
    (
        call(threshold=[1.0, 1.0, 1.0]),
        "threshold: expected a shape that broadcasts to (B..., M, N) = (3, 4), got (3,)",
    ),
    (
        call(mask=np.ones((4, 3), dtype=bool)),
        "mask: expected a shape that broadcasts to (B..., M, N) = (3, 4), got (4, 3)",
    ),
    (
        call(mask=np.ones((1, 3, 4), dtype=bool)),
        "mask: expected a shape that broadcasts to (B..., M, N) = (3, 4), got (1, 3, 4)",
    ),
    (
        call(fill=[0.0, 0.0, 0.0]),
        "fill: expected a shape that broadcasts to (B..., M, V) = (3, 2), got (3,)",
    ),
    (call(beta=[1.0]), "beta: expected a scalar, got shape (1,)"),
    (call(beta=[1.0, 2.0]), "beta: expected a scalar, got shape (2,)"),
    (call([[0.0, 1.0], [2.0]]), "query: expected a rectangular array, got a ragged sequence"),
    (
        call(mask=[[True], [True, False]]),
        "mask: expected a rectangular array, got a ragged sequence",
    ),
]

DTYPES = [
    (call(np.ones((3, 2), dtype=bool)), f"query: expected {REAL}, got dtype bool"),
    (call([[True, False]]), f"query: expected {REAL}, got dtype bool"),
    # NumPy would make these 1.0
    (call([[True, 0.5]]), f"query: expected {REAL}, got bool among the elements"),
    (call([[np.True_, 0.5]]), f"query: expected {REAL}, got bool among the elements"),
    (call([[True, 2]]), f"query: expected {REAL}, got bool among the elements"),
    (call([[np.True_, 2]]), f"query: expected {REAL}, got bool among the elements"),
    (
        call(K, [np.array([True, False]), [1, 2]]),
        f"keys: expected {REAL}, got bool among the elements",
    ),
    (
        call(values=((1,), (2,), (True,), (4,))),
        f"values: expected {REAL}, got bool among the elements",
    ),
    (call(np.ones((3, 2), dtype=complex)), f"query: expected {REAL}, got dtype complex128"),
    (call(keys=np.ones((4, 2), dtype=np.complex64)), f"keys: expected {REAL}, got dtype complex64"),
    (call(keys=np.array(K, dtype=object)), f"keys: expected {REAL}, got dtype object"),
    (call(keys=[[Fraction(1, 2), 1]]), f"keys: expected {REAL}, got dtype object"),
    (call([[Decimal("0.5"), Decimal(1)]]), f"query: expected {REAL}, got dtype object"),
    (call(None), f"query: expected {REAL}, got dtype object"),
    (call([["a", "b"]]), f"query: expected {REAL}, got dtype <U1"),
    (call(keys=np.zeros((4, 2), dtype="M8[s]")), f"keys: expected {REAL}, got dtype datetime64[s]"),
    (
        call(values=np.ones((4, 1), dtype=np.longdouble)),
        f"values: expected {REAL}, got dtype {np.dtype(np.longdouble)}",
    ),
    (call(values=np.ones((4, 1), dtype=bool)), f"values: expected {REAL}, got dtype bool"),
    (call(values=[["a"]] * 4), f"values: expected {REAL}, got dtype <U1"),
    (call(np.ma.masked_array(Q)), f"query: expected {REAL}, got a numpy masked array"),
    (call(alpha=0.5 + 0j), f"alpha: expected {REAL}, got dtype complex128"),
    (call(alpha=None), f"alpha: expected {REAL}, got dtype object"),
    (call(alpha=[0.5, 0.5, 0.5, True]), f"alpha: expected {REAL}, got bool among the elements"),
    (call(beta=True), f"beta: expected {REAL}, got dtype bool"),
    (call(beta="1"), f"beta: expected {REAL}, got dtype <U1"),
    (call(beta=np.longdouble(1)), f"beta: expected {REAL}, got dtype {np.dtype(np.longdouble)}"),
    (call(threshold=True), f"threshold: expected {REAL}, got dtype bool"),
    (call(threshold=None), f"threshold: expected {REAL}, got dtype object"),
    (call(fill=False), f"fill: expected {REAL}, got dtype bool"),
    (call(fill=1j), f"fill: expected {REAL}, got dtype complex128"),
    (call(mask=np.ones((3, 4), dtype=int)), "mask: expected dtype bool, got dtype int64"),
    (call(mask=1.0), "mask: expected dtype bool, got dtype float64"),
    (call(mask=np.ma.masked_array(off())), "mask: expected dtype bool, got a numpy masked array"),
]

VALUES = [
    (call(alpha=0.0), "alpha: expected values in (0, 1), got 0.0"),
    (call(alpha=1), "alpha: expected values in (0, 1), got 1.0"),
    (call(alpha=-0.5), "alpha: expected values in (0, 1), got -0.5"),
    (call(alpha=NAN), "alpha: expected values in (0, 1), got nan"),
    (call(alpha=[0.5, 0.5, 1.5, 0.0]), "alpha: expected values in (0, 1), got 1.5 at index (2,)"),
    (
        call(np.ones((2, 3, 2)), alpha=[[0.5] * 4, [0.5, INF, 0.5, 2.0]]),
        "alpha: expected values in (0, 1), got inf at index (1, 1)",
    ),
    # an empty key set does not excuse a bad weight
    (call(keys=np.empty((0, 2)), alpha=2.0), "alpha: expected values in (0, 1), got 2.0"),
    (call(beta=0), "beta: expected a finite number > 0, got 0.0"),
    (call(beta=-1.0), "beta: expected a finite number > 0, got -1.0"),
    (call(beta=INF), "beta: expected a finite number > 0, got inf"),
    (call(beta=NAN), "beta: expected a finite number > 0, got nan"),
    (call(threshold=NAN), "threshold: expected numbers or infinities, got nan"),
    (
        call(threshold=[INF, -INF, NAN, NAN]),
        "threshold: expected numbers or infinities, got nan at index (2,)",
    ),
    (call(put(Q, 1, 0, NAN)), f"query: expected {READ}, got nan at index (1, 0)"),
    (call(put(Q, 2, 1, -INF)), f"query: expected {READ}, got -inf at index (2, 1)"),
    (call(keys=put(K, 3, 1, INF)), f"keys: expected {READ}, got inf at index (3, 1)"),
    # one unmasked pair is enough to read the row
    (
        call(keys=put(K, 3, 1, NAN), mask=off((0, 3), (1, 3))),
        f"keys: expected {READ}, got nan at index (3, 1)",
    ),
    # the first row that is read, not the first row that is bad
    (
        call(put(put(Q, 0, 0, NAN).tolist(), 2, 0, NAN), mask=off(*((0, n) for n in range(4)))),
        f"query: expected {READ}, got nan at index (2, 0)",
    ),
    # index in the array as given, not as broadcast
    (
        call(np.ones((5, 3, 2)), put(K, 1, 0, NAN)),
        f"keys: expected {READ}, got nan at index (1, 0)",
    ),
    (call([[BIG, 0]]), f"query: expected {INTEGERS}, got {BIG} at index (0, 0)"),
    (call([[0.5, BIG]]), f"query: expected {INTEGERS}, got {BIG}"),
    (call([[0.5, 10**400]]), f"query: expected {INTEGERS}, got a 1329-bit integer"),
    (
        call(keys=np.full((4, 2), 2**63 - 1)),
        f"keys: expected {INTEGERS}, got {2**63 - 1} at index (0, 0)",
    ),
    (
        call(keys=np.array([[0, 1], [2**64 - 1, 0]], dtype=np.uint64)),
        f"keys: expected {INTEGERS}, got {2**64 - 1} at index (1, 0)",
    ),
    (
        call(values=[[0], [-BIG], [0], [0]]),
        f"values: expected {INTEGERS}, got {-BIG} at index (1, 0)",
    ),
    (call(beta=BIG), f"beta: expected {INTEGERS}, got {BIG}"),
    (call(threshold=BIG), f"threshold: expected {INTEGERS}, got {BIG}"),
    (
        call(values=np.zeros((4, 1), dtype=np.int64), fill=0.5),
        "fill: expected values that dtype int64 represents, got 0.5",
    ),
    (
        call(values=np.zeros((4, 1), dtype=np.int64), fill=NAN),
        "fill: expected values that dtype int64 represents, got nan",
    ),
    (
        call(values=np.zeros((4, 1), dtype=np.int64), fill=2.0**63),
        "fill: expected values that dtype int64 represents, got 9.223372036854776e+18",
    ),
    (
        call(values=np.zeros((4, 1), dtype=np.uint8), fill=-1),
        "fill: expected values that dtype uint8 represents, got -1.0",
    ),
    (
        call(values=np.zeros((4, 2), dtype=np.float32), fill=[[0.5, 0.1]]),
        "fill: expected values that dtype float32 represents, got 0.1 at index (0, 1)",
    ),
    (
        call(values=np.zeros((4, 1), dtype=np.float16), fill=1e5),
        "fill: expected values that dtype float16 represents, got 100000.0",
    ),
]

TABLE = (
    [(arguments, ValueError, message) for arguments, message in SHAPES]
    + [(arguments, TypeError, message) for arguments, message in DTYPES]
    + [(arguments, ValueError, message) for arguments, message in VALUES]
)


def raised(function: Callable[..., Any], arguments: dict[str, Any]) -> tuple[type, str]:
    rest = dict(arguments)
    query, keys = rest.pop("query"), rest.pop("keys")
    with pytest.raises((TypeError, ValueError)) as caught:
        function(query, keys, **rest)
    return caught.type, str(caught.value)


@pytest.mark.clause(
    "GDA-input-shape",
    "GDA-input-dtype",
    "GDA-input-domain",
    "GDA-input-finite",
    "GDA-batch-broadcast",
    "GDA-fill-representable",
)
@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    TABLE,
    ids=[f"{i}-{row[2][:40]}" for i, row in enumerate(TABLE)],
)
def test_bad_calls(arguments: dict[str, Any], kind: type, message: str) -> None:
    assert raised(gd_attention.gd_attention, arguments) == (kind, message)


@pytest.mark.clause("GDA-input-shape", "GDA-input-dtype", "GDA-input-domain", "GDA-input-finite")
@pytest.mark.parametrize(
    "function",
    [
        gd_attention.admission,
        gd_attention.reconstruct,
        lambda *args, **rest: gd_attention.relaxation(*args, temperature=1.0, **rest),
        gd_attention.order_keys,
        gd_attention.robustness_radius,
    ],
    ids=["admission", "reconstruct", "relaxation", "order_keys", "robustness_radius"],
)
def test_the_other_functions_raise_the_same(function: Callable[..., Any]) -> None:
    tried = 0
    for arguments, kind, message in TABLE:
        if arguments["values"] is None and "fill" not in arguments:
            rest = {name: value for name, value in arguments.items() if name != "values"}
            assert raised(function, rest) == (kind, message)
            tried += 1
    assert tried >= 50


EXTRA = [
    ("reconstruct", {"tol": -1e-9}, ValueError, "tol: expected a finite number >= 0, got -1e-09"),
    ("reconstruct", {"tol": NAN}, ValueError, "tol: expected a finite number >= 0, got nan"),
    ("reconstruct", {"tol": INF}, ValueError, "tol: expected a finite number >= 0, got inf"),
    ("reconstruct", {"tol": [0.1]}, ValueError, "tol: expected a scalar, got shape (1,)"),
    ("reconstruct", {"tol": None}, TypeError, f"tol: expected {REAL}, got dtype object"),
    ("reconstruct", {"max_steps": -1}, ValueError, "max_steps: expected an integer >= 0, got -1"),
    ("reconstruct", {"max_steps": 1.0}, TypeError, "max_steps: expected an integer, got float"),
    ("reconstruct", {"max_steps": True}, TypeError, "max_steps: expected an integer, got bool"),
    (
        "relaxation",
        {"temperature": 0.0},
        ValueError,
        "temperature: expected a finite number > 0, got 0.0",
    ),
    (
        "relaxation",
        {"temperature": NAN},
        ValueError,
        "temperature: expected a finite number > 0, got nan",
    ),
    (
        "relaxation",
        {"temperature": "hot"},
        TypeError,
        f"temperature: expected {REAL}, got dtype <U3",
    ),
]


@pytest.mark.clause("GDA-input-domain", "GDA-def-reconstruction", "GDA-thm-relaxation")
@pytest.mark.parametrize(("name", "extra", "kind", "message"), EXTRA)
def test_bad_extra_arguments(name: str, extra: dict[str, Any], kind: type, message: str) -> None:
    assert raised(getattr(gd_attention, name), {"query": Q, "keys": K, **extra}) == (kind, message)


@pytest.mark.clause("GDA-mask-unread", "GDA-input-finite")
def test_rows_that_no_unmasked_pair_reads_may_hold_anything() -> None:
    query, keys = put(Q, 0, 0, NAN), put(K, 3, 1, INF)
    mask = off(*((0, n) for n in range(4)), *((m, 3) for m in range(3)))
    got = gd_attention.gd_attention(query, keys, mask=mask)
    clean = gd_attention.gd_attention(Q, K, mask=mask)
    assert got.index.tolist() == clean.index.tolist() == [-1, 1, 2]
    np.testing.assert_array_equal(got.energy, clean.energy)
    # integers that float64 cannot hold are unreadable, and unread, alike
    whole = np.array(K, dtype=np.int64)
    whole[3] = BIG
    assert (
        gd_attention.gd_attention(Q, whole, mask=off(*((m, 3) for m in range(3)))).output.dtype
        == int
    )
    # a key row of a batch is read if any copy of it is
    both = np.stack([off(*((m, 3) for m in range(3))), off()])
    with pytest.raises(ValueError, match=r"^keys: .* got inf at index \(3, 1\)$"):
        gd_attention.gd_attention(np.stack([Q, Q]), keys, mask=both)


@pytest.mark.clause("GDA-mask-unread", "GDA-abstain-empty")
def test_no_keys_or_no_queries_read_nothing() -> None:
    assert gd_attention.gd_attention([[NAN, 1.0]], np.empty((0, 2))).index.tolist() == [-1]
    assert gd_attention.gd_attention(np.empty((0, 2)), [[NAN, 1.0]]).index.shape == (0,)


@pytest.mark.clause("GDA-input-exact", "GDA-input-dtype")
def test_good_inputs_that_look_bad() -> None:
    expected = gd_attention.gd_attention(Q, K).index.tolist()
    for dtype in (np.float16, np.float32, ">f8", ">f4", np.int8, np.uint64, ">i4"):
        query = np.array(Q).astype(dtype)
        assert gd_attention.gd_attention(query, np.array(K, dtype=int)).index.tolist() == expected
    # Python integers beyond 64 bits, if float64 holds them
    assert checked([[2**70]], [[-(2**64)]]).query.tolist() == [[2.0**70]]
    assert checked([[2**53 + 2]], [[0.5]]).query.tolist() == [[2.0**53 + 2]]
    assert (
        checked(np.array([[-(2**63)]]), np.array([[2**63]], dtype=np.uint64)).keys[0, 0] == 2.0**63
    )
    assert checked(Q, K, beta=5e-324, threshold=[-INF, INF, 0, -0.0]).beta == 5e-324
    assert checked(Q, K, fill=NAN).fill.shape == (3, 2)
    assert checked(Q, K, values=np.zeros((4, 1), dtype=np.int64), fill=-(2.0**63)).fill.dtype == int


@pytest.mark.clause("GDA-batch-broadcast", "GDA-values-default")
def test_broadcast_shapes() -> None:
    inputs = checked(
        np.ones((2, 1, 3, 2)),
        np.ones((4, 2)),
        np.ones((5, 4, 7)),
        alpha=np.full((5, 1), 0.3),
        threshold=np.ones((3, 1)),
        mask=np.ones(4, dtype=bool),
        fill=np.zeros((2, 1, 1, 7)),
    )
    assert inputs.batch == (2, 5)
    assert inputs.query.shape == (2, 5, 3, 2)
    assert inputs.keys.shape == (2, 5, 4, 2)
    assert inputs.values.shape == (2, 5, 4, 7)
    assert inputs.alpha.shape == (2, 5, 4)
    assert inputs.threshold.shape == inputs.mask.shape == (2, 5, 3, 4)
    assert inputs.fill.shape == (2, 5, 3, 7)
    assert checked(Q, K).values.tolist() == K


@pytest.mark.clause("GDA-call-pure")
def test_inputs_are_not_copied_when_they_need_not_be() -> None:
    query = np.array(Q)
    assert np.shares_memory(checked(query, K).query, query)
    assert not checked(query, K).query.flags.writeable


def test_the_table_is_large_enough() -> None:
    assert len(TABLE) + len(EXTRA) >= 60


@pytest.mark.clause("GDA-input-dtype")
def test_float32_may_stay_narrow():
    """Kept as it is, without a copy; every other dtype still becomes float64."""
    query, keys = np.ones((3, 2), np.float32), np.ones((4, 2), np.float16)
    inputs = checked(query, keys, narrow=True)
    assert inputs.query.dtype == np.float32
    assert np.shares_memory(inputs.query, query)
    assert inputs.keys.dtype == np.float64
    swapped = checked(query.astype(">f4"), K, narrow=True).query.dtype
    assert swapped == np.float64
    assert swapped.isnative
    assert checked(query, keys).query.dtype == np.float64


@pytest.mark.clause("GDA-input-finite")
@pytest.mark.parametrize("value", [INF, -INF, NAN])
def test_one_element_that_is_not_finite_is_found(value):
    keys = np.zeros((2, 5, 3), np.float32)
    keys[1, 3, 2] = value
    with pytest.raises(ValueError, match=r"keys: expected finite .* at index \(1, 3, 2\)"):
        checked(np.zeros((1, 3)), keys)
