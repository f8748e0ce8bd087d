"""The files of a report, written together: all of them or none.

Clause: GDA-conf-complete.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from gd_attention.conformance.errors import HarnessError
from gd_attention.conformance.files import write_files
from gd_attention.conformance.report import Report
from gd_attention.conformance.reports.badge import render_badge, render_endpoint
from gd_attention.conformance.reports.document import dumps
from gd_attention.conformance.reports.junit import render_junit
from gd_attention.conformance.reports.page import render_page

__all__ = ["Outputs"]


@dataclass(frozen=True)
class Outputs:
    """Where a report goes; None where it does not.

    Attributes
    ----------
    report : Path or None
        JSON, as `Report.read` reads it.
    junit, html : Path or None
    badge : Path or None
        An SVG, named ``*.svg``; the JSON for shields.io is written beside it as ``*.json``.
    """

    report: Path | None = None
    junit: Path | None = None
    html: Path | None = None
    badge: Path | None = None

    def check(self, *, keep: Path | None = None) -> None:
        """Refuse, before anything is judged, what could not be written afterwards.

        ``keep`` is a file that no output may replace: the report that is read.

        Raises
        ------
        HarnessError
            A folder is missing, two outputs share a file, or the badge is no ``.svg``.
        """
        goals = {} if keep is None else {keep.resolve(): "the report that is read"}
        for option, path in self._paths():
            if not path.resolve().parent.is_dir():
                raise HarnessError(f"{option}: no folder {path.resolve().parent}")
            # not Path.is_dir, which raises on a name that no file system takes
            if os.path.isdir(path):
                raise HarnessError(f"{option}: {path} is a folder")
            if option == "--badge" and path.suffix != ".svg" and path == self.badge:
                raise HarnessError(f"--badge: expected a name that ends in .svg, got {path.name}")
            if path.resolve() in goals:
                raise HarnessError(f"{option}: {path} would overwrite {goals[path.resolve()]}")
            goals[path.resolve()] = f"the file of {option}"

    def write(self, report: Report, *, keep: Path | None = None) -> None:
        """Write every output; HarnessError if one of them cannot be written."""
        self.check(keep=keep)
        texts: dict[Path, str] = {}
        if self.report is not None:
            texts[self.report] = dumps(report.to_dict())
        if self.junit is not None:
            texts[self.junit] = render_junit(report)
        if self.html is not None:
            texts[self.html] = render_page(report)
        if self.badge is not None:
            texts[self.badge] = render_badge(report)
            texts[self.badge.with_suffix(".json")] = render_endpoint(report)
        try:
            write_files(texts)
        except OSError as error:
            raise HarnessError(f"cannot write the report: {error}") from error

    def __bool__(self) -> bool:
        return bool(self._paths())

    def _paths(self) -> list[tuple[str, Path]]:
        given = [
            ("--report", self.report),
            ("--junit", self.junit),
            ("--html", self.html),
            ("--badge", self.badge),
            ("--badge", None if self.badge is None else self.badge.with_suffix(".json")),
        ]
        return [(option, path) for option, path in given if path is not None]
