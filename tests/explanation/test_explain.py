"""`explain` says what the operator does, and its radius is true on both sides."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import gd_attention as package
import numpy as np
import pytest
from gd_attention import Standing, admission, explain, gd_attention, robustness_radius
from gd_attention.decide import compare_energies
from gd_attention.explanation import order as order_module
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

COORDINATES = st.sampled_from([0.0, 1.0, -1.0, 0.5, 3.0, 40.0, 1.0 + 2.0**-30])


@st.composite
def calls(draw: st.DrawFn) -> tuple[NDArray[Any], NDArray[Any], dict[str, Any]]:
    """A query, keys, and options, with ties and saturated energies."""
    n, d = draw(st.integers(1, 8)), draw(st.integers(1, 3))

    def row() -> list[float]:
        return draw(st.lists(COORDINATES, min_size=d, max_size=d))

    def column(*values: float) -> Any:
        return np.array(draw(st.lists(st.sampled_from(values), min_size=n, max_size=n)))

    options: dict[str, Any] = {"beta": draw(st.sampled_from([0.25, 1.0]))}
    options["alpha"] = column(0.5, 0.25, 0.75) if draw(st.booleans()) else 0.5
    options["threshold"] = (
        column(0.0, 0.25, 0.5, math.log(2.0), math.inf, -1.0) if draw(st.booleans()) else math.inf
    )
    if draw(st.booleans()):
        options["mask"] = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    return np.array(row()), np.array([row() for _ in range(n)]), options


def exact_order(query: Any, keys: Any, options: dict[str, Any]) -> list[int]:
    """The keys that are not masked by (exact E*, index), by insertion and rational separations."""
    alpha = np.broadcast_to(options["alpha"], len(keys))
    beta = Fraction(options["beta"])
    separation = [
        beta * sum((Fraction(a) - Fraction(b)) ** 2 for a, b in zip(query, key, strict=True))
        for key in keys.tolist()
    ]
    result: list[int] = []
    for i in np.flatnonzero(options.get("mask", np.ones(len(keys), bool))).tolist():
        place = 0
        while place < len(result) and compare_energies(
            separation[result[place]], float(alpha[result[place]]), separation[i], float(alpha[i])
        ) <= 0:  # fmt: skip
            place += 1
        result.insert(place, i)
    return result


@pytest.mark.clause("GDA-def-selection", "GDA-def-admission", "GDA-select-exact-order")
@given(call=calls(), count=st.integers(0, 9), chunk=st.integers(1, 9))
def test_it_says_what_the_operator_does(call: Any, count: int, chunk: int) -> None:
    """Selection, order, standing, numbers and radius, for any size of chunk."""
    query, keys, options = call
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order_module, "_CHUNK", chunk * keys.shape[1])
        found = explain(query, keys, count=count, also=range(len(keys)), **options)
    one = gd_attention(query[None], keys, **options)
    table = admission(query[None], keys, **options)
    order = exact_order(query, keys, options)
    assert found.index == one.index[0]
    assert found.alignment_point.tobytes() == one.alignment_point[0].tobytes()
    assert (found.count, found.admitted) == (len(keys), np.count_nonzero(table.admitted))
    assert found.masked == len(keys) - len(order)
    assert [key.index for key in found.keys if key.rank] == order[:count]
    assert [key.rank for key in found.keys if key.rank] == list(range(1, len(order[:count]) + 1))
    assert {key.index for key in found.keys} == set(range(len(keys)))
    admitted = [i for i in order if table.admitted[0, i]]
    assert found.runner_up == (admitted[1] if len(admitted) > 1 else -1)
    weights = np.broadcast_to(options["alpha"], len(keys))
    limits = np.broadcast_to(options["threshold"], len(keys))
    for key in found.keys:
        assert (key.alpha, key.threshold) == (weights[key.index], limits[key.index])
        if key.index not in order:
            assert key.standing is Standing.MASKED and math.isnan(key.energy)
            continue
        assert (key.standing in (Standing.SELECTED, Standing.ADMITTED, Standing.TIED)) == (
            key.index in admitted
        )
        alpha = np.broadcast_to(options["alpha"], len(keys))[[key.index]]
        alone = gd_attention(query[None], keys[[key.index]], alpha=alpha, beta=options["beta"])
        assert key.energy == alone.energy[0] and key.unique == alone.unique[0]
    assert (found.selected is None) == (found.index < 0)
    if found.runner_up >= 0:
        standing = next(key.standing for key in found.keys if key.index == found.runner_up)
        tied = found.energy_margin == 0.0 and standing is Standing.TIED
        assert tied or standing is Standing.ADMITTED
    assert found.radius == robustness_radius(query[None], keys, **options)[0]
    light = np.minimum(weights, 1.0 - weights)[order]
    assert found.tight == (len(set(light)) <= 1 and bool((limits[order] == math.inf).all()))
    json.dumps(found.to_json(), allow_nan=False)


@pytest.mark.clause("GDA-energy-saturation")
def test_the_margin_of_saturated_energies_is_that_of_their_deficits() -> None:
    """At alpha = 1/2 the deficit is exp(-x) and less than its square: 2e-16 of it at most here."""
    found = explain([0.0], [[6.5], [-6.25]])
    assert (found.index, found.runner_up) == (1, 0)
    assert found.keys[0].energy == found.keys[1].energy == math.log(2.0)
    expected = math.exp(-39.0625) - math.exp(-42.25)
    # two exponentials, a root's error in each deficit (2**-48 of it) and a difference
    assert found.energy_margin == pytest.approx(expected, rel=2.0**-45, abs=0.0)
    assert found.distance_margin == 0.25


@pytest.mark.clause("GDA-thm-robustness")
@given(seed=st.integers(0, 2**32), d=st.integers(1, 3), n=st.integers(2, 12))
def test_just_less_than_the_radius_keeps_the_index_and_just_more_changes_it(
    seed: int, d: int, n: int
) -> None:
    """Shared weight, no threshold: the radius is the distance to the boundary.

    A shift by r (1 - 2**-20) in any direction keeps the index; one by r (1 + 2**-20) straight at
    the nearest other bisector changes it. Rounding the shifted query moves it by less than
    2**-50 of the coordinates, which are below 8, while 2**-20 r is far more for r > 2**-20.
    """
    random = np.random.default_rng(seed)
    query, keys = random.normal(size=d), random.normal(size=(n, d))
    found = explain(query, keys)
    assert found.tight
    if found.radius < 2.0**-20:
        return

    def index(shift: NDArray[np.float64]) -> int:
        return int(gd_attention((query + shift)[None], keys).index[0])

    less, more = (found.radius * (1.0 + s * 2.0**-20) for s in (-1.0, 1.0))
    directions = random.normal(size=(8, d))
    towards = keys - keys[found.index]
    length = np.linalg.norm(towards, axis=1)
    others = np.flatnonzero(length > 0.0)
    units = towards[others] / length[others, None]
    for unit in (*(directions / np.linalg.norm(directions, axis=1, keepdims=True)), *units):
        assert index(less * unit) == found.index
    assert any(index(more * unit) != found.index for unit in units)


@pytest.mark.clause("GDA-thm-robustness")
@pytest.mark.parametrize("threshold", [0.05, 0.4])
def test_just_less_than_the_radius_keeps_an_abstention_or_an_admission(threshold: float) -> None:
    """With a threshold the radius is a lower bound; one key makes it the distance to its sphere."""
    query, keys = np.zeros(2), np.array([[0.6, 0.8]])  # separation 1, energy 1/4
    found = explain(query, keys, threshold=threshold)
    assert (found.index < 0) == (threshold < 0.25)
    # the sphere of the threshold has the radius sqrt(4 threshold) at weight 1/2 and beta 1
    assert found.radius == pytest.approx(abs(1.0 - math.sqrt(4.0 * threshold)), rel=1e-12, abs=0.0)
    sign = 1.0 if found.index < 0 else -1.0
    for scale, same in ((1.0 - 2.0**-20, True), (1.0 + 2.0**-20, False)):
        shifted = (query + sign * scale * found.radius * keys[0])[None]
        assert (gd_attention(shifted, keys, threshold=threshold).index[0] == found.index) == same


@pytest.mark.clause("GDA-thm-robustness")
@pytest.mark.parametrize("options", [{}, {"threshold": 0.2}, {"beta": 1e-3}])
def test_keys_that_are_left_out_do_not_change_the_radius(options: dict[str, Any]) -> None:
    """Among many keys the exact arithmetic is spent on few, and the certificate is the same."""
    random = np.random.default_rng(3)
    keys = random.normal(size=(400, 2)).astype(np.float32)
    for query in random.normal(size=(12, 2)).astype(np.float32):
        found = explain(query, keys, count=1, **options)
        assert found.radius == robustness_radius(query[None], keys, **options)[0]


@pytest.mark.clause("GDA-energy-saturation")
def test_the_margin_of_saturated_energies_is_not_lost() -> None:
    """At separations 100 and 121 both energies are log 2 in float64."""
    found = explain([0.0], [[11.0], [10.0]])
    first, second = found.keys
    assert first.energy == second.energy == pytest.approx(math.log(2.0), abs=0.0, rel=2e-16)
    assert (found.index, found.runner_up, second.standing) == (1, 0, Standing.ADMITTED)
    # deficit = -log(1-u) - y u^2 with u = exp(-y) to first order (T14): exp(-100) - exp(-121)
    assert found.energy_margin == pytest.approx(math.exp(-100.0), rel=1e-8, abs=0.0)
    assert found.distance_margin == 1.0


def test_a_key_that_was_asked_for() -> None:
    """Why not this one: masked, refused or admitted; and a negative margin of distance."""
    keys = [[1.0], [2.0], [3.0], [9.0]]
    found = explain(
        [0.0], keys, beta=0.1, threshold=[0.01, 0.5, 0.5, 0.5], mask=[True, True, True, False],
        labels=list("abcd"), count=0, also=[3, 0],
    )  # fmt: skip
    assert [(key.index, key.label) for key in found.keys] == [
        (1, "b"), (2, "c"), (3, "d"), (0, "a"),
    ]  # fmt: skip
    assert [key.reason for key in found.keys] == [
        "selected", "admitted", "masked", "refused: E* above 0.01",
    ]  # fmt: skip
    weighted = explain([0.0], [[1.0], [1.5]], alpha=[0.5, 0.01])
    assert weighted.index == 1 and weighted.distance_margin == -0.5


def test_bad_arguments() -> None:
    for options, message in (
        ({"query": [[0.0]]}, r"query: expected shape \(D,\), got \(1, 1\)"),
        ({"keys": [0.0]}, r"keys: expected shape \(N, D\)"),
        ({"keys": [[0.0, 1.0]]}, "keys: expected D = 1"),
        ({"keys": [[np.nan]]}, "keys: expected finite"),
        ({"labels": ["a", "b"]}, "labels: expected 1"),
        ({"also": [1]}, "also: expected a key below 1, got 1"),
        ({"count": -1}, "count: "),
        ({"alpha": 1.0}, "alpha: "),
    ):
        with pytest.raises(ValueError, match=message):
            explain(**{"query": [0.0], "keys": [[1.0]], **options})


def test_no_key_at_all() -> None:
    found = explain([0.0, 1.0], np.empty((0, 2)))
    assert (found.index, found.keys, found.radius) == (-1, (), math.inf)
    found = explain([0.0], [[1.0]], mask=[False])
    assert (found.index, found.masked, found.radius) == (-1, 1, math.inf)
    assert found.robustness == "no shift of the query changes this"


def test_the_inputs_stay_as_they_were_and_the_result_is_frozen() -> None:
    query, keys = np.zeros(2), np.ones((3, 2))
    found = explain(query, keys)
    assert not query.any() and (keys == 1.0).all()
    with pytest.raises(AttributeError):
        found.index = 5  # type: ignore[misc]
    assert not np.shares_memory(found.query, query)
    assert package.explain is explain


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_the_figure_is_written_and_the_same_each_time(tmp_path: Path, suffix: str) -> None:
    from gd_attention.explanation.figure import save

    found = explain(
        [0.0, 0.0], np.random.default_rng(1).normal(size=(9, 2)) * 2.0, threshold=0.4, count=6
    )
    files = [tmp_path / f"{name}.{suffix}" for name in "ab"]
    for file in files:
        save(found, file)
    first = files[0].read_bytes()
    assert first == files[1].read_bytes() and len(first) > 4000


def test_what_the_figure_shows() -> None:
    """The points lie on the curve, and the profile's least value is the energy."""
    from gd_attention.explanation.figure import draw, profile

    found = explain([0.0], [[1.0], [2.0], [5.0]], alpha=0.4, threshold=0.35)
    left, right = draw(found).axes
    curve = right.lines[0]
    for line in right.lines:
        if line.get_marker() != "None":
            for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True):
                near = np.interp(x, curve.get_xdata(), curve.get_ydata())
                # linear interpolation of a curve whose slope falls by less than 1/4 in all, on
                # a grid of 1/800 of the axis of 28.75: off by less than 1/4 of a step
                assert abs(near - y) < 0.25 * 28.75 / 800
    assert {text.get_text() for text in left.get_legend().get_texts()} == {
        "key 0: selected", "key 1: refused",
    }  # fmt: skip
    for key in found.keys:
        t = np.linspace(-0.5, 1.5, 4001)
        values = profile(t, key)
        assert values.min() >= key.energy * (1.0 - 1e-13)
        assert profile(np.array([key.coordinate]), key)[0] == pytest.approx(
            key.energy, rel=1e-13, abs=0.0
        )
    empty = draw(explain([0.0], [[1.0]], mask=[False]))
    assert "no key to show" in {text.get_text() for text in empty.axes[0].texts}
