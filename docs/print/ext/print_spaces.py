"""A space before a formula, an emphasis or a link as an element of its own.

WeasyPrint (70.0) measures a run of text together with the space at its end. Where the run fits into
the line and its last space does not, it takes the run for one that cannot be broken, and ends the
line after the first word. A space that is a run of its own does not have that effect.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

__all__ = ["setup"]

_BEFORE = re.compile(r'(?<=[^\s>])[ \n](?=<(?:span class="math|em|strong|code|a)\b)')


def _apart(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    context["body"] = _BEFORE.sub("<span> </span>", context["body"])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the change of the page."""
    app.connect("html-page-context", _apart)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
