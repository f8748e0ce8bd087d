"""A page for every file that a clause names, with an address for each line.

The registry names files; a reader wants the line. The project knows of no host that it is published
on, so the site carries the files itself: ``source/reference/selection.py.html#L-45``.
"""

from __future__ import annotations

import html
from typing import Any

from docutils import nodes
from gda_clauses import standard_of
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_for_filename
from sphinx.application import Sphinx

__all__ = ["listed", "page_of", "setup"]

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{path} - GD-Attention</title>
<link rel="stylesheet" href="{root}_static/pygments.css">
<link rel="stylesheet" href="{root}_static/styles/furo.css">
<link rel="stylesheet" href="{root}_static/site.css">
</head>
<body class="listing">
<script>document.body.dataset.theme = localStorage.getItem("theme") || "auto";</script>
<p><a href="{root}index.html">GD-Attention</a> / <code>{path}</code></p>
{code}
</body>
</html>
"""
_COLUMNS = ("code", "tests", "proof", "mutants")


def page_of(path: str) -> str:
    """The name of the page that lists a file."""
    return f"source/{path}"


def listed(app: Sphinx) -> list[str]:
    """The files with a page: those of the registry, and those that pages link to."""
    registry = {
        path
        for clause in standard_of(app.env).clauses.values()
        for column in _COLUMNS
        for path in getattr(clause, column)
    }
    linked: set[str] = set().union(*app.env.gda_linked.values())  # type: ignore[attr-defined]
    return sorted(registry | linked)


def _start(app: Sphinx, env: Any, docnames: list[str]) -> None:
    if not hasattr(env, "gda_linked"):
        env.gda_linked = {}


def _purge(app: Sphinx, env: Any, docname: str) -> None:
    getattr(env, "gda_linked", {}).pop(docname, None)


def _merge(app: Sphinx, env: Any, docnames: list[str], other: Any) -> None:
    env.gda_linked.update(other.gda_linked)


def _collect(app: Sphinx, doctree: nodes.document) -> None:
    """Remember which files a page links to by ``source:PATH``, as `gda_stage` writes it."""
    linked = {
        node["refuri"].removeprefix("source:").partition("#")[0]
        for node in doctree.findall(nodes.reference)
        if node.get("refuri", "").startswith("source:")
    }
    if linked:
        app.env.gda_linked[app.env.docname] = linked  # type: ignore[attr-defined]


def _resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in doctree.findall(nodes.reference):
        uri = node.get("refuri", "")
        if uri.startswith("source:"):
            path, hash_, place = uri.removeprefix("source:").partition("#")
            node["refuri"] = app.builder.get_relative_uri(docname, page_of(path)) + hash_ + place
            node["internal"] = True


def _write(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.name != "html":
        return
    form = HtmlFormatter(
        linenos="inline", lineanchors="L", anchorlinenos=True, cssclass="highlight", wrapcode=True
    )
    standard = standard_of(app.env)
    for path in listed(app):
        file = app.outdir / f"{page_of(path)}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        code = highlight(standard.text(path), get_lexer_for_filename(path), form)
        # the theme would build its tree of pages anew for each of hundreds
        root = "../" * page_of(path).count("/")
        file.write_text(_PAGE.format(root=root, path=html.escape(path), code=code), "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the pages."""
    app.connect("env-before-read-docs", _start)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    # after sphinx.ext.linkcode has put its links in
    app.connect("doctree-read", _collect, priority=800)
    app.connect("doctree-resolved", _resolve)
    app.connect("build-finished", _write)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
