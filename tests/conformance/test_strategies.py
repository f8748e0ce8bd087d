"""The families draw valid cases, hit their purpose, and cover the ranges they name."""

from __future__ import annotations

import decimal
import math
from functools import cache

import numpy as np
import pytest
from gd_attention.conformance.badcalls import bad_calls, is_portable
from gd_attention.conformance.case import Case
from gd_attention.conformance.contract import EXACT
from gd_attention.conformance.flags import FLAGS
from gd_attention.conformance.generate import draw
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.strategies import FAMILIES, Family, family
from gd_attention.conformance.strategies.energies import (
    alignment_energy,
    around_ceiling,
    exact_separation,
    separation_of,
)
from hypothesis import HealthCheck, find, settings

_COUNT = 60
_SEED = 7

NAMES = [member.name for member in FAMILIES]


@cache
def _cases(name: str) -> tuple[Case, ...]:
    return tuple(draw(family(name).strategy, name, _COUNT, _SEED))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.clause("GDA-conf-oracle")
def test_most_cases_hit_the_purpose_of_their_family(name: str) -> None:
    member = family(name)
    hits = sum(member.predicate(case, solve(case, EXACT)) for case in _cases(name))
    assert hits >= 0.9 * _COUNT, f"{name}: {hits} of {_COUNT} cases hit"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.clause("GDA-input-finite", "GDA-input-domain", "GDA-input-shape")
def test_every_case_is_a_valid_call(name: str) -> None:
    for case in _cases(name):
        assert case.family == name
        assert set(case.flags) <= FLAGS.keys()
        query, keys = np.asarray(case.query), np.asarray(case.keys)
        lead = np.broadcast_shapes(query.shape[:-2], keys.shape[:-2])
        if case.values is not None:
            assert case.values.shape[-2] == keys.shape[-2]
            lead = np.broadcast_shapes(lead, case.values.shape[:-2])
        m, n, d = query.shape[-2], keys.shape[-2], keys.shape[-1]
        assert d == query.shape[-1] >= 1
        alpha = np.broadcast_to(case.alpha, (*lead, n))
        assert bool(((alpha > 0.0) & (alpha < 1.0)).all())
        assert 0.0 < case.beta < math.inf
        assert not np.isnan(np.broadcast_to(case.threshold, (*lead, m, n))).any()
        mask = np.broadcast_to(True if case.mask is None else case.mask, (*lead, m, n))
        read = np.broadcast_to(keys, (*lead, n, d))[mask.any(axis=-2)]
        assert bool(np.isfinite(read).all())
        read = np.broadcast_to(query, (*lead, m, d))[mask.any(axis=-1)]
        assert bool(np.isfinite(read).all())


@pytest.mark.clause("GDA-conf-oracle")
def test_families_are_those_of_the_standard() -> None:
    assert len(NAMES) == len(set(NAMES)) == 20
    with pytest.raises(KeyError):
        family("no such family")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.clause("GDA-conf-oracle")
def test_the_same_seed_draws_the_same_cases(name: str) -> None:
    again = draw(family(name).strategy, name, 10, _SEED)
    first = draw(family(name).strategy, name, 10, _SEED)
    assert [case.snippet("a:b") for case in again] == [case.snippet("a:b") for case in first]


