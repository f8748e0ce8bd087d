"""The permanent address of each clause: ``clause/align-unique.html``, wherever its chapter is.

The anchor of a clause is permanent, the page that holds it may be split or renamed. The page at the
permanent address leads on by itself, and holds a plain link for readers whose browser does not.
"""

from __future__ import annotations

import html
from typing import Any

from gda_clauses import standard_of
from gda_registry import anchor
from sphinx.application import Sphinx

__all__ = ["permalink", "setup"]

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url={uri}">
<link rel="canonical" href="{uri}">
<title>GDA 1.0, clause {name}</title>
</head>
<body><p><a href="{uri}">GDA-{name}</a></p></body>
</html>
"""


def permalink(identifier: str) -> str:
    """The page of the permanent address of a clause: ``clause/align-unique``."""
    return "clause/" + identifier.removeprefix("GDA-")


def _write(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.name != "html":
        return
    labels = app.env.domains.standard_domain.anonlabels
    for identifier in standard_of(app.env).clauses:
        docname, target = labels[anchor(identifier)]
        page = permalink(identifier)
        file = app.outdir / f"{page}.html"
        file.parent.mkdir(exist_ok=True)
        uri = html.escape(app.builder.get_relative_uri(page, docname) + f"#{target}")
        name = identifier.removeprefix("GDA-")
        file.write_text(_PAGE.format(uri=uri, name=name), "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the pages."""
    app.connect("build-finished", _write)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
