"""The text is well formed: clauses, key words, proofs and links."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from gd_attention.cli.tracing import clause_blocks
from gd_attention.spec import clauses, text_files

CHAPTERS = dict(text_files())
KEY_WORDS = re.compile(
    r"\b(MUST|SHALL|SHOULD|MAY|REQUIRED|RECOMMENDED|OPTIONAL)\b"  # RFC 2119, section 1 to 5
)
CLAUSE = re.compile(r"^:::\{clause\} .*?^:::$", flags=re.MULTILINE | re.DOTALL)


def chapters() -> pytest.MarkDecorator:
    """One test per chapter."""
    return pytest.mark.parametrize("name", sorted(CHAPTERS))


def test_chapters_are_numbered_without_a_gap() -> None:
    """Chapters are 00-..., 01-... in the order in which they are read."""
    numbers = [int(name.split("-")[0]) for name in sorted(CHAPTERS)]
    assert numbers == list(range(len(CHAPTERS)))
    assert len(numbers) > 10


@chapters()
def test_key_words_stand_inside_clauses_only(name: str) -> None:
    """A requirement outside a clause would have no id, and nothing would test it."""
    outside = CLAUSE.sub("", CHAPTERS[name])
    assert KEY_WORDS.findall(outside) == []


@chapters()
def test_clause_blocks_are_closed(name: str) -> None:
    """As many fences open as close, and every opening line is a clause block."""
    text = CHAPTERS[name]
    opened = re.findall(r"^:::\{.*$", text, flags=re.MULTILINE)
    closed = re.findall(r"^:::\s*$", text, flags=re.MULTILINE)
    assert len(opened) == len(closed) == len(list(clause_blocks(text))) == len(CLAUSE.findall(text))


@chapters()
def test_clauses_use_key_words_by_kind(name: str) -> None:
    """A must clause demands something; a definition and a theorem demand nothing."""
    for identifier, kind, body in clause_blocks(CHAPTERS[name]):
        words = KEY_WORDS.findall(body)
        assert body, identifier
        if kind == "must":
            assert "MUST" in words, identifier
        elif kind == "should":
            assert "SHOULD" in words, identifier
        else:
            assert words == [], identifier


@chapters()
def test_formulas_are_closed(name: str) -> None:
    """Displayed formulas open and close on lines of their own, inline ones in one paragraph."""
    text = re.sub(r"`[^`]*`", "", CHAPTERS[name])
    assert len(re.findall(r"^\s*\$\$$", text, flags=re.MULTILINE)) % 2 == 0
    inline = re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL)
    for paragraph in re.split(r"\n\s*\n", inline):
        assert paragraph.count("$") % 2 == 0, paragraph
        assert paragraph.count("{") == paragraph.count("}"), paragraph


@chapters()
def test_links_between_chapters_resolve(name: str) -> None:
    """A link names a chapter that exists."""
    for target in re.findall(r"\]\(([^)#]+\.md)", CHAPTERS[name]):
        assert target in CHAPTERS


def test_every_theorem_is_followed_by_its_proof() -> None:
    """Between a theorem clause and the next clause stands a proof with its end mark."""
    proved = set()
    for text in CHAPTERS.values():
        blocks = [*CLAUSE.finditer(text)]
        for number, block in enumerate(blocks):
            end = blocks[number + 1].start() if number + 1 < len(blocks) else len(text)
            between = text[block.end() : end]
            if re.search(r"^\*Proof\.\*.*?∎", between, flags=re.MULTILINE | re.DOTALL):
                (found,) = clause_blocks(block.group())
                proved.add(found[0])
    theorems = {clause.id for clause in clauses().values() if clause.kind == "theorem"}
    assert proved == theorems


def test_theorem_numbers_agree_with_the_registry() -> None:
    """The number that opens a theorem is the one of its entry."""
    for text in CHAPTERS.values():
        for identifier, kind, body in clause_blocks(text):
            if kind == "theorem":
                assert body.startswith(f"({clauses()[identifier].theorem}) "), identifier


@pytest.mark.clause("GDA-scope-sources")
def test_the_text_says_what_was_not_at_hand() -> None:
    """The preprint was known by its abstract only, and the text says so."""
    bodies = {i: body for text in CHAPTERS.values() for i, _, body in clause_blocks(text)}
    flat = " ".join(bodies["GDA-scope-sources"].split())
    assert "full text of the preprint was not at hand" in flat


def test_headings_descend_one_level_at_a_time() -> None:
    """Each chapter has one title, and no level is skipped."""
    for name, text in CHAPTERS.items():
        levels = [len(found) for found in re.findall(r"^(#+) ", text, flags=re.MULTILINE)]
        assert levels[0] == 1 and levels.count(1) == 1, name
        assert all(after <= before + 1 for before, after in pairwise(levels)), name
