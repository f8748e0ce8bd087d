"""Which edition of the standard is printed: its version, its date, and how it is cited.

The clock is not asked. The date is ``date-released`` of CITATION.cff. A version that is not
released is called a draft, and has no date unless SOURCE_DATE_EPOCH gives one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import gd_attention
import yaml

__all__ = ["Edition", "edition"]


@dataclass(frozen=True)
class Edition:
    """What title page, running headers and metadata say.

    ``version`` is that of the standard, ``package`` that of the package; ``dated`` is None for a
    draft without a date.
    """

    version: str
    package: str
    released: bool
    dated: date | None

    @property
    def file(self) -> str:
        """The name of the file, as in ``gda-1.0.pdf``."""
        return f"gda-{self.version}.pdf"

    @property
    def state(self) -> str:
        """The line under the version: a date, or that this is a draft."""
        day = f"{self.dated.day} {self.dated:%B %Y}" if self.dated else ""
        if self.released:
            return day
        return f"Draft, package version {self.package}" + (f", {day}" if day else "")

    @property
    def created(self) -> str:
        """The date for the metadata, in the form of ISO 8601, or nothing."""
        return f"{self.dated.isoformat()}T00:00:00Z" if self.dated else ""


def edition(root: Path) -> Edition:
    """The edition of a checkout."""
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    package = gd_attention.__version__
    released = citation.get("date-released")
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    dated: date | None = None
    if released is not None:
        dated = date.fromisoformat(str(released))
    elif epoch:
        dated = datetime.fromtimestamp(int(epoch), UTC).date()
    version = ".".join(package.split(".")[:2])
    return Edition(version, package, released is not None, dated)
