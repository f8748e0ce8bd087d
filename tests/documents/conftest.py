"""Makes the helper beside these tests importable: in importlib mode they see no neighbours."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
