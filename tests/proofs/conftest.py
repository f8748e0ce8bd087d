"""The covering helper and the runner are plain modules beside what they serve."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "proofs"), str(ROOT / "tools")]
