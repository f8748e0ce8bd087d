"""The report as a badge: an SVG, and the JSON that shields.io reads as an endpoint.

Both state the verdict in words, how many cases were decided, the version of the oracle and the
vectors it used. Colour adds nothing that the words do not say.

Clause: GDA-conf-report.
"""

from __future__ import annotations

import json

from gd_attention.conformance.report import Report
from gd_attention.conformance.reports.markup import clean, element
from gd_attention.conformance.reports.words import headline, short_digest

__all__ = ["render_badge", "render_endpoint"]

# Names that shields.io knows, and white type on each reaches a contrast of 4.5.
_NAMES = {"conforms": "brightgreen", "fails": "red", "undecided": "yellow", "incomplete": "yellow"}
_FILLS = {
    "conforms": "#1a6b34",
    "fails": "#a8201a",
    "undecided": "#7a5200",
    "incomplete": "#7a5200",
}
_LABEL = "#3b424c"
_HEIGHT, _PAD, _SIZE = 20, 7, 11
# Widths of the letters in units of the size of the type: narrow, common, wide.
_NARROW, _WIDE = "fijlrtI.,:;|'()[] -", "mwMW@%"


def render_badge(report: Report) -> str:
    """The badge as an SVG document."""
    word = headline(report)
    label, message = _label(report), _message(report)
    left, right = _width(label), _width(message)
    total = left + right
    middle: dict[str, str | int] = {"y": 14, "text_anchor": "middle"}
    picture = element(
        "svg",
        element("title", f"{label}: {message}"),
        element("rect", width=total, height=_HEIGHT, rx=3, fill=_LABEL),
        element("path", d=_right(left, total), fill=_FILLS[word]),
        element(
            "g",
            element("text", label, x=left / 2, textLength=left - 2 * _PAD, **middle),
            element("text", message, x=left + right / 2, textLength=right - 2 * _PAD, **middle),
            fill="#fff",
            font_family="Verdana,DejaVu Sans,Geneva,sans-serif",
            font_size=_SIZE,
        ),
        xmlns="http://www.w3.org/2000/svg",
        width=total,
        height=_HEIGHT,
        viewBox=f"0 0 {total} {_HEIGHT}",
        role="img",
        aria_label=f"{label}: {message}",
    )
    return f"{picture}\n"


def render_endpoint(report: Report) -> str:
    """The badge as JSON for the endpoint of shields.io (its schema version 1)."""
    word = headline(report)
    document = {
        "schemaVersion": 1,
        "label": clean(_label(report)),
        "message": clean(_message(report)),
        "color": _NAMES[word],
        "isError": word == "fails",
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _label(report: Report) -> str:
    return f"GD-Attention {report.contract}"


def _message(report: Report) -> str:
    cases = f"{report.decided} cases decided"
    if not report.complete:
        cases = f"{report.judged} of {report.planned} cases judged, {report.decided} decided"
    version = report.versions.get("gd-attention", "unknown")
    corpus = short_digest(report)
    return f"{headline(report)} | {cases} | oracle {version} | vectors {corpus}"


def _width(text: str) -> int:
    """A width in pixels; the text is stretched to it, so a guess is good enough."""
    units = sum(0.38 if letter in _NARROW else 0.92 if letter in _WIDE else 0.64 for letter in text)
    return round(units * _SIZE) + 2 * _PAD


def _right(left: int, total: int) -> str:
    """The right part, with rounded corners on its right only."""
    return f"M{left} 0H{total - 3}a3 3 0 0 1 3 3V{_HEIGHT - 3}a3 3 0 0 1-3 3H{left}Z"
