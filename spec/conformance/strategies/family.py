"""What a family of cases is, and how Hypothesis draws from one.

What is generated. Hypothesis draws three small things: a plan (the kind of trouble, with an
optional extra argument), a shape (queries, keys, dimension) and a seed. A NumPy generator started
from the seed then builds whole arrays at once.

Why that distribution. Drawing each float from Hypothesis costs milliseconds a case and would eat
a run of ten thousand cases. The structure of a case (its kind and shape) stays with Hypothesis,
since there lies what a person wants minimal; the floats are drawn in bulk from a distribution
fitted to the trouble.

What it shrinks to. Plans, shapes and seeds shrink towards the front of their lists: the plainest
kind without extras, one query, the fewest keys, one dimension, seed 0. The floats themselves do
not shrink here; a caller may simplify them afterwards.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from gd_attention.conformance.case import Case
from gd_attention.conformance.expectation import Expectation
from gd_attention.conformance.formats import FLOAT64, Format
from gd_attention.conformance.inputs import fit, widened
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

__all__ = ["Draw", "Family", "seeded"]

# Optional arguments added to a case, the plainest first.
_EXTRAS = ("", "values", "fill", "beta")


@dataclass(frozen=True)
class Family:
    """Cases that share one failure shape.

    Attributes
    ----------
    name : str
        Name shown in reports.
    drawn : callable Format -> SearchStrategy of Case
        Draws valid cases of a format's numbers; never one that must raise.
    predicate : callable (case, expectation) -> bool
        Whether the case hits the purpose of the family.
    capabilities : frozenset of str
        What a target needs for every case of the family; single cases may need more.
    about : str
        The failure shape in one sentence.
    form : Format
        The format of the numbers it draws.
    """

    name: str
    drawn: Callable[[Format], SearchStrategy[Case]]
    predicate: Callable[[Case, Expectation], bool]
    capabilities: frozenset[str]
    about: str
    form: Format = FLOAT64

    @property
    def strategy(self) -> SearchStrategy[Case]:
        """The strategy in the family's format."""
        return self.drawn(self.form)

    def under(self, form: Format) -> Family:
        """The family in another format: the failure shape at that format's scales."""
        return self if form == self.form else replace(self, form=form)

    def hits(self, case: Case, expectation: Expectation) -> bool:
        """Whether a drawn case hits the purpose of the family."""
        return bool(self.predicate(widened(case), expectation))


@dataclass(frozen=True)
class Draw:
    """What Hypothesis drew for one case, and the generator for the rest.

    Attributes
    ----------
    kind, extra : str
        The kind of trouble within the family, and the optional argument to add.
    queries, keys, dimension : int
        M, N and D.
    rng : numpy Generator
        Source of every further choice.
    form : Format
        The format whose numbers the case will hold.
    """

    kind: str
    extra: str
    queries: int
    keys: int
    dimension: int
    rng: np.random.Generator
    form: Format

    def beta(self) -> float:
        """1.0, or a precision between 1/64 and 64 if the extra asks for one; dimensionless."""
        if self.extra != "beta":
            return 1.0
        exponent = self.rng.uniform(-6.0, 6.0)
        # A power of two leaves every product exact, any other factor rounds: both occur.
        return float(2.0 ** (round(exponent) if self.rng.random() < 0.5 else exponent))


def seeded(
    name: str,
    build: Callable[[Draw], Case],
    *,
    kinds: tuple[str, ...] = ("",),
    queries: tuple[int, int] = (1, 3),
    keys: tuple[int, int] = (1, 8),
    dimension: tuple[int, int] = (1, 8),
    extras: tuple[str, ...] = _EXTRAS,
    only_float64: tuple[str, ...] = (),
) -> Callable[[Format], SearchStrategy[Case]]:
    """Strategy of the cases that ``build`` makes, by format; bounds are inclusive.

    What is built is rounded into the format, where it is not float64.

    Parameters
    ----------
    name : str
        Family name written into each case.
    build : callable Draw -> Case
        Makes the case from the drawn plan and shape.
    kinds, extras : tuple of str
        The plans; the first is what a case shrinks to.
    queries, keys, dimension : pair of int
        Bounds of M, N and D.
    only_float64 : tuple of str
        The kinds that have no meaning in a narrower format.
    """
    ranges = [range(low, high + 1) for low, high in (queries, keys, dimension)]
    shapes = sorted(itertools.product(*ranges), key=lambda shape: (sum(shape), shape))

    seeds = st.integers(min_value=0, max_value=2**32 - 1)

    @cache
    def strategy(form: Format) -> SearchStrategy[Case]:
        left_out = () if form == FLOAT64 else only_float64
        plans = [(kind, extra) for extra in extras for kind in kinds if kind not in left_out]

        def make(plan: tuple[str, str], shape: tuple[int, int, int], seed: int) -> Case:
            draw = Draw(*plan, *shape, np.random.default_rng(seed), form)
            case = _with_extra(build(draw), draw)
            return fit(replace(case, family=name), form)

        return st.builds(make, st.sampled_from(plans), st.sampled_from(shapes), seeds)

    return strategy


def _with_extra(case: Case, draw: Draw) -> Case:
    if draw.extra not in ("values", "fill") or case.values is not None:
        return case
    rng = draw.rng
    width = int(rng.integers(1, 4))
    values = rng.normal(size=(*case.keys.shape[:-1], width))
    if draw.extra == "values":
        return replace(case, values=values)
    fill = -7.5 if rng.random() < 0.5 else rng.normal(size=width)
    return replace(case, values=values, fill=fill)
