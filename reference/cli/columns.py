"""Rewrite the columns of the clause registry that follow from the files."""

from __future__ import annotations

import re
import tomllib

from gd_attention.cli.tracing import COLUMNS, Checkout, trace

__all__ = ["write_columns"]

_COLUMN = re.compile(
    rf"^(?P<column>{'|'.join(COLUMNS)}) = \[[^\]]*\]$",
    flags=re.MULTILINE,
)


def write_columns(checkout: Checkout) -> bool:
    """Rewrite the columns in place; comments, order and all other keys stay as they are.

    Returns
    -------
    bool
        Whether the file changed.
    """
    found = {clause.id: clause.columns for clause in trace(checkout).clauses}
    before = checkout.registry.read_text(encoding="utf-8")
    head, *blocks = re.split(r"(?m)^(?=\[\[clause\]\]$)", before)
    after = head + "".join(_rewritten(block, found) for block in blocks)
    if after == before:
        return False
    checkout.registry.write_text(after, encoding="utf-8")
    return True


def _rewritten(block: str, found: dict[str, dict[str, list[str]]]) -> str:
    columns = found[tomllib.loads(block)["clause"][0]["id"]]

    def line(match: re.Match[str]) -> str:
        return _toml_column(match["column"], columns[match["column"]])

    return _COLUMN.sub(line, block)


def _toml_column(column: str, names: list[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    line = f"{column} = [{', '.join(quoted)}]"
    if len(line) <= 100:
        return line
    return "\n".join([f"{column} = [", *(f"    {name}," for name in quoted), "]"])
