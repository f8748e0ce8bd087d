"""Before anything is judged: is this an implementation at all, and is it wired up?

A handful of basic calls separates a broken harness from a broken implementation. The boundary is
drawn where a fault of the implementation can still be an explanation:

- On *every* basic case the call raises, returns no index, an index of another shape, or one outside
  [-1, N): no reading of the operator gives that. Not judged.
- On *every* basic case the answer is wrong, and another wiring, the same for all of them, gives the
  right answers: arguments swapped, arrays transposed, indices counted from 1, and so on. Not
  judged.
- Anything else is judged, also a target that is wrong on every basic case: taking the maximum for
  the minimum is an error of the implementation.

Where a target is not judged, other wirings and other readings of what it returned are tried, and
the one that gives the right answers is named: a diagnosis by experiment, not by resemblance.

Clause: GDA-conf-smoke.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from gd_attention.conformance.attempt import Attempt, attempt
from gd_attention.conformance.case import Case
from gd_attention.conformance.contract import EXACT
from gd_attention.conformance.errors import HarnessError, TargetFault
from gd_attention.conformance.formats import FLOAT64, Format
from gd_attention.conformance.inputs import hand
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.target import ReturnTypeError, describe, snippet
from gd_attention.conformance.wiring import better_wiring
from numpy.typing import NDArray

__all__ = ["SMOKE", "smoke"]

Target = Callable[..., Any]


def _smoke_cases() -> tuple[Case, ...]:
    """Calls of query and keys alone, without a tie or a close decision.

    M and N always differ, and all of M, N and D in all cases but one, so that a swapped or
    transposed argument shows. Winners stand at different places, and none is the farthest key.
    """
    keys = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]])
    return (
        Case(np.array([[0.0, 0.0], [3.0, 1.0]]), keys, id="probe-plain"),
        Case(
            np.array([[0.5, -1.0, 2.0]]),
            np.array([[4.0, 0.0, 2.0], [0.5, -1.5, 2.0], [-3.0, 1.0, 0.0], [0.5, 3.0, 2.0]]),
            id="smoke-one-query",
        ),
        Case(
            np.array([[0.0, 1.0], [5.0, 5.0], [-2.0, 0.5]]),
            np.array([[-2.0, 1.0], [9.0, 5.0], [0.5, 1.0], [7.0, -4.0], [4.5, 5.0]]),
            id="smoke-more-keys",
        ),
        Case(
            np.array([[0.0, 0.0, 1.0], [2.0, 2.0, 2.0], [0.25, 0.0, 1.0], [2.5, 2.0, 2.0]]),
            np.array([[2.0, 2.5, 2.0], [0.0, 0.5, 1.0]]),
            id="smoke-fewer-keys",
        ),
    )


SMOKE = _smoke_cases()


def smoke(target: Target, further: Sequence[Case] = (), form: Format = FLOAT64) -> frozenset[str]:
    """The fields that a target returns on basic calls.

    Parameters
    ----------
    target : callable
    further : sequence of Case
        Plain calls that are looked at for their fields only.
    form : Format
        The format of the contract: the basic calls are handed over in its dtype.

    Returns
    -------
    frozenset of str

    Raises
    ------
    HarnessError
        The harness or the wiring is likely at fault: see the head of this module.

    Notes
    -----
    Clause: GDA-conf-smoke.
    """
    # small halves and quarters, which every format holds
    cases = tuple(hand(case, form)[0] for case in SMOKE)
    outcomes = [attempt(target, case) for case in cases]
    for case, outcome in zip(cases, outcomes, strict=True):
        # no answer is neither right nor wrong: a process that crashes here is not judged
        if isinstance(outcome.error, TargetFault):
            raise HarnessError(
                f"{describe(target)}: the basic case {case.id} got no answer: {outcome.error}\n"
                f"{snippet(target, case, describe(target))}"
            ) from outcome.error
    expected = [_exact(case) for case in SMOKE]
    faults = [
        _nonsense(case, outcome, right)
        for case, outcome, right in zip(cases, outcomes, expected, strict=True)
    ]
    hopeless = all(faults)
    if hopeless or all(
        fault or not np.array_equal(_answer(outcome), right)
        for fault, outcome, right in zip(faults, outcomes, expected, strict=True)
    ):
        better = better_wiring(target, cases, expected)
        if hopeless or better:
            fault = faults[0] or "wrong on every basic case"
            raise HarnessError(_message(target, fault, better, outcomes[0]))
    fields: set[str] = set()
    for outcome in (*outcomes, *(attempt(target, case) for case in further)):
        if outcome.response is not None:
            fields |= outcome.response.fields.keys()
    return frozenset(fields)


def _exact(case: Case) -> NDArray[np.int64]:
    answer = solve(case, EXACT)
    return np.array([answer.row((m,)).exact for m in range(answer.shape[0])], dtype=np.int64)


def _answer(outcome: Attempt) -> NDArray[Any]:
    assert outcome.response is not None
    return outcome.response.fields["index"]


def _nonsense(case: Case, outcome: Attempt, right: NDArray[np.int64]) -> str:
    """Why an outcome cannot be an answer to the call, empty if it can."""
    if outcome.response is None:
        error = outcome.error
        if isinstance(error, ReturnTypeError):
            return f"wrong return type on the basic case {case.id}: {error}"
        return f"the basic case {case.id} raised {type(error).__name__}: {error}"
    index, keys = _answer(outcome), len(case.keys)
    if index.shape != right.shape:
        return (
            f"index of a wrong shape on the basic case {case.id}: expected {right.shape}, "
            f"one for each query, got {index.shape}{_resemblance(index.shape, case)}"
        )
    if bool(((index < -1) | (index >= keys)).any()):
        return (
            f"index out of range on the basic case {case.id}: expected -1 to {keys - 1} "
            f"with {keys} keys, got {index.tolist()}"
        )
    return ""


def _resemblance(shape: tuple[int, ...], case: Case) -> str:
    queries, keys, dimension = len(case.query), len(case.keys), case.keys.shape[1]
    known: Mapping[tuple[int, ...], str] = {
        (keys,): "one for each key",
        (dimension,): "one for each dimension",
        (queries, keys): "one for each pair",
        (): "a single number",
    }
    return f", {known[shape]}" if shape in known else ""


def _message(target: Target, fault: str, better: str, first: Attempt) -> str:
    name = describe(target)
    lines = [
        f"{name}: {fault}",
        f"All {len(SMOKE)} basic cases came out like that: the harness or the wiring is likely at "
        "fault, not the implementation.",
    ]
    if better:
        lines.append(f"The answers are right {better}.")
    elif first.response is None:
        lines.append(snippet(target, SMOKE[0], name))
    return "\n".join(lines)
