"""The separations that a declared arithmetic can compute.

The derivations are in the accuracy chapter, sections "The difference form", "The scaled form" and
"The expanded form"; the letters are the same there. u is the unit roundoff of the accumulation
format, ``2**bottom`` its least number.

Clause: GDA-conf-set-separation. Source: Higham, Accuracy and Stability, lemma 3.1.
"""

from __future__ import annotations

from typing import NamedTuple

from gd_attention.conformance.formats import Format
from gd_attention.conformance.rational import Exact

__all__ = ["Spread", "difference", "expanded"]

# Stands for -infinity: every separation and every allowance of float64 data is far above it.
_LOWEST = Exact(-1, 1 << 14)


class Spread(NamedTuple):
    """The separations that the declared arithmetic can compute; ``upper`` None means +inf."""

    lower: Exact
    upper: Exact | None

    @property
    def floor(self) -> Exact:
        """The lower end as energies and coordinates take it: a negative separation counts as 0."""
        return self.lower if self.lower.num > 0 else Exact(0, 0)

    @property
    def unbounded(self) -> bool:
        """Whether any number, either infinity or NaN can be computed."""
        return self.lower is _LOWEST

    @property
    def is_zero(self) -> bool:
        """Whether nothing but 0 can be computed."""
        return self.lower.num == 0 and self.upper is not None and self.upper.num == 0


class _Growth(NamedTuple):
    """Bounds of a product of n factors 1 + d, |d| <= u: ``low/whole`` and ``high/whole``.

    ``least`` says how much more than doubled an absolute error can come out of it.
    """

    low: int
    high: int
    whole: int
    least: int


def _growth(factors: int, form: Format) -> _Growth:
    whole = form.unit - factors
    if 2 * factors <= form.unit:
        return _Growth(whole - factors, whole + factors, whole, 1)
    # beyond n u = 1/2 the bound n u/(1 - n u) says little; the powers themselves always hold
    low, high, whole = (base**factors for base in (form.unit - 1, form.unit + 1, form.unit))
    return _Growth(low, high, whole, -(-high // whole))


def difference(
    squared: Exact, beta: tuple[int, int], dimension: int, form: Format, *, scaled: bool
) -> Spread:
    """Bounds of the computed ``beta * sum((k - q)**2)``.

    Parameters
    ----------
    squared : Exact
        The exact |k - q|^2, an integer times a power of two.
    beta : tuple of int
        beta as integer and exponent.
    dimension : int
        D.
    form : Format
        The format of every operation.
    scaled : bool
        The data are first scaled by a power of two.
    """
    num, exp = squared.num * beta[0], squared.exp + beta[1]
    if num == 0:
        return Spread(Exact(0, exp), Exact(0, exp))
    low, high, whole, least = _growth(dimension + (4 if scaled else 3), form)
    absolute = 0
    if exp < form.bottom:
        absolute += 1 << (form.bottom - exp)
    if not scaled and squared.exp < form.bottom:
        absolute += (beta[0] * dimension) << (form.bottom - squared.exp)
    slack = absolute * whole * least
    lower = Exact(max(num * low - slack, 0), exp, whole)
    upper = Exact(num * high + slack, exp, whole)
    largest = _largest(form)
    overflows = upper.sign_of_difference(largest) > 0
    if not scaled and not overflows:
        total = Exact(squared.num * high, squared.exp, whole)
        overflows = total.sign_of_difference(largest) > 0
    if overflows:
        return Spread(lower if lower.sign_of_difference(largest) < 0 else largest, None)
    return Spread(lower, upper)


def expanded(
    squared: Exact, magnitude: Exact, beta: tuple[int, int], dimension: int, form: Format
) -> Spread:
    """Bounds of the computed ``beta * (|q|**2 + |k|**2 - 2 q.k)``.

    Parameters
    ----------
    squared, magnitude : Exact
        The exact |k - q|^2 and sum((|q| + |k|)**2), integers times one power of two.
    beta, dimension, form
        As in ``difference``.
    """
    exp = squared.exp + beta[1]
    _, high, whole, least = _growth(2 * dimension + 2, form)
    absolute = 0
    if exp < form.bottom:
        absolute += 4 << (form.bottom - exp)
    if squared.exp < form.bottom:
        absolute += (4 * beta[0] * dimension) << (form.bottom - squared.exp)
    total = magnitude.num * beta[0]
    slack = absolute * whole * least
    largest = _largest(form)
    norms = Exact(magnitude.num * high + slack, magnitude.exp, whole)
    weighted = Exact(total * high + slack, exp, whole)
    if max(norms.sign_of_difference(largest), weighted.sign_of_difference(largest)) > 0:
        return Spread(_LOWEST, None)
    error = total * (high - whole) + slack
    exact = squared.num * beta[0] * whole
    return Spread(Exact(exact - error, exp, whole), Exact(exact + error, exp, whole))


def _largest(form: Format) -> Exact:
    return Exact(form.unit - 1, form.top - form.bits)
