"""Judge every edit of the compiled package, and write ``docs/kill-table-compiled.md``.

Exit status: 0 every mutant is seen and no harmless edit is, 1 otherwise, 2 a control ended wrongly
and the run is void: nothing is written then.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gd_attention.conformance.files import write_whole

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from mutants.compiled.edits import EDITS  # noqa: E402
from mutants.compiled.run import Ending, ended  # noqa: E402

GOAL = ROOT / "docs" / "kill-table-compiled.md"
AT_A_TIME = 2

_ABOUT = """\
# Kill table of the compiled package

Each mutant is one edit of a file in `accelerated/`, in a copy of the package that is judged in a
process of its own by the trials of `tests/mutants/compiled/trial.py`, which ask the oracle. It has
to fail every trial that the registry names for it, by a wrong answer; a crash counts only where it
is registered and is then named. Edits that change no answer stand below, with the reason.
`make mutants` writes this file. The operators written in readable code: `kill-table.md`.

| seen by | mutant | file | breaks | why someone would write it |
| --- | --- | --- | --- | --- |
"""


def _named(ending: Ending) -> str:
    return ending.edit.name + (" (control)" if ending.edit.control else "")


def _crashed(ending: Ending) -> str:
    return f" ({', '.join(sorted(set(ending.crashes)))})" if ending.crashes else ""


def _but(ending: Ending) -> str:
    return f" BUT {ending.fault}" if ending.fault else ""


def document(endings: list[Ending]) -> str:
    """The table as Markdown."""
    rows = [
        f"| {', '.join(e.seen_by) or 'NONE'}{_crashed(e)}{_but(e)} | {_named(e)} | "
        f"{e.edit.file} | {', '.join(e.edit.breaks)} | {e.edit.why} |"
        for e in endings
        if not e.edit.harmless
    ]
    rest = [f"- {_named(e)}: {e.edit.harmless}{_but(e)}" for e in endings if e.edit.harmless]
    return _ABOUT + "\n".join([*rows, "", "## Edits that change no answer", "", *rest]) + "\n"


def main() -> int:
    """Print how each ended and write the table."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        endings = list(pool.map(ended, EDITS))
    for ending in endings:
        print(f"{', '.join(ending.seen_by) or '-':16} {ending.edit.name}{_but(ending)}")
    wrong = [ending.edit.name for ending in endings if not ending.right]
    if any(ending.edit.control and not ending.right for ending in endings):
        print(f"void: a control ended wrongly: {', '.join(wrong)}")
        return 2
    write_whole(GOAL, document(endings))
    print(f"wrong endings: {', '.join(wrong) or 'none'}; wrote {GOAL.relative_to(ROOT)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
