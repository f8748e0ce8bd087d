"""Below each theorem a line that says where it is proved, and the index of theorems.

A theorem of the text is a clause whose proof is the next paragraph. The paragraph gets an anchor,
``proof-gda-thm-axis``; a theorem without one stops the build. The files that check the proof are
those of the registry.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from gda_clauses import mention, standard_of
from gda_registry import anchor
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

__all__ = ["paged", "setup"]


def paged(target: str, label: str) -> nodes.reference:
    """A link within the document that the style sheet completes with the number of the page."""
    return nodes.reference("", label, refid=target, internal=True, classes=["paged"])


def _checks(proof: tuple[str, ...]) -> list[nodes.Node]:
    found: list[nodes.Node] = []
    for number, path in enumerate(proof):
        if number:
            found.append(nodes.Text(", "))
        found.append(nodes.literal("", path))
    return found


class Proofs(SphinxTransform):
    """Anchor the proof of each theorem and point to it."""

    # after the clauses' mentions became links, so that the ids here stay as they are
    default_priority = 700

    def apply(self, **kwargs: Any) -> None:
        """Look at every theorem of the page."""
        for clause in standard_of(self.env).theorems.values():
            for box in self.document.findall(nodes.container):
                if anchor(clause.id) in box["ids"]:
                    self._point(box, clause.id, clause.proof)

    def _point(self, box: nodes.container, identifier: str, proof: tuple[str, ...]) -> None:
        following = box.next_node(descend=False, siblings=True)
        if not (
            isinstance(following, nodes.paragraph)
            and isinstance(following[0], nodes.emphasis)
            and following[0].astext().startswith("Proof")
        ):
            raise ExtensionError(f"{identifier}: no paragraph of its proof follows the theorem")
        target = f"proof-{anchor(identifier)}"
        following["ids"].append(target)
        line = nodes.paragraph(classes=["clause-proof"])
        line += paged(target, "Proof")
        if proof:
            line += nodes.Text("; checked in ")
            line.extend(_checks(proof))
        box += line


class TheoremIndex(SphinxDirective):
    """All theorems: number, clause, page, page of the proof, files that check it."""

    def run(self) -> list[nodes.Node]:
        """The table."""
        titles = ("Theorem", "Clause", "Page", "Checked in")
        group = nodes.tgroup(cols=len(titles))
        group.extend(nodes.colspec(colwidth=1) for _ in titles)
        head = nodes.row()
        head.extend(nodes.entry("", nodes.paragraph("", title)) for title in titles)
        group += nodes.thead("", head)
        body = nodes.tbody()
        theorems = standard_of(self.env).theorems
        for number in sorted(theorems, key=lambda name: int(name[1:])):
            clause = theorems[number]
            row = nodes.row()
            for content in (
                [nodes.Text(number)],
                [mention(clause.id, self.env.docname)],
                [paged(anchor(clause.id), "")],
                _checks(clause.proof),
            ):
                row += nodes.entry("", nodes.paragraph("", "", *content))
            body += row
        group += body
        return [nodes.table("", group, classes=["theorem-index"])]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the transform and the index."""
    app.add_transform(Proofs)
    app.add_directive("theorem-index", TheoremIndex)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
