"""The clause blocks of the text, and every mention of a clause as a link to it.

A block

    :::{clause} GDA-align-unique
    :kind: must
    ...
    :::

becomes a box with the permanent anchor ``gda-align-unique``, the id as its title, and a permalink.
What the registry knows about the clause (`gda_trace`) is shown below its text. The kind written in
the text is compared with the registry, so that a page cannot state another one.

Configuration: ``gda_root``, the root of the checkout; ``gda_trace``, False for boxes without the
links to code, tests, proofs, mutants and vectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from gda_registry import ID, Standard, anchor
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

__all__ = ["ClauseDirective", "clause_trace", "mention", "setup", "standard_of"]

# Where a mention stays plain text: inside another link, and where a link would break a heading or
# the text of a listing.
_PLAIN = (nodes.reference, pending_xref, nodes.title, nodes.literal_block, nodes.raw, nodes.math)


class clause_trace(nodes.General, nodes.Element):
    """Stands below a clause for its links, which are known once all pages are."""


def standard_of(env: BuildEnvironment) -> Standard:
    """The standard of the checkout that is built, read once per build."""
    found: Standard | None = getattr(env.app, "gda_standard", None)
    if found is None:
        found = Standard(Path(env.config.gda_root))
        env.app.gda_standard = found  # type: ignore[attr-defined]
    return found


class ClauseDirective(SphinxDirective):
    """A clause block."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"kind": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """The box of the clause."""
        identifier = self.arguments[0]
        registered = standard_of(self.env).clauses.get(identifier)
        if registered is None:
            raise self.error(f"clause {identifier} is not registered in spec/clauses.toml")
        kind = self.options.get("kind")
        if kind != registered.kind:
            raise self.error(
                f"clause {identifier}: the text says kind {kind!r}, "
                f"the registry {registered.kind!r}"
            )
        target = anchor(identifier)
        box = nodes.container(classes=["clause", f"clause-{kind}"], ids=[target], names=[target])
        self.set_source_info(box)
        head = nodes.paragraph(classes=["clause-head"])
        head += nodes.inline("", identifier, classes=["clause-id"])
        head += nodes.Text(" ")
        head += nodes.inline("", kind, classes=["clause-kind"])
        if registered.theorem:
            head += nodes.Text(" ")
            head += nodes.inline("", f"Theorem {registered.theorem}", classes=["clause-theorem"])
        link = nodes.reference("", "¶", refid=target, internal=True, classes=["headerlink"])
        link["reftitle"] = f"Permanent link to {identifier}"
        head += link
        box += head
        body = nodes.container(classes=["clause-body"])
        self.state.nested_parse(self.content, self.content_offset, body)
        box += body
        if self.config.gda_trace:
            box += clause_trace("", clause=identifier)
        self.env.domains.standard_domain.note_hyperlink_target(
            target, self.env.docname, target, identifier
        )
        return [box]


def mention(identifier: str, docname: str, child: nodes.Node | None = None) -> pending_xref:
    """A link to a clause, resolved when all pages are read."""
    link = pending_xref(
        "",
        refdomain="std",
        reftype="ref",
        reftarget=anchor(identifier),
        refexplicit=True,
        refdoc=docname,
        refwarn=True,
    )
    link += child if child is not None else nodes.inline("", identifier, classes=["clause-ref"])
    return link


class Mentions(SphinxTransform):
    """Every id in running text becomes a link to its clause; an unknown one is an error."""

    # after the parsers, before the references are resolved
    default_priority = 600

    def apply(self, **kwargs: Any) -> None:
        """Replace the ids of the page."""
        for text in list(self.document.findall(nodes.Text)):
            if ID.search(str(text)) and not any(isinstance(up, _PLAIN) for up in _above(text)):
                self._link(text)

    def _link(self, text: nodes.Text) -> None:
        whole = str(text)
        parent = text.parent
        if any("clause-id" in up.get("classes", ()) for up in _above(text)):
            return
        if isinstance(parent, nodes.literal):
            if ID.fullmatch(whole):
                parent.replace_self(mention(whole, self.env.docname, parent.deepcopy()))
            return
        parts: list[nodes.Node] = []
        end = 0
        for found in ID.finditer(whole):
            if found.start() > end:
                parts.append(nodes.Text(whole[end : found.start()]))
            parts.append(mention(found[0], self.env.docname))
            end = found.end()
        if end < len(whole):
            parts.append(nodes.Text(whole[end:]))
        parent.replace(text, parts)


def _above(node: nodes.Node) -> Iterator[nodes.Element]:
    up = node.parent
    while up is not None:
        yield up
        up = up.parent


def _drop(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    # where no extension has filled them in
    for node in list(doctree.findall(clause_trace)):
        node.parent.remove(node)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive, the node and the transform."""
    app.add_config_value("gda_root", "", "env")
    app.add_config_value("gda_trace", True, "env")
    app.add_node(clause_trace)
    app.add_directive("clause", ClauseDirective)
    app.add_transform(Mentions)
    app.connect("doctree-resolved", _drop, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
