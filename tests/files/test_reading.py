"""Files that cannot be used are refused with file, row and column; the others are read exactly."""

from __future__ import annotations

import pickle
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from gd_attention.files.errors import FileError
from gd_attention.files.reading import open_labelled, open_mask, open_numbers, open_rows, open_texts
from gd_attention.files.rows import Rows
from gd_attention.files.scratch import Scratch
from numpy.lib import format as npy

from .conftest import FORMATS, texts, written


def refused(message: str, path: Path | str, scratch: Scratch, opened: Any = open_rows) -> None:
    """The file is refused with a message that begins with its role and its path."""
    file = str(path).partition("::")[0]
    with pytest.raises(FileError, match=f"^keys: {re.escape(file)}: {message}"):
        opened("keys", str(path), scratch)


def plain(rows: Rows) -> np.ndarray:
    """All rows, by parts and one by one, which must agree."""
    whole = rows.part(0, len(rows))
    order = np.arange(len(rows))[::-1].copy()
    assert rows.take(order).tobytes() == whole[::-1].tobytes()
    return whole


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (4, 1), (1, 5)])
def test_every_format_gives_back_the_numbers(
    tmp_path: Path, scratch: Scratch, form: str, shape: tuple[int, int]
) -> None:
    table = np.random.default_rng(1).normal(size=shape) * 2.0 ** np.arange(shape[1]) ** 2
    found = plain(open_rows("keys", written(tmp_path, "keys", form, table), scratch))
    assert found.dtype == np.float64 and found.dtype.isnative
    assert found.tobytes() == table.tobytes()


@pytest.mark.parametrize("form", ["csv", "parquet", "npy", "npz"])
def test_texts_come_back_in_any_order(tmp_path: Path, scratch: Scratch, form: str) -> None:
    labels = ["a", "", "ünï", "x, y", 'q"t', "b" * 300, "7"]
    found = open_texts("labels", texts(tmp_path, "labels", form, labels), scratch)
    order = [3, 0, 6, 6, 2, 1, 5, 4]
    assert found.take(np.array(order)) == [labels[i] for i in order]
    assert [found[i] for i in range(len(found))] == labels


def test_texts_of_integers(tmp_path: Path, scratch: Scratch) -> None:
    """The same text whatever the file: labels of two files are compared."""
    np.save(tmp_path / "a.npy", np.array([3, -1]))
    parquet.write_table(pa.table({"a": [3, -1]}), tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_text("label\n3\n-1\n")
    for suffix in ("npy", "parquet", "csv"):
        found = open_texts("labels", str(tmp_path / f"a.{suffix}"), scratch)
        assert found.take(np.arange(2)) == ["3", "-1"]


NPY: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda path: path.write_bytes(b""), "the file is empty"),
    "no npy": (lambda path: path.write_bytes(b"hello world"), "no .npy file"),
    "header cut": (
        lambda path: path.write_bytes(npy.magic(1, 0) + b"\x76\x00{'de"), "no .npy file",
    ),
    "cut short": (
        lambda path: (np.save(path, np.ones((4, 2))), path.write_bytes(path.read_bytes()[:-1])),
        "cut short: expected 192 bytes by its header, got 191",
    ),
    "two arrays": (
        lambda path: (np.save(path, np.ones((4, 2))), path.write_bytes(path.read_bytes() * 2)),
        "more than one array",
    ),
    "one dimension": (lambda path: np.save(path, np.ones(4)), r"expected 2 dimensions .*\(4,\)"),
    "three dimensions": (lambda path: np.save(path, np.ones((1, 2, 3))), "expected 2 dimensions"),
    "complex": (lambda path: np.save(path, np.ones((1, 2)) * 1j), "expected real numbers"),
    "bool": (lambda path: np.save(path, np.ones((1, 2), bool)), "expected real numbers"),
    "long double": (
        lambda path: np.save(path, np.ones((1, 2), np.longdouble)), "expected real numbers",
    ),
    "text": (lambda path: np.save(path, np.array([["a"]])), "expected real numbers"),
}  # fmt: skip


