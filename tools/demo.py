"""The digits example end to end: tables on the terminal, tables and curves in build/demo."""

from __future__ import annotations

import sys
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table as Printed

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "build" / "demo"
sys.path.insert(0, str(ROOT / "docs" / "examples"))

import worked_digits  # noqa: E402
import worked_figures  # noqa: E402


def main() -> None:
    """Compute, print and write."""
    console = Console()
    files = {}
    for table in worked_digits.tables():
        printed = Printed(title=table.title, box=box.SIMPLE)
        for number, name in enumerate(table.header):
            printed.add_column(name, justify="right" if number else "left")
        for row in table.rows:
            printed.add_row(*row)
        console.print(printed)
        files[f"{table.name}.csv"] = table.csv()
    title = "Digits: risk against coverage, and admissions"
    files["digits-curves.svg"] = worked_figures.curves(worked_digits.study().held, title)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (OUTPUT / name).write_text(text, encoding="utf-8", newline="\n")
    console.print(f"written: {len(files)} files in {OUTPUT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
