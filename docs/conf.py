"""Sphinx configuration of the site.

`tools/build_docs.py` lays the sources out and calls Sphinx with this file. ``GDA_DOCS_KATEX`` is
the folder ``dist`` of the npm package katex, ``GDA_DOCS_EXTRA`` a folder that is copied into the
site as it is, and ``GDA_DOCS_EXECUTE=off`` builds without running notebooks.
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "docs" / "_ext"))

import gd_attention  # noqa: E402
from gda_docstrings import linkcode_resolve  # noqa: E402, F401

# a section of a docstring that would be left out
warnings.filterwarnings("error", category=UserWarning, module="numpydoc")

project = "GD-Attention"
author = "The gd-attention project"
copyright = "The gd-attention project. Text CC-BY-4.0, code Apache-2.0"
release = gd_attention.__version__
version = release

extensions = [
    "gda_clauses",
    "gda_language",
    "gda_paths",
    "gda_permalinks",
    "gda_playground",
    "gda_sources",
    "gda_tables",
    "gda_trace",
    "gda_katex",
    "gda_docstrings",
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.linkcode",
    "sphinxcontrib.bibtex",
]
gda_root = str(ROOT)
gda_katex_dist = os.environ.get("GDA_DOCS_KATEX", "")

root_doc = "index"
nitpicky = True
exclude_patterns = ["derivations/enclose.py", "derivations/pair.py"]

myst_enable_extensions = ["amsmath", "attrs_block", "colon_fence", "deflist", "dollarmath"]
# a link to a file without a page, as gda_stage writes it
myst_url_schemes = ["http", "https", "mailto", "source"]
myst_heading_anchors = 3
myst_dmath_double_inline = True

nb_custom_formats = {".proof.py": "gda_notebooks.read", ".example.py": "gda_notebooks.read"}
nb_execution_mode = "off" if os.environ.get("GDA_DOCS_EXECUTE") == "off" else "force"
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_output_stderr = "error"
# tables in the outputs of the examples; the default knows none
nb_render_markdown_format = "myst"

bibtex_bibfiles = ["references.bib"]

default_role = "code"
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

katex_prerender = True
katex_css_path = "katex/katex.min.css"

html_theme = "furo"
html_title = "GD-Attention"
html_static_path = [str(ROOT / "docs" / "_static")]
html_extra_path = [os.environ.get("GDA_DOCS_EXTRA", "")] if "GDA_DOCS_EXTRA" in os.environ else []
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_last_updated_fmt = None
