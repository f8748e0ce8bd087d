"""A process that answers line for line, with a time limit for every answer.

Three threads stand between the harness and the pipes, so that nothing a process does can block the
harness: one writes, one reads lines into a queue, one keeps the last lines of stderr. A limit is
then a limit on a queue. A process that broke the rules is killed with everything it started, and
what it did is a `TargetFault`.

Clauses: GDA-protocol-lines, GDA-protocol-faults.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
import weakref
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import IO

from gd_attention.conformance.errors import TargetFault

__all__ = ["LINE_LIMIT", "LineProcess"]

# Bytes of the longest line that is read. The largest reply of a run is some hundred kilobytes.
LINE_LIMIT = 2**24

# Lines of stderr that are kept, and bytes of each.
_LAST_WORDS = 5
_WORD = 300
# Seconds that a process which closed its output gets to end by itself, so that its status is known.
_GRACE = 1.0
# Bytes of a line that a message shows.
_SHOWN = 120


class LineProcess:
    """A running process.

    Parameters
    ----------
    command : sequence of str
        Program and arguments; no shell is involved.

    Raises
    ------
    OSError
        The program cannot be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # a group of its own, so that what it starts can be killed with it
            start_new_session=True,
        )
        process = self._process
        assert process.stdin and process.stdout and process.stderr
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._incoming: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._said: deque[str] = deque(maxlen=_LAST_WORDS)
        self._threads = [
            threading.Thread(target=_write, args=(process.stdin, self._outgoing), daemon=True),
            threading.Thread(target=_read, args=(process.stdout, self._incoming), daemon=True),
            threading.Thread(target=_listen, args=(process.stderr, self._said), daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        # also where nobody closes it: no process outlives the harness
        self._end = weakref.finalize(self, _kill, process, self._outgoing)

    def ask(self, line: bytes, seconds: float) -> bytes:
        """Send a line and return the line that answers it.

        Raises
        ------
        TargetFault
            No line came in time, the process ended or closed its output, a line was too long, or
            one came that nobody had asked for. The process is killed then.
        """
        with suppress(queue.Empty):
            early = self._incoming.get_nowait()
            if early is None:
                raise self._ended()
            raise self.fault(f"the process wrote {shown(early)} unasked")
        self._outgoing.put(line + b"\n")
        try:
            answer = self._incoming.get(timeout=seconds)
        except queue.Empty:
            raise self.fault(f"the process gave no answer within {seconds:g} s") from None
        if answer is None:
            raise self._ended()
        if len(answer) > LINE_LIMIT:
            raise self.fault(f"the process wrote a line of more than {LINE_LIMIT} bytes")
        return answer

    def fault(self, what: str) -> TargetFault:
        """Kill the process; the fault that says what it did, with its last lines on stderr."""
        self.kill()
        # stderr is read by then: its pipe is closed with the process
        self._threads[2].join(_GRACE)
        return TargetFault(what, tuple(self._said))

    def stop(self, line: bytes, seconds: float) -> None:
        """Send a last line and let the process end; it is killed after that time."""
        self._outgoing.put(line + b"\n")
        self._outgoing.put(None)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """End the process and what it started."""
        self._end()

    def _ended(self) -> TargetFault:
        try:
            status = self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            return self.fault("the process closed its standard output")
        return self.fault(f"the process {_ending(status)}")


def shown(line: bytes) -> str:
    """The beginning of a line, for a message."""
    text = line.decode("utf-8", "backslashreplace")
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")


def _ending(status: int) -> str:
    if status >= 0:
        return f"exited with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


def _write(pipe: IO[bytes], lines: queue.SimpleQueue[bytes | None]) -> None:
    # a process that is gone does not read; the reading thread says so
    with suppress(OSError, ValueError):
        while (line := lines.get()) is not None:
            pipe.write(line)
            pipe.flush()
    with suppress(OSError):
        pipe.close()


def _read(pipe: IO[bytes], lines: queue.SimpleQueue[bytes | None]) -> None:
    with suppress(OSError, ValueError), pipe:
        # a line that the end of the output cuts off is no line: its process ended
        while (line := pipe.readline(LINE_LIMIT + 1)).endswith(b"\n") or len(line) > LINE_LIMIT:
            lines.put(line if len(line) > LINE_LIMIT else line.rstrip(b"\r\n"))
            if len(line) > LINE_LIMIT:
                break
    lines.put(None)


def _listen(pipe: IO[bytes], said: deque[str]) -> None:
    with suppress(OSError, ValueError), pipe:
        while line := pipe.readline(_WORD):
            text = line.decode("utf-8", "backslashreplace").strip()
            if text:
                said.append(text)


def _kill(process: subprocess.Popen[bytes], outgoing: queue.SimpleQueue[bytes | None]) -> None:
    outgoing.put(None)
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE)
