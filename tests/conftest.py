"""Hypothesis profiles, the check that markers name clauses, and the browser of all suites.

Of the profiles, a deterministic one is for every run, an exploring one on demand.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from gd_attention.spec import clauses
from hypothesis import HealthCheck, settings

# Health checks time the generation; on a shared machine that says nothing about the test.
_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile(
    "ci", derandomize=True, deadline=None, max_examples=100, suppress_health_check=_QUIET
)
settings.register_profile(
    "explore", deadline=None, max_examples=5000, print_blob=True, suppress_health_check=_QUIET
)
settings.load_profile(os.environ.get("GDA_HYPOTHESIS_PROFILE", "ci"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a marker that names no clause; the trace sees only what has the form of an id."""
    for item in items:
        for marker in item.iter_markers("clause"):
            if unknown := [name for name in marker.args if name not in clauses()]:
                raise pytest.UsageError(f"{item.nodeid}: no such clause: {unknown}")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Chromium of the system, by Playwright; under CI its absence is a failure.

    One fixture for every suite that opens pages, and not longer than a module: Playwright's loop
    runs in the thread of the tests, so two cannot be open at once in a process.
    """
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        message = "no chromium on this machine (apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    # they switch off what a browser does on its own behalf over the network
    flags = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=flags, timeout=180_000)
        yield opened
        opened.close()
