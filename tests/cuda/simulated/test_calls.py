"""Calls around the edges of tiles, splits and parts: every bit is the reference's."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import gd_attention
import numpy as np
import pytest
from gd_attention.accelerated.cuda import gd_attention as on_device
from gd_attention.accelerated.cuda import operator, plan, search
from gd_attention.accelerated.cuda.nearest import LISTED
from gd_attention.accelerated.cuda.search import OPEN, searched
from gd_attention.validation import checked
from hypothesis import given, settings
from hypothesis import strategies as st
from judges import CLOUDS, expected
from small import SMALL, attend

FIELDS = ("index", "output", "energy", "coordinate", "alignment_point", "unique")
EDGE = SMALL.tile.columns
ROUTES = pytest.mark.clause(
    "GDA-select-index", "GDA-select-ties", "GDA-select-exact-order", "GDA-select-priors"
)


def same(query: Any, keys: Any, values: Any = None, **given: Any) -> gd_attention.Selection:
    """The result, once every field was found equal to the reference's in dtype, shape and bits."""
    want = gd_attention.gd_attention(query, keys, values, **given)
    found = attend(query, keys, values, **given)
    for name in FIELDS:
        a, b = getattr(want, name), getattr(found, name)
        assert a.dtype == b.dtype, name
        assert a.shape == b.shape, name
        assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f"), (name, want.index, found.index)
    return found


@st.composite
def calls(draw: st.DrawFn) -> dict[str, Any]:
    """Shapes around the tile's edges, clouds with ties, offsets and scales, every kind of filter.

    Shrinks to one query and one key without filters.
    """
    r = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    batch = draw(st.sampled_from([(), (2,), (2, 1), (2, 2)]))
    m = draw(st.sampled_from([1, EDGE - 1, EDGE, EDGE + 1]))
    n = draw(st.sampled_from([1, EDGE - 1, EDGE, EDGE + 1, 2 * EDGE, 3 * EDGE + 1]))
    d = draw(st.sampled_from([1, 2, 3, 4]))
    query, keys = CLOUDS[draw(st.sampled_from(sorted(CLOUDS)))](r, m, n, d)
    scale = draw(st.sampled_from([1.0, 1e-3, 2.0**-100]))
    dtypes = st.sampled_from([np.float32, np.float64])
    query, keys = (scale * query).astype(draw(dtypes)), (scale * keys).astype(draw(dtypes))
    query = np.broadcast_to(query, (*batch, m, d))
    if draw(st.booleans()):
        keys = keys[r.permuted(np.broadcast_to(np.arange(n), (*batch, n)), axis=-1)]
    alpha = {
        "default": lambda: 0.5,
        "mirrored": lambda: r.choice([0.25, 0.75], n),
        "few": lambda: r.choice([0.2, 0.5, 0.7], (*batch, n)),
        "each": lambda: r.beta(2, 2, n).clip(1e-9, 1 - 1e-9),
        "near": lambda: 0.3 + 2.0**-54 * r.integers(0, 9, n),
    }[draw(st.sampled_from(["default", "mirrored", "few", "each", "near"]))]()
    threshold = {
        "none": lambda: math.inf,
        "query": lambda: r.uniform(0, 0.7, (m, 1)),
        "key": lambda: r.choice([0.0, 0.1, 0.5, 0.6, math.inf, -1.0], n),
        "pair": lambda: r.uniform(0, 0.7, (*batch, m, n)),
    }[draw(st.sampled_from(["none", "query", "key", "pair"]))]()
    mask = {
        "none": lambda: None,
        "key": lambda: r.random(n) < 0.6,
        "query": lambda: r.random((m, 1)) < 0.6,
        "pair": lambda: r.random((m, n)) < 0.5,
        "entry": lambda: r.random((*batch, m, n)) < 0.3,
    }[draw(st.sampled_from(["none", "key", "query", "pair", "entry"]))]()
    beta = draw(st.sampled_from([1.0, 0.02, 1e3, 2.0**190]))
    return {"query": query, "keys": keys, "alpha": alpha, "beta": beta,
            "threshold": threshold, "mask": mask}  # fmt: skip


@ROUTES
@pytest.mark.clause("GDA-admit-mask", "GDA-admit-threshold", "GDA-call-pure")
@given(call=calls())
@settings(max_examples=150)
def test_every_bit_is_the_references(call: dict[str, Any]) -> None:
    same(**call)


