"""Print the standard: build/docs/pdf/gda-1.0.pdf, from the chapters in spec/text.

    python docs/print/make_pdf.py --npm FOLDER [--output FOLDER]

FOLDER of npm is `node_modules` with the packages of docs/package.json. Sphinx makes one HTML
page of the chapters, WeasyPrint prints it. Two builds of one commit give the same bytes: nothing
depends on the clock, on fonts of the system, or on where the checkout lies.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import weasyprint
from edition import Edition, edition

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

# What the style sheet names, as file names in @fontsource; latin-ext has the Ł of an author's name.
_FONTS = {
    "stix-two-text": [
        f"{subset}-{weight}-{style}"
        for subset in ("latin", "latin-ext")
        for weight in (400, 700)
        for style in ("normal", "italic")
    ],
    "stix-two-math": ["latin-400-normal"],
    "source-code-pro": ["latin-400-normal"],
}
# KaTeX's own style sheet, one long line, has rules for browsers that do not concern the printer.
_OF_KATEX = re.compile(r"Ignored `.*` at 1:\d+, ", re.DOTALL)


def stage(npm: Path, source: Path, static: Path) -> None:
    """Lay out the sources for Sphinx, and style sheet and fonts for the page."""
    for folder in (source, static):
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
    pages = sorted((ROOT / "spec" / "text").glob("*.md")) + sorted(HERE.glob("*.md"))
    for path in pages:
        shutil.copyfile(path, source / path.name)
    shutil.copyfile(HERE / "print.css", static / "print.css")
    fonts = static / "fonts"
    fonts.mkdir()
    for family, faces in _FONTS.items():
        for face in faces:
            name = f"{family}-{face}.woff2"
            shutil.copyfile(npm / "@fontsource" / family / "files" / name, fonts / name)


def write_page(npm: Path, work: Path) -> Path:
    """One HTML page of the whole text; a warning of Sphinx stops the build."""
    source, static, html = work / "source", work / "static", work / "html"
    stage(npm, source, static)
    environment = {
        **os.environ,
        "GDA_PRINT_NPM": str(npm.resolve()),
        "GDA_PRINT_STATIC": str(static.resolve()),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "sphinx", "-b", "singlehtml", "-q", "-W", "-n", "-E"]
    command += ["-c", str(HERE), "-d", str(work / "doctrees"), str(source), str(html)]
    # to a file, not a pipe: where Sphinx dies, the server that renders formulas outlives it and
    # would hold the pipe open
    log = work / "sphinx.log"
    with log.open("w", encoding="utf-8") as said:
        done = subprocess.run(command, env=environment, stdout=said, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(f"sphinx failed:\n{log.read_text(encoding='utf-8')}")
    return html / "index.html"


class _Complaints(logging.Handler):
    """What WeasyPrint says about the page: a link that leads nowhere, a rule it does not know."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not _OF_KATEX.match(line := record.getMessage()):
            self.lines.append(line)


def render(page: Path, target: Path, printed: Edition) -> None:
    """Print a page; a complaint of WeasyPrint stops it, and the file is written whole or not."""
    complaints = _Complaints()
    weasyprint.LOGGER.addHandler(complaints)
    weasyprint.LOGGER.propagate = False
    # Layout makes millions of small objects that all live to the end; collecting garbage among
    # them takes a third of the time and finds none.
    gc.disable()
    try:
        content = weasyprint.HTML(page).write_pdf(pdf_variant="pdf/ua-1")
    finally:
        gc.enable()
        weasyprint.LOGGER.removeHandler(complaints)
    if complaints.lines:
        sys.exit("weasyprint complains:\n" + "\n".join(complaints.lines))
    assert content is not None
    target.parent.mkdir(parents=True, exist_ok=True)
    whole = target.with_suffix(".part")
    whole.write_bytes(content)
    whole.replace(target)


def main() -> None:
    """Build, and print where the file is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--npm", type=Path, required=True, help="node_modules with the fonts")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "docs" / "pdf")
    options = parser.parse_args()
    printed = edition(ROOT)
    work: Path = options.output / "work"
    target: Path = options.output / printed.file
    render(write_page(options.npm, work), target, printed)
    print(target)


if __name__ == "__main__":
    main()
