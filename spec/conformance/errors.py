"""Errors of the conformance package."""

from __future__ import annotations

__all__ = ["HarnessError", "ReportError", "Undecided"]


class HarnessError(Exception):
    """The harness or the call is at fault, not the implementation: nothing was judged."""


class ReportError(HarnessError):
    """A stored report cannot be read, was cut short or edited, or breaks its schema."""


class Undecided(Exception):
    """The oracle reached its stated precision cap without a decision."""
