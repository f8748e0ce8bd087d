"""Paths in running text become links: to the page of the file, or to its listing.

The pages are written for a code host as well, and name files as `docs/kill-table.md`. Only a
literal that is a path of the checkout as a whole is touched; other literals stay.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from gda_stage import layout
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

__all__ = ["setup"]

_FOLDERS = {
    "spec/text/": "standard/index",
    "spec/vectors/": "standard/vectors",
    "spec/conformance/": "api/conformance",
    "proofs/": "derivations/index",
    "proofs/coq/": "derivations/coq",
    "reference/": "api/reference",
    "reference/prior/": "api/prior",
    "reference/positioning/": "api/positioning",
    "reference/calibration/": "api/calibration",
    "reference/explanation/": "api/reference",
    "reference/files/": "api/files",
    "accelerated/": "api/accelerated",
    "accelerated/cuda/": "api/accelerated",
    "docs/playground/": "play",
}
_LISTED = (".py", ".v", ".toml", ".js", ".c", ".json")
_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")


class Paths(SphinxTransform):
    """Link the paths of a page."""

    default_priority = 610

    def apply(self, **kwargs: Any) -> None:
        """Replace each literal that is a path."""
        root = Path(self.config.gda_root)
        pages: dict[str, str] = _pages(self.app)
        for literal in list(self.document.findall(nodes.literal)):
            text = literal.astext()
            linked = isinstance(literal.parent, nodes.reference | pending_xref | nodes.title)
            if linked or not _PATH.fullmatch(text) or "." not in text + "." * text.endswith("/"):
                continue
            page = _FOLDERS.get(text) or pages.get(text) or pages.get(f"docs/{text}")
            if page and page in self.env.found_docs:
                if page != self.env.docname:
                    literal.replace_self(self._page(page, literal))
            elif "/" in text and text.endswith(_LISTED) and (root / text).is_file():
                link = nodes.reference("", "", refuri=f"source:{text}")
                literal.replace_self(link)
                link += literal

    def _page(self, page: str, literal: nodes.literal) -> nodes.Node:
        link = pending_xref(
            "",
            refdomain="std",
            reftype="doc",
            reftarget=f"/{page}",
            refexplicit=True,
            refdoc=self.env.docname,
            refwarn=True,
        )
        link += literal.deepcopy()
        return link


def _pages(app: Sphinx) -> dict[str, str]:
    found: dict[str, str] | None = getattr(app, "gda_pages", None)
    if found is None:
        found = layout(Path(app.config.gda_root)).pages
        app.gda_pages = found  # type: ignore[attr-defined]
    return found


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the transform."""
    app.add_transform(Paths)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
