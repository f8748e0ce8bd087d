"""The profile of a target: the fields it returns and what it can do.

Capabilities are declared, by the caller or by the attribute ``gda_capabilities`` of the callable,
or probed with small calls that each ask for one capability. A capability is absent where every
probe that asks for it raises TypeError, ValueError or NotImplementedError. An absent capability
skips cases; a present one makes an exception WRONG.

Clause: GDA-conf-profile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from gd_attention.conformance.attempt import attempt
from gd_attention.conformance.case import Case
from gd_attention.conformance.errors import HarnessError, TargetGone
from gd_attention.conformance.formats import FLOAT64, Format
from gd_attention.conformance.inputs import hand
from gd_attention.conformance.requirements import Profile
from gd_attention.conformance.smoke import smoke
from gd_attention.conformance.target import (
    CAPABILITIES,
    FIELDS,
    ReturnTypeError,
    capabilities_of,
    describe,
)

__all__ = ["PROBES", "find_profile", "parse_capabilities"]

_ABSENT = (TypeError, ValueError, NotImplementedError)

# A capability that rests on others.
_IMPLIES = {
    "alpha-per-key": "alpha",
    "threshold-per-key": "threshold",
    "masked-nan": "mask",
}


def _probes(mixed: type[np.generic]) -> tuple[Case, ...]:
    """Small calls; ``mixed`` is the dtype of a query among arrays of another one."""
    query = np.array([[0.0, 0.0], [3.0, 1.0]])
    keys = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]])
    mask = np.array([True, False, True])
    hidden = np.array([[1.0, 0.0], [np.nan, np.nan], [3.0, 3.0]])
    valid: dict[str, dict[str, Any]] = {
        "plain": {},
        "one-query": {"query": query[:1]},
        "alpha": {"alpha": 0.25},
        "alpha-per-key": {"alpha": np.array([0.25, 0.5, 0.75])},
        "beta": {"beta": 2.0},
        "threshold": {"threshold": 0.5},
        "threshold-per-key": {"threshold": np.array([0.5, 0.25, 0.125])},
        "mask": {"mask": mask},
        "values": {"values": np.array([[1.0], [2.0], [3.0]])},
        "fill": {"fill": 7.0},
        "batch": {"query": np.stack([query, query + 1.0]), "keys": np.stack([keys, keys])},
        "empty": {"keys": np.empty((0, 2))},
        "masked-nan": {"keys": hidden, "mask": mask},
        "mixed-dtype": {"query": query.astype(mixed)},
    }
    # Bad calls that code without any validation answers silently, so that an exception is meant.
    bad: dict[str, dict[str, Any]] = {
        "infinity": {"keys": np.array([[1.0, 0.0], [0.0, np.inf]])},
        "large-integer": {"keys": np.array([[2**53 + 1, 0], [0, 1]])},
        "nan-threshold": {"threshold": np.nan},
    }
    base = {"query": query, "keys": keys}
    return (
        *(Case(**{**base, **given}, id=f"probe-{name}") for name, given in valid.items()),
        *(
            Case(**{**base, **given}, id=f"probe-{name}", expects="ValueError")
            for name, given in bad.items()
        ),
    )


PROBES = _probes(np.float32)
# Under a narrower contract every float has its dtype, and integers are the other dtypes.
_NARROW_PROBES = _probes(np.int64)


def parse_capabilities(text: str) -> frozenset[str]:
    """The declared names of a comma-separated list; ``all`` stands for every one."""
    return _closed({name.strip() for name in text.split(",")} - {""})


def find_profile(
    target: Callable[..., Any],
    basics: Sequence[Case] = (),
    capabilities: Iterable[str] | None = None,
    form: Format = FLOAT64,
) -> Profile:
    """The profile of a target.

    Parameters
    ----------
    target : callable
    basics : sequence of Case
        Simple cases, probes beside those of this module.
    capabilities : iterable of str, optional
        Declared capabilities, and fields that the target promises to return; ``all`` stands for
        every one. Without them the attribute ``gda_capabilities`` counts, and without that the
        target is probed.

    form : Format
        The format of the contract: probes are handed over in its dtype.

    Raises
    ------
    HarnessError
        The harness or the wiring is likely at fault (GDA-conf-smoke), or an unknown capability
        was declared.
    """
    probes = PROBES if form == FLOAT64 else _NARROW_PROBES
    cases = [
        case for case, foreign in (hand(each, form) for each in (*probes, *basics)) if not foreign
    ]
    fields = smoke(target, [case for case in cases if not capabilities_of(case)], form)
    fields |= frozenset(getattr(target, "gda_fields", ()))
    declared = capabilities if capabilities is not None else _attribute(target)
    if declared is not None:
        names = _closed(declared)
        promised = fields | names & frozenset(FIELDS)
        return Profile(promised, names & frozenset(CAPABILITIES), declared=True)
    found: set[str] = set()
    notes: list[str] = []
    for name in CAPABILITIES:
        # of the probes, those that ask for nothing that is already known to be absent
        asked = [
            case
            for case in cases
            if name in (needs := capabilities_of(case)) and needs <= found | {name}
        ]
        raised = _refusal(target, asked, name)
        if _IMPLIES.get(name, name) not in {*found, name}:
            notes.append(f"{name}: rests on {_IMPLIES[name]}")
        elif raised:
            notes.append(f"{name}: {raised}")
        else:
            found.add(name)
    return Profile(fields, frozenset(found), notes=tuple(notes))


def _refusal(target: Callable[..., Any], cases: list[Case], name: str) -> str:
    """Why the target lacks the capability: what the last probe did; empty if it has it."""
    reason = ""
    for case in cases:
        error = attempt(target, case).error
        if isinstance(error, TargetGone):
            raise HarnessError(f"{describe(target)}: {error}, before any case was judged")
        if name == "errors":
            if isinstance(error, _ABSENT):
                return ""
            reason = "bad calls are answered without an exception"
        elif isinstance(error, _ABSENT) and not isinstance(error, ReturnTypeError):
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
        else:
            return ""
    return reason


def _attribute(target: Callable[..., Any]) -> Iterable[str] | None:
    declared = getattr(target, "gda_capabilities", None)
    if declared is None:
        return None
    if isinstance(declared, str):
        return parse_capabilities(declared)
    return [str(name) for name in declared]


def _closed(names: Iterable[str]) -> frozenset[str]:
    """The names with those they rest on; HarnessError for an unknown one."""
    given, known = set(names), (*CAPABILITIES, *FIELDS)
    if given == {"all"}:
        return frozenset(known)
    unknown = sorted(given - set(known))
    if unknown:
        raise HarnessError(
            f"capabilities: unknown {', '.join(unknown)}; known are {', '.join(known)}"
        )
    return frozenset(given | {_IMPLIES[name] for name in given if name in _IMPLIES})