@pytest.mark.parametrize("case", NPY)
def test_bad_npy(tmp_path: Path, scratch: Scratch, case: str) -> None:
    make, message = NPY[case]
    path = tmp_path / "bad.npy"
    make(path)
    refused(message, path, scratch)


class Trap:
    """Unpickling it leaves a trace."""

    opened = False

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        return (spring, ())


def spring() -> None:
    """What a pickle could do."""
    Trap.opened = True


def test_objects_are_refused_and_never_unpickled(tmp_path: Path, scratch: Scratch) -> None:
    trap = np.array([[Trap()]], dtype=object)
    np.save(tmp_path / "a.npy", trap, allow_pickle=True)
    np.savez(tmp_path / "a.npz", keys=trap)
    (tmp_path / "b.npy").write_bytes(pickle.dumps(Trap()))
    for name in ("a.npy", "a.npz"):
        refused("expected numbers or texts, got Python objects", tmp_path / name, scratch)
    refused("no .npy file", tmp_path / "b.npy", scratch)
    refused("expected numbers", tmp_path / "a.npy", scratch, open_texts)
    assert not Trap.opened
    pickle.loads(pickle.dumps(Trap()))
    assert Trap.opened, "the trap does not work"


def test_bad_npz(tmp_path: Path, scratch: Scratch) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, first=np.ones((2, 2)), second=np.zeros((2, 2)))
    refused("expected one member, or one named 'keys', got 'first', 'second'", path, scratch)
    refused("expected a member 'third', got 'first', 'second'", f"{path}::third", scratch)
    assert plain(open_rows("keys", f"{path}::second", scratch)).sum() == 0.0
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refused("no intact .npz file", f"{path}::second", scratch)
    # one bit of the stored numbers: the checksum of the archive sees it
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive, archive.open("keys.npy", "w") as out:
        npy.write_array(out, np.ones((2, 2)))
    data = bytearray((tmp_path / "b.npz").read_bytes())
    data[data.index(np.ones(1).tobytes()) + 2] ^= 1
    (tmp_path / "b.npz").write_bytes(data)
    refused("no intact .npz file: Bad CRC-32", tmp_path / "b.npz", scratch)
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    refused("expected one member, or one named 'keys', got no arrays", tmp_path / "c.npz", scratch)


CSV = {
    "header alone": ("a,b\n", "the file holds no row of numbers"),
    "empty line alone": ("\n", "the file holds no row"),
    "text": ("a,b\n1,2\n3,x\n", r"row 1 \(line 3\), column 'b': expected a number, got 'x'"),
    "text without names": ("1,2\n3,x\n", r"row 1 \(line 2\), column 1: expected a number, got 'x'"),
    "empty cell": ("a,b\n1,\n", r"row 0 \(line 2\), column 'b': .*, got an empty cell"),
    "ragged, short": ("1,2\n3\n", r"row 1 \(line 2\), column 1: expected 2 columns .*, got 1"),
    "ragged, long": ("1,2\n3,4,5\n", r"row 1 \(line 2\), column 2: expected 2 columns .*, got 3"),
    "a wrong cell that could be a name": ("1,x\n3,4\n", r"line 1, column 1: expected a number"),
    "empty line inside": ("1,2\n\n3,4\n", "line 2: expected a row, got an empty line"),
    "semicolons": ("a;b\n1;2\n", r"row 0 \(line 2\), column 'a;b': expected a number, got '1;2'"),
    "underscores": ("1,2\n3_0,4\n", r"row 1 \(line 2\), column 0: expected a number, got '3_0'"),
    "other digits": ("1,2\n٣,4\n", r"row 1 \(line 2\), column 0: expected a number"),
    "hexadecimal": ("1,2\n0x1,4\n", r"row 1 \(line 2\), column 0: expected a number, got '0x1'"),
    "overflow": ("1,2\n3,1e999\n", r"row 1 \(line 2\), column 1: .*reach of float64, got 1e999"),
    "two names alike": ("a,a\n1,2\n", "two columns have one name"),
    "open quote": ('a,b\n1,"2\n', "line 2: unexpected end of data"),
}


