"""Numbers as short text, whatever their size.

Clause: GDA-conf-report.
"""

from __future__ import annotations

import math
from decimal import Context, Decimal
from fractions import Fraction

__all__ = ["nice_step", "short"]


def short(value: float | Fraction, digits: int = 4) -> str:
    """A number with so many significant digits; a fraction may lie outside the range of floats."""
    if isinstance(value, Fraction):
        context = Context(prec=digits, Emax=999999, Emin=-999999)
        number = context.divide(Decimal(value.numerator), Decimal(value.denominator))
        if number and not -5 <= number.adjusted() <= digits:
            mantissa, _, exponent = f"{number:e}".partition("e")
            if "." in mantissa:
                mantissa = mantissa.rstrip("0").rstrip(".")
            return f"{mantissa}e{exponent}"
        value = float(number)
    if math.isinf(value) or math.isnan(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    text = f"{value:.{digits}g}"
    return "0" if text == "-0" else text


def nice_step(span: float, count: int) -> float:
    """A step of 1, 2 or 5 times a power of ten that divides a span into about ``count`` parts."""
    raw = span / count
    power = 10.0 ** math.floor(math.log10(raw))
    for factor in (1.0, 2.0, 5.0):
        if factor * power >= raw * (1 - 1e-9):
            return factor * power
    return 10.0 * power
