"""Errors of the conformance package."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["HarnessError", "ReportError", "TargetFault", "TargetGone", "Undecided"]


class HarnessError(Exception):
    """The harness or the call is at fault, not the implementation: nothing was judged."""


class ReportError(HarnessError):
    """A stored report cannot be read, was cut short or edited, or breaks its schema."""


class Undecided(Exception):
    """The oracle reached its stated precision cap without a decision."""


class TargetFault(Exception):
    """The target gave no answer to a call: its process exited, hung, or wrote what is no reply.

    Attributes
    ----------
    what : str
        What happened, without the case.
    last_words : tuple of str
        The last lines that the process wrote on stderr.
    case : str
        The case that was run, once it is known.

    Notes
    -----
    Clause: GDA-protocol-faults.
    """

    def __init__(self, what: str, last_words: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.last_words = tuple(last_words)
        self.case = ""

    def __str__(self) -> str:
        """What happened, while running which case, and the last lines on stderr."""
        during = f" while running case {self.case}" if self.case else ""
        said = f"; last on stderr: {' | '.join(self.last_words)}" if self.last_words else ""
        return f"{self.what}{during}{said}"


class TargetGone(TargetFault):
    """The target has failed so often that it is not started again: the call was not made."""
