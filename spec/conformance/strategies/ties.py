"""Exact ties, near-ties, and keys out of order.

What is generated. *ties*: the nearest keys of the first query are at exactly the same distance.
Four ways: identical rows; mirror images about the query; the differences permuted and reflected
on a grid; and the differences permuted at full precision about a query whose components are all
alike, where the tie is exact but rounded sums differ. *near-ties*: the runner-up's separation
exceeds the winner's by a relative gap, log-uniform from one ulp to 1e-3. *permutations*: the
winner stands last, or anywhere but first, or follows equal copies of a farther key.

Why that distribution. A tie rule is tested only by exact ties, and a rounded score only by gaps
about its own error, which differs by implementation: hence log-uniform. In a near-tie the nearer
key stands later more often, so that a score that merges the two and takes the least index is
caught.

What it shrinks to. Two keys in one dimension, one query.
"""

from __future__ import annotations

import math

import numpy as np
from gd_attention.conformance.case import Case
from gd_attention.conformance.expectation import Expectation
from gd_attention.conformance.formats import FLOAT64, FORMATS, Format
from gd_attention.conformance.strategies.arrays import (
    Floats,
    direction,
    grid,
    insert,
    log_uniform,
    mixing_weight,
    shuffled,
    sign,
)
from gd_attention.conformance.strategies.energies import exact_separation
from gd_attention.conformance.strategies.family import Draw, Family, seeded

__all__ = ["NEAR_TIES", "PERMUTATIONS", "TIES"]

# The range of relative gaps: from about an ulp to 1e-3.
_GREATEST_GAP = 1e-3


def _greatest(form: Format) -> float:
    """1e-3, or 32 eps where that is more: a narrow format has little between."""
    return max(_GREATEST_GAP, 32.0 * form.eps)


def _rearranged(rng: np.random.Generator, difference: Floats) -> Floats:
    """The same squares in another order: components permuted and reflected."""
    signs = np.where(rng.random(len(difference)) < 0.5, -1.0, 1.0)
    return rng.permutation(difference) * signs


def _ties(draw: Draw) -> Case:
    rng = draw.rng
    n, d = draw.keys, draw.dimension
    ways = int(rng.integers(2, n + 1))
    if draw.kind == "permuted":
        # Equal components of the query make each component's rounding error the same.
        query = np.full(d, 0.0 if rng.random() < 0.5 else float(grid(rng, ())))
        difference = rng.normal(size=d)
        start = query + difference
        tied = [start] + [rng.permutation(start) for _ in range(ways - 1)]
        if query[0] == 0.0:
            tied[1:] = [_rearranged(rng, start) for _ in range(ways - 1)]
    else:
        query, difference = grid(rng, d), grid(rng, d, span=4)
        if draw.kind == "duplicates":
            tied = [query + difference] * ways
        elif draw.kind == "mirror":
            tied = [query + sign(rng) * difference for _ in range(ways)]
        else:
            tied = [query + _rearranged(rng, difference) for _ in range(ways)]
    reach = float(np.abs(difference).max()) + 0.5
    # A component 4 reaches longer than any tied one, times at most sqrt(8) components: farther.
    others = [query + 4.0 * reach * (1 + rng.random()) * direction(rng, d) for _ in range(n - ways)]
    keys = insert(rng, tied, others)
    queries = np.vstack([query, grid(rng, (draw.queries - 1, d))])
    flag = "duplicates" if draw.kind == "duplicates" else "permuted"
    flags = (flag if draw.kind != "mirror" else "mirror",)
    return Case(
        queries,
        keys,
        alpha=mixing_weight(rng),
        beta=draw.beta(),
        flags=flags,
        clauses=("GDA-select-ties",),
    )


def _stretched(component: float, square: float, gap: float, form: Format) -> float:
    """A component whose square exceeds that of ``component`` by about gap * square."""
    longer = form.nearest(component * math.sqrt(1.0 + gap * square / component**2))
    if longer != component:
        return longer
    return form.above(component) if component > 0.0 else form.below(component)


