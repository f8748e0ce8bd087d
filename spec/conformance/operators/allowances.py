r"""What the declared arithmetic may do to an exact answer: every allowance, with its derivation.

u is the unit roundoff (2^-53 or 2^-24), t the least normal number of the format. A sum of n terms
in any order carries at most (n - 1) u of the sum of their moduli, to first order; the constants
below are larger than the first order needs by at least 2 u a row, which covers the products of
errors as long as n u < 2^-10. Elementary functions are granted a relative error of 4 u: two units
in the last place.

Softmax. Scores s_j = c (q . k_j), c a scalar. The computed score is off by at most
a_j = (d + 6) u c sum|q||k_j|: d for the dot product, six for a scale that is rounded, may be split
into two roots, and multiplies. Scores that are given carry none. The subtraction of the maximum m
(the same one for all keys, hence without effect where it is off) rounds by u |s_j - m|, and a
running maximum replaces it at most n times, where the parts of the way from one to the next add up
to the range R of the scores: 2 u R in all. Each exponential costs 4 u and each replacement a
product and an exponential, 5 u: 5 n u. The sum of weights costs n u, the division u. So every
unnormalised weight is off by a factor within exp(+-h), with
h = max a_j + u (2 R + 6 n + 10), and the quotient within exp(+-2 h). Exponentials below t may be
lost whole: n t in the quotient, whose denominator is at least 1.

Threshold. y_i = (alpha - 1)(z_i - max z) lies in [-1, 0] wherever p_i > 0, so that its three
roundings (alpha - 1, the difference, the product) are at most 3 u, and y_i - tau one more: e = 4 u.
With r = 1/(alpha - 1), b_i = [y_i - tau]_+ and B = max b = -tau: sum b_i^r is computed within a
relative rho = (n + 2 log n + 5) u: n for the sum, 4 + 1 for the power and its slack, and for the
rounded exponent 2 u |log p_i|, in the mean over p at most 2 u log n. As
(b + s)^r >= b^r (1 + s/B)^r and (b - s)^r <= b^r (1 - s/B)^r for every b <= B, a root of the
perturbed equation is off by at most s = B max((1 + rho)^(1/r) - 1, 1 - (1 - rho)^(1/r)), for every
r > 0. The threshold itself is rounded: u. So b_i is off by at most D = e + s + u, and p_i lies in
[b_i - D]_+^r .. [b_i + D]_+^r, times 1 +- (rho + (2 |log p_i| + 6) u) for the last power and for a
division by the sum.

Sorted threshold of sparsemax. With support size k the closed form tau = (sum_k y - 1)/k has
sum |y| <= k - 1, hence an error of at most (k + 1) u. An entry is put on the wrong side of the
threshold only if it lies within (n + 4) u of it; c such entries move the equation's value by
c (n + 4) u and the root by at most B times that. So D = (n + 8) u (1 + c B), where c counts the
entries within n + 1 times the first factor of the threshold.

Sums of non-negative products. A step of the alignment's recurrence multiplies by 1 - p (one
rounding each, relative) and adds a non-negative number: no cancellation, at most 3 roundings a
column and 2 more a row, whichever of the forms is used. After i rows of T columns every number is
within a relative (1 + u)^(i (3 T + 2)) - 1, and products below t may be lost: i T t.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb, fmpq

__all__ = [
    "alignment_slack",
    "energy_slack",
    "power_interval",
    "score_slack",
    "softmax_slack",
    "sorted_threshold_slack",
    "threshold_slack",
    "tiny",
    "unit",
]


def unit(dtype: np.dtype[Any]) -> Any:
    """The unit roundoff u of a format, exact."""
    return fmpq(1, 2 ** (np.finfo(dtype).nmant + 1))


def tiny(dtype: np.dtype[Any]) -> Any:
    """The least normal number t of a format, exact."""
    num, den = float(np.finfo(dtype).tiny).as_integer_ratio()
    return fmpq(num, den)


def score_slack(magnitude: Any, dimension: int, u: Any) -> Any:
    """How far a computed score may be off; ``magnitude`` is ``c sum|q||k|``."""
    return (dimension + 6) * u * magnitude


def softmax_slack(scores_off: Any, spread: Any, count: int, u: Any) -> Any:
    """The relative slack of a normalised weight: ``exp(2 h) - 1``."""
    half = scores_off + u * (2 * spread + 6 * count + 10)
    return arb(2 * half).expm1()


def energy_slack(
    scores_off: Any, spread: Any, count: int, dimension: int, beta: Any, sizes: Any, u: Any
) -> Any:
    """How far the energy of modern Hopfield networks may be off.

    The log-sum-exp is off by h and the logarithm's own 4 u log n, divided by beta; the squared
    norms by (d + 4) u of themselves (a root and a square in the largest norm); the quotients, the
    products by 1/2 and the four sums by at most 8 u of the moduli of the terms, ``sizes``.
    """
    half = scores_off + u * (2 * spread + 6 * count + 10 + 4 * arb(max(count, 1)).log())
    return half / beta + (dimension + 12) * u * sizes


def threshold_slack(largest: Any, alpha: Any, count: int, u: Any) -> tuple[Any, Any]:
    """D, and rho, of a root of the threshold equation; ``largest`` is B."""
    rho = (count + 2 * arb(max(count, 1)).log() + 5) * u
    power = alpha - 1
    up, down = (1 + rho) ** power - 1, 1 - (1 - rho) ** power
    return largest * (up if up > down else down) + 5 * u, rho


def power_interval(base: Any, slack: Any, exponent: Any, rho: Any, u: Any) -> tuple[Any, Any]:
    """Where a weight ``[base +- slack]_+^exponent`` may lie.

    The bracket may be negative: then the weight is zero, and only its upper end is positive.
    """
    above = base + slack
    if not above > 0:
        return arb(0), arb(0)
    high = above**exponent
    logarithm = abs(high.log())
    high = high * (1 + rho + (2 * logarithm + 6) * u)
    below = base - slack
    if not below > 0:
        return arb(0), high
    low = below**exponent
    return low * (1 - rho - (2 * abs(low.log()) + 6) * u), high


def sorted_threshold_slack(distances: list[Any], largest: Any, u: Any) -> Any:
    """D of sparsemax; ``distances`` are those of the entries from the threshold."""
    count = len(distances)
    first = (count + 8) * u
    near = sum(1 for distance in distances if distance <= (count + 1) * first)
    return first * (1 + near * largest)


def alignment_slack(rows: int, columns: int, u: Any) -> Any:
    """The relative slack of an expected alignment after so many rows."""
    return (1 + u) ** (rows * (3 * columns + 2)) - 1
