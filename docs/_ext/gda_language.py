"""Pages below ``ja/`` say that they are in Japanese: voices and fonts are chosen by it."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

__all__ = ["setup"]


def _mark(
    app: Sphinx,
    pagename: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    if pagename.startswith("ja/"):
        context["language"] = "ja"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the mark."""
    app.connect("html-page-context", _mark)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
