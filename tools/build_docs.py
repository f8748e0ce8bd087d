"""Build the site: lay the sources out, run Sphinx on them, check every link.

    python tools/build_docs.py --katex FOLDER [--pdf FILE] [--no-execute] [--output FOLDER]

FOLDER of KaTeX is `dist` of its npm package. A warning is an error. Two builds of one commit give
the same bytes: nothing depends on the clock, on the order of a set, or on where the checkout lies.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "docs" / "_ext"), str(ROOT / "tools")]

import check_site  # noqa: E402
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
    # a page that is no longer there must not stay
    shutil.rmtree(output, ignore_errors=True)
    gda_stage.stage(ROOT, source)
    gda_stage.stage_extra(ROOT, extra, options.pdf)
    # one process: with two, Sphinx 9.0 waits for ever where a page cannot be written
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "-n", "-E"]
    command += ["-c", str(ROOT / "docs"), "-d", str(options.output / "doctrees")]
    with tempfile.TemporaryDirectory() as scratch:
        environment = {
            **os.environ,
            "GDA_DOCS_KATEX": str(options.katex.resolve()),
            "GDA_DOCS_EXTRA": str(extra),
            "GDA_DOCS_EXECUTE": "off" if options.no_execute else "on",
            "IPYTHONDIR": scratch,
            "JUPYTER_RUNTIME_DIR": scratch,
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "SOURCE_DATE_EPOCH": "0",
        }
        status = subprocess.run([*command, str(source), str(output)], env=environment).returncode
    if status:
        return status
    # serves builds on top of each other, and names the folder of this one
    (output / ".buildinfo").unlink()
    problems = check_site.problems(output)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"links: {len(problems)} lead nowhere or outside")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
