"""Cases that ``gd-attention vectors add`` took in: found by a run, shrunk, kept for ever."""

from __future__ import annotations

import json
from pathlib import Path

from gd_attention.conformance.case import Case
from gd_attention.conformance.vectors import decode

THEME = "found"
ABOUT = "Cases that a run found and shrunk; new ones are added, none removed."

# Inputs alone: the answers come from the oracle, as those of every other case.
_STORE = Path(__file__).with_name("found.json")


def cases() -> list[Case]:
    """The cases of the file."""
    stored = json.loads(_STORE.read_text(encoding="utf-8"))
    return [decode(entry, THEME).case for entry in stored["vectors"]]