@ROUTES
@pytest.mark.clause("GDA-thm-nearest", "GDA-thm-screening")
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["f4", "f8"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_clouds_on_every_route(cloud: str, dtype: type) -> None:
    """Offsets, scales, ties, last bits: the nearest key by the oracle, the others by every bit."""
    r = np.random.default_rng(3)
    query, keys = (x.astype(dtype) for x in CLOUDS[cloud](r, 5, 23, 3))
    assert same(query, keys).index.tolist() == expected(query, keys).tolist()
    same(query, keys, mask=r.random((5, 23)) < 0.5)
    same(query, keys, alpha=r.beta(2, 2, 23), beta=0.02)
    same(query, keys, alpha=r.choice([0.3, 0.7, 0.4], 23), mask=np.tri(5, 23, 9, bool))
    same(query, keys, threshold=r.uniform(0, 0.7, 23), beta=0.1)


@pytest.mark.clause("GDA-select-ties")
@pytest.mark.parametrize("count", [2, LISTED, LISTED + 1, 2 * LISTED])
def test_ties_by_construction(count: int) -> None:
    """Mirror images around the query, permuted: the least index, in lists that hold them or not."""
    r = np.random.default_rng(count)
    signs = r.choice([-1.0, 1.0], (count, 3))
    keys = np.concatenate([np.full((3, 3), 9.0), signs * [1.0, 2.0, 3.0], np.full((2, 3), 9.0)])
    assert same(np.zeros((2, 3)), keys).index.tolist() == [3, 3]
    assert same(np.zeros((1, 3)), keys, alpha=r.choice([0.25, 0.75], len(keys))).index[0] == 3
    mask = np.ones((2, len(keys)), bool)
    mask[1, 3] = False
    assert same(np.zeros((2, 3)), keys, mask=mask).index.tolist() == [3, 4]


@pytest.mark.clause("GDA-select-exact-order", "GDA-thm-decidability")
def test_more_rivals_than_a_list_holds() -> None:
    """Saturated keys of weights an ulp apart: bounds order none of them, the reference all."""
    count = LISTED + 8
    keys = np.arange(100.0, 100.0 + count)[:, None]
    weights = 0.25 + 2.0**-54 * np.arange(count)[::-1]
    assert same(np.zeros((1, 1)), keys, alpha=weights).index.tolist() == [count - 1]
    tau = np.where(np.arange(count) % 2 == 0, math.log(2), 0.0)
    assert same(np.zeros((1, 1)), keys, threshold=tau).index.tolist() == [-1]


@pytest.mark.clause("GDA-select-priors", "GDA-thm-prior-monotone")
def test_saturated_keys_of_one_weight_leave_short_lists() -> None:
    """Energies agree to the last bit; distance decides inside a class, so nothing overflows."""
    r = np.random.default_rng(8)
    query, keys = 100.0 * r.normal(size=(3, 2)), 100.0 * r.normal(size=(91, 2))
    # the class of one key comes first, before one that fills tiles
    call = {"alpha": np.repeat([0.3, 0.6, 0.2, 0.199], [30, 30, 30, 1]), "beta": 10.0}
    inputs = checked(query, keys, **call, narrow=True)
    (made,) = plan.planned(inputs, EDGE).parts()
    # padding gives each class tiles of its own, in which its own keys prune
    assert search._even(made.lists.weight, EDGE).all()
    answer = searched(made, 10.0, SMALL)
    assert ((answer.winner != OPEN) | [(0, m) in answer.lists for m in range(3)]).all()
    same(query, keys, **call)


@pytest.mark.clause("GDA-mask-unread")
def test_what_no_pair_reads_may_hold_anything() -> None:
    """NaN and infinities in masked keys and queries, on every route."""
    r = np.random.default_rng(4)
    query, keys = r.normal(size=(6, 3)), r.normal(size=(17, 3))
    mask = r.random((6, 17)) < 0.5
    mask[2], mask[:, ::3] = False, False
    query[2], keys[::3] = np.nan, np.inf
    for alpha in (0.5, r.beta(2, 2, 17)):
        assert same(query, keys, alpha=alpha, mask=mask).index[2] == -1
        same(query[:2], keys, alpha=alpha, mask=mask[0])
        same(query[:2], keys, alpha=alpha, mask=mask[0], threshold=r.uniform(0, 0.7, 17))


@pytest.mark.clause("GDA-energy-overflow", "GDA-thm-screening")
@pytest.mark.parametrize("scale", [1e-320, 1e-200, 1e-95, 1e95, 1e200, 1e307])
def test_squares_outside_the_range_of_floats(scale: float) -> None:
    r = np.random.default_rng(5)
    query, keys = scale * r.normal(size=(3, 2)), scale * r.normal(size=(9, 2))
    for beta in (1.0, 2.0**-1070, 1e300):
        same(query, keys, beta=beta)
        same(query, keys, beta=beta, alpha=r.beta(2, 2, 9))
        same(query, keys, beta=beta, threshold=r.uniform(0, 0.7, 9))


@pytest.mark.clause("GDA-energy-overflow", "GDA-thm-screening")
def test_a_scale_that_floats_round() -> None:
    """2 beta / unit^2 = 1.5 * 2^-1074 rounds to twice 2^-1074: half the reach would keep no key."""
    r = np.random.default_rng(14)
    keys = 2.0**-299 * r.uniform(0.5, 1.0, (9, 2))
    query = 2.0**-240 * np.ones((2, 2))
    same(query, keys, beta=1.5 * 2.0**-477, alpha=r.beta(2, 2, 9))


@pytest.mark.clause("GDA-thm-screening")
def test_queries_far_away_are_noticed() -> None:
    """Beyond the range of the sums, next to a query inside it."""
    r = np.random.default_rng(6)
    query, keys = r.normal(size=(4, 3)), r.normal(size=(11, 3))
    for factor in (1e15, 1e17, 1e19, 1e25, 1e38, 1e200):
        query[1] = factor * np.array([1.0, -1.0, 0.5])
        assert same(query, keys).index.tolist() == expected(query, keys).tolist()
        same(query, keys, alpha=r.beta(2, 2, 11))


@pytest.mark.clause("GDA-batch-broadcast")
def test_heads_batches_and_broadcasts() -> None:
    """Keys per entry, per head, for all; masks and priors that broadcast in their own way."""
    r = np.random.default_rng(7)
    query = r.normal(size=(2, 3, 5, 2))
    for shape in ((2, 3, 6, 2), (2, 1, 6, 2), (3, 6, 2), (6, 2)):
        keys = r.normal(size=shape)
        same(query, keys)
        same(query, keys, mask=r.random((2, 1, 1, 6)) < 0.6)
        same(query, keys, mask=r.random((3, 5, 1)) < 0.6)
        same(query, keys, alpha=r.beta(2, 2, (3, 6)), mask=r.random((2, 1, 5, 6)) < 0.6)
        same(query, keys, alpha=r.beta(2, 2, (2, 1, 6)), threshold=r.uniform(0, 0.7, (5, 6)))


@ROUTES
def test_more_entries_than_a_grid_has_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MOST_GROUPS", 2)
    r = np.random.default_rng(9)
    query, keys = r.normal(size=(5, 2, 2)), r.normal(size=(5, 7, 2))
    same(query, keys)
    same(query, keys, alpha=r.beta(2, 2, (5, 7)), mask=r.random((5, 2, 7)) < 0.6)
    same(query, keys[0], alpha=r.beta(2, 2, (5, 7)), threshold=r.uniform(0, 0.7, (2, 7)))


@ROUTES
@pytest.mark.parametrize("blocks", [1, 2, 3, 64])
@pytest.mark.parametrize("part", [1, 7, 24, 1 << 20])
def test_splits_and_parts_change_nothing(
    blocks: int, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts of one key, of a few, of all; splits of one tile and of all."""
    import small

    monkeypatch.setattr(small, "SMALL", dataclasses.replace(SMALL, blocks=blocks, part=part))
    r = np.random.default_rng(10)
    query, keys = r.integers(-2, 3, (3, 2)).astype(float), r.integers(-2, 3, (19, 2)).astype(float)
    same(query, keys)
    same(query, keys, mask=r.random((3, 19)) < 0.5)
    same(query, keys, alpha=r.choice([0.3, 0.6, 0.2], 19), beta=0.3)


@ROUTES
def test_the_tile_of_a_device() -> None:
    """The production tile of 64 by 64 and 256 threads: more keys than one tile, and ties."""
    r = np.random.default_rng(11)
    query, keys = r.integers(-4, 5, (3, 2)).astype(float), r.integers(-4, 5, (66, 2)).astype(float)
    for call in ({}, {"alpha": r.choice([0.3, 0.45], 66), "beta": 0.1}):
        want = gd_attention.gd_attention(query, keys, **call)
        found = on_device(query, keys, **call)
        for name in FIELDS:
            assert np.array_equal(getattr(want, name), getattr(found, name)), name


@ROUTES
@pytest.mark.parametrize("most", [4, 6])
def test_more_rows_than_a_kernel_counts(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond 2^31 rows the host decides; here beyond a few: of 5 queries, of 8 keys with priors."""
    monkeypatch.setattr(search, "MOST_ROWS", most)
    asked: list[int] = []
    decide_all = operator.decide_all
    monkeypatch.setattr(
        operator, "decide_all", lambda i, places: asked.append(len(places)) or decide_all(i, places)
    )
    r = np.random.default_rng(13)
    query, keys = r.normal(size=(5, 2)), r.normal(size=(8, 2))
    same(query, keys)
    same(query, keys, alpha=r.beta(2, 2, 8))
    assert asked == ([5, 5] if most == 4 else [5])


def test_exact_decisions_are_the_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    """On data without ties the kernels decide; else the host would do the device's work unseen."""
    left: list[int] = []
    for name in ("decide_nearest", "decide_priors"):
        monkeypatch.setattr(operator, name, lambda *given: left.append(len(given[-2])))
    monkeypatch.setattr(operator, "decide_all", lambda *given: pytest.fail("asked the host"))
    r = np.random.default_rng(12)
    query, keys = r.normal(size=(6, 3)), r.normal(size=(21, 3))
    attend(query, keys)
    attend(query, keys, mask=r.random((6, 21)) < 0.5)
    attend(query, keys, alpha=r.beta(2, 2, 21))
    attend(query, keys, threshold=r.uniform(0, 0.7, 21))
    assert left == [0, 0, 0, 0]
