"""Honest rounding conforms under its own contract, and no contract admits a plainly wrong index."""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from contracts import ROUNDING
from gd_attention.conformance import Verdict, verify
from gd_attention.conformance import fields as fields_module
from gd_attention.conformance import spread as spread_module
from gd_attention.conformance.bench import Bench
from gd_attention.conformance.case import Case
from gd_attention.conformance.contract import Contract, contract
from gd_attention.conformance.formats import FORMATS
from gd_attention.conformance.generate import draw
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.profile import find_profile
from gd_attention.conformance.strategies import FAMILIES

TARGETS = Path(__file__).parents[1] / "targets"
# Cases of each family under each contract; 36 contracts, 20 families, up to six targets each.
EACH = 2


@pytest.fixture(autouse=True)
def _targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(TARGETS)


@cache
def cases(dtype: str, each: int) -> tuple[Case, ...]:
    """Cases of every family in a format."""
    families = [family.under(FORMATS[dtype]) for family in FAMILIES]
    return tuple(
        case for family in families for case in draw(family.strategy, family.name, each, 23)
    )


def findings(form: Contract, each: int = EACH, **changes):
    """Verdict, clause and message over the cases, for honest targets of the contract."""
    from rounding import FORMS, Rounding

    narrow = (False, True) if form.dtype != form.accumulate else (False,)
    for order, results in itertools.product(FORMS, narrow):
        arithmetic = (form.dtype, str(form.accumulate), form.distance, form.order_by)
        target = Rounding(*arithmetic, order, results, **changes)
        bench = Bench(target, form, find_profile(target, form=form.inputs))
        for case in cases(form.dtype, each):
            with np.errstate(all="ignore"):
                yield from bench.first(case).findings


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("form", ROUNDING, ids=lambda form: form.name)
@pytest.mark.clause("GDA-conf-set-separation", "GDA-conf-set-index", "GDA-conf-set-fields")
def test_honest_rounding_conforms_under_its_own_contract(form: Contract) -> None:
    """Three orders of the sums, results as computed and rounded to the dtype: nothing is wrong."""
    found = list(findings(form))
    wrong = [(item.clause, item.message) for item in found if item.verdict is Verdict.WRONG]
    assert not wrong, wrong[:3]
    # the allowances are put to use
    used = {item.clause for item in found if item.verdict is Verdict.ADMISSIBLE}
    assert "GDA-energy-value" in used
    assert all(item.verdict is not Verdict.UNDECIDED for item in found)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.clause("GDA-conf-set-separation")
def test_a_spread_without_its_roundings_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the factors of the sum left out, honest rounding is called wrong: the test can fail."""
    growth = spread_module._growth
    monkeypatch.setattr(spread_module, "_growth", lambda factors, form: growth(0, form))
    monkeypatch.setattr(fields_module, "ENERGY_ULPS", 0)
    found = findings(contract("float16,accumulate=float16"), each=4)
    assert any(item.verdict is Verdict.WRONG for item in found)


@pytest.mark.parametrize("form", ROUNDING, ids=lambda form: form.name)
@pytest.mark.clause("GDA-conf-set-index", "GDA-select-index")
def test_every_contract_rejects_a_wrong_index_at_top_1(form: Contract) -> None:
    """The second and third nearest keys are no answer, first or last in the list."""
    keys = np.array([[4.0, 0.0], [1.0, 0.0], [0.0, 5.0]])
    for turned in (keys, keys[::-1].copy()):
        row = solve(Case(np.zeros((1, 2)), turned), form).row((0,))
        assert row.admissible == {1}
    # with numbers that round everywhere
    rough = form.inputs.rounded(np.array([[0.71, 1.3], [0.13, 0.17], [-1.9, 0.3]]))
    query = form.inputs.rounded(np.array([[0.1, 0.2]]))
    for alpha in (0.5, np.array([0.5, 0.25, 0.5])):
        assert solve(Case(query, rough, alpha=alpha), form).row((0,)).admissible == {1}


@pytest.mark.parametrize("form", ROUNDING, ids=lambda form: form.name)
@pytest.mark.clause("GDA-conf-set-index")
def test_most_queries_have_one_admissible_index(form: Contract) -> None:
    """On plain cases under every contract; the sets are no excuse."""
    rows = [
        solve(case, form).row(position)
        for case in cases(form.dtype, EACH)
        if case.family in ("basic", "permutations")
        for position in np.ndindex(len(case.query))
    ]
    assert sum(len(row.admissible) == 1 for row in rows) >= 0.5 * len(rows)
    assert all(row.exact in row.admissible for row in rows)


OFFSET_CASES = 20 * 20


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.clause("GDA-conf-contract", "GDA-conf-three-way")
def test_an_expanded_distance_conforms_under_its_own_contract_alone() -> None:
    """float32 with |q|^2 + |k|^2 - 2 q.k: rounding as declared, a bug under the difference form."""
    from rounding import Rounding

    target = Rounding("float32", "float32", "expanded")
    own = verify(target, cases=OFFSET_CASES)
    assert (own.contract, own.verdict) == ("float32,distance=expanded", "conforms"), own.reason
    assert own.decisions["wrong"] == 0
    assert own.decisions["exact tie"] > 0
    assert own.decisions["unresolvable at this precision"] > 0

    other = verify(target, contract="float32", cases=OFFSET_CASES)
    assert other.verdict == "fails"
    assert other.decisions["wrong"] > 0
    for clause in ("GDA-select-index", "GDA-energy-value"):
        example = other.clause(clause).counterexample
        assert example is not None
        assert "it would be rounding under float32,distance=expanded" in example.message
        assert "cancels where query and key share an offset" in example.message
