"""Links to what the site carries without making it: the playground and the printed edition.

    ```{playground}
    ```
    ```{printed-edition}
    ```

Where a build has neither, the page says so instead of linking to nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from gda_stage import PDF, PLAYGROUND
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

__all__ = ["setup"]

_LINKS = {
    "playground": (PLAYGROUND, "Open the playground"),
    "printed-edition": (PDF, "The standard as PDF"),
}


class carried(nodes.General, nodes.Element):
    """Stands for a link until the page is written."""


class Carried(SphinxDirective):
    """A link to a file that the site carries, by the directive's name."""

    def run(self) -> list[nodes.Node]:
        """A placeholder."""
        file, text = _LINKS[self.name]
        there = any((Path(folder) / file).is_file() for folder in self.config.html_extra_path)
        if not there:
            return [nodes.paragraph("", f"{text}: not a part of this build.")]
        return [carried("", file=file, text=text)]


def _fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(carried)):
        # a page of the same folder, seen from this one
        home = app.builder.get_relative_uri(docname, "index").rpartition("/")[0]
        uri = (home + "/" if home else "") + node["file"]
        link = nodes.reference("", node["text"], refuri=uri, internal=True, classes=["button"])
        node.replace_self(nodes.paragraph("", "", link))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_node(carried)
    for name in _LINKS:
        app.add_directive(name, Carried)
    app.connect("doctree-resolved", _fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
