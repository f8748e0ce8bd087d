"""Write the fixed vectors: cases from the tables, answers from the oracle alone.

    python tools/make_vectors.py [--output DIRECTORY]

Without the option the files of the standard are rewritten. A test holds them to this output.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from gd_attention.conformance.badcalls import bad_calls, is_portable
from gd_attention.conformance.case import Case
from gd_attention.conformance.certificate import alignment
from gd_attention.conformance.contract import EXACT
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.rational import Exact
from gd_attention.conformance.vectors import (
    StoredAnswer,
    answer_of,
    document,
    dumps,
    encode,
)
from vector_cases import (
    basic,
    counterexamples,
    dtypes,
    errata,
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
)
_ERRORS = "Calls that must raise. Objects, strings and long doubles are left to each language."

# Enclosures are rounded outward to this many bits, far coarser than they were computed, so that
# the file does not depend on the version of the ball arithmetic.
_BITS = 96
_WORKING_BITS = 160
# Coordinates reach exp(-10^616), a number that no reader wants to hold. Every float is a multiple
# of 2^-1074; an end finer than the power of two here is rounded outward to a multiple of it.
_FINEST = -1200


def main() -> None:
    """Write every file."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(__file__).resolve().parent.parent / "spec" / "vectors"
    parser.add_argument("--output", type=Path, default=default)
    folder: Path = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    for theme in _THEMES:
        entries = [_answered(case) for case in theme.cases()]
        text = dumps(document(theme.THEME, theme.ABOUT, entries))
        (folder / f"{theme.THEME}.json").write_text(text, encoding="utf-8")
    entries = [encode(case) for case in bad_calls() if is_portable(case)]
    for entry in entries:
        entry["id"] = f"error-{entry['id']}"
    text = dumps(document("errors", _ERRORS, entries))
    (folder / "errors.json").write_text(text, encoding="utf-8")


def _answered(case: Case) -> dict[str, Any]:
    answer = answer_of(case, solve(case, EXACT))
    return encode(case, answer, _certificate(case, answer))


def _certificate(case: Case, answer: StoredAnswer) -> Mapping[str, Any]:
    """Exact separation of every selected pair, and proved enclosures of energy and coordinate."""
    rows = []
    keys = np.asarray(case.keys)
    query = np.asarray(case.query)
    lead = answer.shape[:-1]
    query = np.broadcast_to(query, (*answer.shape, query.shape[-1]))
    keys = np.broadcast_to(keys, (*lead, *keys.shape[-2:]))
    alpha = np.broadcast_to(np.asarray(case.alpha, dtype=np.float64), (*lead, keys.shape[-2]))
    for row in answer.rows:
        if row.index < 0:
            continue
        place = (*row.position[:-1], row.index)
        separation = _separation(query[row.position], keys[place], case.beta)
        proved = alignment(separation, float(alpha[place]), _WORKING_BITS)
        rows.append(
            {
                "position": list(row.position),
                "separation": _dyadic(separation.num, separation.exp),
                "energy": _enclosure(proved.energy),
                "coordinate": _enclosure(proved.coordinate),
            }
        )
    return {"bits": _BITS, "rows": rows}


def _separation(query: np.ndarray, key: np.ndarray, beta: float) -> Exact:
    total = Fraction(0)
    for left, right in zip(query.tolist(), key.tolist(), strict=True):
        total += (Fraction(right) - Fraction(left)) ** 2
    total *= Fraction(float(beta))
    # A sum of dyadic numbers is dyadic: its denominator is a power of two.
    return Exact(total.numerator, 1 - total.denominator.bit_length())


def _dyadic(mantissa: int, exponent: int) -> str:
    """An exact number as a hexadecimal integer times a power of two, without trailing zero bits."""
    if mantissa == 0:
        return "0x0p+0"
    trailing = (mantissa & -mantissa).bit_length() - 1
    sign = "-" if mantissa < 0 else ""
    return f"{sign}0x{abs(mantissa) >> trailing:x}p{exponent + trailing:+d}"


def _enclosure(ball: Any) -> list[str]:
    """Lower and upper end of a ball, rounded outward."""
    return [_outward(ball.lower(), down=True), _outward(ball.upper(), down=False)]


def _outward(point: Any, down: bool) -> str:
    mantissa, exponent = (int(part) for part in point.man_exp())
    excess = max(abs(mantissa).bit_length() - _BITS, _FINEST - exponent)
    if excess <= 0 or mantissa == 0:
        return _dyadic(mantissa, exponent)
    # No mantissa is longer than this, and shifting by it leaves 0 or -1 as any larger shift does.
    shift = min(excess, abs(mantissa).bit_length() + 1)
    # Shifting right rounds towards minus infinity, also for negative numbers.
    mantissa = mantissa >> shift if down else -((-mantissa) >> shift)
    return _dyadic(mantissa, exponent + excess)


if __name__ == "__main__":
    main()
