"""Docstrings as they are written, and the listing behind each documented object.

The docstrings are plain text with the letters of the text: ``|k - q|**2`` is a squared length, not
a substitution and bold type of reStructuredText, and an indented block in a module's docstring is
code. Both are said in the words of reStructuredText before numpydoc reads them. So is the section
"Properties" of the prior operators, which numpydoc does not know and would leave out.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

from numpydoc.docscrape import NumpyDocString
from sphinx.application import Sphinx

__all__ = ["escaped", "linkcode_resolve", "setup", "with_code", "with_properties"]

_LITERAL = re.compile(r"(``.+?``|`[^`]+`)")
_ROOT = Path(__file__).resolve().parents[2]


def escaped(lines: list[str]) -> list[str]:
    """The lines of a docstring with its marks escaped."""
    written, block = [], None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if block is not None and line.strip() and indent <= block:
            block = None
        if block is None and not line.lstrip().startswith((">>>", "...")):
            parts = _LITERAL.split(line)
            parts[::2] = [re.sub(r"\||\*\*(?=[\d(-])", r"\\\g<0>", part) for part in parts[::2]]
            line = "".join(parts)
        if line.rstrip().endswith("::"):
            block = indent
        written.append(line)
    return written


def with_code(lines: list[str]) -> list[str]:
    """The lines of a module's docstring with its indented blocks marked as literal."""
    written: list[str] = []
    above = ""
    for line in lines:
        opens = line.startswith("    ") and written and not written[-1].strip()
        if opens and not above.startswith(" ") and not above.rstrip().endswith("::"):
            written += ["::", ""]
        written.append(line)
        above = line if line.strip() else above
    return written


def with_properties(lines: list[str]) -> list[str]:
    """The lines of a docstring with its properties as notes, and further notes behind them."""
    written: list[str] = []
    found = False
    for place, line in enumerate(lines):
        under = lines[place + 1] if place + 1 < len(lines) else ""
        if line == "Properties" and under == "-" * len(line):
            found = True
            written.append("Notes")
        elif written and written[-1] == "Notes" and found and line == "-" * len("Properties"):
            written += ["-----", "Properties, each of them tested:", ""]
        elif found and line == "Notes" and under == "-----":
            written.append("")
        elif not (found and line == "-----"):
            written.append(line)
    return written


def _escape(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    lines[:] = escaped(with_code(lines) if what == "module" else with_properties(lines))


def linkcode_resolve(domain: str, info: dict[str, str]) -> str | None:
    """The listing of a documented object, as `gda_sources` addresses it."""
    module = sys.modules.get(info["module"])
    found: Any = module
    for part in info["fullname"].split("."):
        found = getattr(found, part, None)
    found = inspect.unwrap(found) if callable(found) else getattr(found, "fget", None)
    try:
        file = inspect.getsourcefile(found)
        line = inspect.getsourcelines(found)[1]
    except (OSError, TypeError):
        # a constant, an alias: nothing that has a line of its own
        return None
    path = Path(file).resolve() if file else _ROOT.parent
    if not path.is_relative_to(_ROOT) or ".venv" in path.parts:
        return None
    return f"source:{path.relative_to(_ROOT).as_posix()}#L-{line}"


def setup(app: Sphinx) -> dict[str, Any]:
    """Escape before numpydoc, which listens at the default priority."""
    # numpydoc looks for a signature in the docstring as it stands
    NumpyDocString.sections["Properties"] = []
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", _escape, priority=100)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
