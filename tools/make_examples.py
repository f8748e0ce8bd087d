"""Write the tables of the worked examples, docs/examples/tables; run by `make examples`.

A test holds the files to what this writes, byte for byte.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "examples"
sys.path.insert(0, str(FOLDER))

EXAMPLES = ("worked_iris", "worked_digits", "worked_sentences")


def written(module: str) -> dict[Path, str]:
    """The tables of one example."""
    tables = importlib.import_module(module).tables()
    return {FOLDER / "tables" / f"{table.name}.csv": table.csv() for table in tables}


def main() -> None:
    """Write all tables."""
    for module in EXAMPLES:
        for path, text in written(module).items():
            path.write_text(text, encoding="utf-8", newline="\n")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
