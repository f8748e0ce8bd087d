"""Cases drawn from a family by Hypothesis, exactly as many as asked, the same for the same seed.

Hypothesis is used as a generator only: the cases are collected first and judged afterwards, so
that a finding never makes it shrink or replay. It may end early where it believes to have seen
everything; it is then started again from a further seed.

Hypothesis mixes constants that it finds in the source files of local modules into what it draws.
What is local depends on how the package was installed and on the target, so that mixing is turned
off while cases are drawn: the seed alone decides.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gd_attention.conformance.case import Case
from gd_attention.conformance.errors import HarnessError
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy

__all__ = ["derived_seed", "draw"]


def derived_seed(base: int, *parts: object) -> int:
    """A seed of 64 bits from the run's seed and names, independent of Python's hash seed."""
    text = "/".join(map(str, (base, *parts)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def draw(strategy: SearchStrategy[Case], name: str, count: int, base: int) -> list[Case]:
    """Draw ``count`` cases from a strategy; ``name`` and ``base`` give its seed."""
    cases: list[Case] = []
    rounds = 0
    with _without_local_constants():
        while len(cases) < count:
            # a round without an error has drawn at least one case
            try:
                _round(strategy, cases, count - len(cases), derived_seed(base, name, rounds))
            except Unsatisfiable as error:
                raise HarnessError(f"family {name}: its strategy draws no cases") from error
            except Exception as error:
                # an interruption can hit Hypothesis where its own clean-up then fails
                if _was_interrupted(error):
                    raise KeyboardInterrupt from error
                raise
            rounds += 1
    return cases


def _was_interrupted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__context__
    return False


def _round(strategy: SearchStrategy[Case], cases: list[Case], count: int, start: int) -> None:
    @seed(start)
    @settings(
        max_examples=count,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(strategy)
    def collect(case: Case) -> None:
        # max_examples bounds the passing examples only roughly
        if len(cases) < limit:
            cases.append(case)

    limit = len(cases) + count
    collect()


@contextmanager
def _without_local_constants() -> Iterator[None]:
    # A private seam: where another version of Hypothesis lacks it, its own behaviour stays.
    try:
        providers: Any = importlib.import_module("hypothesis.internal.conjecture.providers")
        empty = providers.Constants()
        kept = providers._get_local_constants, providers.CONSTANTS_CACHE
        cache = type(providers.CONSTANTS_CACHE)(1024)
    except (ImportError, AttributeError):
        yield
        return
    providers._get_local_constants, providers.CONSTANTS_CACHE = (lambda: empty), cache
    try:
        yield
    finally:
        providers._get_local_constants, providers.CONSTANTS_CACHE = kept
