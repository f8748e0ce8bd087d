"""The constants of the error bounds, each with its derivation. No other file states one.

``u`` is the unit roundoff of the arithmetic: half the gap above 1.
"""

from __future__ import annotations

__all__ = ["UNIT", "UNIT32", "gamma"]

# Unit roundoff of float64 and float32, round to nearest.
UNIT = 2.0**-53
UNIT32 = 2.0**-24


def gamma(operations: int, unit: float) -> float:
    """A float above ``n u / (1 - n u)``, the relative error of n roundings in a row.

    Factors 1 + delta with abs(delta) <= u, up to n of them, multiply to 1 + theta with
    abs(theta) <= n u / (1 - n u) while n u < 1 (Higham, Accuracy and Stability of Numerical
    Algorithms, Lemma 3.1). The factor 1 + 2^-40 covers the roundings of this function.
    """
    product = operations * unit
    if product >= 0.25:
        raise ValueError(f"operations: expected fewer than {0.25 / unit:g}, got {operations}")
    return product / (1.0 - product) * (1.0 + 2.0**-40)
