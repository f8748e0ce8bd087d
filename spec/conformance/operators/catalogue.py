"""The operators that the oracle judges."""

from __future__ import annotations

from gd_attention.conformance.errors import HarnessError
from gd_attention.conformance.operators.blend import HOPFIELD, SDPA
from gd_attention.conformance.operators.monotonic import MONOTONIC
from gd_attention.conformance.operators.record import Operator
from gd_attention.conformance.operators.simplex import ENTMAX, SPARSEMAX
from gd_attention.conformance.operators.topk import TOPK
from gd_attention.conformance.operators.uniquehard import UNIQUE_HARD

__all__ = ["OPERATORS", "operator_named"]

OPERATORS: dict[str, Operator] = {
    operator.name: operator
    for operator in (SPARSEMAX, ENTMAX, TOPK, SDPA, HOPFIELD, MONOTONIC, UNIQUE_HARD)
}


def operator_named(name: str) -> Operator:
    """The operator of that name; HarnessError says which there are."""
    try:
        return OPERATORS[name]
    except KeyError:
        known = ", ".join(OPERATORS)
        raise HarnessError(f"operator: unknown name {name!r}; known are {known}") from None
