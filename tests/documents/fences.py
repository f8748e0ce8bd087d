"""The code fences of the documents, read by Sybil and run as a reader would run them.

How a document says what is to be done with a fence:

- a fence whose first line is a comment with a file name, such as `# mine.py`, is that file. It is
  saved where the other fences of the document run.
- `python` is executed. All such fences of a document share their names.
- `console` is a session: lines that begin with `$ ` are commands for sh, lines that begin with `> `
  continue one, all others are the output. What is shown is compared with what comes, standard error
  included; `...` stands for any text, as in doctest. A command that shows no output may print what
  it likes. One that ends with a status other than 0 is followed by `$ echo $?`.
- the languages in SHOWN are text to read.

Nothing else is accepted, so that no example goes unrun without a line in this file that says why.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

from sybil import Document, Example, Region, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

ROOT = Path(__file__).parents[2]

SHOWN = {
    "text": "a layout, a formula or a line of a protocol",
    "bibtex": "an entry of a bibliography; tests/spec/test_citation.py holds it to CITATION.cff",
}

# Commands that are not run: the start of the command, and the reason.
NOT_RUN = {
    "pip install": "would change the environment of the tests; tests/packaging installs the wheel",
    "python3 -m venv": "would make a second environment, and all packages in it",
    "make": "a target of its own, of minutes",
}

# Commands that take minutes as they stand, and what is run in their place.
SHORTENED = {
    "gd-attention verify mine:select --report mine.json": (
        "gd-attention verify mine:select --report mine.json --cases 100"
    ),
}

_NAMED = re.compile(r"(?:#|//|/\*|--|%) (\.?[\w][\w./-]*\.\w+)(?: \*/)?$")
_MARK = "-- end of the command, status"


def file_name(source: str) -> str | None:
    """The file that a fence is, by its first line."""
    found = _NAMED.match(source.split("\n", 1)[0])
    return found[1] if found else None


def not_run(command: str) -> str | None:
    """Why a command is not run, or None."""
    return next((why for start, why in NOT_RUN.items() if command.startswith(f"{start} ")), None)


def session(source: str) -> list[tuple[str, str]]:
    """The commands of a console fence, each with the output shown for it."""
    found: list[tuple[str, str]] = []
    for line in source.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif not found:
            raise ValueError(f"expected a command after '$ ', got {line!r}")
        elif line.startswith("> ") and not found[-1][1]:
            command, _ = found[-1]
            found[-1] = (f"{command}\n{line[2:]}", "")
        else:
            command, shown = found[-1]
            found[-1] = (command, f"{shown}{line.rstrip()}\n")
    return found


def same_output(shown: str, came: str) -> bool:
    """Whether the output agrees with the page; `...` stands for any text, blanks at ends for none.

    Blank lines around the output belong to the terminal, not to what is shown.
    """
    came = "\n".join(line.rstrip() for line in came.splitlines()).strip("\n")
    return doctest.OutputChecker().check_output(
        f"{shown.strip(chr(10))}\n", f"{came}\n", doctest.ELLIPSIS
    )


def _save(example: Example) -> None:
    name = file_name(example.parsed)
    assert name is not None
    target = Path.cwd() / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(example.parsed, encoding="utf-8")


def _run(example: Example) -> None:
    """Run a session in one shell, so that `$?` and variables reach the next command."""
    commands = []
    for command, shown in session(example.parsed):
        if not not_run(command):
            commands.append((command, shown))
        elif shown:
            raise AssertionError(f"{command}: output is shown, and the command is not run")
    if not commands:
        return
    script = "".join(
        f"{SHORTENED.get(command, command)}\n"
        f"status=$?; printf '\\n{_MARK} %s\\n' $status; (exit $status)\n"
        for command, _ in commands
    )
    bin_folder = Path(sys.executable).parent
    run = subprocess.run(
        ["sh"],
        input=script,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # a user has the command on the path
        env={**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"},
        timeout=600,
    )
    parts = re.split(rf"\n?\n{_MARK} (\d+)\n", run.stdout)
    came = list(zip(parts[0::2], map(int, parts[1::2]), strict=False))
    if len(came) != len(commands):
        raise AssertionError(f"the shell ended early:\n{run.stdout}")
    following = [command for command, _ in commands[1:]] + [""]
    for (command, shown), (output, status), then in zip(commands, came, following, strict=True):
        where = f"{example.path}:{example.line}: {command}"
        if shown and not same_output(shown, output):
            raise AssertionError(f"{where}\nshown:\n{shown}\ncame:\n{output}")
        if status and then != "echo $?":
            raise AssertionError(f"{where}\nended with status {status}:\n{output}")


def _parse(document: Document) -> list[Region]:
    regions = []
    for region in FencedCodeBlockLexer(r"[^\s{].*", {"language": "language", "source": "source"})(
        document
    ):
        language, source = region.lexemes["language"], region.lexemes["source"]
        if file_name(source):
            region.evaluator = _save
        elif language == "python":
            region.evaluator = PythonEvaluator()
        elif language == "console":
            region.evaluator = _run
        elif language in SHOWN:
            region.evaluator = lambda example: None
        else:
            raise ValueError(
                f"{document.path}: a fence of {language!r}: expected python, console, a file "
                f"named in its first line, or one of {', '.join(SHOWN)}"
            )
        region.parsed = source
        regions.append(region)
    return regions


SYBIL = Sybil([_parse], pattern="*.md", path=str(ROOT))


def documents() -> list[Path]:
    """The README and every page of the documentation.

    README.ja.md has the same fences: tests/figures/test_japanese.py compares them.
    """
    return [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
