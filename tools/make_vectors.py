"""Write the fixed vectors: cases from the tables, answers from the oracle alone.

    python tools/make_vectors.py [--output DIRECTORY]

Without the option the files of the standard are rewritten. A test holds them to this output.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gd_attention.conformance.badcalls import bad_calls, is_portable
from gd_attention.conformance.vectors import document, dumps, encode
from gd_attention.conformance.writing import answered
from vector_cases import (
    basic,
    counterexamples,
    dtypes,
    errata,
    families,
    found,
    masks,
    numerics,
    priors,
    selection,
    shapes,
    thresholds,
)

_THEMES = (
    basic,
    selection,
    thresholds,
    masks,
    shapes,
    dtypes,
    numerics,
    priors,
    errata,
    counterexamples,
    families,
    found,
)
_ERRORS = "Calls that must raise. Objects, strings and long doubles are left to each language."


def main() -> None:
    """Write every file."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(__file__).resolve().parent.parent / "spec" / "vectors"
    parser.add_argument("--output", type=Path, default=default)
    folder: Path = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    for theme in _THEMES:
        entries = [answered(case) for case in theme.cases()]
        text = dumps(document(theme.THEME, theme.ABOUT, entries))
        (folder / f"{theme.THEME}.json").write_text(text, encoding="utf-8")
    entries = [encode(case) for case in bad_calls() if is_portable(case)]
    for entry in entries:
        entry["id"] = f"error-{entry['id']}"
    text = dumps(document("errors", _ERRORS, entries))
    (folder / "errors.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
