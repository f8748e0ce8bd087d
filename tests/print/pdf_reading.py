"""The printed edition as pypdf reads it: texts of pages, destinations, outline, links, glyphs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ContentStream

__all__ = ["Printed"]


class Printed:
    """A PDF; pages count from 1, as the printed numbers do."""

    def __init__(self, path: Path) -> None:
        self.reader = PdfReader(path)

    @cached_property
    def texts(self) -> dict[int, str]:
        """The text of each page."""
        return {n: page.extract_text() for n, page in enumerate(self.reader.pages, 1)}

    @cached_property
    def places(self) -> dict[str, int]:
        """The page of each named destination."""
        found = {}
        for name, place in self.reader.named_destinations.items():
            number = self.reader.get_destination_page_number(place)
            assert number is not None
            found[name] = number + 1
        return found

    @cached_property
    def outline(self) -> list[tuple[int, str, int]]:
        """Level, title and page of each bookmark, in order."""
        return list(self._outline(self.reader.outline, 1))

    def _outline(self, entries: Any, level: int) -> Iterator[tuple[int, str, int]]:
        for entry in entries:
            if isinstance(entry, list):
                yield from self._outline(entry, level + 1)
            else:
                number = self.reader.get_destination_page_number(entry)
                assert number is not None
                yield level, str(entry.title), number + 1

    def links(self) -> Iterator[tuple[int, str]]:
        """Page and target of each link: the name of a destination, or an address."""
        for number, page in enumerate(self.reader.pages, 1):
            for reference in page.get("/Annots", []):
                note = reference.get_object()
                if note["/Subtype"] != "/Link":
                    continue
                action = note["/A"].get_object() if "/A" in note else None
                if action is not None and action["/S"] == "/URI":
                    yield number, str(action["/URI"])
                else:
                    target = action["/D"] if action is not None else note["/Dest"]
                    yield number, "#" + str(target)

    def fonts(self) -> set[str]:
        """The names of all fonts, without the tag of the subset."""
        return {
            re.sub(r"^/[A-Z]{6}\+", "", str(font.get_object()["/BaseFont"]))
            for page in self.reader.pages
            for font in page["/Resources"]["/Font"].values()
        }

    def characters(self) -> Iterator[tuple[str, dict[int, int]]]:
        """The name of each font, and the character of each glyph that stands for one alone."""
        seen = set()
        for page in self.reader.pages:
            for reference in page["/Resources"]["/Font"].values():
                font = reference.get_object()
                if font["/BaseFont"] in seen:
                    continue
                seen.add(font["/BaseFont"])
                table = font["/ToUnicode"].get_data().decode("ascii")
                pairs = re.findall(r"<([0-9a-fA-F]{4})> ?<([0-9a-fA-F]{4})>", table)
                name = str(font["/BaseFont"]).partition("+")[2]
                yield (
                    name,
                    {int(glyph, 16): int(code, 16) for glyph, code in pairs if glyph != "0000"},
                )

    def glyphs(self) -> Iterator[tuple[int, str, int]]:
        """Page, font and number of each glyph that is shown; 0 is the sign for a missing one."""
        for number, page in enumerate(self.reader.pages, 1):
            font = ""
            content = page.get_contents()
            assert content is not None
            for operands, operator in ContentStream(content, self.reader).operations:
                if operator == b"Tf":
                    font = str(operands[0])
                elif operator in (b"TJ", b"Tj"):
                    shown = operands[0] if operator == b"TJ" else operands
                    for piece in shown:
                        if isinstance(piece, (str, bytes)):
                            raw = getattr(piece, "original_bytes", piece)
                            assert isinstance(raw, bytes) and len(raw) % 2 == 0
                            for at in range(0, len(raw), 2):
                                yield number, font, int.from_bytes(raw[at : at + 2], "big")
