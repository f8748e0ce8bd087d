"""Write the tables of the worked examples, docs/examples/tables; run by `make examples`.

A test holds the files to what this writes, byte for byte.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "examples"
sys.path.insert(0, str(FOLDER))

# module, and what it needs beyond the tests' own packages
EXAMPLES = {"worked_iris": None, "worked_digits": None}


def written(module: str) -> dict[Path, str]:
    """The tables of one example."""
    tables = importlib.import_module(module).tables()
    return {FOLDER / "tables" / f"{table.name}.csv": table.csv() for table in tables}


def main() -> None:
    """Write all tables whose packages are there, and say which are left."""
    for module, needed in EXAMPLES.items():
        if needed is not None and importlib.util.find_spec(needed) is None:
            print(f"{module}: left as it is, {needed} is missing")
            continue
        for path, text in written(module).items():
            path.write_text(text, encoding="utf-8", newline="\n")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
