"""Below each clause: where it is implemented, tested, proved, attacked, and by which vectors asked.

All of it follows from the registry and from the files that `gda_registry` reads. Each place is a
link: code to the reference page of the function that states the clause and to the line of the
listing, tests and Coq sources to their lines, notebooks to their executed pages, mutants to their
row of the kill table, vectors to their row of the list of vectors. Where the build has no such page
(a printed edition, say) the place is plain text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Any

from docutils import nodes
from gda_clauses import clause_trace, standard_of
from gda_registry import Standard, anchor, symbols_naming
from gda_sources import page_of
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

__all__ = ["Links", "details", "setup"]

_NOTEBOOK = ".proof.py"
KILL_TABLE, VECTORS = "kill-table", "standard/vectors"
# The first vectors of a clause; the page of the vectors has all.
_SHOWN = 12


class details(nodes.General, nodes.Element):
    """A box that opens on demand; its title is the attribute ``summary``."""


def _visit_details(self: HTML5Translator, node: details) -> None:
    self.body.append(self.starttag(node, "details", CLASS=" ".join(node["classes"])))
    self.body.append(f"<summary>{self.encode(node['summary'])}</summary>\n")


def _depart_details(self: HTML5Translator, node: details) -> None:
    self.body.append("</details>\n")


def _skip(self: Any, node: nodes.Node) -> None:
    raise nodes.SkipNode


class Links:
    """Links from one page to the places of a clause, as far as the build has pages for them."""

    def __init__(self, app: Sphinx, docname: str) -> None:
        self.app = app
        self.docname = docname
        self.standard: Standard = standard_of(app.env)

    def to(self, page: str, place: str, text: nodes.Node) -> nodes.Node:
        """A link to a page of the build."""
        uri = self.app.builder.get_relative_uri(self.docname, page)
        link = nodes.reference("", "", refuri=uri + (f"#{place}" if place else ""), internal=True)
        link += text
        return link

    def has(self, page: str) -> bool:
        """Whether the build has this page."""
        return page in self.app.env.found_docs

    def clause(self, identifier: str) -> list[nodes.Node]:
        """A clause, and its box in the text."""
        text = nodes.inline("", identifier, classes=["clause-ref"])
        place = anchor(identifier)
        page, target = self.app.env.domains.standard_domain.anonlabels.get(place, ("", ""))
        return [self.to(page, target, text) if page else text]

    def code(self, path: str, identifier: str) -> list[nodes.Node]:
        """A file of code: the documented functions that name the clause, and the lines."""
        found: list[nodes.Node] = []
        objects = self.app.env.domains.python_domain.objects
        package = ".".join(_module(path))
        for name in symbols_naming(self.standard.text(path), identifier):
            # a name of the package's front page, or of the module itself
            for full in (f"{package.rpartition('.')[0]}.{name}", f"{package}.{name}"):
                if full in objects:
                    entry = objects[full]
                    text = nodes.literal("", full.removeprefix("gd_attention."))
                    found += [self.to(entry.docname, entry.node_id, text), nodes.Text(" in ")]
                    break
            else:
                continue
            break
        return [*found, *self.file(path, identifier)]

    def file(self, path: str, identifier: str, *, short: bool = False) -> list[nodes.Node]:
        """A file, and the first line that names the clause; ``short`` leaves its folder out."""
        shown = PurePosixPath(path).name if short else path
        if path.endswith(_NOTEBOOK):
            page = "derivations/" + PurePosixPath(path).name.removesuffix(_NOTEBOOK)
            if self.has(page):
                return [self.to(page, "", nodes.literal("", shown))]
        if not self.app.config.gda_listings:
            return [nodes.literal("", shown)]
        lines = self.standard.lines(path, identifier)
        text = nodes.literal("", shown + (f":{lines[0]}" if lines else ""))
        return [self.to(page_of(path), f"L-{lines[0]}" if lines else "", text)]

    def mutant(self, name: str) -> list[nodes.Node]:
        """A mutant, and its row of the kill table."""
        text = nodes.inline("", name)
        return [self.to(KILL_TABLE, f"mutant-{name}", text) if self.has(KILL_TABLE) else text]

    def vector(self, name: str) -> list[nodes.Node]:
        """A vector, and its row of the list of vectors."""
        text = nodes.inline("", name)
        return [self.to(VECTORS, f"vector-{name}", text) if self.has(VECTORS) else text]


def _module(path: str) -> Sequence[str]:
    parts = list(PurePosixPath(path).with_suffix("").parts)
    head = {"reference": ["gd_attention"], "accelerated": ["gd_attention", "accelerated"]}
    start = ["gd_attention"] if parts[0] == "spec" else head[parts[0]]
    rest = parts[1:]
    return [*start, *(rest[:-1] if rest[-1] == "__init__" else rest)]


def _entry(
    term: str, items: Sequence[Any], show: Callable[[Any], list[nodes.Node]], *, most: int = 0
) -> list[nodes.Node]:
    if not items:
        return []
    line = nodes.paragraph()
    for number, item in enumerate(items[:most] if most else items):
        if number:
            line += nodes.Text(", ")
        line.extend(show(item))
    if most and len(items) > most:
        line += nodes.Text(f" and {len(items) - most} more")
    return [
        nodes.definition_list_item(
            "", nodes.term("", f"{term} ({len(items)})"), nodes.definition("", line)
        )
    ]


def _filled(app: Sphinx, docname: str, identifier: str) -> nodes.Node | None:
    links = Links(app, docname)
    clause = links.standard.clauses[identifier]
    vectors = links.standard.vectors_of.get(identifier, [])
    mutants = links.standard.mutants_of.get(identifier, [])
    table = nodes.definition_list(classes=["trace"])
    table.extend(_entry("Code", clause.code, lambda path: links.code(path, identifier)))
    table.extend(_entry("Tests", clause.tests, lambda path: links.file(path, identifier)))
    table.extend(_entry("Proof", clause.proof, lambda path: links.file(path, identifier)))
    table.extend(_entry("Mutants", mutants, lambda mutant: links.mutant(mutant.name)))
    table.extend(_entry("Vectors", vectors, lambda vector: links.vector(vector.id), most=_SHOWN))
    if not table.children:
        return None
    counts = (
        (len(clause.code), "file of code", "files of code"),
        (len(clause.tests), "file of tests", "files of tests"),
        (len(clause.proof), "proof", "proofs"),
        (len(mutants), "mutant", "mutants"),
        (len(vectors), "vector", "vectors"),
    )
    summary = ", ".join(f"{n} {one if n == 1 else many}" for n, one, many in counts if n)
    return details("", table, summary=summary, classes=["clause-trace"])


def _fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(clause_trace)):
        found = _filled(app, docname, node["clause"])
        if found is None:
            node.parent.remove(node)
        else:
            node.replace_self(found)


def _rows(app: Sphinx, doctree: nodes.document) -> None:
    """Give each row of the kill table an address: that of the mutant in its second cell."""
    if app.env.docname != KILL_TABLE:
        return
    names = {mutant.name for mutant in standard_of(app.env).mutants}
    for row in doctree.findall(nodes.row):
        cells = [cell.astext() for cell in row.children]
        name = cells[1].removesuffix(" (control)") if len(cells) > 1 else ""
        if name in names:
            row["ids"].append(f"mutant-{name}")
            names.remove(name)
    if names:
        raise ValueError(f"docs/kill-table.md: no row for {', '.join(sorted(names))}")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the box and the filling of clauses."""
    app.add_config_value("gda_listings", True, "html")
    html = (_visit_details, _depart_details)
    app.add_node(details, html=html, latex=(_skip, None), text=(_skip, None), man=(_skip, None))
    app.connect("doctree-read", _rows)
    app.connect("doctree-resolved", _fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
