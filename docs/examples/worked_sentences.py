"""Questions to a town library and its answers, as vectors of a sentence model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
from gd_attention.calibration import threshold_for_false_admission
from numpy.typing import NDArray
from worked_curves import Part, admission_table, comparison, coverage_table
from worked_embedding import Sentence, embed, same_selection, sentences, vectors
from worked_operators import Fitted, answers, fit
from worked_tables import Table, share

__all__ = ["Study", "certificate", "study", "tables"]

Float = NDArray[np.float64]

TARGETS, RATE, DELTA = (0.1, 0.2, 0.3, 0.4, 0.5), 0.1, 0.05
# unit vectors: squared lengths up to 4, so separations from 1 at the far end to 1024 at a quarter
BETAS = tuple(2.0**power for power in range(-2, 13))
# a fifth of the questions become keys, beside the answers
KEYS = 5
SHOWN = 8


@dataclass(frozen=True, eq=False)
class Study:
    """The operators on their keys, their answers to both parts, and the sentences of each."""

    fitted: Fitted
    calibration: Part
    held: Part
    topics: tuple[str, ...]
    keys: tuple[Sentence, ...]
    inside: tuple[Sentence, ...]
    outside: tuple[Sentence, ...]
    # every query, and the keys, as rows of the vectors
    queries: NDArray[np.int64]
    key_rows: NDArray[np.int64]


@cache
def study() -> Study:
    """All answers and a fifth of the questions as keys; of the others half calibrate.

    A hash decides, over all questions alike: the parts are exchangeable, and a topic may have more
    questions in one of them than in the other.
    """
    texts, rows = sentences(), vectors()
    topics = tuple(dict.fromkeys(s.topic for s in texts if s.kind == "answer"))
    names = np.array([topics.index(s.topic) if s.topic else -1 for s in texts])
    asked = _shuffled(texts, "question")
    strange = _shuffled(texts, "outside")
    known = [i for i, s in enumerate(texts) if s.kind == "answer"] + asked[: len(asked) // KEYS]
    asked = asked[len(asked) // KEYS :]
    fitted = fit(rows[known], names[known], BETAS)
    parts = []
    for half in (slice(None, None, 2), slice(1, None, 2)):
        inside, outside = asked[half], strange[half]
        parts.append(
            Part(answers(fitted, rows[inside]), names[inside], answers(fitted, rows[outside]))
        )
    return Study(
        fitted,
        parts[0],
        parts[1],
        topics,
        tuple(texts[i] for i in known),
        tuple(texts[i] for i in asked[1::2]),
        tuple(texts[i] for i in strange[1::2]),
        np.array(asked + strange),
        np.array(known),
    )


def tables() -> tuple[Table, ...]:
    """Sizes, comparison, certificates, and what single questions get."""
    found = study()
    one, two = found.calibration, found.held
    return (
        _sizes(found),
        comparison("sentences-operators", two),
        coverage_table("sentences-risk", one, two, TARGETS, DELTA, mixed=False),
        coverage_table("sentences-risk-mixed", one, two, TARGETS, DELTA, mixed=True),
        admission_table("sentences-admission", one, two, RATE, DELTA),
        _single(found),
    )


def certificate() -> Table:
    """The model runs: are its vectors and the committed ones proved to select the same keys?"""
    found, rows = study(), vectors()
    fresh = np.float64(embed([s.text for s in sentences()]))
    proved = same_selection(
        rows[found.queries], rows[found.key_rows], fresh[found.queries], fresh[found.key_rows]
    )
    line = (str(len(proved)), str(int(proved.sum())))
    header = ("queries", "proved to select the same key with the vectors of this run")
    return Table("certificate", "A run of the model, and the committed vectors", header, (line,))


def _shuffled(texts: list[Sentence], kind: str) -> list[int]:
    """The numbers of the sentences of a kind, in the order of a hash of the text."""
    wanted = [i for i, s in enumerate(texts) if s.kind == kind]
    return sorted(wanted, key=lambda i: hashlib.sha256(texts[i].text.encode()).digest())


def _sizes(found: Study) -> Table:
    one, two = found.calibration, found.held
    rows = [
        ("keys", str(len(found.keys)), ""),
        ("topics", str(len(found.topics)), ""),
        ("calibration", str(len(one.labels)), str(len(one.outside["Chow"].level))),
        ("held out", str(len(two.labels)), str(len(two.outside["Chow"].level))),
    ]
    rows += [(f"beta of {name}", f"{beta:g}", "") for name, beta in found.fitted.beta.items()]
    return Table(
        "sentences-parts", "Parts, and precisions", ("part", "inside", "outside"), tuple(rows)
    )


def _single(found: Study) -> Table:
    """The first questions of the part held out, by the hash.

    At the threshold that admits a tenth of the queries from outside on average.
    """
    outside = found.calibration.outside["GD-Attention"].level
    limit = threshold_for_false_admission(outside, RATE)
    rows = []
    for texts, given in (
        (found.inside, found.held.inside["GD-Attention"]),
        (found.outside, found.held.outside["GD-Attention"]),
    ):
        for sentence, level, label in zip(texts[:SHOWN], given.level, given.label, strict=False):
            taken = limit.certified and level <= limit.threshold
            rows.append(
                (
                    sentence.text,
                    found.topics[label] if taken else f"abstains ({found.topics[label]})",
                    share(float(level)),
                    _verdict(sentence.topic, found.topics[label], bool(taken)),
                )
            )
    header = ("question", "topic of the selected key", "energy", "outcome")
    return Table("sentences-answers", "Single questions", header, tuple(rows))


def _verdict(topic: str, selected: str, taken: bool) -> str:
    if not topic:
        return "admitted from outside" if taken else "rejected from outside"
    if topic == selected:
        return "right" if taken else "would be right"
    return f"wrong: {topic}" if taken else f"would be wrong: {topic}"
