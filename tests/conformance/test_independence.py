"""The oracle is an independent second definition: its import statements say so."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import gd_attention.conformance
import pytest

FOLDER = Path(gd_attention.conformance.__file__).parent
FILES = sorted(FOLDER.rglob("*.py"))
# the package itself, its data, and below it nothing of the definition under judgement
OWN = ("gd_attention.spec", "gd_attention.conformance")
# unsound intervals (mpmath issue 1181), and compiled code that belongs to implementations
BANNED = ("mpmath", "numba")


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _own(name: str) -> bool:
    return any(name == part or name.startswith(f"{part}.") for part in OWN)


@pytest.mark.clause("GDA-conf-oracle")
def test_there_are_files_to_read() -> None:
    names = {path.name for path in FILES}
    assert {"oracle.py", "order.py", "certificate.py", "contract.py", "judge.py"} <= names


@pytest.mark.clause("GDA-conf-oracle")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_of_the_reference_is_imported(path: Path) -> None:
    for name in _imports(path):
        top = name.partition(".")[0]
        assert top not in BANNED, f"{path.name} imports {name}"
        if top == "gd_attention":
            assert _own(name), f"{path.name} imports {name}"
        assert top not in ("reference", "accelerated"), f"{path.name} imports {name}"
