"""The map as rows of a table, for the terminal, CSV and Markdown."""

from __future__ import annotations

import csv
import io
from typing import Any

__all__ = ["COLUMNS", "cells", "to_csv"]

COLUMNS = (
    "work",
    "operator",
    "lineage",
    "horizontal",
    "support",
    "concentration",
    "one-hot",
    "vertical",
    "V_amb",
    "V_nov",
    "V_sing",
    "V_struct",
    "excluded alone",
    "competition",
    "shift invariant",
    "statistic",
    "AUROC",
    "ties",
)


def cells(row: dict[str, Any]) -> list[str]:
    """The entries of one row of `survey`, as text, in the order of `COLUMNS`."""
    across, upright, certificate = row["horizontal"], row["vertical"], row["certificate"]
    exposed = "used" if certificate["used"] else "unused" if certificate["exposed"] else "none"
    return [
        f"[{row['number']}]" if row["number"] is not None else "GDA",
        row["name"],
        row["lineage"],
        across["class"],
        _range(across["support"]),
        _range(across["concentration"]),
        _number(across["one_hot"]),
        upright["class"],
        _number(upright["ambiguity"]),
        _number(upright["novelty"]),
        _number(upright["single"]),
        _number(upright["structural"]),
        _number(upright["excluded_absolute"]),
        _number(upright["competition"]),
        "yes" if upright["shift_invariant"] else "no",
        exposed + (", descends" if certificate["descends"] else ""),
        _number(certificate["auroc"]),
        row["ties"],
    ]


def to_csv(data: dict[str, Any]) -> str:
    """All rows as CSV, the key first."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("key", *COLUMNS))
    for row in data["rows"]:
        writer.writerow((row["key"], *cells(row)))
    return out.getvalue()


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _range(values: list[float | None]) -> str:
    """The median, and in brackets least and greatest where they differ."""
    least, median, greatest = values
    if least == greatest:
        return _number(median)
    return f"{_number(median)} ({_number(least)} to {_number(greatest)})"
