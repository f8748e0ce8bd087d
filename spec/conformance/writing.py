"""How a vector is written: a case in, its answer and certificate out, by the oracle alone.

Clause: GDA-conf-oracle, GDA-conf-vectors.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from gd_attention.conformance.case import Case
from gd_attention.conformance.certificate import alignment
from gd_attention.conformance.contract import EXACT
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.rational import Exact
from gd_attention.conformance.vectors import StoredAnswer, answer_of, encode
from numpy.typing import NDArray

__all__ = ["answered"]

# Enclosures are rounded outward to this many bits, far coarser than they were computed, so that
# the file does not depend on the version of the ball arithmetic.
_BITS = 96
_WORKING_BITS = 160
# Coordinates reach exp(-10^616), a number that no reader wants to hold. Every float is a multiple
# of 2^-1074; an end finer than the power of two here is rounded outward to a multiple of it.
_FINEST = -1200


def answered(case: Case) -> dict[str, Any]:
    """The vector of a valid case: its answer under ``exact`` and the certificate.

    Parameters
    ----------
    case : Case
        A call that must not raise.

    Raises
    ------
    Undecided
        If the oracle reaches its cap of precision.
    """
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


def _separation(query: NDArray[Any], key: NDArray[Any], beta: float) -> Exact:
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
