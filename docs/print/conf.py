"""Sphinx configuration of the printed edition: one HTML page, made for the style sheet print.css.

`docs/print/make_pdf.py` lays the sources out, calls Sphinx with this file, and prints the page.
``GDA_PRINT_NPM`` is the folder of npm packages, ``GDA_PRINT_STATIC`` that of style sheet and fonts.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "docs" / "_ext"), str(HERE), str(HERE / "ext")]

import edition  # noqa: E402

EDITION = edition.edition(ROOT)

project = "GD-Attention"
author = "The gd-attention project"
release = EDITION.package
version = EDITION.version

extensions = [
    "myst_parser",
    "gda_clauses",
    "gda_katex",
    "print_anchors",
    "print_formulas",
    "print_proofs",
    "print_index",
    "print_spaces",
    "sphinxcontrib.bibtex",
]
gda_root = str(ROOT)
gda_trace = False
gda_katex_dist = str(Path(os.environ["GDA_PRINT_NPM"]) / "katex" / "dist")

root_doc = "index"
nitpicky = True
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_dmath_double_inline = True
bibtex_bibfiles = [str(ROOT / "docs" / "references.bib")]

# numbers of displayed formulas count by chapter; print_formulas gives them
numfig = True
math_numfig = True
numfig_secnum_depth = 1

katex_prerender = True
katex_css_path = "katex/katex.min.css"

html_theme = "basic"
html_title = f"GD-Attention {EDITION.version}"
html_permalinks = False
html_static_path = [os.environ["GDA_PRINT_STATIC"]]
html_copy_source = False
html_last_updated_fmt = None
templates_path = [str(HERE / "templates")]
html_context: dict[str, Any] = {"edition": EDITION}
