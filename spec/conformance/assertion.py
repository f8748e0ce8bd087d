"""One assertion for a test of any framework: the target conforms.

Clause: GDA-conf-report.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gd_attention.conformance.report import Report
from gd_attention.conformance.reports.words import counterexamples, verdict_line
from gd_attention.conformance.verify import verify

__all__ = ["assert_conforms"]


def assert_conforms(target: Callable[..., Any] | str, **options: Any) -> Report:
    """Assert that a target conforms to the standard.

    Parameters
    ----------
    target : callable or str
        The implementation, or its name ``package.module:callable``.
    **options
        As for `verify`: contract, cases, seed, capabilities and the others.

    Returns
    -------
    Report
        For further assertions.

    Raises
    ------
    AssertionError
        The target fails, or something stayed undecided. The message is the line of the verdict
        and, where there is one, the first counterexample as a snippet that runs as pasted.
    HarnessError
        Nothing was judged; see `verify`.

    Notes
    -----
    Clause: GDA-conf-report.
    """
    report = verify(target, **options)
    if not report.conforms:
        found = counterexamples(report)
        snippet = f"\n\n{found[0][1].snippet}" if found else ""
        # raised, not asserted, so that python -O cannot drop it
        raise AssertionError(f"{verdict_line(report)}{snippet}")
    return report