@pytest.mark.parametrize("case", CSV)
def test_bad_csv(tmp_path: Path, scratch: Scratch, case: str) -> None:
    text, message = CSV[case]
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    refused(message, path, scratch)


def test_bytes_that_are_no_text(tmp_path: Path, scratch: Scratch) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n1,2\n\xff\xfe,3\n")
    refused(r"no UTF-8 text behind line \d+", tmp_path / "a.csv", scratch)


def test_the_place_is_right_beyond_the_first_block(tmp_path: Path, scratch: Scratch) -> None:
    """Cells are converted in blocks of 2**18."""
    rows = 2**18 + 5
    lines = ["0"] * rows
    lines[-2] = "y"
    (tmp_path / "a.csv").write_text("x\n" + "\n".join(lines) + "\n")
    refused(rf"row {rows - 2} \(line {rows}\), column 'x': .*'y'", tmp_path / "a.csv", scratch)
    lines[-2] = "7"
    (tmp_path / "a.csv").write_text("x\n" + "\n".join(lines) + "\n\n\n")
    found = open_rows("keys", str(tmp_path / "a.csv"), scratch)
    assert found.shape == (rows, 1) and found.part(rows - 2, rows - 1)[0, 0] == 7.0


def test_csv_without_names_and_columns_by_name(tmp_path: Path, scratch: Scratch) -> None:
    (tmp_path / "a.csv").write_text("1, 2\n-3e0,nan\n")
    found = plain(open_rows("keys", str(tmp_path / "a.csv"), scratch))
    assert found[0].tolist() == [1.0, 2.0] and found[1, 0] == -3.0 and np.isnan(found[1, 1])
    refused("expected a first line that names", f"{tmp_path / 'a.csv'}::a", scratch)
    (tmp_path / "b.csv").write_text('\ufeff"a",b,c\n1,2,3\n4,5,6\n', encoding="utf-8")
    found = plain(open_rows("keys", f"{tmp_path / 'b.csv'}::c,a", scratch))
    assert found.tolist() == [[3.0, 1.0], [6.0, 4.0]]
    refused("expected a column 'd', got 'a', 'b', 'c'", f"{tmp_path / 'b.csv'}::d", scratch)


PARQUET: dict[str, tuple[dict[str, Any], str]] = {
    "null": ({"a": [1.0, 2.0], "b": [1.0, None]}, "row 1, column 'b': expected a value, got null"),
    "text": ({"a": [1.0], "b": ["x"]}, "column 'b': expected numbers, got string"),
    "no row": ({"a": pa.array([], pa.float64())}, "the file holds no row"),
    "ragged": ({"a": [[1.0, 2.0], [3.0]]}, "row 1, column 'a': expected 2 numbers .*, got 1"),
    "null in a list": (
        {"a": [[1.0, 2.0], [3.0, None]]}, r"row 1, column 'a\[1\]': expected a value, got null",
    ),
    "null list": ({"a": [[1.0], None]}, "row 1, column 'a': expected a value, got null"),
    "lists and numbers": ({"a": [[1.0]], "b": [1.0]}, "expected one column of lists or columns"),
    "integer beside floats": (
        {"a": [0.5, 0.5], "b": [1, 2**53 + 1]},
        "row 1, column 'b': expected an integer that float64 represents, got 9007199254740993",
    ),
    "bool beside floats": ({"a": [0.5], "b": [True]}, "expected columns of numbers or of booleans"),
    "bool": ({"a": [True]}, "expected real numbers"),
}  # fmt: skip


