"""Screened scores of real kernels against rational arithmetic: inside the proved bounds."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from gd_attention.accelerated.encode import pack_queries
from gd_attention.accelerated.engines import ENGINES, Engine, available
from gd_attention.accelerated.micro import MAX_HEIGHT, tile
from gd_attention.accelerated.packing import pack
from gd_attention.accelerated.panels import coefficients, pack_panels, score_error
from judges import CLOUDS
from numba import njit

pytestmark = pytest.mark.clause("GDA-thm-screening")


@njit
def _one_tile(queries, panel, start, limit, out, steps, height):
    return tile(queries, 0, panel, 0, start, 0, limit, 0, out, 0, steps, height, 1, 1)


def _screened(engine: Engine, query: np.ndarray, keys: np.ndarray):
    """Scores of the first panel as the search reads them, and the bound of every pair."""
    packed = pack(keys)
    assert packed.part is not None
    words, half, facts = packed.part.screen(engine)
    dimension, width = keys.shape[1], engine.width
    steps, rows = engine.steps(dimension), len(query)
    queries = np.zeros(steps * MAX_HEIGHT, engine.word)
    row_facts = np.zeros((rows, 4))
    unit, centre = packed.part.frame
    scale = pack_queries(query, np.arange(rows), unit, centre, queries, MAX_HEIGHT, 0.0, row_facts)
    is_bytes = engine.per_word == 4
    scale = scale * facts[0, 0] if is_bytes else 1.0
    start = np.rint(half[:width].clip(max=1e8) / scale) if is_bytes else half[:width]
    # the largest limits that the search sets: a score is rounded at the size of its limit too
    limits = np.zeros(MAX_HEIGHT)
    largest = 1.01 * (facts[0, 4] + row_facts[:, 0] * max(facts[0, 1], facts[0, 3]))
    limits[:rows] = largest + 2.0**-100
    if is_bytes:
        limits[:rows] = np.floor(largest / scale) + 2 - 128 * row_facts[:, 2]
    limits = limits.astype(engine.score)
    out = np.zeros(MAX_HEIGHT * width, engine.score)
    assert _one_tile(queries, words[: steps * width], start.astype(engine.score), limits, out,
                     steps, MAX_HEIGHT) == 1  # fmt: skip
    scores = out.reshape(MAX_HEIGHT, width)[:rows].astype(np.float64)
    scores += (limits[:rows].astype(np.float64) + 128 * row_facts[:, 2])[:, None]
    lost, product, half_factor, tiny = engine.coefficients(dimension)
    n, lost_of_query = row_facts[:, 0], row_facts[:, 1]
    bound = (
        lost * (n * facts[0, 2] + lost_of_query * facts[0, 3])
        + product * n * max(facts[0, 1], facts[0, 3])
        + half_factor * facts[0, 4]
        + tiny * (1 + n)
        + (0.51 * scale if is_bytes else 0.0)
    )
    return scores * scale, bound, packed.part


def _real(query: np.ndarray, key: np.ndarray, unit: float, centre: np.ndarray) -> Fraction:
    """``|k|^2/2 - <q, k>`` of the centred rows."""
    total = Fraction(0)
    for x, y, z in zip(query.tolist(), key.tolist(), centre.tolist(), strict=True):
        a = Fraction(x) * Fraction(unit) - Fraction(z)
        b = Fraction(y) * Fraction(unit) - Fraction(z)
        total += b * b / 2 - a * b
    return total


@pytest.mark.parametrize("engine", available(1), ids=lambda engine: engine.name)
@pytest.mark.parametrize("cloud", ["gaussian", "offset", "norm_spread", "far_orthogonal", "tiny"])
@pytest.mark.parametrize("dimension", [1, 7, 64, 300])
def test_scores_lie_inside_the_bound(engine: Engine, cloud: str, dimension: int) -> None:
    """And the bound is no formality: somewhere the error is a fair part of it."""
    r = np.random.default_rng(dimension)
    query, keys = (
        x.astype(np.float32).astype(np.float64)
        for x in CLOUDS[cloud](r, MAX_HEIGHT, engine.width, dimension)
    )
    scores, bound, part = _screened(engine, query, keys)
    unit, centre = part.frame
    used = 0.0
    for i in range(len(query)):
        for place in range(0, engine.width, 5):
            real = _real(query[i], keys[part.order[place]], unit, centre)
            error = abs(real - Fraction(float(scores[i, place])))
            allowed = Fraction(float(bound[i]))
            assert error <= allowed
            used = max(used, float(error / allowed))
    if engine.per_word == 4 and dimension >= 7:
        assert used > 1e-3


@pytest.mark.parametrize("cloud", ["gaussian", "offset", "norm_spread", "far_orthogonal", "tiny"])
@pytest.mark.parametrize("dimension", [1, 7, 16, 33, 300])
def test_panels_of_one_call_lie_inside_their_bound(cloud: str, dimension: int) -> None:
    """Of a partial panel too, with a key's own half square and norm below the block's."""
    engine = next(engine for engine in ENGINES if engine.name == "float32")
    r = np.random.default_rng(dimension)
    count = engine.width - 5
    query, keys = (
        x.astype(np.float32).astype(np.float64)
        for x in CLOUDS[cloud](r, MAX_HEIGHT, count, dimension)
    )
    packed = pack(keys)
    assert packed.part is not None
    unit, centre = packed.part.frame
    words = np.full(engine.width * dimension, np.nan, np.float32)
    half, norms = np.empty(engine.width, np.float32), np.empty(1)
    order = r.permutation(count)
    pack_panels(keys, order, unit, centre, words, half, engine.width, norms)
    queries, facts = np.zeros(dimension * MAX_HEIGHT, np.float32), np.zeros((MAX_HEIGHT, 4))
    pack_queries(query, np.arange(MAX_HEIGHT), unit, centre, queries, MAX_HEIGHT, 0.0, facts)
    factors = tuple(coefficients(dimension))
    bound = [score_error(own, lost, norms[0], factors) for own, lost in facts[:, :2]]
    # the largest limit that the search sets: a score is rounded at the size of its limit too
    limits = (1.01 * (0.5 * norms[0] ** 2 + facts[:, 0] * norms[0]) + 2.0**-100).astype(np.float32)
    out = np.zeros(MAX_HEIGHT * engine.width, np.float32)
    assert _one_tile(queries, words, half, limits, out, dimension, MAX_HEIGHT) == 1
    scores = out.reshape(MAX_HEIGHT, engine.width)[:, :count].astype(np.float64)
    scores += limits.astype(np.float64)[:, None]
    used = 0.0
    for i in range(MAX_HEIGHT):
        for place in (*range(0, count, 5), count - 1):
            real = _real(query[i], keys[order[place]], unit, centre)
            error = abs(real - Fraction(float(scores[i, place])))
            assert error <= Fraction(float(bound[i]))
            used = max(used, float(error / Fraction(float(bound[i]))))
    if dimension in (7, 16, 33):
        assert used > 1e-3
    assert np.isinf(half[count:]).all()
    assert not words.reshape(dimension, engine.width)[:, count:].any()
