"""The index of clauses: every id of the registry, by alphabet, with its kind and its page."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from gda_clauses import standard_of
from gda_registry import anchor
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

__all__ = ["setup"]


class ClauseIndex(SphinxDirective):
    """A list of all clauses; the style sheet adds the numbers of the pages."""

    def run(self) -> list[nodes.Node]:
        """The list."""
        listing = nodes.bullet_list(classes=["clause-index"])
        clauses = standard_of(self.env).clauses
        for identifier in sorted(clauses):
            link = nodes.reference("", "", refid=anchor(identifier), internal=True)
            link += nodes.inline("", identifier, classes=["clause-id"])
            link += nodes.Text(" ")
            link += nodes.inline("", clauses[identifier].kind, classes=["clause-kind"])
            listing += nodes.list_item("", nodes.paragraph("", "", link))
        return [listing]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("clause-index", ClauseIndex)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
