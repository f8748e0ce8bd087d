"""Hypothesis profiles: a deterministic one for every run, an exploring one on demand."""

from __future__ import annotations

import os

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
