"""A target in another language: a process that speaks the protocol of the text.

To the rest of the harness it is an ordinary callable with declared capabilities. It is started when
it is made, and again before the call that follows a fault. A process that fails again and again is
given up: it may cost the run a minute, not a day.

Clauses: GDA-protocol-start, GDA-protocol-run, GDA-protocol-faults.
"""

from __future__ import annotations

import json
import math
import shlex
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from gd_attention.conformance.badcalls import is_portable
from gd_attention.conformance.case import ARGUMENTS, Case
from gd_attention.conformance.errors import HarnessError, TargetFault, TargetGone
from gd_attention.conformance.messages import (
    Declaration,
    Malformed,
    answered,
    declared,
    run_line,
    start_line,
    stop_line,
)
from gd_attention.conformance.process import LineProcess, shown

__all__ = ["TIMEOUT", "CommandTarget"]

# Seconds for one case, unless the caller says otherwise.
TIMEOUT = 10.0
# Seconds for the answer to start: a virtual machine or an interpreter may have to load first.
_START = 60.0
# Seconds that a process gets to end after stop.
_STOP = 2.0
# A process is given up when its faults have cost this many seconds and there were this many: three
# slow ones alone do not end a run with a long time limit, nor do many quick ones.
_LOST = 60.0
_FAULTS = 4


class CommandTarget:
    """A target behind a command.

    Parameters
    ----------
    command : str or sequence of str
        Program and arguments; a string is split as a shell would split it. No shell runs it.
    timeout : float
        Seconds for one case.

    Attributes
    ----------
    declaration : Declaration
        What the process said of itself when it started.
    gda_name : str
        The command, for reports.
    gda_capabilities, gda_fields, gda_contract
        As declared; None, empty and None where the process declared nothing.

    Raises
    ------
    HarnessError
        The command is empty, cannot be run, or does not answer to start as the protocol says.

    Notes
    -----
    Use it as a context manager, or `close` it: the process runs until then.
    Clause: GDA-protocol-start.
    """

    def __init__(self, command: str | Sequence[str], timeout: float = TIMEOUT) -> None:
        try:
            self.command = shlex.split(command) if isinstance(command, str) else list(command)
        except ValueError as error:
            raise HarnessError(f"command: {error}: {command!r}") from error
        if not self.command:
            raise HarnessError("command: expected a program and its arguments, got nothing")
        if not 0.0 < timeout < math.inf:
            raise HarnessError(f"timeout: expected a number of seconds > 0, got {timeout!r}")
        self.timeout = timeout
        self.gda_name = shlex.join(self.command)
        self._number = 0
        self._faults = 0
        self._lost = 0.0
        self._process: LineProcess | None = None
        try:
            self.declaration = self._start()
        except TargetFault as fault:
            raise HarnessError(f"command: {self.gda_name}: on start, {fault}") from fault

    @property
    def gda_capabilities(self) -> tuple[str, ...] | None:
        """Declared capabilities together with the declared fields; None if it is to be probed."""
        found = self.declaration.capabilities
        return None if found is None else (*found, *self.declaration.fields)

    @property
    def gda_fields(self) -> tuple[str, ...]:
        """Declared fields."""
        return self.declaration.fields

    @property
    def gda_contract(self) -> Any:
        """Declared contract: its name, or a mapping."""
        return self.declaration.contract

    def gda_unfit(self, case: Case) -> str:
        """Why the protocol cannot hold a case; empty if it can."""
        return "" if is_portable(case) else "an argument has no meaning in other languages"

    def gda_snippet(self, case: Case, name: str) -> str:
        """A shell command that repeats the call as pasted: the lines, and what reads them."""
        lines = [start_line(), run_line(1, case.arguments()), stop_line()]
        text = "\n".join(line.decode() for line in lines)
        return f"{self.gda_name} <<'END'\n{text}\nEND\n"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run one case.

        Raises
        ------
        ValueError, TypeError, NotImplementedError, RuntimeError
            What the process answered: an error of that kind (RuntimeError for any other kind), or
            a skip (NotImplementedError).
        TargetFault
            The process did not answer as the protocol says.
        TargetGone
            It failed too often before, and was not called.
        """
        if self._lost > _LOST and self._faults >= _FAULTS:
            raise TargetGone(
                f"the process was given up after {self._faults} faults that took "
                f"{self._lost:.0f} s: not run"
            )
        begun = time.monotonic()
        try:
            if self._process is None:
                self._restart()
            return self._run({**dict(zip(ARGUMENTS, args, strict=False)), **kwargs})
        except TargetFault:
            self._process = None
            self._faults += 1
            self._lost += time.monotonic() - begun
            raise

    def close(self) -> None:
        """Ask the process to stop, and end it."""
        if self._process is not None:
            self._process.stop(stop_line(), _STOP)
            self._process = None

    def __enter__(self) -> CommandTarget:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _start(self) -> Declaration:
        try:
            process = LineProcess(self.command)
        except OSError as error:
            raise TargetFault(f"cannot be run: {error}") from error
        line = process.ask(start_line(), _START)
        try:
            found = declared(_parsed(line))
        except Malformed as error:
            raise process.fault(f"the process answered start with {shown(line)}: {error}") from None
        self._process = process
        return found

    def _restart(self) -> None:
        try:
            found = self._start()
        except TargetFault as fault:
            raise TargetFault(f"started again, {fault.what}", fault.last_words) from fault
        if found != self.declaration:
            assert self._process is not None
            raise self._process.fault("started again, the process declared something else")

    def _run(self, arguments: dict[str, Any]) -> Any:
        assert self._process is not None
        self._number += 1
        try:
            message = run_line(self._number, arguments)
        except TypeError as error:
            # an exception of this kind would pass for the target's
            raise HarnessError(f"command: a case that the protocol cannot hold: {error}") from error
        line = self._process.ask(message, self.timeout)
        try:
            outcome = answered(_parsed(line), self._number)
        except Malformed as error:
            raise self._process.fault(f"the process answered with {shown(line)}: {error}") from None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Malformed("not a line of JSON") from error
