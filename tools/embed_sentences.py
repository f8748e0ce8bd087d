"""Write docs/examples/sentences.npy, the vectors of the sentences; run by `make sentences`.

A test proves for every query that the vectors of a run of the model on any machine select the key
that the committed ones select.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "docs" / "examples"))

import worked_embedding  # noqa: E402


def main() -> None:
    """Run the model and write the file whole."""
    texts = [sentence.text for sentence in worked_embedding.sentences()]
    steps = worked_embedding.to_grid(worked_embedding.embed(texts))
    path = worked_embedding.VECTORS
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        np.save(file, steps)
    os.replace(part, path)
    print(f"{path.relative_to(ROOT)}: {steps.shape[0]} sentences, {steps.shape[1]} coordinates")


if __name__ == "__main__":
    main()
