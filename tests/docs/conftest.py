"""The site, built once for all tests of this folder, without running the notebooks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KATEX = ROOT / "build" / "npm" / "node_modules" / "katex" / "dist"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built pages; a warning of Sphinx or a dead link fails here."""
    if not (KATEX / "katex.min.css").is_file():
        message = "the style of KaTeX is missing: run `make katex`, which needs npm"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, str(ROOT / "tools" / "build_docs.py"), "--no-execute"]
    command += ["--katex", str(KATEX), "--output", str(folder)]
    log = folder / "log"
    with log.open("w") as out:
        status = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT).returncode
    assert status == 0, log.read_text()[-8000:]
    return folder / "html"
