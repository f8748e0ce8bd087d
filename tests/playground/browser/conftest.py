"""The playground in a browser: opened from its file, watched for what it must not do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

# makes the helpers importable beside the tests: in pytest's importlib mode they see no neighbours
sys.path.insert(0, str(Path(__file__).parent))

from playground_visit import Visit


@pytest.fixture
def playground(chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens the page; checks at the end that it asked for nothing and complained of nothing."""
    contexts = []
    visits: list[Visit] = []

    def opened(fragment: str = "", *, width: int = 1200, **options: Any) -> Visit:
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        visit = Visit(context.new_page())
        visits.append(visit)
        visit.open(fragment)
        return visit

    yield opened
    for visit in visits:
        visit.page.wait_for_timeout(50)
        assert visit.faults == []
    for context in contexts:
        context.close()
