"""The permanent address of each clause: ``clause/align-unique.html``, wherever its chapter is.

The anchor of a clause is permanent, the page that holds it may be split or renamed. The page at the
permanent address leads on by itself, and holds a plain link for readers whose browser does not.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

from gda_clauses import standard_of
from gda_registry import anchor
from sphinx.application import Sphinx

__all__ = ["permalink", "setup"]


def permalink(identifier: str) -> str:
    """The page of the permanent address of a clause: ``clause/align-unique``."""
    return "clause/" + identifier.removeprefix("GDA-")


def _pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    labels = app.env.domains.standard_domain.anonlabels
    for identifier in standard_of(app.env).clauses:
        docname, target = labels[anchor(identifier)]
        page = permalink(identifier)
        uri = html.escape(app.builder.get_relative_uri(page, docname) + f"#{target}")
        yield page, {"title": identifier, "uri": uri}, "permalink.html"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the pages."""
    app.connect("html-collect-pages", _pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
