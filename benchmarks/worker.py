"""One peer in a process of its own: no other library's threads, no other peer's caches.

    python -m benchmarks.worker PEER

Reads a JSON line per request and answers with one: ``{"cell": FOLDER}`` maps the arrays there and
prepares, ``{"run": true, "repeat": N}`` times a call, as the mean of N (by default one), and
``{"index": true}`` gives the last answer.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import numpy as np

from .operator_peers import OPERATOR
from .peers import PEERS

__all__: list[str] = []


def main() -> None:
    """Serve until the input ends."""
    # libraries print; the answers keep the real output to themselves
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    peer = {**PEERS, **OPERATOR}[sys.argv[1]]
    query = answer = last = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "cell" in request:
                answer = last = None  # the old keys go before the new ones come
                query, keys = (
                    np.load(f"{request['cell']}/{name}.npy", mmap_mode="c").view(np.ndarray)
                    for name in ("query", "keys")
                )
                answer = peer(keys)
                reply: dict[str, Any] = {"ready": True}
            elif "run" in request:
                count = request.get("repeat", 1)
                begun = time.perf_counter()
                for _ in range(count):
                    last = answer(query)  # type: ignore[misc]
                reply = {"seconds": (time.perf_counter() - begun) / count}
            else:
                reply = {"index": None if last is None else last.tolist()}
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(reply), file=answers, flush=True)


if __name__ == "__main__":
    main()
