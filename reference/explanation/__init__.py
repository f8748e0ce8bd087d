"""Why a query selected its key: `explain`, what it finds, and its figure."""

from __future__ import annotations

from .evidence import Explanation, KeyEvidence, Standing
from .explain import explain

__all__ = ["Explanation", "KeyEvidence", "Standing", "explain"]
