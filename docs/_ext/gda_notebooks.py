"""The proofs as notebooks for the site: percent scripts, in Python."""

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