@pytest.mark.parametrize("case", PARQUET)
def test_bad_parquet(tmp_path: Path, scratch: Scratch, case: str) -> None:
    columns, message = PARQUET[case]
    path = tmp_path / "bad.parquet"
    parquet.write_table(pa.table(columns), path, row_group_size=1)
    refused(message, path, scratch)


def test_parquet_keeps_the_dtype_that_all_columns_fit_into(
    tmp_path: Path, scratch: Scratch
) -> None:
    path = str(tmp_path / "a.parquet")
    for kinds, common in (
        ((np.float32, np.float32), np.float32),
        ((np.float32, np.float64), np.float64),
        ((np.int8, np.int64), np.int64),
        ((np.float32, np.int32), np.float64),
    ):
        columns = {f"x{i}": np.array([1, 2], kind) for i, kind in enumerate(kinds)}
        parquet.write_table(pa.table(columns), path)
        found = open_rows("keys", path, scratch)
        assert found.dtype == common and plain(found).tolist() == [[1, 1], [2, 2]]


def test_parquet_bytes_that_have_changed(tmp_path: Path, scratch: Scratch) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"a": np.arange(50.0)}), path)
    path.write_bytes(path.read_bytes()[:-8])
    refused("no intact Parquet file", path, scratch)


def test_other_files(tmp_path: Path, scratch: Scratch) -> None:
    (tmp_path / "a.txt").write_text("1\n")
    refused(r"expected a file named \*\.npy", tmp_path / "a.txt", scratch)
    refused("no such file", tmp_path / "none.npy", scratch)
    np.save(tmp_path / "a.npy", np.ones((2, 2)))
    refused("a .npy file has no named parts", f"{tmp_path / 'a.npy'}::x", scratch)
    refused("expected one column, got 2", tmp_path / "a.npy", scratch, open_numbers)
    refused("expected dtype bool, got float64", tmp_path / "a.npy", scratch, open_mask)
    refused("expected one column of texts", tmp_path / "a.npy", scratch, open_texts)
    refused("a .npy file has no labels", tmp_path / "a.npy", scratch, open_labelled)
    (tmp_path / "b.csv").write_text("a,b\nx,y\n")
    refused("expected one column, or one named 'label'", tmp_path / "b.csv", scratch, open_texts)
    parquet.write_table(pa.table({"a": ["x", None]}), tmp_path / "b.parquet")
    refused("row 1, column 'a': .*got null", tmp_path / "b.parquet", scratch, open_texts)


@pytest.mark.parametrize("form", ["csv", "parquet", "npz"])
def test_labelled_rows(tmp_path: Path, scratch: Scratch, form: str) -> None:
    table, names = np.array([[1.0, 2.0], [3.0, 4.0]]), ["u", "v"]
    path = tmp_path / f"a.{form}"
    if form == "csv":
        path.write_text("x,label,y\n1,u,2\n3,v,4\n")
    elif form == "parquet":
        parquet.write_table(pa.table({"x": table[:, 0], "label": names, "y": table[:, 1]}), path)
    else:
        np.savez(path, queries=table, labels=np.array(names))
    rows, found = open_labelled("labelled", str(path), scratch)
    assert plain(rows).tolist() == table.tolist() and found.take(np.arange(2)) == names
    np.savez(tmp_path / "b.npz", queries=table, labels=np.array(["u"]))
    with pytest.raises(FileError, match="expected a label for each of 2 rows, got 1"):
        open_labelled("labelled", str(tmp_path / "b.npz"), scratch)


def test_a_file_that_shrinks_while_it_is_read(tmp_path: Path, scratch: Scratch) -> None:
    """Rows that are gone are an error, and not what happened to be in memory."""
    path = tmp_path / "a.npy"
    np.save(path, np.ones((400, 8)))
    rows = open_rows("keys", str(path), scratch)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FileError, match="cut short while it was read"):
        rows.take(np.array([0, 399]))
