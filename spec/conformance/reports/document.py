"""The text of a stored report: sealed when written, checked when read.

The last member of the document, ``complete``, says how many clauses stand before it and holds a
SHA-256 over everything else. A file that was cut short, edited or merged by hand no longer agrees
with it. The seal guards against accidents; it is no signature.

Clause: GDA-conf-complete.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema
from gd_attention.conformance.errors import ReportError

__all__ = ["FORMAT", "check", "dumps", "loads", "schema", "seal"]

FORMAT = "gda-report/1"


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a report."""
    text = (files("gd_attention.conformance") / "report.schema.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def seal(body: dict[str, Any]) -> dict[str, Any]:
    """The document with its completeness marker as the last member."""
    rest = {name: value for name, value in body.items() if name != "complete"}
    return {**rest, "complete": {"clauses": len(rest["clauses"]), "sha256": _digest(rest)}}


def dumps(document: dict[str, Any]) -> str:
    """The text of a sealed document.

    Raises
    ------
    ReportError
        The document breaks its schema or its seal.
    """
    check(document)
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # a lone surrogate, as an odd file name yields, has no UTF-8: JSON can escape it
        text = json.dumps(document, indent=2, allow_nan=False)
    return text + "\n"


def loads(text: str) -> dict[str, Any]:
    """The document of a text.

    Raises
    ------
    ReportError
        The text is no JSON (a file cut short is none), or the document breaks its schema or its
        seal.
    """
    if not text.strip():
        raise ReportError("the file is empty")
    try:
        document = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_unique)
    except ValueError as error:
        raise ReportError(f"no JSON document, or cut short: {error}") from error
    except RecursionError as error:
        raise ReportError("no report: nested too deeply") from error
    check(document)
    found: dict[str, Any] = document
    return found


def check(document: Any) -> None:
    """Refuse a document that breaks its schema, repeats a clause or contradicts its seal."""
    if isinstance(document, dict) and "complete" not in document:
        raise ReportError(
            "the completeness marker is missing: cut short, or no report of this format"
        )
    error = jsonschema.exceptions.best_match(
        jsonschema.Draft202012Validator(schema()).iter_errors(document)
    )
    if error is not None:
        message = error.message if len(error.message) <= 200 else error.message[:200] + " ..."
        raise ReportError(f"{error.json_path}: {message}")
    ids = [clause["id"] for clause in document["clauses"]]
    if len(set(ids)) != len(ids):
        raise ReportError("a clause is listed twice")
    marker = document["complete"]
    if marker != seal(document)["complete"]:
        raise ReportError(
            "the content does not agree with the completeness marker: the file was edited or "
            "parts of it are missing"
        )


def _digest(rest: dict[str, Any]) -> str:
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is given twice")
    return found
