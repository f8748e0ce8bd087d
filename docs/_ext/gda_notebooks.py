"""Proofs and worked examples as notebooks for the site: percent scripts, run strictly and apart.

Nothing of a user's own configuration reaches the kernels (`tools/build_docs.py` sets the folders).
What a notebook writes to stderr, a warning for example, fails the build (`nb_output_stderr`).
"""

from __future__ import annotations

import jupytext
from nbformat import NotebookNode

__all__ = ["read"]


def read(text: str) -> NotebookNode:
    """A percent script as a notebook that names its kernel, and its language where none runs it."""
    book = jupytext.reads(text, fmt="py:percent")
    book.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    book.metadata["language_info"] = {"name": "python", "pygments_lexer": "python"}
    return book
