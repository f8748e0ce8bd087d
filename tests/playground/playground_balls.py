"""The definitions in balls, certificates of the oracle, and the draws that the checks share.

Nothing here comes from the reference. Draws are seeded: the same in every run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, fmpq
from gd_attention.conformance.balls import precision
from gd_attention.conformance.certificate import Certified, alignment
from gd_attention.conformance.rational import Exact

EPS = 2.0**-52
BITS = 400


def number(value: float | Fraction) -> Any:
    """A float as a ball without radius."""
    exact = Fraction(value)
    return arb(fmpq(exact.numerator, exact.denominator))


def odds(alpha: float) -> Any:
    """``h`` from the exact quotient of the weights."""
    return number((1 - Fraction(alpha)) / Fraction(alpha)).log()


def mixture(x: Any, y: Any, alpha: float) -> Any:
    """The landscape's definition, from the two scaled squared distances."""
    first = number(alpha) * (-x).exp()
    return -((first + number(1 - Fraction(alpha)) * (-y).exp()).log())


def along(separation: float, alpha: float, t: Any) -> Any:
    """The landscape at the coordinate t of the passage."""
    y = number(separation)
    return mixture(y * t * t, y * (1 - t) * (1 - t), alpha)


def certificate(separation: float, alpha: float) -> Certified:
    """The oracle's, at more bits than any float needs."""
    return alignment(Exact.of(separation), alpha, 200)


def close(got: float, exact: Any, relative: float, absolute: float = 2.0**-1060) -> bool:
    """Whether a float is proved to be that near to every number of a ball."""
    with precision(BITS):
        return bool(abs(number(got) - exact) <= relative * abs(exact) + absolute)


def pairs(count: int, seed: int) -> Iterator[tuple[float, float]]:
    """Separations and weights: broad, next to the critical point, at one half, saturated."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        kind = rng.integers(4)
        beside = 2.0 * (1.0 + float(rng.choice([-1, 1])) * 10.0 ** rng.uniform(-15, -1))
        separation = [10.0 ** rng.uniform(-3, 3), beside, 10.0 ** rng.uniform(-9, 9), 2.0][kind]
        kind = rng.integers(5)
        alpha = [
            0.5,
            float(rng.uniform(0.01, 0.99)),
            0.5 - 2.0 ** -float(rng.integers(2, 54)),
            10.0 ** rng.uniform(-12, -1),
            1.0 - 10.0 ** rng.uniform(-12, -1),
        ][kind]
        yield float(separation), float(alpha)


def three(separation: float, alpha: float) -> bool:
    """Whether |h| lies inside the spinodal field, decided in balls."""
    if separation <= 2:
        return False
    with precision(2000):
        y = number(separation)
        m = (1 - 2 / y).sqrt()
        gap = y * m - ((1 + m) / (1 - m)).log() - abs(odds(alpha))
        assert gap > 0 or gap < 0
        return bool(gap > 0)


def spinodal_pairs(count: int, seed: int, nearest_gap: float) -> Iterator[tuple[float, float]]:
    """Pairs with log-odds at a relative gap of at least that from the spinodal field."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        separation = 2.0 * (1.0 + 10.0 ** rng.uniform(-2, 1.3))
        m = math.sqrt(1 - 2 / separation)
        field = separation * m - 2 * math.atanh(m)
        gap = 10.0 ** rng.uniform(math.log10(nearest_gap), -0.1)
        h = field * (1.0 + float(rng.choice([-1, -1, 1])) * gap)
        alpha = 1.0 / (1.0 + math.exp(float(rng.choice([-1, 1])) * h))
        if 1e-9 < alpha < 1 - 1e-9:
            yield separation, alpha


def exact_roots(separation: float, alpha: float) -> list[Any]:
    """The three stationary coordinates, by halving intervals with a sign change of f'."""
    with precision(BITS):
        y, h = number(separation), odds(alpha)
        m = (1 - 2 / y).sqrt()
        turn = ((1 - m) / 2).mid(), ((1 + m) / 2).mid()
        tiny = arb(2) ** -300

        def pull(t: Any) -> Any:
            return (t / (1 - t)).log() - h - y * (2 * t - 1)

        found = []
        for low, high in ((tiny, turn[0]), turn, (turn[1], 1 - tiny)):
            rises = bool(pull(low) < 0)
            for _ in range(250):
                middle = ((low + high) / 2).mid()
                value = pull(middle)
                if value.contains(0):
                    # no float further from the root than this one's own last bits
                    low = high = arb(middle, arb(2) ** -200)
                    break
                if bool(value < 0) is rises:
                    low = middle
                else:
                    high = middle
            found.append(low.union(high))
    return found
