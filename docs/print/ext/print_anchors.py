"""Anchors that are unique in the whole document, and links that meet them.

Sphinx names a section by its title within a page. The printed edition is one page, and several
chapters have a section "The energy": contents and bookmarks would lead to the first. So the name of
the chapter is put in front. And the builder of one page writes a link into another chapter as
``#document-CHAPTER#ANCHOR``, which is no address (Sphinx 9.0); the first part is taken away.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

__all__ = ["setup"]

_TWICE = re.compile(r'(?<=href="#)document-[^"#]*#')


class UniqueSections(SphinxTransform):
    """Rename the ids of the sections of a page, wherever docutils keeps them."""

    # before the domains collect labels, at 850
    default_priority = 840

    def apply(self, **kwargs: Any) -> None:
        """Rename."""
        for section in self.document.findall(nodes.section):
            renamed = {old: f"{self.env.docname}-{old}" for old in section["ids"]}
            section["ids"] = list(renamed.values())
            for old, new in renamed.items():
                self.document.ids[new] = self.document.ids.pop(old)
                for name, place in self.document.nameids.items():
                    if place == old:
                        self.document.nameids[name] = new


def _once(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    for part in ("body", "toc"):
        context[part] = _TWICE.sub("", context[part])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the transform and the correction of links."""
    app.add_transform(UniqueSections)
    app.connect("html-page-context", _once)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
