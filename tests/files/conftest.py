"""Files of every format, written from the same numbers."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gd_attention.files.scratch import Scratch
from numpy.typing import NDArray

FORMATS = ("npy", "npy-fortran", "npy-swapped", "npz", "npz-packed", "csv", "parquet", "lists")


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Scratch]:
    """A scratch folder inside the test's own."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    with Scratch(folder) as found:
        yield found
    assert not list(folder.iterdir())


def written(folder: Path, name: str, form: str, table: NDArray[Any]) -> str:
    """The address of a file of a format that holds a table of floats."""
    stem = folder / f"{name}-{form}"
    if form.startswith("npy"):
        path = stem.with_suffix(".npy")
        if form == "npy-fortran":
            table = np.asfortranarray(table)
        elif form == "npy-swapped":
            table = table.astype(table.dtype.newbyteorder("S"))
        np.save(path, table)
        return str(path)
    if form.startswith("npz"):
        path = stem.with_suffix(".npz")
        save = np.savez if form == "npz" else np.savez_compressed
        save(path, other=np.zeros(3), **{name: table})
        return str(path)
    if form == "csv":
        path = stem.with_suffix(".csv")
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([f"x{i}" for i in range(table.shape[1])])
            writer.writerows([[repr(float(x)) for x in row] for row in table])
        return str(path)
    import pyarrow as pa
    import pyarrow.parquet as parquet

    path = stem.with_suffix(".parquet")
    if form == "lists":
        flat = pa.array(np.ascontiguousarray(table).ravel())
        columns: dict[str, Any] = {
            "embedding": pa.FixedSizeListArray.from_arrays(flat, table.shape[1])
        }
    else:
        columns = {f"x{i}": pa.array(np.ascontiguousarray(table[:, i]))
                   for i in range(table.shape[1])}  # fmt: skip
    parquet.write_table(pa.table(columns), path, row_group_size=3)
    return str(path)


def texts(folder: Path, name: str, form: str, labels: Sequence[str]) -> str:
    """The address of a file of texts."""
    path = folder / f"{name}.{form}"
    if form == "csv":
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            csv.writer(file).writerows([["label"], *([label] for label in labels)])
    elif form == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as parquet

        parquet.write_table(pa.table({"id": range(len(labels)), "label": list(labels)}), path)
    elif form == "npy":
        np.save(path, np.array(labels, dtype=str))
    else:
        np.savez(path, labels=np.array(labels, dtype=str), more=np.zeros(1))
    return str(path)
