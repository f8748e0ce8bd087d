"""B-RASP [18, 19]: the interpreter against the definition, programs, and the leftmost law."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest
from gd_attention.prior.automata import Automaton, recognises
from gd_attention.prior.brasp import (
    FALSE,
    TRUE,
    Atom,
    Attention,
    Combined,
    Constant,
    Formula,
    Pointwise,
    Program,
    at_i,
    at_j,
)
from gd_attention.prior.brasp_programs import (
    alternating,
    ends_in,
    flip_flop,
    leftmost_by_rightmost,
    previous,
    since,
)
from gd_attention.prior.brasp_run import accepts, run
from gd_attention.prior.unique_hard import position_mask, unique_hard_index
from hypothesis import given
from hypothesis import strategies as st

SYMBOLS = ("a", "b", "$")


def holds(formula: Formula, table: Any, i: int, j: int) -> bool:
    """The meaning of a formula at one pair of positions."""
    if isinstance(formula, Atom):
        return bool(table[formula.name][i if formula.side == "i" else j])
    if isinstance(formula, Constant):
        return formula.value
    assert isinstance(formula, Combined)
    parts = [holds(part, table, i, j) for part in formula.operands]
    return {"not": not parts[0], "and": all(parts), "or": any(parts)}[formula.connective]


def meaning(program: Program, word: str) -> dict[str, list[bool]]:
    """The definition, position by position."""
    n = len(word)
    table = {symbol: [letter == symbol for letter in word] for symbol in program.alphabet}
    for rule in program.definitions:
        column = []
        for i in range(n):
            if isinstance(rule, Pointwise):
                column.append(holds(rule.formula, table, i, i))
                continue
            allowed = {"none": range(n), "future": range(i), "past": range(i + 1, n)}[rule.masking]
            matches = [j for j in allowed if holds(rule.score, table, i, j)]
            if matches:
                j = matches[0] if rule.tie == "leftmost" else matches[-1]
                column.append(holds(rule.value, table, i, j))
            else:
                column.append(holds(rule.default, table, i, i))
        table[rule.name] = column
    return table


def random_formula(rng: Any, names: list[str], sides: str, depth: int = 2) -> Formula:
    if depth == 0 or rng.random() < 0.3:
        name = names[rng.integers(len(names))]
        return at_i(name) if sides[rng.integers(len(sides))] == "i" else at_j(name)
    left = random_formula(rng, names, sides, depth - 1)
    choice = rng.integers(3)
    if choice == 0:
        return ~left
    right = random_formula(rng, names, sides, depth - 1)
    return left & right if choice == 1 else left | right


def random_program(rng: Any, attentions: int, maskings: Any, ties: Any) -> Program:
    names, rules = list(SYMBOLS), []
    for step in range(attentions):
        rules.append(
            Attention(
                f"A{step}",
                maskings[rng.integers(len(maskings))],
                ties[rng.integers(len(ties))],
                random_formula(rng, names, "ij"),
                random_formula(rng, names, "ij"),
                random_formula(rng, names, "i"),
            )
        )
        names.append(f"A{step}")
        rules.append(Pointwise(f"B{step}", random_formula(rng, names, "i", 3)))
        names.append(f"B{step}")
    return Program(SYMBOLS, tuple(rules))


@pytest.mark.property_of("brasp_run.run", "P-semantics")
@given(st.integers(0, 10**6), st.text(alphabet="ab$", min_size=1, max_size=8))
def test_the_interpreter_is_the_definition(seed: int, word: str) -> None:
    rng = np.random.default_rng(seed)
    program = random_program(rng, 3, ["none", "future", "past"], ["leftmost", "rightmost"])
    found, expected = run(program, word), meaning(program, word)
    assert {name: values.tolist() for name, values in found.items()} == expected
    # a batch of indices gives the same
    index = np.array([[SYMBOLS.index(letter) for letter in text] for text in (word, word[::-1])])
    assert run(program, index)["B2"][1].tolist() == meaning(program, word[::-1])["B2"]


@pytest.mark.property_of("brasp_run.run", "P-attention-is-uha")
@given(
    st.text(alphabet="ab", min_size=1, max_size=8),
    st.sampled_from(["leftmost", "rightmost"]),
    st.sampled_from(["none", "future", "past"]),
)
def test_an_attention_is_unique_hard_with_a_boolean_score(
    word: str, tie: Any, masking: Any
) -> None:
    program = Program(
        ("a", "b"), (Attention("x", masking, tie, at_j("a") & ~at_i("a"), at_j("a")),)
    )
    qualifies = np.array([[w == "a" and v != "a" for w in word] for v in word])
    visible = qualifies & position_mask(len(word), masking)
    index = unique_hard_index(qualifies.astype(int), visible, tie=tie)
    np.testing.assert_array_equal(run(program, word)["x"], index >= 0)


@pytest.mark.property_of("brasp_run.accepts", "P-last")
@given(st.text(alphabet="ab", min_size=1, max_size=6))
def test_acceptance_reads_the_last_predicate_at_the_last_position(word: str) -> None:
    program = Program(("a", "b"), (Pointwise("x", ~at_i("b")), Pointwise("y", at_i("b"))))
    assert bool(accepts(program, word)) == (word[-1] == "b")


def words(length: int, symbols: int) -> Any:
    return np.array(list(itertools.product(range(symbols), repeat=length)))


@pytest.mark.property_of("brasp_programs.alternating", "P-regular-expression")
def test_alternating_is_the_regular_expression_on_all_words_up_to_length_eight() -> None:
    program = alternating(("a", "b", "c"))
    # states: before a, after a, after ab (accepting), broken
    automaton = Automaton({"a": (1, 3, 1, 3), "b": (3, 2, 3, 3), "c": (3, 3, 3, 3)}, frozenset({2}))
    decided = 0
    for length in range(1, 9):
        table = words(length, 3)
        for row, accepted in zip(table, accepts(program, table), strict=True):
            word = "".join("abc"[symbol] for symbol in row)
            assert (
                bool(accepted) == bool(re.fullmatch("(ab)+", word)) == recognises(automaton, word)
            )
            decided += 1
    assert decided == 9840


@pytest.mark.property_of("brasp_programs.flip_flop", "P-memory")
def test_flip_flop_is_the_memory_of_a_machine() -> None:
    program = flip_flop()
    for length in range(1, 7):
        table = words(length, 3)
        found = run(program, table)["memory"]
        for row, memory in zip(table, found, strict=True):
            stored, expected = False, []
            for symbol in row:
                expected.append(stored)
                stored = bool(symbol) if symbol < 2 else stored
            assert memory.tolist() == expected


@pytest.mark.property_of("brasp_programs.since", "P-since")
def test_since_is_its_definition() -> None:
    # four symbols: each combination of held and began at a position
    rules = (
        Pointwise("held", at_i("h") | at_i("both")),
        Pointwise("began", at_i("g") | at_i("both")),
        since("since", "held", "began"),
    )
    program = Program(("h", "g", "both", "neither"), rules)
    for length in range(1, 6):
        table = words(length, 4)
        result = run(program, table)
        for held, began, found in zip(
            result["held"], result["began"], result["since"], strict=True
        ):
            expected = [
                any(began[j] and held[j + 1 : i].all() for j in range(i)) for i in range(length)
            ]
            assert found.tolist() == expected


@pytest.mark.property_of("brasp_programs.previous", "P-yesterday")
def test_previous_is_a_shift() -> None:
    program = Program(("a", "b"), (previous("y", "a"),))
    table = words(6, 2)
    found = run(program, table)["y"]
    assert not found[:, 0].any()
    np.testing.assert_array_equal(found[:, 1:], table[:, :-1] == 0)


@pytest.mark.property_of("brasp_programs.ends_in", "P-suffix")
def test_ends_in_is_the_suffix() -> None:
    program = ends_in("a", "b", ("a", "b", "c"))
    for length in range(1, 6):
        table = words(length, 3)
        expected = (table[:, -1] == 1) & (table[:, -2:-1] == 0).any(axis=1)
        np.testing.assert_array_equal(accepts(program, table), expected)


@pytest.mark.property_of("brasp_programs.leftmost_by_rightmost", "P-two-rightmost")
@given(st.integers(0, 10**6), st.text(alphabet="ab$", min_size=1, max_size=8))
def test_leftmost_is_two_rightmost(seed: int, word: str) -> None:
    rng = np.random.default_rng(seed)
    score, value = (random_formula(rng, list(SYMBOLS), "i") for _ in range(2))
    rules = (
        Pointwise("S", score),
        Pointwise("V", value),
        Attention("direct", "future", "leftmost", at_j("S"), at_j("V")),
        *leftmost_by_rightmost("twice", "S", "V"),
    )
    result = run(Program(SYMBOLS, rules), word)
    np.testing.assert_array_equal(result["direct"], result["twice"])


PAIRS = [("a", "b"), ("ab", "a"), ("", "ab"), ("a", "ba"), ("b", "")]


@pytest.mark.property_of("brasp_run.run", "P-leftmost-law")
@pytest.mark.parametrize("attentions", [1, 2, 3])
def test_leftmost_programs_cannot_see_the_last_factor(attentions: int) -> None:
    for seed in range(60):
        rng = np.random.default_rng([attentions, seed])
        program = random_program(rng, attentions, ["future"], ["leftmost"])
        for u, v in PAIRS:
            for n in (attentions, attentions + 1):
                short, long = (u + v) * n + "$", (u + v) * n + u + "$"
                ends = [
                    {name: values[-1] for name, values in run(program, word).items()}
                    for word in (short, long)
                ]
                assert ends[0] == ends[1]


@pytest.mark.property_of("brasp_run.run", "P-leftmost-law")
def test_the_law_needs_as_many_factors_as_attentions() -> None:
    # with one attention and n = 0: the mark sees whether an a has occurred
    program = Program(SYMBOLS, (Attention("x", "future", "leftmost", at_j("a"), TRUE),))
    assert not accepts(program, "$")
    assert accepts(program, "a$")


@pytest.mark.property_of("brasp_programs.previous", "P-needs-rightmost")
def test_rightmost_programs_do_see_it() -> None:
    program = Program(SYMBOLS, (previous("y", "a"),))
    for n in range(1, 9):
        assert not accepts(program, "ab" * n + "$")
        assert accepts(program, "ab" * n + "a$")
    # nor is it a matter of one program: many random ones do
    separating = 0
    for seed in range(60):
        other = random_program(np.random.default_rng(seed), 2, ["future"], ["rightmost"])
        separating += bool(accepts(other, "ab" * 4 + "$") != accepts(other, "ab" * 4 + "a$"))
    assert separating > 0


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ((), "definitions: expected at least one"),
        ((Pointwise("x", at_i("y")),), "to use"),
        ((Pointwise("x", at_j("a")),), "only position i"),
        ((Attention("x", "future", "leftmost", TRUE, TRUE, at_j("a")),), "only position i"),
        ((Pointwise("a", TRUE),), "a new name"),
        ((Attention("x", "causal", "leftmost", TRUE, TRUE),), "masking: expected"),
        ((Attention("x", "future", "first", TRUE, TRUE),), "tie: expected"),
    ],
)
def test_a_faulty_program_is_refused(rules: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Program(("a", "b"), rules)


def test_faulty_words_are_refused() -> None:
    program = Program(("a", "b"), (Pointwise("x", FALSE),))
    with pytest.raises(ValueError, match="words: expected letters"):
        run(program, "abc")
    with pytest.raises(ValueError, match=r"words: expected 0..1"):
        run(program, [2])
    with pytest.raises(TypeError, match="words: expected a string or integers"):
        run(program, [0.5])
    with pytest.raises(ValueError, match="at least one position"):
        accepts(program, "")
    with pytest.raises(ValueError, match="distinct symbols"):
        Program(("a", "a"), (Pointwise("x", FALSE),))
