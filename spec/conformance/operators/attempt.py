"""One call of an operator's target: conversion of arrays, outcome, what it did to its inputs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gd_attention.conformance.errors import HarnessError, Undecided
from gd_attention.conformance.libraries import Library
from gd_attention.conformance.operators.reading import ReturnFault
from gd_attention.conformance.operators.record import Call, Judged, Operator, Setting
from gd_attention.conformance.verdict import Finding, Verdict

__all__ = ["COMMON", "Caller", "Outcome"]

# Aspects that every operator has.
COMMON = {
    "answer": "the call returns an answer in the promised form",
    "inputs": "the inputs are left as they were",
    "repeatable": "the same call gives the same bits again",
}


@dataclass(frozen=True)
class Outcome:
    """What came of one case.

    Attributes
    ----------
    judged : Judged
    returned : object
        What the target returned, as NumPy arrays; None after an exception.
    raised : str
        Type and message of the exception, empty if none.
    faulty : bool
        Whether there was no answer in the promised form.
    """

    judged: Judged
    returned: Any
    raised: str
    faulty: bool


class Caller:
    """Calls a target and judges what it returns.

    Parameters
    ----------
    operator : Operator
    function : callable
        The target.
    setting : Setting
    library : Library or None
        The library whose arrays the target takes; NumPy's if None.
    """

    def __init__(
        self,
        operator: Operator,
        function: Callable[..., Any],
        setting: Setting,
        library: Library | None = None,
    ) -> None:
        self.operator = operator
        self.setting = setting
        self._function = function
        self._library = library

    def outcome(self, call: Call) -> Outcome:
        """Make the call twice and judge the first answer."""
        held, given, returned, error = self._made(call)
        if isinstance(error, NotImplementedError):
            said = Finding("answer", Verdict.SKIPPED, f"{type(error).__name__}: {error}")
            return Outcome(Judged((said,)), None, str(said.message), False)
        if error is not None:
            return self._failed(call, f"{type(error).__name__}: {error}", None, raised=True)
        kept = copy.deepcopy(returned)
        try:
            judged = self.operator.judge(call, kept, self.setting)
        except ReturnFault as fault:
            return self._failed(call, str(fault), kept, raised=False)
        findings = [
            Finding("answer", Verdict.EXACT),
            self._unmodified(call, held, given),
            self._repeated(call, kept),
            *judged.findings,
        ]
        return Outcome(Judged(tuple(findings), judged.exact), kept, "", False)

    def _failed(self, call: Call, message: str, returned: Any, *, raised: bool) -> Outcome:
        try:
            exact = self.operator.judge(call, self.operator.blank(call), self.setting).exact
        except (ReturnFault, Undecided):
            exact = {}
        finding = Finding("answer", Verdict.WRONG, message)
        return Outcome(Judged((finding,), exact), returned, message if raised else "", True)

    def _made(self, call: Call) -> tuple[list[Any], list[Any], Any, Exception | None]:
        held = [copy.deepcopy(value) for value in call.arguments.values()]
        given = [self._converted(value) for value in held]
        try:
            return held, given, self._read(self._function(*given)), None
        except HarnessError:
            raise
        except Exception as error:
            # any other exception is the target's, and an outcome
            return held, given, None, error

    def _converted(self, value: Any) -> Any:
        if self._library is None or not isinstance(value, np.ndarray):
            return value
        return self._library.made(value)

    def _read(self, result: Any) -> Any:
        if isinstance(result, Mapping):
            return {name: self._read(value) for name, value in result.items()}
        if isinstance(result, tuple):
            return tuple(self._read(value) for value in result)
        if self._library is not None and self._library.owns(result):
            return np.array(self._library.read(result), copy=True)
        return result

    def _unmodified(self, call: Call, held: list[Any], given: list[Any]) -> Finding:
        for (name, before), memory, after in zip(call.arguments.items(), held, given, strict=True):
            if not isinstance(before, np.ndarray):
                continue
            seen = memory if self._library is None else self._library.read(after)
            if seen.shape != before.shape or seen.tobytes() != before.tobytes():
                said = f"{name}: {before.tolist()} became {seen.tolist()}"
                return Finding("inputs", Verdict.WRONG, said)
        return Finding("inputs", Verdict.EXACT)

    def _repeated(self, call: Call, first: Any) -> Finding:
        _, _, second, error = self._made(call)
        if error is not None:
            said = f"the repeated call raised {type(error).__name__}: {error}"
            return Finding("repeatable", Verdict.WRONG, said)
        if _bits(first) != _bits(second):
            return Finding("repeatable", Verdict.WRONG, f"first {first!r}, then {second!r}")
        return Finding("repeatable", Verdict.EXACT)


def _bits(result: Any) -> Any:
    if isinstance(result, Mapping):
        return {name: _bits(value) for name, value in result.items()}
    if isinstance(result, tuple):
        return tuple(_bits(value) for value in result)
    if isinstance(result, list):
        return repr(result)
    array = np.asarray(result)
    return array.dtype.str, array.shape, array.tobytes()