def _near_ties(draw: Draw) -> Case:
    rng = draw.rng
    n, d, form = draw.keys, draw.dimension, draw.form
    gap = log_uniform(rng, form.eps, _greatest(form))
    query = np.zeros(d)
    if draw.kind == "grid":
        query, difference = grid(rng, d), sign(rng) * (grid(rng, d, span=8) + 1.0625)
    else:
        difference = form.rounded(rng.normal(size=d) + 1e-3)
    least = int(np.abs(difference).argmin())
    # With a zero here the key holds the stretched component itself, at its own resolution.
    query[least] = 0.0
    square = float(difference @ difference)
    farther = _rearranged(rng, np.delete(difference, least))
    farther = np.insert(farther, least, _stretched(float(difference[least]), square, gap, form))
    if draw.kind == "rounded":
        # Rounding of query + difference moves a separation by some 1e-15; the gap stays above it.
        query = rng.normal(size=d)
        above = log_uniform(rng, 1e-14 if form == FLOAT64 else 8.0 * form.eps, _greatest(form))
        farther = difference * math.sqrt(1.0 + above)
    pair = [query + farther, query + difference]
    if rng.random() < 0.25:
        pair.reverse()
    length = math.sqrt(square)
    others = [query + length * rng.uniform(1.5, 4.0) * direction(rng, d) for _ in range(n - 2)]
    queries = np.vstack([query, rng.normal(size=(draw.queries - 1, d))])
    return Case(
        queries,
        insert(rng, pair, others),
        alpha=mixing_weight(rng),
        beta=draw.beta(),
        flags=("near-tie",),
        clauses=("GDA-select-exact-order",),
    )


def _permutations(draw: Draw) -> Case:
    rng = draw.rng
    n, d = draw.keys, draw.dimension
    query = grid(rng, d)
    lengths = 0.25 * np.cumsum(rng.integers(1, 5, size=n))
    rows = [query + length * direction(rng, d) for length in lengths.tolist()]
    if draw.kind == "descending":
        keys = np.array(rows[::-1])
    elif draw.kind == "anywhere":
        rest = shuffled(rng, np.array(rows[1:]))
        place = int(rng.integers(1, n))
        keys = np.vstack([rest[:place], rows[0], rest[place:]])
    else:
        keys = np.array([rows[1]] * (n - 1) + [rows[0]])
    queries = np.vstack([query, grid(rng, (draw.queries - 1, d))])
    alpha = mixing_weight(rng)
    return Case(queries, keys, alpha=alpha, beta=draw.beta(), flags=("permutation",))


def _has_tie(case: Case, expectation: Expectation) -> bool:
    return any(expectation.row(position).tied for position in np.ndindex(expectation.shape))


def _has_near_tie(case: Case, expectation: Expectation) -> bool:
    ordered = sorted(
        (exact_separation(case.query[0], key) for key in case.keys), key=lambda ball: ball.mid()
    )
    gap = float((ordered[1] - ordered[0]) / ordered[0])
    # One part in a thousand more, since the greatest gap itself is rounded into floats.
    form = FORMATS[case.dtype]
    return form.eps / 2.0 <= gap <= 1.001 * _greatest(form)


def _winner_is_late(case: Case, expectation: Expectation) -> bool:
    return expectation.row((0,)).exact > 0


TIES = Family(
    "ties",
    seeded("ties", _ties, kinds=("duplicates", "mirror", "rearranged", "permuted"), keys=(2, 8)),
    _has_tie,
    frozenset(),
    "exact ties, also where rounded sums differ",
)
NEAR_TIES = Family(
    "near-ties",
    seeded("near-ties", _near_ties, kinds=("grid", "rough", "rounded"), keys=(2, 8)),
    _has_near_tie,
    frozenset(),
    "two nearest keys apart by one ulp to 1e-3",
)
PERMUTATIONS = Family(
    "permutations",
    seeded(
        "permutations",
        _permutations,
        kinds=("descending", "anywhere", "copies"),
        keys=(2, 8),
    ),
    _winner_is_late,
    frozenset(),
    "the winner is not the first key",
)