@pytest.mark.clause("GDA-conf-oracle")
def test_a_family_shrinks_to_its_least_shape() -> None:
    quiet = settings(database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    case = find(family("near-ties").strategy, lambda case: True, settings=quiet)
    assert case.query.shape == (1, 1)
    assert case.keys.shape == (2, 1)
    assert case.beta == 1.0


def _relative_gaps() -> list[float]:
    gaps = []
    for case in draw(family("near-ties").strategy, "near-ties", 300, _SEED):
        least, second = sorted(
            (exact_separation(case.query[0], key) for key in case.keys), key=lambda b: b.mid()
        )[:2]
        gaps.append(float((second - least) / least))
    return gaps


@pytest.mark.clause("GDA-select-exact-order")
def test_near_ties_cover_every_decade_from_an_ulp_to_a_thousandth() -> None:
    decades = {math.floor(math.log10(gap)) for gap in _relative_gaps()}
    assert decades >= set(range(-16, -3))


def _thresholds(kind: str) -> list[Case]:
    flag = f"threshold-{kind}"
    return [
        case
        for case in draw(family("thresholds").strategy, "thresholds", 400, _SEED)
        if flag in case.flags
    ]


@pytest.mark.clause("GDA-admit-threshold", "GDA-thm-decidability")
def test_equal_thresholds_tell_strict_from_non_strict() -> None:
    """In most of these cases a strict comparison selects another key, or none."""
    cases = _thresholds("equal")
    assert len(cases) >= 20
    told = 0
    for case in cases:
        table = np.broadcast_to(case.threshold, (len(case.query), len(case.keys)))
        separations = case.beta * ((case.keys - case.query[:, None, :]) ** 2).sum(axis=-1)
        # dyadic and at most 2: exact in float64, and a quarter of them is the energy
        for row, tau in zip(separations, table, strict=True):
            strict, lax = row < 4.0 * tau, row <= 4.0 * tau
            winners = [
                np.where(ok, row, np.inf).argmin() if ok.any() else -1 for ok in (strict, lax)
            ]
            told += winners[0] != winners[1]
    assert told >= len(cases) / 2


@pytest.mark.clause("GDA-admit-threshold")
def test_near_thresholds_fall_on_both_sides_at_every_distance() -> None:
    sides: dict[int, set[float]] = {}
    for case in _thresholds("near"):
        table = np.broadcast_to(case.threshold, (len(case.query), len(case.keys)))
        for i, j in np.ndindex(*table.shape):
            energy = alignment_energy(
                exact_separation(case.query[i], case.keys[j], case.beta), case.alpha
            )
            distance = (table[i, j] - energy) / energy
            if distance != 0.0 and abs(distance) <= 1e-3:
                decade = math.floor(math.log10(abs(distance)))
                sides.setdefault(decade, set()).add(math.copysign(1.0, distance))
    assert all(sides.get(decade) == {1.0, -1.0} for decade in range(-15, -4)), sides


@pytest.mark.parametrize("alpha", [0.5, 0.25, 0.3, 0.75, 1e-12, 1.0 - 2.0**-53, 2.0**-1074])
@pytest.mark.clause("GDA-admit-ceiling")
def test_floats_around_the_ceiling_are_neighbours_and_enclose_it(alpha: float) -> None:
    below, above = around_ceiling(alpha)
    assert math.nextafter(below, math.inf) == above
    # 1500 digits hold 1 - 2^-1074 exactly, and its logarithm beyond the term 2^-2149 that decides
    with decimal.localcontext(prec=1500):
        exact = decimal.Decimal(alpha)
        ceiling = -max(exact, 1 - exact).ln()
        assert decimal.Decimal(below) < ceiling < decimal.Decimal(above)


@pytest.mark.parametrize("alpha", [0.5, 0.2, 0.7])
@pytest.mark.parametrize("separation", [1e-8, 0.5, 1.9, 2.5, 10.0])
@pytest.mark.clause("GDA-def-energy")
def test_separation_of_inverts_the_energy(separation: float, alpha: float) -> None:
    energy = alignment_energy(separation, alpha)
    found = separation_of(energy, alpha)
    slope_at_ten = 1e-4  # t(1-t) is at least 4e-5 at these separations; one ulp of energy over it
    assert abs(found - separation) <= 8 * math.ulp(energy) / slope_at_ten


def _landscape_minimum(separation: float, alpha: float) -> float:
    t = np.linspace(0.0, 1.0, 20001)
    inside = alpha * np.expm1(-separation * t**2)
    inside += (1.0 - alpha) * np.expm1(-separation * (1.0 - t) ** 2)
    return float((-np.log1p(inside)).min())


@pytest.mark.parametrize("alpha", [0.5, 0.1, 0.3, 0.8])
@pytest.mark.parametrize("separation", [1e-3, 0.7, 2.0, 2.2, 6.0, 40.0])
@pytest.mark.clause("GDA-def-energy")
def test_alignment_energy_is_the_least_of_the_landscape(separation: float, alpha: float) -> None:
    energy = alignment_energy(separation, alpha)
    on_grid = _landscape_minimum(separation, alpha)
    # A grid point lies within 1/40000 of the minimiser, and phi'' <= 2 separation.
    slack = separation * (1.0 / 40000.0) ** 2
    rounding = 16 * math.ulp(1.0) * max(energy, 1e-3)
    assert energy - rounding <= on_grid <= energy + slack + rounding


@pytest.mark.clause(
    "GDA-input-shape",
    "GDA-input-dtype",
    "GDA-input-domain",
    "GDA-input-finite",
    "GDA-fill-representable",
)
def test_bad_calls_number_at_least_forty_and_cover_their_clauses() -> None:
    calls = bad_calls()
    assert len(calls) >= 40
    assert len({case.id for case in calls}) == len(calls)
    counts: dict[str, int] = {}
    for case in calls:
        assert case.expects in ("ValueError", "TypeError")
        assert case.argument in case.arguments()
        for clause in case.clauses:
            counts[clause] = counts.get(clause, 0) + 1
    assert min(counts.values()) >= 5
    assert len(counts) == 5
    assert sum(is_portable(case) for case in calls) >= 40


@pytest.mark.clause("GDA-conf-profile")
def test_capabilities_of_a_family_hold_for_each_of_its_cases() -> None:
    from gd_attention.conformance.target import capabilities_of

    def needed(member: Family) -> set[str]:
        return set.intersection(*(set(capabilities_of(case)) for case in _cases(member.name)))

    for member in FAMILIES:
        assert member.capabilities <= needed(member), member.name
