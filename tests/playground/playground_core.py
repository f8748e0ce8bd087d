"""The playground's core as functions of Python: a node process that answers line for line.

Numbers travel as hexadecimal floats in both directions, so that every bit arrives. A member of the
script is named by its path, as in ``call("prior.softmax", [1.0, 2.0])``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

PLAYGROUND = Path(__file__).parents[2] / "docs" / "playground"
CORE = PLAYGROUND / "core.js"
RUNNER = PLAYGROUND / "core-runner.js"

# node: decode the arguments, call, encode the result; an exception by its class and message.
_BRIDGE = r"""
const gda = require(process.argv[1]);
const kept = [];
const decode = (x) => Array.isArray(x) ? x.map(decode)
  : x !== null && typeof x === "object"
    ? "$" in x ? gda.fromHex(x.$) : "undefined" in x ? undefined
      : Object.fromEntries(Object.entries(x).map(([k, v]) => [k, decode(v)]))
    : x;
const encode = (x) => typeof x === "number" ? { $: gda.toHex(x) }
  : Array.isArray(x) || ArrayBuffer.isView(x) ? Array.from(x, encode)
  : typeof x === "function" ? { kept: kept.push(x) - 1 }
  : x !== null && typeof x === "object"
    ? Object.fromEntries(Object.entries(x).map(([k, v]) => [k, encode(v)]))
    : x;
const member = (path) => typeof path === "number" ? kept[path]
  : path.split(".").reduce((at, name) => at[name], { ...gda, Math });
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { path, args } = JSON.parse(line);
  let answer;
  try {
    answer = { result: encode(member(path)(...decode(args))) };
  } catch (error) {
    answer = { raised: error.constructor.name, message: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
"""


class CoreError(Exception):
    """An exception of the script: ``kind`` is the name of its class."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


class Undefined:
    """An argument that is undefined."""


def node() -> str:
    """The program; skips where it is missing, and fails in continuous integration."""
    program = shutil.which("node")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("node is not installed")
        pytest.skip("node is not installed")
    return program


class Core:
    """A process that has loaded a script with the interface of core.js."""

    def __init__(self, script: Path = CORE) -> None:
        self._process = subprocess.Popen(
            [node(), "-e", _BRIDGE, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(self, path: str | int, *args: Any) -> Any:
        """What a member returns; CoreError where it raises."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"path": path, "args": _encode(args)}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "raised" in answer:
            raise CoreError(answer["raised"], answer["message"])
        return _decode(answer.get("result"))

    def __enter__(self) -> Core:
        return self

    def __exit__(self, *_: object) -> None:
        """Let the process end."""
        self._process.communicate()


def _encode(value: Any) -> Any:
    if isinstance(value, Undefined):
        return {"undefined": True}
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return {"$": float(value).hex()}
    if isinstance(value, dict):
        return {name: _encode(item) for name, item in value.items()}
    if hasattr(value, "tolist"):
        return _encode(value.tolist())
    return [_encode(item) for item in value]


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if isinstance(value, dict):
        if set(value) == {"$"}:
            return float.fromhex(value["$"])
        return {name: _decode(item) for name, item in value.items()}
    return value
