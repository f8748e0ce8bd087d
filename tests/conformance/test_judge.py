"""The judge on made-up expectations: every slip lands under its clause, and nowhere else."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from gd_attention.conformance.case import Case
from gd_attention.conformance.collect import grade
from gd_attention.conformance.errors import Undecided
from gd_attention.conformance.expectation import Expectation, Interval, Pair, Row
from gd_attention.conformance.judge import (
    judge,
    judge_error,
    judge_exception,
    judge_skip,
)
from gd_attention.conformance.requirements import CLAUSES, Profile
from gd_attention.conformance.target import CAPABILITIES, FIELDS, Response
from gd_attention.conformance.verdict import Verdict
from gd_attention.spec import clauses

ROW = Row(
    exact=1,
    admissible=frozenset({1}),
    tied=False,
    close=False,
    priors=False,
    masked=False,
    threshold=False,
    threshold_zero=False,
    threshold_ceiling=False,
)
PAIR = Pair(
    energy=Interval(0.25, 0.24, 0.26),
    coordinate=Interval(0.5, 0.49, 0.51),
    alignment_point=(Interval(0.5, 0.4, 0.6), Interval(0.0, 0.0, 0.0)),
    unique=True,
    unique_admissible=frozenset({True}),
    separation=1.0,
    separation_is_zero=False,
    degenerate=False,
    overflow=False,
    jump_overflows=False,
)
FULL = Profile(frozenset(FIELDS), frozenset(CAPABILITIES))
CASE = Case(query=np.array([[0.0, 0.0]]), keys=np.array([[3.0, 0.0], [1.0, 0.0]]))


@dataclass
class Fake(Expectation):
    """One query, two keys, two dimensions."""

    one: Row = ROW
    two: Pair = PAIR
    shape: tuple[int, ...] = (1,)
    dimension: int = 2
    width: int = 2
    keys: int = 2
    asked: list[int] = field(default_factory=list)

    def row(self, position):
        """The same for every query."""
        return self.one

    def pair(self, position, index):
        """The same for every key; records which was asked for."""
        self.asked.append(index)
        return self.two


def answer(**changes):
    """The exact answer to CASE with some fields replaced."""
    fields = {
        "index": np.array([1]),
        "output": np.array([[1.0, 0.0]]),
        "energy": np.array([0.25]),
        "coordinate": np.array([0.5]),
        "alignment_point": np.array([[0.5, 0.0]]),
        "unique": np.array([True]),
    }
    return Response({**fields, **changes})


def verdicts(expectation, response, case=CASE, profile=FULL):
    """Verdict per clause."""
    return {f.clause: f.verdict for f in judge(case, expectation, response, profile)}


def wrong(*arguments, **keywords):
    """The clauses that are WRONG."""
    found = verdicts(*arguments, **keywords)
    return {clause for clause, verdict in found.items() if verdict is Verdict.WRONG}


@pytest.mark.clause("GDA-conf-profile")
def test_requirements_list_every_must_clause():
    """The table of requirements and the registry name the same clauses in the same order."""
    assert list(CLAUSES) == [c.id for c in clauses().values() if c.kind == "must"]


@pytest.mark.clause("GDA-conf-verdict")
def test_exact_answer_is_exact_under_every_clause():
    """Nothing but EXACT, and the plain clauses are all there."""
    found = verdicts(Fake(), answer())
    assert set(found.values()) == {Verdict.EXACT}
    assert found.keys() == {
        "GDA-select-index",
        "GDA-output-dtype",
        "GDA-output-gather",
        "GDA-values-default",
        "GDA-energy-value",
        "GDA-coordinate-value",
        "GDA-coordinate-rounding",
        "GDA-align-point-value",
        "GDA-align-unique",
    }


@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        ({"energy": np.array([0.27])}, {"GDA-energy-value"}),
        ({"energy": np.array([np.nan])}, {"GDA-energy-value"}),
        ({"coordinate": np.array([0.52])}, {"GDA-coordinate-value"}),
        ({"coordinate": np.array([1.5])}, {"GDA-coordinate-value", "GDA-coordinate-rounding"}),
        ({"coordinate": np.array([np.nan])}, {"GDA-coordinate-value", "GDA-coordinate-rounding"}),
        ({"alignment_point": np.array([[0.5, 1e-300]])}, {"GDA-align-point-value"}),
        (
            {"alignment_point": np.array([[np.inf, 0.0]])},
            {"GDA-align-point-value", "GDA-align-point-finite"},
        ),
        ({"unique": np.array([False])}, {"GDA-align-unique"}),
        ({"output": np.array([[3.0, 0.0]])}, {"GDA-output-gather", "GDA-values-default"}),
        ({"output": np.array([[1.0, 0.0]], dtype=np.float32)}, {"GDA-output-dtype"}),
        ({"energy": np.array([0.25], dtype=np.float32)}, {"GDA-output-dtype"}),
        ({"unique": np.array([1])}, {"GDA-output-dtype"}),
        ({"index": np.array([0])}, {"GDA-select-index"}),
        ({"index": np.array([-1])}, {"GDA-select-index"}),
        ({"index": np.array([7])}, {"GDA-select-index"}),
        ({"index": np.array([[1]])}, {"GDA-select-index"}),
        (
            {"alignment_point": np.array([0.5, 0.0])},
            {"GDA-align-point-value"},
        ),
    ],
)
@pytest.mark.clause("GDA-conf-verdict")
def test_slip_lands_under_its_clause(changes, clause):
    """One wrong field, exactly the clauses that speak of it."""
    assert wrong(Fake(), answer(**changes)) == clause


@pytest.mark.parametrize(
    ("fact", "clause"),
    [
        ("tied", "GDA-select-ties"),
        ("close", "GDA-select-exact-order"),
        ("priors", "GDA-select-priors"),
        ("masked", "GDA-admit-mask"),
        ("threshold", "GDA-admit-threshold"),
        ("threshold_zero", "GDA-admit-zero"),
        ("threshold_ceiling", "GDA-admit-ceiling"),
    ],
)
@pytest.mark.clause("GDA-conf-verdict")
def test_wrong_index_is_blamed_by_the_facts_of_the_row(fact, clause):
    """A wrong index counts under GDA-select-index and under what made the row hard."""
    fake = Fake(one=replace(ROW, **{fact: True}))
    assert wrong(fake, answer(index=np.array([0]))) == {"GDA-select-index", clause}
    order = {"GDA-select-ties", "GDA-select-exact-order", "GDA-select-priors"}
    # a query that wrongly abstained did not order its keys wrongly
    assert wrong(fake, answer(index=np.array([-1]))) == {"GDA-select-index", clause} - order
    assert fake.asked == []  # fields of a wrong index are not judged
    assert verdicts(fake, answer())[clause] is Verdict.EXACT


@pytest.mark.parametrize(
    ("fact", "clauses_of_energy", "clauses_of_coordinate"),
    [
        ({"separation": 31.0}, {"GDA-energy-saturation"}, set()),
        ({"overflow": True}, {"GDA-energy-overflow"}, set()),
        ({"separation_is_zero": True}, {"GDA-align-zero"}, {"GDA-align-zero"}),
        ({"degenerate": True}, set(), {"GDA-align-half"}),
    ],
)
@pytest.mark.clause("GDA-conf-verdict")
def test_wrong_field_is_blamed_by_the_facts_of_the_pair(
    fact, clauses_of_energy, clauses_of_coordinate
):
    """A wrong number counts under the clauses of its regime."""
    fake = Fake(two=replace(PAIR, **fact))
    assert wrong(fake, answer(energy=np.array([0.0]))) == {"GDA-energy-value"} | clauses_of_energy
    assert (
        wrong(fake, answer(coordinate=np.array([0.0])))
        == {"GDA-coordinate-value"} | clauses_of_coordinate
    )


@pytest.mark.clause("GDA-conf-verdict")
def test_admissible_index_is_judged_by_its_own_fields():
    """An admissible index that is not the exact one: ADMISSIBLE, fields asked for that key."""
    fake = Fake(one=replace(ROW, exact=0, admissible=frozenset({0, 1})))
    found = verdicts(fake, answer())
    assert found["GDA-select-index"] is Verdict.ADMISSIBLE
    assert found["GDA-energy-value"] is Verdict.EXACT
    assert fake.asked == [1]


@pytest.mark.clause("GDA-conf-verdict")
def test_message_names_what_was_expected():
    """The message of a wrong index says expected and got."""
    found = judge(CASE, Fake(), answer(index=np.array([0])), FULL)
    (finding,) = [f for f in found if f.clause == "GDA-select-index"]
    assert finding.message == "query 0: expected index 1, got 0"


@pytest.mark.clause("GDA-abstain-fields")
@pytest.mark.parametrize("keys", [0, 2])
def test_abstention(keys):
    """The fields of an abstained query, each of which can be wrong."""
    fake = Fake(one=replace(ROW, exact=-1, admissible=frozenset({-1})), keys=keys)
    case = replace(CASE, keys=CASE.keys[:keys], query=np.array([[2.0, 5.0]]), fill=7.0)
    right = {
        "index": np.array([-1]),
        "output": np.array([[7.0, 7.0]]),
        "energy": np.array([np.inf]),
        "coordinate": np.array([0.0]),
        "alignment_point": np.array([[2.0, 5.0]]),
        "unique": np.array([False]),
    }
    main = "GDA-abstain-empty" if keys == 0 else "GDA-abstain-none"
    found = verdicts(fake, Response(right), case)
    assert set(found.values()) == {Verdict.EXACT}
    assert {main, "GDA-abstain-fields", "GDA-output-fill"} <= found.keys()
    assert "GDA-select-index" not in found
    slips = {
        "index": (np.array([0]), main),
        "output": (np.array([[7.0, 0.0]]), "GDA-output-fill"),
        "energy": (np.array([np.nan]), "GDA-abstain-fields"),
        "coordinate": (np.array([0.5]), "GDA-abstain-fields"),
        "alignment_point": (np.array([[0.0, 5.0]]), "GDA-abstain-fields"),
        "unique": (np.array([True]), "GDA-abstain-fields"),
    }
    for name, (value, clause) in slips.items():
        assert wrong(fake, Response({**right, name: value}), case) == {clause}, name


@pytest.mark.clause("GDA-mask-unread", "GDA-input-exact", "GDA-signed-zero", "GDA-batch-broadcast")
@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        (
            {"keys": np.array([[np.nan, 0.0], [1.0, 0.0]]), "mask": np.array([False, True])},
            "GDA-mask-unread",
        ),
        ({"query": np.zeros((1, 2), dtype=np.float32)}, "GDA-input-exact"),
        ({"keys": np.array([[3, 0], [1, 0]]), "values": CASE.keys}, "GDA-input-exact"),
        ({"query": np.array([[0.0, -0.0]])}, "GDA-signed-zero"),
        ({"threshold": -0.0}, "GDA-signed-zero"),
    ],
)
def test_facts_of_the_inputs(changes, clause):
    """Clauses that follow from the inputs get the verdict on the index."""
    case = replace(CASE, **changes)
    assert clause in wrong(Fake(), answer(index=np.array([0])), case)
    assert verdicts(Fake(), answer(), case)[clause] is Verdict.EXACT
    assert clause not in verdicts(Fake(), answer())


@pytest.mark.clause("GDA-batch-broadcast")
def test_batch_covers_shapes_and_indices():
    """With leading dimensions a wrong shape and a wrong index both count."""
    case = replace(CASE, query=np.zeros((3, 1, 2)))
    fake = Fake(shape=(3, 1))
    right = Response({name: np.stack([value] * 3) for name, value in answer().fields.items()})
    assert verdicts(fake, right, case)["GDA-batch-broadcast"] is Verdict.EXACT
    index = np.array([[1], [0], [1]])
    assert "GDA-batch-broadcast" in wrong(fake, Response({**right.fields, "index": index}), case)
    energy = np.array([0.25])
    assert "GDA-batch-broadcast" in wrong(fake, Response({**right.fields, "energy": energy}), case)


@pytest.mark.clause("GDA-conf-profile")
def test_fields_outside_the_profile_are_skipped_and_missing_ones_wrong():
    """A field that was never returned is skipped; one that disappears is WRONG."""
    index_only = Response({"index": np.array([1])})
    found = verdicts(Fake(), index_only, profile=Profile(frozenset({"index"}), frozenset()))
    assert found["GDA-select-index"] is Verdict.EXACT
    assert found["GDA-energy-value"] is Verdict.SKIPPED
    assert found["GDA-output-gather"] is Verdict.SKIPPED
    assert "GDA-energy-value" in wrong(Fake(), index_only)


@pytest.mark.clause("GDA-conf-profile")
def test_partial_fields_do_not_skip_what_others_decide():
    """The energy alone decides separation 0; the missing coordinate does not skip it."""
    profile = Profile(frozenset({"index", "energy"}), frozenset())
    fake = Fake(two=replace(PAIR, separation_is_zero=True))
    assert verdicts(fake, answer(), profile=profile)["GDA-align-zero"] is Verdict.EXACT


@pytest.mark.clause("GDA-values-nan")
def test_values_with_nan_are_compared_as_equal():
    """A NaN that was selected is no difference; one that leaks is."""
    case = replace(CASE, values=np.array([[np.nan, 1.0], [np.nan, 2.0]]))
    assert (
        verdicts(Fake(), answer(output=np.array([[np.nan, 2.0]])), case)["GDA-values-nan"]
        is Verdict.EXACT
    )
    leaked = answer(output=np.array([[np.nan, np.nan]]))
    assert wrong(Fake(), leaked, case) == {"GDA-values-nan", "GDA-output-gather"}


@pytest.mark.clause("GDA-conf-verdict")
def test_undecided_row_and_pair():
    """Where the oracle gives up the case is UNDECIDED, not right and not wrong."""

    class Gives(Fake):
        def row(self, position):
            raise Undecided("cap")

    class GivesPair(Fake):
        def pair(self, position, index):
            raise Undecided("cap")

    assert verdicts(Gives(), answer())["GDA-select-index"] is Verdict.UNDECIDED
    found = verdicts(GivesPair(), answer())
    assert found["GDA-select-index"] is Verdict.EXACT
    assert found["GDA-energy-value"] is Verdict.UNDECIDED
    assert found["GDA-align-unique"] is Verdict.UNDECIDED


@pytest.mark.clause("GDA-conf-verdict")
def test_exception_counts_under_what_the_case_was_built_for():
    """A valid call that raises is WRONG under selection and under the clauses of the case."""
    case = replace(CASE, clauses=("GDA-select-ties",))
    found = {f.clause: f for f in judge_exception(case, RuntimeError("no"))}
    assert found.keys() == {"GDA-select-index", "GDA-select-ties"}
    assert "RuntimeError: no" in found["GDA-select-ties"].message


@pytest.mark.clause("GDA-input-shape", "GDA-input-dtype")
def test_bad_calls():
    """The right exception is EXACT, another one or none is WRONG."""
    case = replace(CASE, expects="TypeError", argument="mask", clauses=("GDA-input-dtype",))
    assert judge_error(case, TypeError("mask"))[0].verdict is Verdict.EXACT
    (other,) = judge_error(case, ValueError("mask"))
    assert other.verdict is Verdict.WRONG
    assert other.message == "expected TypeError naming mask, the call raised ValueError: mask"
    (none,) = judge_error(case, None, {"index": 0})
    assert none.message == "expected TypeError naming mask, the call returned a dict"


@pytest.mark.clause("GDA-conf-profile")
def test_skip_names_the_missing_capability():
    """A case outside the profile is SKIPPED under the clauses it would touch."""
    case = replace(CASE, mask=np.array([True, False]))
    found = judge_skip(case, Profile(frozenset({"index"}), frozenset()))
    assert {f.clause for f in found} == {"GDA-admit-mask", "GDA-select-index"}
    assert {f.verdict for f in found} == {Verdict.SKIPPED}
    assert found[0].message == "outside the profile: mask"


@pytest.mark.clause("GDA-conf-verdict")
def test_grade_uses_the_allowance_on_its_side():
    """Severity is the share of the allowance, on the side of the value."""
    interval = Interval(1.0, 0.5, 3.0)
    assert grade(1.0, interval) == (Verdict.EXACT, 0.0)
    assert grade(2.0, interval) == (Verdict.ADMISSIBLE, 0.5)
    assert grade(0.75, interval) == (Verdict.ADMISSIBLE, 0.5)
    assert grade(3.0, interval) == (Verdict.ADMISSIBLE, 1.0)
    assert grade(math.nextafter(3.0, 4.0), interval)[0] is Verdict.WRONG
    assert grade(math.nan, interval)[0] is Verdict.WRONG
    assert grade(-0.0, Interval(0.0, 0.0, 0.0))[0] is Verdict.EXACT
    big = Interval(0.0, -1.7e308, 1.7e308)
    assert grade(1.7e308, big) == (Verdict.ADMISSIBLE, 1.0)
    # an interval of subnormals, whose halves vanish
    tiny = Interval(0.0, 0.0, 5e-324)
    assert grade(5e-324, tiny) == (Verdict.ADMISSIBLE, 1.0)
