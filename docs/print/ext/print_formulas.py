"""Formulas as the printed edition needs them, over `gda_katex`.

KaTeX writes each formula twice, as boxes and as MathML for screen readers; a printed page needs the
boxes alone. And its sign "not equal" is a slash of a private code laid over an equals sign, which
the printer misplaces and which nobody can search for. The character itself is taken instead, from
the font that stands behind KaTeX's in print.css. Further, every displayed formula gets a number, by
chapter, which Sphinx gives to its own directive alone.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinxcontrib import katex

__all__ = ["setup"]

_NOT_EQUAL = r"\mathrel{\char`≠}"


class Numbers(SphinxTransform):
    """Label the displayed formulas of a page, in order."""

    default_priority = 600

    def apply(self, **kwargs: Any) -> None:
        """Label."""
        domain = self.env.domains.math_domain
        for number, formula in enumerate(self.document.findall(nodes.math_block), 1):
            label = f"{self.env.docname}-{number}"
            domain.note_equation(self.env.docname, label, location=formula)
            formula["docname"] = self.env.docname
            formula["label"] = label
            formula["number"] = domain.get_equation_number_for(label)
            formula["ids"] = [f"equation-{label}"]


def _configure(app: Sphinx, config: Any) -> None:
    katex.KATEX_DEFAULT_OPTIONS = {
        **katex.KATEX_DEFAULT_OPTIONS,
        "output": "html",
        "macros": {r"\ne": _NOT_EQUAL, r"\neq": _NOT_EQUAL},
    }


def setup(app: Sphinx) -> dict[str, Any]:
    """Set the options, after `gda_katex` set its own."""
    app.setup_extension("gda_katex")
    app.add_transform(Numbers)
    app.connect("config-inited", _configure, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
