"""The numbers on the page: judged by the oracle, and equal to the reference's."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import gd_attention as gda
import numpy as np
import pytest
from gd_attention.conformance.bench import Bench
from gd_attention.conformance.case import Case
from gd_attention.conformance.contract import promised
from gd_attention.conformance.requirements import Profile
from gd_attention.conformance.target import FIELDS
from gd_attention.conformance.verdict import Verdict
from playground_visit import Scene, Visit, fragment, scene_of, six_digits

ABILITIES = frozenset(
    {"alpha", "alpha-per-key", "beta", "threshold", "threshold-per-key", "mask", "empty"}
)


def scenes() -> list[Scene]:
    """States in which ties, equalities, saturation and all settings meet, and random ones."""
    rng = np.random.default_rng(20)
    origin = np.zeros(2)
    found = [
        # no key; the query on a key; a tie; the critical separation, and next to it
        Scene(origin, np.zeros((0, 2))),
        Scene(np.array([0.1, 0.2]), np.array([[0.1, 0.2], [3.0, 1.0]]), 0.7),
        Scene(origin, np.array([[2.0, 1.0], [-1.0, 0.5], [0.5, -1.0]]), 0.4),
        Scene(origin, np.array([[1.0, 1.0]]), 0.5),
        Scene(origin, np.array([[1.0, np.nextafter(1.0, 2.0)]]), 0.5),
        # equality with the threshold admits: 1/4 = separation/4
        Scene(origin, np.array([[1.0, 0.0], [0.5, 0.0]]), 0.5, threshold=np.array([0.25, 0.0])),
        # saturated energies, and weights that are complements of each other
        Scene(origin, np.array([[20.0, 0.0], [11.0, 0.0], [30.0, 0.0]]), 0.5),
        Scene(origin, np.array([[9.0, 0.0], [8.0, 0.0]]), np.array([0.25, 0.75])),
        Scene(origin, np.array([[1e-5, 1e9], [3.0, 4.0]]), 0.3, beta=1e-9, threshold=0.01),
    ]
    for n in range(10):
        count = int(rng.integers(1, 7))
        found.append(
            Scene(
                rng.normal(scale=1.5, size=2),
                rng.normal(scale=1.5, size=(count, 2)),
                rng.uniform(0.05, 0.95, count) if n % 2 else float(rng.uniform(0.05, 0.95)),
                float(2.0 ** rng.uniform(-2, 2)),
                rng.uniform(0.0, 0.8, count) if n % 3 == 0 else float(rng.uniform(0.1, 0.8)),
                (0,) if n % 4 == 0 and count > 1 else (),
            )
        )
    return found


def selection(visit: Visit) -> SimpleNamespace:
    """The selection that the page shows, in full, as one query of a batch."""
    index = int(visit.value("index"))
    point = [visit.value(f"alignment-point-{axis}") for axis in "xy"]
    output = [0.0, 0.0] if index < 0 else [visit.value(f"output-{axis}") for axis in "xy"]
    return SimpleNamespace(
        index=np.array([index]),
        energy=np.array([visit.value("energy")]),
        coordinate=np.array([visit.value("coordinate")]),
        alignment_point=np.array([point]),
        unique=np.array([visit.texts("unique") == ["yes"]]),
        output=np.array([output]),
    )


@pytest.mark.clause("GDA-select-index", "GDA-energy-value", "GDA-coordinate-value")
def test_the_oracle_accepts_what_is_shown(playground):
    """Index, energy, coordinate, alignment point, output, uniqueness: under the exact contract."""
    visit = playground()

    def target(
        query: Any,
        keys: Any,
        *,
        alpha: Any = 0.5,
        beta: float = 1.0,
        threshold: Any = math.inf,
        mask: Any = True,
    ) -> SimpleNamespace:
        hidden = np.flatnonzero(~np.broadcast_to(mask, len(keys))).tolist()
        visit.go(fragment(Scene(query[0], keys, alpha, float(beta), threshold, tuple(hidden))))
        return selection(visit)

    bench = Bench(target, promised(target, "exact"), Profile(frozenset(FIELDS), ABILITIES))
    decided: set[str] = set()
    for number, scene in enumerate(scenes()):
        case = Case(
            scene.query[None],
            scene.keys,
            None,
            scene.alpha,
            scene.beta,
            scene.threshold,
            scene.mask,
        )
        findings = bench.first(case).findings
        told = [item for item in findings if item.verdict is not Verdict.SKIPPED]
        bad = [
            (item.clause, item.message)
            for item in told
            if item.verdict not in (Verdict.EXACT, Verdict.ADMISSIBLE)
        ]
        assert bad == [], number
        decided |= {item.clause for item in told}
    # the states reach all of it
    assert decided >= {
        "GDA-select-index",
        "GDA-select-ties",
        "GDA-select-priors",
        "GDA-abstain-none",
        "GDA-abstain-empty",
        "GDA-energy-value",
        "GDA-coordinate-value",
        "GDA-align-point-value",
        "GDA-align-unique",
        "GDA-output-gather",
    }


@pytest.mark.clause("GDA-admit-threshold", "GDA-def-radius", "GDA-thm-barriers")
def test_the_numbers_are_the_reference_s(playground):
    """Every number of the tables, to the six digits that are shown."""
    visit = playground()
    for number, scene in enumerate(scenes()):
        visit.go(fragment(scene))
        told = visit.scene
        assert np.array_equal(told.query, scene.query)
        assert np.array_equal(told.keys, scene.keys)
        wanted = expected(scene)
        got = {name: visit.shown(name) for name in wanted}
        for name, values in wanted.items():
            slack = 0.0
            if name.startswith("barrier"):
                # a barrier that vanishes keeps no relative precision: a few (1 + separation) eps,
                # says the docstring of the reference; 8 of them on either side
                slack = 16 * (1 + wanted["pair-separation"][0]) * 2.0**-52
            assert same(got[name], values, slack), (number, name, got[name], values)
        chosen = scene.call(gda.gd_attention)
        assert visit.states() == states(scene, chosen.index[0]), number


def expected(scene: Scene) -> dict[str, list[float]]:
    """What the reference says, by the names on the page."""
    chosen = scene.call(gda.gd_attention)
    table = scene.call(gda.admission)
    count = len(scene.keys)
    alpha = np.broadcast_to(scene.alpha, count)
    tau = np.broadcast_to(scene.threshold, count)
    apart = np.array([gda.separation(scene.query, key, scene.beta) for key in scene.keys])
    read = np.where(scene.mask, apart, math.nan)
    aligned = gda.align(apart, alpha)
    found = {
        "index": [float(chosen.index[0])],
        "energy": [chosen.energy[0]],
        "coordinate": [chosen.coordinate[0]],
        "separation": list(read),
        "key-energy": list(np.where(scene.mask, table.energy[0], math.nan)),
        "key-ceiling": list(gda.ceiling(alpha)),
        "key-coordinate": list(np.where(scene.mask, aligned.coordinate, math.nan)),
        "radius": list(gda.radius(tau, alpha, scene.beta)),
    }
    drawn = drawn_key(scene, int(chosen.index[0]))
    return found if drawn is None else found | of_pair(float(apart[drawn]), float(alpha[drawn]))


def drawn_key(scene: Scene, index: int) -> int | None:
    """The selected key, else the unmasked one of least energy."""
    if index < 0:
        free = Scene(scene.query, scene.keys, scene.alpha, scene.beta, math.inf, scene.masked)
        index = int(free.call(gda.gd_attention).index[0])
    return None if index < 0 else index


def of_pair(separation: float, alpha: float) -> dict[str, list[float]]:
    """The facts of the drawn pair."""
    points = gda.stationary_points(separation, alpha)
    count = int(points.count)
    high = gda.barrier(separation, alpha)
    t = [float(x) for x in points.coordinate[:count]]
    if count == 3:
        sides = ["alignment", "twin" if alpha == 0.5 else "minimum"]
        first, last = (sides[0], sides[1]) if alpha > 0.5 else (sides[1], sides[0])
        roles = {first: t[0], "saddle": t[1], last: t[2]}
    else:
        roles = {"alignment": t[0]} if count else {}
    aligned = gda.align(separation, alpha)
    found = {f"{role}-t": [value] for role, value in roles.items()}
    found |= {
        "pair-separation": [separation],
        "pair-energy": [float(aligned.energy)],
        "pair-coherence": [float(gda.coherence(aligned.energy))],
        "barrier-global": [float(high.from_global)] if count == 3 else [],
        "barrier-metastable": [float(high.from_metastable)] if count == 3 else [],
        "spinodal": [float(gda.spinodal(separation))] if separation > 2 else [],
        "midpoint-energy": [midpoint(separation, alpha)],
    }
    return found


def midpoint(separation: float, alpha: float) -> float:
    """The landscape half way: phi = separation/4, whatever the weight, as both wells are alike."""
    assert 0 < alpha < 1
    return separation / 4


def states(scene: Scene, index: int) -> list[str]:
    """The state of every key by the reference."""
    admitted = scene.call(gda.admission).admitted[0]
    return [
        "masked"
        if not allowed
        else "selected"
        if number == index
        else "admitted"
        if inside
        else "threshold"
        for number, (allowed, inside) in enumerate(zip(scene.mask, admitted, strict=True))
    ]


def same(got: list[float], wanted: list[float], slack: float = 0.0) -> bool:
    """Equal as shown; the energies of masked keys are no numbers on both sides."""
    return len(got) == len(wanted) and all(
        (math.isnan(a) and math.isnan(b)) or a == six_digits(float(b)) or abs(a - b) < slack
        for a, b in zip(got, wanted, strict=True)
    )


@pytest.mark.clause("GDA-def-reconstruction", "GDA-def-reconstruction-status")
def test_the_path_is_the_reference_s(playground):
    """Every step: query, key and status."""
    visit = playground()
    words = {
        gda.Status.CONVERGED: "converged",
        gda.Status.STAGNATED: "stagnated",
        gda.Status.MAX_STEPS: "not finished",
        gda.Status.ABSTAINED: "abstained",
    }
    seen = set()
    for preset in ("onward", "stuck", "start", "abstain", "idle", "curved"):
        visit.choose(preset)
        scene = scene_of(visit.page.url)
        path = scene.call(lambda *args, **kwargs: gda.reconstruct(*args, **kwargs, max_steps=40))
        steps = int(path.steps[0])
        assert visit.values("path-index") == path.indices[: steps + 1, 0].tolist()
        for axis in (0, 1):
            shown = visit.shown(f"path-query-{'xy'[axis]}")
            assert same(shown, list(path.queries[: steps + 1, 0, axis])), preset
        status = words[gda.Status(int(path.status[0]))]
        assert f"Step {int(scene.rest.get('step', 0))} of {steps}. {status}" in (
            visit.page.locator("#step-text").text_content() or ""
        )
        seen.add(status)
    assert seen == set(words.values())
