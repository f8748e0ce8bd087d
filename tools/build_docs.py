"""Build the site: lay the sources out, then run Sphinx on them, every warning an error.

    python tools/build_docs.py --katex FOLDER [--pdf FILE] [--no-execute] [--output FOLDER]

FOLDER of KaTeX is `dist` of its npm package. Two builds of one commit give the same bytes: nothing
depends on the clock, on the order of a set, or on where the checkout lies.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "docs" / "_ext"))

import gda_stage  # noqa: E402


def main() -> int:
    """Build, and return the exit status of Sphinx."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--katex", type=Path, required=True, help="dist of the npm package katex")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "docs")
    parser.add_argument("--pdf", type=Path, help="the printed edition, handed out by the site")
    parser.add_argument("--no-execute", action="store_true", help="notebooks without their results")
    options = parser.parse_args()
    source, output = options.output / "source", options.output / "html"
    extra = options.output / "extra"
    gda_stage.stage(ROOT, source)
    gda_stage.stage_extra(ROOT, extra, options.pdf)
    environment = {
        **os.environ,
        "GDA_DOCS_KATEX": str(options.katex.resolve()),
        "GDA_DOCS_EXTRA": str(extra),
        "GDA_DOCS_EXECUTE": "off" if options.no_execute else "on",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SOURCE_DATE_EPOCH": "0",
    }
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "-n", "-E", "-j", "2"]
    command += ["-c", str(ROOT / "docs"), "-d", str(options.output / "doctrees")]
    return subprocess.run([*command, str(source), str(output)], env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
