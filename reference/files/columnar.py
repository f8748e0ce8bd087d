"""Parquet, by pyarrow (extra ``files``): a column a coordinate, or one column of lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from gd_attention.arguments import inexact_integers
from numpy.typing import NDArray

from .address import Address
from .rows import Rows, Texts
from .scratch import Scratch
from .textfile import TextWriter

__all__ = ["parquet_rows", "parquet_texts"]

_BATCH = 1 << 20  # numbers read at a time


def parquet_rows(source: Address, scratch: Scratch, *, without: str | None = None) -> Rows:
    """The numbers of a Parquet file, unpacked, in the dtype that all its columns fit into.

    Parameters
    ----------
    source : Address
        With a part, the columns of these names in this order.
    scratch : Scratch
    without : str, optional
        Name of a column to leave out.

    Raises
    ------
    FileError
        Naming row and column: a null, lists of different lengths, an integer that float64 does not
        represent beside floats; also if a column holds no numbers, is missing, or pyarrow is.
    """
    file = _opened(source)
    schema = file.schema_arrow
    names = _columns(source, list(schema.names), without)
    kinds = [_kind(source, schema.field(name)) for name in names]
    if any(listed for listed, _ in kinds) and len(names) > 1:
        raise source.error("expected one column of lists or columns of numbers, got several")
    dtypes = [dtype for _, dtype in kinds]
    if len({dtype == np.bool_ for dtype in dtypes}) > 1:
        raise source.error("expected columns of numbers or of booleans, got both")
    dtype = np.result_type(*dtypes)
    width = 0 if kinds[0][0] else len(names)
    path, count = scratch.new(), 0
    with path.open("wb") as out:
        for batch in _batches(source, file, names):
            if kinds[0][0]:
                table = _from_lists(source, batch, names[0], count, width)
                width = table.shape[1]
            else:
                columns = [_column(source, batch, name, count, dtype) for name in names]
                table = np.column_stack(columns)
            out.write(np.ascontiguousarray(table, dtype).tobytes())
            count += len(table)
    if not count:
        raise source.error("the file holds no row")
    listed = kinds[0][0]
    shown = tuple(f"{names[0]}[{i}]" for i in range(width)) if listed else tuple(names)
    return Rows(source, path, 0, dtype, (count, width), "C", shown)


def parquet_texts(source: Address, scratch: Scratch) -> Texts:
    """The texts of one column, unpacked: the one that was named, or "label", or the only one.

    Raises
    ------
    FileError
        Naming row and column: a null; also as `parquet_rows`.
    """
    import pyarrow as pa

    file = _opened(source)
    names = list(file.schema_arrow.names)
    chosen = _columns(source, names, None)
    if not source.part and len(chosen) > 1 and "label" in chosen:
        chosen = ["label"]
    if len(chosen) != 1:
        raise source.error(
            f"expected one column, or one named 'label', got {', '.join(map(repr, chosen))}; "
            f"name it as in {source.path}::NAME"
        )
    kind = file.schema_arrow.field(chosen[0]).type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)
            or pa.types.is_integer(kind) or pa.types.is_boolean(kind)):  # fmt: skip
        raise source.error(f"column {chosen[0]!r}: expected texts or integers, got {kind}")
    with TextWriter(scratch) as writer:
        for batch in _batches(source, file, chosen):
            column = batch.column(0)
            _no_null(source, column, chosen[0], len(writer))
            writer.write(map(str, column.to_pylist()))
    return writer.texts()


def _opened(source: Address) -> Any:
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise source.error("Parquet needs pyarrow: pip install 'gd-attention[files]'") from None
    import pyarrow as pa

    try:
        return parquet.ParquetFile(source.path)
    except (pa.ArrowException, OSError) as error:
        raise source.error(f"no intact Parquet file: {error}") from None


def _batches(source: Address, file: Any, names: list[str]) -> Iterator[Any]:
    import pyarrow as pa

    size = max(1, _BATCH // len(names))
    try:
        yield from file.iter_batches(batch_size=size, columns=names)
    except (pa.ArrowException, OSError) as error:
        raise source.error(f"no intact Parquet file: {error}") from None


def _columns(source: Address, names: list[str], without: str | None) -> list[str]:
    wanted = (*source.part, *((without,) if without else ()))
    if missing := [name for name in wanted if name not in names]:
        raise source.error(f"expected a column {missing[0]!r}, got {', '.join(map(repr, names))}")
    if len(set(names)) < len(names):
        raise source.error("two columns have one name")
    chosen = list(source.part) or [name for name in names if name != without]
    if not chosen:
        raise source.error("the file has no column of numbers")
    return chosen


def _kind(source: Address, field: Any) -> tuple[bool, np.dtype[Any]]:
    """Whether a column holds lists, and the dtype of its numbers."""
    import pyarrow as pa

    kind = field.type
    listed = (
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )
    if listed:
        kind = kind.value_type
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        raise source.error(f"column {field.name!r}: expected numbers, got {field.type}")
    return listed, np.dtype(kind.to_pandas_dtype())


def _no_null(source: Address, column: Any, name: str, first: int) -> None:
    if column.null_count:
        row = first + column.is_null().to_numpy(zero_copy_only=False).argmax()
        raise source.error(f"row {row}, column {name!r}: expected a value, got null")


def _column(
    source: Address, batch: Any, name: str, first: int, dtype: np.dtype[Any]
) -> NDArray[Any]:
    column = batch.column(batch.schema.get_field_index(name))
    _no_null(source, column, name, first)
    numbers: NDArray[Any] = column.to_numpy(zero_copy_only=False)
    # beside floats an integer becomes one: not without a trace
    bad = inexact_integers(numbers) if dtype.kind == "f" else None
    if bad is not None:
        row = int(bad.argmax())
        raise source.error(
            f"row {first + row}, column {name!r}: expected an integer that float64 represents, "
            f"got {numbers[row]}"
        )
    return numbers.astype(dtype)


def _from_lists(source: Address, batch: Any, name: str, first: int, width: int) -> NDArray[Any]:
    column = batch.column(0)
    _no_null(source, column, name, first)
    lengths = column.value_lengths().to_numpy(zero_copy_only=False)
    width = width or int(lengths[0]) if len(lengths) else width
    wrong = lengths != width
    if wrong.any():
        row = int(wrong.argmax())
        raise source.error(
            f"row {first + row}, column {name!r}: expected {width} numbers as in row 0, "
            f"got {lengths[row]}"
        )
    flat = column.flatten()
    if flat.null_count:
        place = int(flat.is_null().to_numpy(zero_copy_only=False).argmax())
        row, item = divmod(place, width)
        raise source.error(
            f"row {first + row}, column '{name}[{item}]': expected a value, got null"
        )
    numbers: NDArray[Any] = flat.to_numpy(zero_copy_only=False)
    return numbers.reshape(len(lengths), width)
