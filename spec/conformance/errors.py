"""Errors of the conformance package."""

from __future__ import annotations

__all__ = ["HarnessError", "Undecided"]


class HarnessError(Exception):
    """The harness or the call is at fault, not the implementation: nothing was judged."""


class Undecided(Exception):
    """The oracle reached its stated precision cap without a decision."""
