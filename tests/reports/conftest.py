"""Reports that the tests render, each made once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from gd_attention.conformance import Report, verify

TARGETS = Path(__file__).parents[1] / "targets"

# makes `made` importable beside the tests: in pytest's importlib mode they see no neighbours
sys.path.insert(0, str(Path(__file__).parent))


@cache
def _judged(target: str) -> Report:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TARGETS)
        return verify(target, cases=20)


@pytest.fixture(scope="session")
def judged() -> Callable[[str], Report]:
    """The report on one of the targets of the tests."""
    return _judged


@pytest.fixture
def failing() -> Report:
    """A report with wrong clauses and counterexamples."""
    return _judged("rounded_energies:select")


@pytest.fixture
def conforming() -> Report:
    """A report without a fault, on a target that returns the index alone."""
    return _judged("small:index_array")
