"""No test leans on the tolerances that pytest has of itself."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def loose(source: str) -> list[int]:
    """The lines of calls of `approx` that say no tolerance, or not both.

    With ``rel`` alone pytest adds an absolute 1e-12, which lets anything pass near 0 and hides a
    relative tolerance of a few roundings; without either it allows 1e-6.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name == "approx" and "abs" not in {word.arg for word in node.keywords}:
            found.append(node.lineno)
    return found


def test_a_loose_call_is_found() -> None:
    assert loose("approx(1)\npytest.approx(1, rel=2)\napprox(1, abs=0)\nf(1, rel=2)") == [1, 2]


def test_every_tolerance_is_said() -> None:
    lines = {
        f"{path.relative_to(TESTS)}:{line}"
        for path in TESTS.rglob("*.py")
        for line in loose(path.read_text(encoding="utf-8"))
    }
    assert not lines
