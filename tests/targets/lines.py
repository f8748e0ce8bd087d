"""A command target in Python, with a habit: ``python lines.py HABIT``.

It answers with the reference, so that only the habit is at fault. Most habits show where there are
two keys, equal ones, which no basic case has.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
from gd_attention import gd_attention

# By its path: the package around it would bring the whole judge into each process.
_PATH = Path(__file__).parents[2] / "spec" / "conformance" / "encoding.py"
_SPEC = importlib.util.spec_from_file_location("encoding", _PATH)
encoding = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(encoding)
decode_array, encode_array = encoding.decode_array, encoding.encode_array

CAPABILITIES = (
    *("alpha", "alpha-per-key", "beta", "threshold", "threshold-per-key", "mask", "values"),
    *("fill", "batch", "empty", "masked-nan", "mixed-dtype", "errors"),
)
FIELDS = ("index", "output", "energy", "coordinate", "alignment_point", "unique")
HABIT = sys.argv[1] if len(sys.argv) > 1 else "none"


def say(message: object) -> None:
    """One line, at once."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def declaration() -> dict[str, object]:
    """What the process says of itself."""
    found: dict[str, object] = {
        "protocol": "gda-lines/2" if HABIT == "other-protocol" else "gda-lines/1",
        "name": "lines",
        "version": str(os.getpid()) if HABIT == "changes" else "1",
        "contract": "exact",
        "capabilities": list(CAPABILITIES),
        "fields": list(FIELDS),
    }
    if HABIT in ("skips", "probed", "fears-masks"):
        del found["capabilities"]
    return found


def equal_keys(keys: np.ndarray) -> bool:
    """Whether there are two keys, and they are equal."""
    return keys.ndim == 2 and len(keys) == 2 and keys[0].tolist() == keys[1].tolist()


def misbehave(number: int, inputs: dict[str, object]) -> bool:
    """Whether the habit has answered, or not answered, this call."""
    if HABIT == "skips" and "mask" in inputs:
        say({"id": number, "skipped": "no masks here"})
        return True
    if HABIT == "fears-masks" and "mask" in inputs:
        os._exit(1)
    if HABIT in ("none", "probed", "other-protocol") or not equal_keys(np.asarray(inputs["keys"])):
        return False
    sys.stderr.write("two keys are equal\n")
    sys.stderr.flush()
    if HABIT in ("exits", "changes"):
        os._exit(3)
    if HABIT == "aborts":
        os.abort()
    if HABIT == "hangs":
        time.sleep(1000)
    if HABIT == "closes":
        os.close(1)
        time.sleep(1000)
    if HABIT == "babbles":
        sys.stdout.write("equal keys!\n")
    if HABIT == "cuts":
        sys.stdout.write('{"id": ')
        sys.stdout.flush()
        os._exit(0)
    if HABIT == "floods":
        sys.stdout.write("x" * (2**24 + 10) + "\n")
    if HABIT == "misnumbers":
        say({"id": number + 1, "error": {"kind": "ValueError", "message": "equal keys"}})
    if HABIT == "refuses":
        say({"id": number, "skipped": "equal keys"})
    if HABIT == "twice":
        say({"id": number, "skipped": "equal keys"})
        say({"id": number, "skipped": "equal keys"})
    if HABIT == "half":
        say({"id": number, "result": {"energy": encode_array(np.zeros(1))}})
    sys.stdout.flush()
    return True


def main() -> None:
    """Answer until stop."""
    if HABIT == "mute":
        time.sleep(1000)
    for line in sys.stdin:
        message = json.loads(line)
        if message["cmd"] == "stop":
            return
        if message["cmd"] == "start":
            say(declaration())
            continue
        inputs = {name: decode_array(value) for name, value in message["inputs"].items()}
        if misbehave(message["id"], inputs):
            continue
        try:
            found = gd_attention(**inputs)
        except (TypeError, ValueError) as error:
            answer = {"error": {"kind": type(error).__name__, "message": str(error)}}
        else:
            answer = {"result": {name: encode_array(getattr(found, name)) for name in FIELDS}}
        say({"id": message["id"], **answer})


if __name__ == "__main__":
    main()
