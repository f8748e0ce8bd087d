"""A broken harness is told apart from a broken implementation, and the right wiring is named."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gd_attention.conformance import HarnessError, verify
from gd_attention.conformance.smoke import SMOKE, smoke
from gd_attention.conformance.target import capabilities_of


def squares(query: Any, keys: Any) -> np.ndarray:
    """All squared distances."""
    query, keys = np.asarray(query, np.float64), np.asarray(keys, np.float64)
    return ((query[..., :, None, :] - keys[..., None, :, :]) ** 2).sum(-1)


def nearest(query: Any, keys: Any) -> np.ndarray:
    """A right answer."""
    return squares(query, keys).argmin(-1)


def four_axes(query: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Batch and head axes are asked for."""
    batch, heads, rows, width = query.shape
    assert batch == heads == 1 and rows and width
    return nearest(query, keys)


def three_axes(query: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """A batch axis is asked for."""
    batch, rows, width = query.shape
    assert batch == 1 and rows and width
    return nearest(query, keys)


def one_query(query: np.ndarray, keys: np.ndarray) -> np.int64:
    """A query is a vector."""
    (width,) = query.shape
    return nearest(query.reshape(1, width), keys)[0]


def loop(query: np.ndarray, keys: np.ndarray) -> int:
    """A query is a vector, the index a plain integer."""
    best, found = float("inf"), -1
    for place, key in enumerate(keys.tolist()):
        square = sum((a - b) ** 2 for a, b in zip(query.tolist(), key, strict=True))
        if square < best:
            best, found = square, place
    return found


def tensors(query: Any, keys: Any) -> Any:
    """Arrays of PyTorch are asked for."""
    torch = pytest.importorskip("torch")
    return torch.cdist(query, keys).argmin(-1)


def only_lists(query: list[list[float]], keys: list[list[float]]) -> list[int]:
    """Arrays are refused."""
    assert isinstance(query, list) and isinstance(keys, list)
    return nearest(query, keys).tolist()


def only_float32(query: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Double precision is refused."""
    assert query.dtype == keys.dtype == np.float32
    return nearest(query, keys)


def fails(query: Any, keys: Any) -> None:
    """No answer at all."""
    raise RuntimeError("not written yet")


# What a user's wiring looks like from here: the target, what is said about it, and what it is that
# would give right answers.
WIRINGS: dict[str, tuple[Callable[..., Any], str, str]] = {
    "arguments swapped": (
        lambda keys, query: nearest(query, keys),
        r"expected \(2,\), one for each query, got \(3,\), one for each key",
        "with query and keys swapped",
    ),
    "transposed layout": (
        lambda query, keys: nearest(query.T, keys.T),
        "raised ValueError",
        "the transposed layout",
    ),
    "counted from 1": (
        lambda query, keys: nearest(query, keys) + 1,
        "index out of range",
        "counting from 1",
    ),
    "table of distances": (squares, "got dtype float64", "least entry of each row of a table"),
    "table of scores": (
        lambda query, keys: -squares(query, keys),
        "got dtype float64",
        "greatest entry of each row of a table",
    ),
    "index as floats": (
        lambda query, keys: nearest(query, keys).astype(float),
        "got dtype float64",
        "whole numbers in a float array",
    ),
    "tuple, index first": (
        lambda query, keys: (nearest(query, keys), squares(query, keys).min(-1)),
        "got tuple",
        "first element of the returned tuple",
    ),
    "tuple, index second": (
        lambda query, keys: (squares(query, keys).min(-1), nearest(query, keys)),
        "got tuple",
        "second element of the returned tuple",
    ),
    "the output alone": (
        lambda query, keys: keys[nearest(query, keys)],
        "got dtype float64",
        "the output in place of the index",
    ),
    "a column": (
        lambda query, keys: nearest(query, keys)[:, None],
        r"got \(2, 1\)",
        "dropping a trailing axis",
    ),
    "values demanded": (
        lambda query, keys, values: nearest(query, keys),
        "missing 1 required positional argument",
        "as values",
    ),
    "one query at a time": (one_query, "raised ValueError", "one query at a time"),
    "one query at a time, a plain integer": (loop, "raised TypeError", "one query at a time"),
    "tensors": (tensors, "raised TypeError", r"tensors of PyTorch \(--arrays torch\)"),
    "batch axis": (three_axes, "raised ValueError", r"\(1, M, D\)"),
    "batch and head axes": (four_axes, "raised ValueError", r"\(1, 1, M, D\)"),
    "lists": (only_lists, "raised AssertionError", "with lists"),
    "float32": (only_float32, "raised AssertionError", "with float32 arrays"),
    "swapped and counted from 1": (
        lambda keys, query: nearest(query, keys) + 1,
        "one for each key",
        "with query and keys swapped, reading the index counting from 1",
    ),
}


@pytest.mark.clause("GDA-conf-smoke")
@pytest.mark.parametrize("name", WIRINGS)
def test_the_right_wiring_is_named(name: str) -> None:
    """Nothing is judged; what is said names the wiring under which the answers are right."""
    target, said, better = WIRINGS[name]
    with pytest.raises(HarnessError, match=said) as caught:
        verify(target, cases=0)
    message = str(caught.value)
    assert "the harness or the wiring is likely at fault" in message
    assert re.search(f"The answers are right .*{better}", message), message


@pytest.mark.clause("GDA-conf-smoke")
@pytest.mark.parametrize("target", [fails, len, np.dot, lambda query, keys: "nearest"])
def test_a_wrong_callable_has_no_better_wiring(target: Callable[..., Any]) -> None:
    """Nothing is said of a wiring where none helps."""
    with pytest.raises(HarnessError, match="likely at fault") as caught:
        smoke(target)
    assert "The answers are right" not in str(caught.value)


def sometimes(query: Any, keys: Any) -> np.ndarray:
    """Raises for two queries, as in the first basic case."""
    if len(query) == 2:
        raise RuntimeError("two queries")
    return nearest(query, keys)


def far_out(query: Any, keys: Any) -> np.ndarray:
    """An index out of range for some shapes."""
    return nearest(query, keys) + (5 if len(keys) == 3 else 0)


# Wrong, some of them on every basic case, and right under no other wiring.
WRONG: dict[str, Callable[..., Any]] = {
    "the farthest key": lambda query, keys: squares(query, keys).argmax(-1),
    "the largest dot product": lambda query, keys: (
        np.asarray(query, float) @ np.swapaxes(np.asarray(keys, float), -1, -2)
    ).argmax(-1),
    "always key 0": lambda query, keys: np.zeros(np.shape(query)[:-1], dtype=int),
    "always abstained": lambda query, keys: np.full(np.shape(query)[:-1], -1),
    "raises on some": sometimes,
    "out of range on some": far_out,
    "the one before": lambda query, keys: (nearest(query, keys) - 1) % max(np.shape(keys)[-2], 1),
}


@pytest.mark.clause("GDA-conf-smoke", "GDA-conf-report")
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_implementation_is_judged(name: str) -> None:
    """Status 1 and not 2, also where every basic case is wrong."""
    report = verify(WRONG[name], cases=0)
    assert (report.verdict, report.exit_code) == ("fails", 1)
    assert report.clause("GDA-select-index").wrong > 0


@pytest.mark.clause("GDA-conf-smoke")
def test_basic_cases_tell_wirings_apart() -> None:
    """Query and keys alone; shapes differ; nothing is close; the farthest key never wins."""
    assert len({case.query.shape + case.keys.shape for case in SMOKE}) == len(SMOKE) >= 3
    winners = set()
    for case in SMOKE:
        assert capabilities_of(case) == frozenset()
        table = np.sort(squares(case.query, case.keys), axis=-1)
        assert len(case.query) != len(case.keys)
        assert (table[:, 1] - table[:, 0] > 0.1).all()
        right = nearest(case.query, case.keys)
        assert (right != squares(case.query, case.keys).argmax(-1)).all()
        winners |= set(right.tolist())
    assert len(winners) >= 3
