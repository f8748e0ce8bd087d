"""Routes and tiles for the tests of the operator.

Makes `judges` importable here: in pytest's importlib mode test files see no neighbours.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from shrunk import ROUTES, TILE, shrink, take


@pytest.fixture(params=["small", "real"])
def tiles(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small tiles and blocks, then those of real calls."""
    if request.param == "small":
        shrink(monkeypatch, TILE)


@pytest.fixture(params=ROUTES)
def route(request: pytest.FixtureRequest, tiles: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every route, in small tiles and in those of real calls."""
    take(monkeypatch, request.param)
