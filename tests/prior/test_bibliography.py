"""The bibliography reads as BibTeX, holds the nineteen works, and agrees with the docstrings."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIBLIOGRAPHY = (ROOT / "docs" / "references.bib").read_text(encoding="utf-8")
MODULES = sorted((ROOT / "reference" / "prior").glob("*.py"))

REQUIRED = {
    "article": {"author", "title", "journal", "year"},
    "inproceedings": {"author", "title", "booktitle", "year"},
    "misc": {"title", "note"},
}
MONTHS = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
NUMBERED = re.compile(r"\[(\d+)\] of the prior-work list")


def read(text: str) -> dict[str, dict[str, str]]:
    """Entries by key, each with its kind under "kind"; stricter than BibTeX itself.

    Fields are ``name = {balanced}`` or the abbreviation of a month, one after another, separated
    by commas; outside entries there are comment lines and blank lines only.
    """
    entries: dict[str, dict[str, str]] = {}
    rest = "\n".join(line for line in text.splitlines() if not line.startswith("%")).strip()
    while rest:
        head = re.match(r"@(\w+)\{([a-z0-9]+),\s*", rest)
        assert head, f"no entry begins at {rest[:40]!r}"
        kind, key = head.groups()
        assert key not in entries, f"{key} twice"
        fields, rest = {"kind": kind}, rest[head.end() :]
        while not rest.startswith("}"):
            name = re.match(r"([a-z]+) = ", rest)
            assert name, f"{key}: no field begins at {rest[:40]!r}"
            assert name[1] not in fields, f"{key}: {name[1]} twice"
            fields[name[1]], rest = value(rest[name.end() :])
            separator = re.match(r",\s*|\s*(?=\})", rest)
            assert separator, f"{key}: no comma after {name[1]}"
            rest = rest[separator.end() :]
        entries[key], rest = fields, rest[1:].strip()
    return entries


def value(text: str) -> tuple[str, str]:
    """The value that text begins with, and what follows it."""
    if text[:3] in MONTHS:
        return text[:3], text[3:]
    assert text.startswith("{"), f"no value begins at {text[:40]!r}"
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter == "{") - (letter == "}")
        if depth == 0:
            return text[1:at], text[at + 1 :]
    raise AssertionError(f"no end of {text[:40]!r}")


ENTRIES = read(BIBLIOGRAPHY)
BY_NUMBER = {
    int(found[1]): fields
    for fields in ENTRIES.values()
    if (found := NUMBERED.fullmatch(fields.get("note", "")))
}


def docstrings(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef)
    found = [ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, holders)]
    return [text for text in found if text]


def cited(text: str) -> set[int]:
    """Numbers in brackets; a bracket with a 0 is an interval or a vector."""
    groups = [re.findall(r"\d+", group) for group in re.findall(r"\[(\d+(?:, ?\d+)*)\]", text)]
    return {int(number) for group in groups if "0" not in group for number in group}


def test_every_entry_is_complete() -> None:
    for key, fields in ENTRIES.items():
        missing = REQUIRED[fields["kind"]] - fields.keys()
        assert not missing, f"{key}: {missing}"
        assert all(text.strip() for text in fields.values()), key
        assert re.fullmatch(r"\d{4}", fields.get("year", "2000")), key
        assert re.fullmatch(r"\d+--\d+", fields.get("pages", "1--2")), key
        # BibTeX accepts a key that does not fit its entry
        if "author" in fields and "year" in fields:
            surname = fields["author"].split(",")[0].replace("-", "").lower()
            assert key.startswith(surname + fields["year"]), key


def test_the_nineteen_works_are_there_once() -> None:
    numbers = [int(number) for number in re.findall(r"\[(\d+)\] of", BIBLIOGRAPHY)]
    assert Counter(numbers) == Counter(range(1, 20))
    assert sorted(BY_NUMBER) == list(range(1, 20))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.stem))
def test_every_number_cited_has_an_entry(path: Path) -> None:
    for text in docstrings(path):
        assert cited(text) <= BY_NUMBER.keys(), path.name


def test_every_work_is_cited_by_an_operator() -> None:
    everywhere = [cited(text) for path in MODULES for text in docstrings(path)]
    assert set().union(*everywhere) == set(range(1, 20))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.stem))
def test_authors_and_years_of_the_docstrings_are_those_of_the_entries(path: Path) -> None:
    """Each ``[n] Name ... (year)``: the first surname and the year of the entry."""
    form = re.compile(
        r"\[(\d+)\]\s+(?:[A-Z]\.\s)*([A-Z][A-Za-z-]+)(?:,|\s+(?:and|et)\s)[^()\[\]]*\((\d{4})\)"
        r"|\[(\d+)\]\s+([A-Z][A-Za-z-]+)\s+\((\d{4})\)"
    )
    for text in docstrings(path):
        for match in form.finditer(text):
            number, surname, year = (part for part in match.groups() if part)
            entry = BY_NUMBER[int(number)]
            assert entry["author"].startswith(surname + ","), match[0]
            assert entry["year"] == year, match[0]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("@misc{a, title = {x}}\n@misc{a, title = {y}}", "a twice"),
        ("@misc{a, title = {x}, title = {y}}", "title twice"),
        ("@misc{a, title = {x} note = {y}}", "no comma"),
        ("@misc{a, title = {x{y}", "no end"),
        ("@misc{a, title = x}", "no value"),
        ("stray @misc{a, title = {x}}", "no entry"),
        ("@misc{a, = {x}}", "no field"),
    ],
)
def test_the_reader_refuses(broken: str, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        read(broken)
