"""Selections over files are those of one call of the reference, whatever format and size."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import gd_attention as reference
import numpy as np
import pytest
from gd_attention.files.errors import FileError
from gd_attention.files.reading import open_mask, open_numbers, open_rows
from gd_attention.files.scratch import Scratch
from gd_attention.files.streaming import Sizes, Task, selections
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from .conftest import FORMATS, written

FIELDS = ("index", "output", "energy", "coordinate", "alignment_point", "unique")


def gathered(task: Task, sizes: Sizes, operator: Any = reference.gd_attention) -> dict[str, bytes]:
    """The bytes of every field, joined over the blocks."""
    blocks = list(selections(task, operator, sizes))
    assert [first for first, _ in blocks] == list(range(0, len(task.queries), sizes.queries))
    return {
        name: np.concatenate([getattr(found, name) for _, found in blocks]).tobytes()
        for name in FIELDS
    }


def expected(*args: Any, **options: Any) -> dict[str, bytes]:
    """The bytes of every field of one call."""
    found = reference.gd_attention(*args, **options)
    return {name: getattr(found, name).tobytes() for name in FIELDS}


# few distinct coordinates: many exact ties within and between chunks; a large factor saturates
COORDINATES = st.sampled_from([0.0, 1.0, -1.0, 0.5, 3.0, 1.0 + 2.0**-20])


def tables(rows: int, columns: int) -> st.SearchStrategy[NDArray[np.float64]]:
    """Tables of a few numbers."""
    return st.lists(COORDINATES, min_size=rows * columns, max_size=rows * columns).map(
        lambda cells: np.array(cells).reshape(rows, columns)
    )


@st.composite
def calls(draw: st.DrawFn) -> dict[str, Any]:
    """A call, with one weight or weights per key, thresholds, masks."""
    m, n, d, v = (draw(st.integers(1, top)) for top in (5, 9, 3, 3))
    some = st.booleans()
    scale = draw(st.sampled_from([1.0, 100.0]))
    call: dict[str, Any] = {
        "query": draw(tables(m, d)) * scale,
        "keys": draw(tables(n, d)) * scale,
        "values": draw(tables(n, v)) if draw(some) else None,
        "alpha": 0.5,
        "threshold": math.inf,
        "mask": None,
    }
    if draw(some):
        weights = st.sampled_from([0.5, 0.25, 0.75, 0.3])
        call["alpha"] = np.array(draw(st.lists(weights, min_size=n, max_size=n)))
    if draw(some):
        # 1/4 and log 2: an energy at separation 1, and next to the ceiling
        levels = st.sampled_from([0.0, 0.25, math.log(2.0), -1.0, math.inf])
        call["threshold"] = np.array(draw(st.lists(levels, min_size=n, max_size=n)))
    if draw(some):
        shape = draw(st.sampled_from([(n,), (m, n)]))
        bits = draw(st.lists(st.booleans(), min_size=math.prod(shape), max_size=math.prod(shape)))
        call["mask"] = np.array(bits).reshape(shape)
    return call


@pytest.mark.clause("GDA-thm-merge", "GDA-select-ties")
@settings(max_examples=120)
@given(call=calls(), form=st.sampled_from(FORMATS), narrow=st.booleans(),
       sizes=st.builds(Sizes, st.integers(1, 6), st.integers(1, 10)))  # fmt: skip
def test_any_format_and_any_size_give_the_bytes_of_one_call(
    call: dict[str, Any], form: str, narrow: bool, sizes: Sizes
) -> None:
    """Ties across chunks go to the least index, saturated energies keep their order."""
    with tempfile.TemporaryDirectory() as name, Scratch(Path(name)) as scratch:
        folder = Path(name)
        # CSV holds float64
        kind = np.float32 if narrow and form != "csv" else np.float64
        call = {k: a.astype(kind) if k in ("query", "keys", "values") and a is not None else a
                for k, a in call.items()}  # fmt: skip

        def column(key: str) -> Any:
            if isinstance(call[key], float):
                return call[key]
            np.save(folder / f"{key}.npy", call[key])
            return open_numbers(key, str(folder / f"{key}.npy"), scratch)

        def rows(key: str) -> Any:
            return open_rows(key, written(folder, key, form, call[key]), scratch)

        mask = None
        if call["mask"] is not None:
            np.savez(folder / "mask.npz", mask=call["mask"])
            mask = open_mask("mask", str(folder / "mask.npz"), scratch)
        task = Task(
            rows("query"), rows("keys"), None if call["values"] is None else rows("values"),
            alpha=column("alpha"), beta=0.5, threshold=column("threshold"), mask=mask, fill=-1.0,
        )  # fmt: skip
        arguments = [call.pop(key) for key in ("query", "keys", "values")]
        assert gathered(task, sizes) == expected(*arguments, beta=0.5, fill=-1.0, **call)


@pytest.mark.clause("GDA-thm-merge", "GDA-scope-operator")
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int16])
def test_the_compiled_operator_gives_the_same_bytes(
    tmp_path: Path, scratch: Scratch, dtype: type
) -> None:
    from gd_attention.accelerated import gd_attention as compiled

    random = np.random.default_rng(5)
    query, keys = (random.integers(-9, 9, (rows, 5)).astype(dtype) for rows in (40, 300))
    alpha = random.choice([0.2, 0.5, 0.7], 300)
    np.save(tmp_path / "alpha.npy", alpha)
    task = Task(
        open_rows("query", written(tmp_path, "query", "npy", query), scratch),
        open_rows("keys", written(tmp_path, "keys", "npy", keys), scratch),
        alpha=open_numbers("alpha", str(tmp_path / "alpha.npy"), scratch),
        beta=0.125, threshold=0.3,
    )  # fmt: skip
    one = expected(query, keys, alpha=alpha, beta=0.125, threshold=0.3)
    for sizes in (Sizes(40, 300), Sizes(7, 64), Sizes.fitting(task, True)):
        assert gathered(task, sizes, compiled) == one


@pytest.mark.clause("GDA-mask-unread", "GDA-input-finite")
def test_a_number_that_is_not_finite_is_refused_where_it_stands_if_it_is_read(
    tmp_path: Path, scratch: Scratch
) -> None:
    keys = np.ones((7, 2))
    keys[5, 1] = np.nan
    query = np.array([[0.0, 0.0], [np.inf, 1.0]])
    np.save(tmp_path / "mask.npy", np.arange(7) != 5)
    rows = {name: open_rows(name, written(tmp_path, name, "npy", table), scratch)
            for name, table in (("query", query), ("keys", keys))}  # fmt: skip
    one = open_rows("query", written(tmp_path, "one", "npy", query[:1]), scratch)
    mask = open_mask("mask", str(tmp_path / "mask.npy"), scratch)
    with pytest.raises(FileError, match=r"keys-npy\.npy: row 5, column 1: .* finite .*, got nan"):
        gathered(Task(one, rows["keys"]), Sizes(1, 3))
    with pytest.raises(FileError, match=r"query-npy\.npy: row 1, column 0: .* finite .*, got inf"):
        gathered(Task(rows["query"], rows["keys"], mask=mask), Sizes(1, 3))
    masked = gathered(Task(one, rows["keys"], mask=mask), Sizes(1, 3))
    assert masked == expected(query[:1], keys, mask=np.arange(7) != 5)


def test_a_value_of_the_other_files_is_refused_where_it_stands(
    tmp_path: Path, scratch: Scratch
) -> None:
    table = np.eye(3)
    rows = open_rows("keys", written(tmp_path, "keys", "npy", table), scratch)
    for name, numbers, message in (
        ("alpha", [0.5, 1.0, 0.5], r"alpha: .*row 1, column 0: .* \(0, 1\), got 1.0"),
        ("threshold", [0.5, 0.5, np.nan], r"threshold: .*row 2, column 0: .*, got nan"),
    ):
        np.save(tmp_path / f"{name}.npy", numbers)
        given_rows: Any = open_numbers(name, str(tmp_path / f"{name}.npy"), scratch)
        with pytest.raises(FileError, match=message):
            gathered(Task(rows, rows, **{name: given_rows}), Sizes(9, 2))
    (tmp_path / "mask.csv").write_text("1\n0\n2\n")
    mask = open_mask("mask", str(tmp_path / "mask.csv"), scratch)
    with pytest.raises(FileError, match=r"mask: .*row 2 \(line 3\), column 0: expected 0 or 1"):
        gathered(Task(rows, rows, mask=mask), Sizes(9, 2))
    np.save(tmp_path / "values.npy", np.array([[1], [2**53 + 1], [3]]))
    values = open_rows("values", str(tmp_path / "values.npy"), scratch)
    with pytest.raises(FileError, match=r"values: .*row 1, column 0: .*got 9007199254740993"):
        gathered(Task(rows, rows, values=values), Sizes(9, 2))


def test_shapes_that_do_not_fit_are_refused(tmp_path: Path, scratch: Scratch) -> None:
    def rows(name: str, *shape: int) -> Any:
        table = np.zeros(shape)
        return open_rows(name, written(tmp_path, f"{name}{shape}", "npy", table), scratch)

    query, keys = rows("queries", 2, 3), rows("keys", 4, 3)
    np.save(tmp_path / "mask.npy", np.ones((4, 2), bool))
    mask = open_mask("mask", str(tmp_path / "mask.npy"), scratch)
    for options, message in (
        ({"keys": rows("keys", 4, 2)}, "keys: .*expected 3 columns as in .*, got 2"),
        ({"values": rows("values", 3, 1)}, "values: .*expected 4 rows as in .*, got 3"),
        ({"alpha": rows("alpha", 5, 1)}, "alpha: .*expected 4 rows"),
        ({"threshold": rows("threshold", 1, 1)}, "threshold: .*expected 4 rows"),
        ({"mask": mask}, r"mask: .*\(4, 1\) for the keys or \(2, 4\) for the pairs, got \(4, 2\)"),
    ):
        with pytest.raises(FileError, match=message):
            Task(**{"queries": query, "keys": keys, **options})
    with pytest.raises(ValueError, match=r"fill: .*int64"):
        np.save(tmp_path / "v.npy", np.zeros((4, 1), np.int64))
        Task(query, keys, open_rows("values", str(tmp_path / "v.npy"), scratch), fill=0.5)
    with pytest.raises(ValueError, match="beta: "):
        Task(query, keys, beta=0.0)


@pytest.mark.clause("GDA-abstain-empty")
def test_no_keys_at_all_are_an_abstention(tmp_path: Path, scratch: Scratch) -> None:
    query = open_rows("queries", written(tmp_path, "q", "npy", np.ones((2, 3))), scratch)
    keys = open_rows("keys", written(tmp_path, "k", "npy", np.ones((0, 3))), scratch)
    assert gathered(Task(query, keys), Sizes(2, 2)) == expected(np.ones((2, 3)), np.ones((0, 3)))
