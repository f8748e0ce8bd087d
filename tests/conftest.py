"""Hypothesis profiles, and the check that markers name clauses.

Of the profiles, a deterministic one is for every run, an exploring one on demand.
"""

from __future__ import annotations

import os

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
