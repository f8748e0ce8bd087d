"""Automata, their monoids, and the classes that unique-hard attention recognises [18, 19]."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from gd_attention.prior.automata import (
    Automaton,
    is_aperiodic,
    is_partially_ordered,
    is_r_trivial,
    minimal,
    recognises,
    transition_monoid,
)
from hypothesis import given
from hypothesis import strategies as st


def draw(seed: int) -> Automaton:
    """Uniform: lists drawn entry by entry are mostly trivial, without an accepting state."""
    source = random.Random(seed)
    n = source.randint(1, 4)
    steps = {letter: tuple(source.randrange(n) for _ in range(n)) for letter in "ab"}
    accepting = frozenset(state for state in range(n) if source.random() < 0.5)
    return Automaton(steps, accepting, source.randrange(n))


automata = st.integers(0, 10**6).map(draw)

# an accepting state each; the last state of several is the one that rejects for good
KNOWN = {
    "(ab)*": Automaton({"a": (1, 2, 2), "b": (2, 0, 2)}, frozenset({0})),
    "suffix b": Automaton({"a": (0, 0), "b": (1, 1)}, frozenset({1})),
    "suffix ab": Automaton({"a": (1, 1, 1), "b": (0, 2, 0)}, frozenset({2})),
    "Dyck depth 2": Automaton({"a": (1, 2, 3, 3), "b": (3, 0, 1, 3)}, frozenset({0})),
    "(aa)*": Automaton({"a": (1, 0, 2), "b": (2, 2, 2)}, frozenset({0})),
    "parity of b": Automaton({"a": (0, 1), "b": (1, 0)}, frozenset({1})),
    "a*b*": Automaton({"a": (0, 2, 2), "b": (1, 1, 2)}, frozenset({0, 1})),
    "prefix ab": Automaton({"a": (1, 3, 2, 3), "b": (3, 2, 2, 3)}, frozenset({2})),
    "contains a": Automaton({"a": (1, 1), "b": (0, 1)}, frozenset({1})),
}


def words(length: int) -> Any:
    for n in range(length + 1):
        for letters in itertools.product("ab", repeat=n):
            yield "".join(letters)


def image(automaton: Automaton, word: str) -> tuple[int, ...]:
    states = tuple(range(automaton.states))
    for letter in word:
        states = tuple(automaton.steps[letter][state] for state in states)
    return states


@pytest.mark.property_of("automata.recognises", "P-run")
@given(automata)
def test_a_word_is_followed_letter_by_letter(automaton: Automaton) -> None:
    for word in words(4):
        end = image(automaton, word)[automaton.start]
        assert recognises(automaton, word) == (end in automaton.accepting)


@pytest.mark.property_of("automata.minimal", "P-same-language")
@pytest.mark.property_of("automata.minimal", "P-fewest")
@pytest.mark.property_of("automata.minimal", "P-idempotent")
@given(automata)
def test_the_minimal_automaton(automaton: Automaton) -> None:
    smallest = minimal(automaton)
    # automata of n and m states that agree on all words up to length n + m - 2 are equivalent
    for word in words(6):
        assert recognises(smallest, word) == recognises(automaton, word)
    # n states are told apart by words of length n - 2 at most, and reached by words of n - 1
    tests = list(words(smallest.states))
    rows = {
        tuple(image(smallest, word)[state] in smallest.accepting for word in tests)
        for state in range(smallest.states)
    }
    assert len(rows) == smallest.states
    assert {image(smallest, word)[0] for word in tests} == set(range(smallest.states))
    assert minimal(smallest) == smallest


@pytest.mark.property_of("automata.transition_monoid", "P-closed")
@pytest.mark.property_of("automata.transition_monoid", "P-generated")
@given(automata.filter(lambda automaton: automaton.states <= 3))
def test_the_monoid_is_that_of_all_words(automaton: Automaton) -> None:
    monoid = transition_monoid(automaton)
    assert image(automaton, "") in monoid
    for x in monoid:
        for y in monoid:
            assert tuple(y[state] for state in x) in monoid
    # breadth first: once a length adds no map, no longer one does
    seen: set[tuple[int, ...]] = set()
    front = {image(automaton, "")}
    while front:
        seen |= front
        front = {
            tuple(step[state] for state in element)
            for element in front
            for step in automaton.steps.values()
        } - seen
    assert monoid == seen


@pytest.mark.property_of("automata.is_aperiodic", "P-aperiodic")
@given(automata)
def test_aperiodic_means_that_no_word_counts(automaton: Automaton) -> None:
    smallest = minimal(automaton)
    counts = False
    for element in transition_monoid(smallest):
        for state in range(smallest.states):
            # at most n repetitions bring a state back, if any do
            orbit = [state]
            for _ in range(smallest.states):
                orbit.append(element[orbit[-1]])
            counts |= state in orbit[1:] and orbit[1] != state
    assert is_aperiodic(automaton) == (not counts)


@pytest.mark.property_of("automata.is_aperiodic", "P-known")
@pytest.mark.property_of("automata.is_partially_ordered", "P-known")
@pytest.mark.parametrize("name", KNOWN)
def test_known_languages(name: str) -> None:
    automaton = KNOWN[name]
    assert is_aperiodic(automaton) == (name not in ("(aa)*", "parity of b"))
    ordered = name in ("a*b*", "prefix ab", "contains a")
    assert is_partially_ordered(automaton) == ordered
    assert is_r_trivial(automaton) == ordered


@pytest.mark.property_of("automata.is_partially_ordered", "P-r-trivial")
@pytest.mark.property_of("automata.is_partially_ordered", "P-star-free")
@given(automata)
def test_partially_ordered_is_r_trivial_and_star_free(automaton: Automaton) -> None:
    assert is_partially_ordered(automaton) == is_r_trivial(automaton)
    if is_partially_ordered(automaton):
        assert is_aperiodic(automaton)


@pytest.mark.property_of("automata.is_r_trivial", "P-law")
@given(automata.filter(lambda automaton: automaton.states <= 3))
def test_r_trivial_is_the_law(automaton: Automaton) -> None:
    monoid = transition_monoid(minimal(automaton))

    def then(x: Any, y: Any) -> Any:
        return tuple(y[state] for state in x)

    def idempotent(x: Any) -> Any:
        power = x
        while then(power, power) != power:
            power = then(power, x)
        return power

    law = all(
        then(idempotent(then(x, y)), x) == idempotent(then(x, y)) for x in monoid for y in monoid
    )
    assert is_r_trivial(automaton) == law


@pytest.mark.parametrize(
    ("steps", "accepting", "start", "message"),
    [
        ({}, set(), 0, "steps: expected at least one symbol"),
        ({"a": (0,), "b": (0, 0)}, set(), 0, "steps: expected 1 states"),
        ({"a": (1,)}, set(), 0, "steps: expected 1 states"),
        ({"a": (0,)}, set(), 1, "start: expected"),
        ({"a": (0,)}, {3}, 0, "accepting: expected"),
    ],
)
def test_a_faulty_automaton_is_refused(
    steps: Any, accepting: Any, start: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Automaton(steps, frozenset(accepting), start)


def test_a_foreign_letter_is_refused() -> None:
    with pytest.raises(ValueError, match="word: expected letters"):
        recognises(KNOWN["a*b*"], "ac")
