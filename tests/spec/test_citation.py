"""CITATION.cff follows the Citation File Format 1.2.0, and agrees with the package.

The rules are those of the published schema, as far as the file uses them: required keys, admitted
keys, types and enumerations.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CITATION: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

REQUIRED = {"authors", "cff-version", "message", "title"}
ADMITTED = REQUIRED | {
    "abstract", "commit", "contact", "date-released", "doi", "identifiers", "keywords", "license",
    "license-url", "preferred-citation", "references", "repository", "repository-artifact",
    "repository-code", "type", "url", "version",
}  # fmt: skip
ENTITY = {
    "address", "alias", "city", "country", "date-end", "date-start", "email", "fax", "location",
    "name", "orcid", "post-code", "region", "tel", "website",
}  # fmt: skip
REFERENCE_TYPES = {"article", "software", "software-code", "generic", "report", "data", "website"}


def problems(document: dict[str, Any]) -> list[str]:
    """What the rules of the format object to."""
    found = [f"missing {key}" for key in sorted(REQUIRED - document.keys())]
    found += [f"unknown key {key}" for key in sorted(document.keys() - ADMITTED)]
    if document.get("cff-version") != "1.2.0":
        found.append("cff-version")
    if document.get("type", "software") not in ("software", "dataset"):
        found.append("type")
    for key in ("message", "title", "abstract"):
        if key in document and not (isinstance(document[key], str) and document[key]):
            found.append(key)
    if "version" in document and not isinstance(document["version"], (str, int, float)):
        found.append("version")
    if not re.fullmatch(r"[A-Za-z0-9.+-]+", str(document.get("license", "Apache-2.0"))):
        # a list would mean a choice among the licences; one SPDX identifier is what is meant
        found.append("license")
    found += _agents(document.get("authors"), "authors")
    keywords = document.get("keywords", ["one"])
    if not keywords or len(set(keywords)) != len(keywords):
        found.append("keywords")
    for number, entry in enumerate(document.get("references", [])):
        if entry.get("type") not in REFERENCE_TYPES or not entry.get("title"):
            found.append(f"references[{number}]")
        found += _agents(entry.get("authors"), f"references[{number}].authors")
        if not re.match(r"https?://", entry.get("repository-code", "https://")):
            found.append(f"references[{number}].repository-code")
    return found


def _agents(agents: Any, where: str) -> list[str]:
    if not isinstance(agents, list) or not agents:
        return [where]
    return [
        f"{where}[{number}]"
        for number, agent in enumerate(agents)
        if not agent.get("name") or agent.keys() - ENTITY
    ]


def test_citation_follows_the_format() -> None:
    """The file validates."""
    assert problems(CITATION) == []


def test_the_rules_can_object() -> None:
    """Each kind of fault is found, so that an empty list means something."""
    assert problems({key: value for key, value in CITATION.items() if key != "message"})
    assert problems({**CITATION, "author": "someone"})
    assert problems({**CITATION, "authors": [{"given-name": "No", "surname": "Such"}]})
    assert problems({**CITATION, "license": "Apache 2.0"})
    assert problems({**CITATION, "cff-version": 1.2})


def test_citation_agrees_with_the_package() -> None:
    """Author, version and licence are those of pyproject.toml."""
    assert CITATION["authors"] == [{"name": "The gd-attention project"}] == PROJECT["authors"]
    assert CITATION["version"] == PROJECT["version"]
    assert PROJECT["license"].split()[0] == CITATION["license"]


def test_the_bibtex_of_the_documentation_says_the_same() -> None:
    """Title, author, version and licence of docs/about/cite.md are those of CITATION.cff."""
    page = (ROOT / "docs" / "about" / "cite.md").read_text(encoding="utf-8")
    (entry,) = re.findall(
        r"^```bibtex\n@software\{gd_attention,\n(.*?)^\}\n```$", page, re.M | re.S
    )
    fields = dict(re.findall(r"^ *(\w+) *= \{(.*)\},?$", entry, flags=re.M))
    plain = {name: value.replace("{", "").replace("}", "") for name, value in fields.items()}
    (author,) = CITATION["authors"]
    assert plain == {
        "title": CITATION["title"],
        "author": author["name"],
        "version": CITATION["version"],
        "license": CITATION["license"],
    }


def test_licences_are_there() -> None:
    """The full text of the code's licence, and the text's licence by name and address."""
    apache = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in apache and "END OF TERMS AND CONDITIONS" in apache
    text = (ROOT / "spec" / "text" / "LICENSE").read_text(encoding="utf-8")
    assert "Attribution 4.0 International" in text
    assert "https://creativecommons.org/licenses/by/4.0/legalcode" in text
