"""The printed edition, built twice at once: one build is read, the other only compared with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NPM = ROOT / "build" / "npm" / "node_modules"


def _missing() -> str | None:
    if not (NPM / "@fontsource").is_dir() or not (NPM / "katex" / "dist").is_dir():
        return "fonts of the printed edition are missing: run `make katex`, which needs npm"
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError) as error:
        # OSError: the package is there, pango is not
        return f"weasyprint cannot be used ({error}): run `make pango`"
    return None


@pytest.fixture(scope="session")
def editions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two builds, in two folders; a complaint of Sphinx or WeasyPrint fails here."""
    if message := _missing():
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    started = []
    for name in ("one", "another"):
        folder = tmp_path_factory.mktemp(name)
        log = folder / "log"
        command = [sys.executable, str(ROOT / "docs" / "print" / "make_pdf.py")]
        command += ["--npm", str(NPM), "--output", str(folder)]
        with log.open("w") as said:
            # a hash seed of its own, so that the order of a set would show
            environment = {**os.environ, "PYTHONHASHSEED": str(len(started) + 1)}
            environment.pop("SOURCE_DATE_EPOCH", None)
            process = subprocess.Popen(
                command, env=environment, stdout=said, stderr=subprocess.STDOUT
            )
        started.append((folder, log, process))
    for _, log, process in started:
        assert process.wait(timeout=900) == 0, log.read_text()[-8000:]
    one, another = (next(folder.glob("*.pdf")) for folder, _, _ in started)
    return one, another


@pytest.fixture(scope="session")
def edition_file(editions: tuple[Path, Path]) -> Path:
    """The printed edition."""
    return editions[0]
