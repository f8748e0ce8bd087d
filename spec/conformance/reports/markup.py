"""HTML and SVG as a tree of elements, so that no text reaches a page unescaped.

There is no way to put a string into the tree as markup: text and attribute values are escaped when
the tree is written, and the names of elements and attributes are checked. The one exception is a
style sheet, which is a file of this package and is refused if it could end its element.

Clause: GDA-conf-report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["Child", "Element", "clean", "element", "style"]

# Elements without an end tag in HTML; SVG elements all get one, which HTML accepts.
_VOID = frozenset({"meta", "link", "br", "hr"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
# What neither XML 1.0 nor HTML allows as a character.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}


def clean(text: str) -> str:
    """The text with U+FFFD for every character that neither HTML nor XML allows."""
    return _ILLEGAL.sub("\ufffd", text)


class Element:
    """An element with its attributes and its children; strings among these are text."""

    __slots__ = ("_attributes", "_children", "_name")

    def __init__(self, name: str, attributes: dict[str, str], children: list[Child]) -> None:
        for word in (name, *attributes):
            if not _NAME.fullmatch(word):
                raise ValueError(f"name: expected letters, digits and hyphens, got {word!r}")
        if name in ("script", "style") or any(word.lower().startswith("on") for word in attributes):
            raise ValueError(f"{name}: scripts, handlers and style sheets are refused")
        if name in _VOID and children:
            raise ValueError(f"{name}: expected no children")
        self._name = name
        self._attributes = attributes
        self._children = children

    def __str__(self) -> str:
        given = "".join(f' {name}="{_escape(value)}"' for name, value in self._attributes.items())
        start = f"<{self._name}{given}>"
        if self._name in _VOID:
            return start
        inner = "".join(
            _escape(child) if isinstance(child, str) else str(child) for child in self._children
        )
        # HTML drops a line end that directly follows the start tag of pre
        return f"{start}{chr(10) if self._name == 'pre' else ''}{inner}</{self._name}>"


class _Style(Element):
    __slots__ = ("_sheet",)

    def __init__(self, sheet: str) -> None:
        super().__init__("meta", {}, [])
        if "<" in sheet:
            raise ValueError("sheet: a style sheet with '<' could end its element")
        self._sheet = sheet

    def __str__(self) -> str:
        return f"<style>\n{self._sheet}</style>"


Child = str | Element


def element(
    name: str, /, *children: Child | Iterable[Child] | None, **attributes: str | int | float | None
) -> Element:
    """An element.

    Parameters
    ----------
    name : str
    *children : str, Element, iterable of these, or None
        A string is text; None is left out.
    **attributes : str or number
        ``class_`` stands for class, an underscore inside a name for a hyphen; None is left out.
        Numbers are rounded to two decimals, which in a picture is a hundredth of a pixel.
    """
    flat: list[Child] = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, (str, Element)):
            flat.append(child)
        else:
            flat.extend(child)
    given = {
        key.rstrip("_").replace("_", "-"): _value(value)
        for key, value in attributes.items()
        if value is not None
    }
    return Element(name, given, flat)


def style(sheet: str) -> Element:
    """A style sheet of this package, written as it stands."""
    return _Style(sheet)


def _value(value: str | int | float) -> str:
    if isinstance(value, str):
        return value
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _escape(text: str) -> str:
    return "".join(_ESCAPES.get(letter, letter) for letter in clean(text))
