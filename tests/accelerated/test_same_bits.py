"""The answer is the same for every thread count, block size, engine and vector width."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gd_attention.accelerated import nearest, search, threads
from judges import CLOUDS, expected

pytestmark = pytest.mark.clause("GDA-thm-nearest", "GDA-thm-screening", "GDA-select-ties")

_CHILD = """
import json, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from gd_attention.accelerated import nearest
from gd_attention.accelerated.engines import available
from gd_attention.accelerated.micro import REGISTER_BYTES
from gd_attention.accelerated.threads import thread_count
from judges import CLOUDS
found = {}
for name in ("gaussian", "integers", "offset", "far_orthogonal"):
    query, keys = (x.astype(np.float32) for x in CLOUDS[name](np.random.default_rng(2), 40, 700, 9))
    found[name] = [nearest(query, keys, engines=(e,)).tolist() for e in available(9)]
print(json.dumps({"found": found, "engines": [e.name for e in available(9)],
                  "bytes": REGISTER_BYTES, "threads": thread_count()}))
"""


def _child(**environment: str) -> dict[str, Any]:
    """The answers of a fresh process under the environment."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _CHILD, str(Path(__file__).parent)],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    for name, answers in result["found"].items():
        r = np.random.default_rng(2)
        query, keys = (x.astype(np.float32) for x in CLOUDS[name](r, 40, 700, 9))
        want = expected(query, keys).tolist()
        assert all(answer == want for answer in answers), (name, result["engines"])
    return result


def test_one_thread_answers_as_many() -> None:
    assert _child(NUMBA_NUM_THREADS="1")["threads"] == 1


@pytest.mark.parametrize("features", [None, "+avx,+avx2,+fma"], ids=["named", "compiled"])
def test_a_machine_without_the_byte_and_bfloat_instructions(features: str | None) -> None:
    """The CPU name alone withholds engines; with the feature list LLVM compiles for it too."""
    environment = {"NUMBA_CPU_NAME": "x86-64-v3"}
    if features is not None:
        environment["NUMBA_CPU_FEATURES"] = features
    result = _child(**environment)
    assert result["engines"] == ["float32", "float64"]
    assert result["bytes"] == 32


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_threads_and_blocks_change_nothing(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few and many queries, keys shared out or not, blocks of one tile or of many, parts cut."""
    monkeypatch.setattr(threads, "_pool", None)
    for module in (threads, search, sys.modules["gd_attention.accelerated.packing"]):
        monkeypatch.setattr(module, "thread_count", lambda: count)
    monkeypatch.setattr(search, "_MOST_ROWS", 12 * count)
    monkeypatch.setattr(sys.modules["gd_attention.accelerated.packing"], "_PART_ELEMENTS", 9 * 900)
    r = np.random.default_rng(5)
    for name in ("gaussian", "integers", "norm_spread"):
        query, keys = (x.astype(np.float32) for x in CLOUDS[name](r, 50, 5000, 9))
        want = expected(query, keys).tolist()
        assert nearest(query, keys).tolist() == want
        assert nearest(query[:6], keys).tolist() == want[:6]
        assert nearest(query[:1], keys).tolist() == want[:1]
