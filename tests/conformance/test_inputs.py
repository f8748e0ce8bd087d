"""Cases in the format of a contract: rounded, handed over, or skipped with the reason."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from gd_attention.conformance import verify
from gd_attention.conformance.case import Case
from gd_attention.conformance.collect import grade
from gd_attention.conformance.contract import Contract
from gd_attention.conformance.expectation import Interval
from gd_attention.conformance.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, FORMATS
from gd_attention.conformance.generate import draw
from gd_attention.conformance.inputs import belongs, fit, hand, widened
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.realdata import iris_cases
from gd_attention.conformance.strategies import FAMILIES
from gd_attention.conformance.target import capabilities_of
from gd_attention.conformance.vectors import load_vectors
from gd_attention.conformance.verdict import Verdict

NARROW = [FLOAT32, FLOAT16, BFLOAT16]
narrow = pytest.mark.parametrize("form", NARROW, ids=lambda form: form.name)


@narrow
@pytest.mark.clause("GDA-conf-contract-record")
def test_fit_rounds_and_casts(form) -> None:
    case = Case(
        np.array([[0.1, 1e300]]),
        np.array([[np.nan, -1e-300], [0.3, 2.0]]),
        values=np.array([[1], [2**53]]),
        alpha=1.0 - 2.0**-50,
        beta=1e-320,
        threshold=np.array([np.inf, 0.7]),
        mask=np.array([False, True]),
        fill=-1,
    )
    fitted = fit(case, form)
    assert fitted.dtype == form.name
    assert fitted.query.dtype == fitted.keys.dtype == fitted.threshold.dtype == form.dtype
    assert fitted.query.astype(float).tolist() == [[form.nearest(0.1), form.largest]]
    assert np.isnan(fitted.keys[0, 0]) and fitted.mask is case.mask
    assert fitted.alpha == form.below(1.0)
    assert fitted.beta == form.least
    assert fitted.threshold.astype(float).tolist() == [np.inf, form.nearest(0.7)]
    # copied, never computed with
    assert fitted.values is case.values and fitted.fill == -1
    assert belongs(fitted, form) and not belongs(case, form)
    assert widened(fitted).query.dtype == np.float64
    assert fit(case, FLOAT64) is case


@narrow
@pytest.mark.clause("GDA-conf-contract-record")
def test_hand_skips_what_the_format_does_not_hold(form) -> None:
    case = Case(np.array([[0.5]]), np.array([[1.0], [0.1]]), alpha=0.3)
    assert hand(case, form) == (case, f"not representable in {form.name}: keys, alpha")
    case = Case([[0.5]], np.array([[1], [2]]), alpha=0.25)
    handed, foreign = hand(case, form)
    assert not foreign
    assert handed.query.dtype == form.dtype
    assert handed.keys.dtype.kind == "i"
    assert capabilities_of(handed) == {"alpha", "mixed-dtype"}
    # a bad call keeps what may be bad in it
    bad = Case(np.array([[0.5]]), np.array([[0.1]]), fill=0.1, expects="ValueError")
    handed, foreign = hand(bad, form)
    assert not foreign
    assert (handed.query.dtype, handed.keys.dtype) == (form.dtype, np.float64)


@narrow
@pytest.mark.clause("GDA-conf-contract-record", "GDA-conf-report")
def test_a_target_sees_the_dtype_and_the_report_says_what_was_skipped(form) -> None:
    seen = set()

    def target(query, keys):
        seen.update((query.dtype, keys.dtype))
        gaps = keys.astype(float)[..., None, :, :] - query.astype(float)[..., :, None, :]
        return (gaps**2).sum(axis=-1).argmin(axis=-1)

    report = verify(target, contract=form.name, cases=20)
    # integers stay what they are
    assert {dtype for dtype in seen if dtype.kind != "i"} == {form.dtype}
    foreign = [
        vector.case
        for vector in load_vectors()
        if vector.case.expects is None and hand(vector.case, form)[1]
    ]
    assert report.clause("GDA-select-index").skipped >= len(foreign) > 0
    assert report.clause("GDA-select-index").decided > 0


@pytest.mark.clause("GDA-conf-verdict")
def test_a_shrunk_counterexample_stays_in_the_format() -> None:
    def far(query, keys):
        gaps = keys.astype(float)[..., None, :, :] - query.astype(float)[..., :, None, :]
        return (gaps**2).sum(axis=-1).argmax(axis=-1)

    report = verify(far, contract="bfloat16", cases=40)
    example = report.clause("GDA-select-index").counterexample
    assert example is not None
    assert "dtype='bfloat16'" in example.snippet
    names: dict = {"print": lambda *_: None}
    call = example.snippet.replace("from test_inputs import", "# from test_inputs import")
    exec(call.rpartition("print")[0].replace("from tests", "# from tests"), names)
    assert names["query"].dtype == ml_dtypes.bfloat16


@narrow
@pytest.mark.parametrize("name", [family.name for family in FAMILIES])
@pytest.mark.clause("GDA-conf-oracle", "GDA-conf-contract-record")
def test_families_hit_their_purpose_in_every_format(form, name: str) -> None:
    """Of 300 cases each at least nine in ten; every number is one of the format's."""
    (member,) = [family.under(form) for family in FAMILIES if family.name == name]
    cases = draw(member.strategy, name, 300, 7)
    row = Contract(form.name)
    hits = sum(member.hits(case, solve(case, row)) for case in cases)
    assert len(cases) == 300
    assert hits >= 270, f"{name} in {form.name}: {hits} of 300 cases hit"
    assert all(belongs(case, form) and case.dtype == form.name for case in cases)


@narrow
@pytest.mark.clause("GDA-erratum-iris", "GDA-conf-contract-record")
def test_iris_is_rounded_to_the_format(form) -> None:
    for case in iris_cases():
        assert belongs(fit(case, form), form)


@pytest.mark.clause("GDA-conf-verdict")
def test_a_result_in_a_narrow_dtype_is_exact_if_correctly_rounded() -> None:
    interval = Interval(0.7, 0.69, 0.71)
    for form in FORMATS.values():
        assert grade(form.nearest(0.7), interval, form) == (Verdict.EXACT, 0.0)
    assert grade(FLOAT32.above(FLOAT32.nearest(0.7)), interval, FLOAT32)[0] is Verdict.ADMISSIBLE
    # halfway between two numbers of the format the rounding of the real number is not known
    middle = 1.0 + FLOAT16.eps / 2
    assert grade(1.0, Interval(middle, 0.9, 1.1), FLOAT16)[0] is Verdict.ADMISSIBLE
    assert grade(1.0, Interval(1.0, 0.9, 1.1), FLOAT16)[0] is Verdict.EXACT
