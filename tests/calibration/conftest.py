"""Makes `populations` importable here: in pytest's importlib mode test files see no neighbours."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
