"""Automata and their monoids: what masked unique-hard attention can recognise [18, 19].

Masked unique-hard attention with both tie rules recognises exactly the regular languages whose
transition monoid is aperiodic (star-free); leftmost with strict future masking those whose monoid
is R-trivial, which are those whose minimal automaton is partially ordered. Both are decided here by
enumeration: the monoid of n states has up to n**n elements.

[18] A. Yang, D. Chiang, D. Angluin (2024), Masked hard-attention transformers recognize exactly the
star-free languages. NeurIPS.
[19] S. Jerad, A. Svete, J. Li, R. Cotterell (2025), Unique hard attention: a tale of two sides.
ACL.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "Automaton",
    "is_aperiodic",
    "is_partially_ordered",
    "is_r_trivial",
    "minimal",
    "recognises",
    "transition_monoid",
]

Map = tuple[int, ...]


@dataclass(frozen=True)
class Automaton:
    """A complete deterministic automaton.

    Parameters
    ----------
    steps : dict from symbol to tuple of int
        The next state of each state 0 .. n-1.
    accepting : frozenset of int
    start : int

    Raises
    ------
    ValueError
        If there is no symbol or no state, lengths differ, or a state is outside 0 .. n-1.
    """

    steps: dict[str, Map]
    accepting: frozenset[int]
    start: int = 0

    def __post_init__(self) -> None:
        """Check that every state that is named exists."""
        if not self.steps or not len(next(iter(self.steps.values()))):
            raise ValueError(f"steps: expected at least one symbol and state, got {self.steps}")
        for symbol, step in self.steps.items():
            if len(step) != self.states or not all(0 <= s < self.states for s in step):
                raise ValueError(
                    f"steps: expected {self.states} states in 0..{self.states - 1} for {symbol!r}, "
                    f"got {step}"
                )
        if not 0 <= self.start < self.states:
            raise ValueError(f"start: expected a state in 0..{self.states - 1}, got {self.start}")
        if not all(0 <= s < self.states for s in self.accepting):
            raise ValueError(
                f"accepting: expected states in 0..{self.states - 1}, got {sorted(self.accepting)}"
            )

    @property
    def states(self) -> int:
        """How many states there are."""
        return len(next(iter(self.steps.values())))


def recognises(automaton: Automaton, word: str) -> bool:
    """Whether the word leads from the start to an accepting state; each letter is a symbol.

    Parameters
    ----------
    automaton : Automaton
    word : str

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        If a letter is no symbol.

    Properties
    ----------
    - P-run: follows the steps letter by letter

    References
    ----------
    [18] Yang, Chiang and Angluin (2024), for the languages.
    """
    state = automaton.start
    for position, letter in enumerate(word):
        if letter not in automaton.steps:
            raise ValueError(
                f"word: expected letters of {sorted(automaton.steps)}, got {letter!r} at {position}"
            )
        state = automaton.steps[letter][state]
    return state in automaton.accepting


def minimal(automaton: Automaton) -> Automaton:
    """The automaton with the fewest states for the language: reachable, distinguishable (Moore).

    Parameters
    ----------
    automaton : Automaton

    Returns
    -------
    Automaton
        The start is state 0, the others in the order in which they are first reached.

    Properties
    ----------
    - P-same-language: recognises the same words
    - P-fewest: any two states are told apart by some word, and every state is reached
    - P-idempotent: the minimal automaton of a minimal one is itself

    References
    ----------
    [19] Jerad et al. (2025), Unique hard attention, for the languages.
    """
    # states are told apart by acceptance, then by the classes that their steps lead to
    block = [int(state in automaton.accepting) for state in range(automaton.states)]
    while True:
        signatures = [
            (block[state], *(block[step[state]] for step in automaton.steps.values()))
            for state in range(automaton.states)
        ]
        names = {signature: name for name, signature in enumerate(dict.fromkeys(signatures))}
        refined = [names[signature] for signature in signatures]
        # a refinement with as many classes is the same partition
        if len(names) == len(set(block)):
            break
        block = refined
    order, representatives = {block[automaton.start]: 0}, [automaton.start]
    for state in representatives:
        for step in automaton.steps.values():
            if block[step[state]] not in order:
                order[block[step[state]]] = len(representatives)
                representatives.append(step[state])
    return Automaton(
        {
            symbol: tuple(order[block[step[state]]] for state in representatives)
            for symbol, step in automaton.steps.items()
        },
        frozenset(order[block[s]] for s in representatives if s in automaton.accepting),
    )


def transition_monoid(automaton: Automaton) -> frozenset[Map]:
    """The maps of states that the words induce, the empty word's among them.

    Parameters
    ----------
    automaton : Automaton
        Its own states are meant: pass the `minimal` one for the syntactic monoid of the language.

    Returns
    -------
    frozenset of tuple of int

    Properties
    ----------
    - P-closed: holds the identity and every composition of two of its elements
    - P-generated: every element is the map of some word

    References
    ----------
    [18] Yang, Chiang and Angluin (2024), for its use.
    """
    identity = tuple(range(automaton.states))
    found, pending = {identity}, [identity]
    while pending:
        element = pending.pop()
        for step in automaton.steps.values():
            longer = _then(element, step)
            if longer not in found:
                found.add(longer)
                pending.append(longer)
    return frozenset(found)


def is_aperiodic(automaton: Automaton) -> bool:
    """Whether the language is star-free: no word moves states of the minimal automaton in a cycle.

    Every element m of the monoid satisfies ``m^(k+1) = m^k`` for some k (Schuetzenberger).

    Parameters
    ----------
    automaton : Automaton

    Returns
    -------
    bool

    Properties
    ----------
    - P-aperiodic: false exactly if some word returns a state of the minimal automaton to itself
      after several repetitions, and not after one
    - P-known: (ab)*, words with suffix ab, and Dyck words of depth 2 are; (aa)* and parity are not

    References
    ----------
    [18] Yang, Chiang and Angluin (2024), Masked hard-attention transformers.
    """
    smallest = minimal(automaton)
    for element in transition_monoid(smallest):
        # m^n: powers of a map of n states repeat from the n-th on
        power = element
        for _ in range(smallest.states):
            power = _then(power, element)
        if _then(power, element) != power:
            return False
    return True


def is_partially_ordered(automaton: Automaton) -> bool:
    """Whether no state of the minimal automaton is returned to once it has been left.

    Parameters
    ----------
    automaton : Automaton

    Returns
    -------
    bool

    Properties
    ----------
    - P-r-trivial: true exactly for the languages with an R-trivial monoid
    - P-star-free: implies `is_aperiodic`
    - P-known: a*b*, words with prefix ab, and words with an a are; (ab)*, words with suffix b or
      ab, and Dyck words of depth 2 are not

    References
    ----------
    [19] Jerad et al. (2025), Unique hard attention: a tale of two sides.
    """
    smallest = minimal(automaton)
    monoid = transition_monoid(smallest)
    reached = [{image[state] for image in monoid} for state in range(smallest.states)]
    return not any(
        state in reached[other] and other in reached[state]
        for state in range(smallest.states)
        for other in range(state)
    )


def is_r_trivial(automaton: Automaton) -> bool:
    """Whether the syntactic monoid is R-trivial: no two elements have the same right ideal.

    Parameters
    ----------
    automaton : Automaton

    Returns
    -------
    bool

    Properties
    ----------
    - P-law: true exactly if ``(xy)^w x = (xy)^w`` for all x, y of the monoid, where ^w is the
      idempotent power

    References
    ----------
    [19] Jerad et al. (2025), Unique hard attention: a tale of two sides.
    """
    monoid = transition_monoid(minimal(automaton))
    ideals = [frozenset(_then(x, y) for y in monoid) for x in monoid]
    return len(set(ideals)) == len(ideals)


def _then(first: Map, second: Map) -> Map:
    return tuple(second[state] for state in first)
