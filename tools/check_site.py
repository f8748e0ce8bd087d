"""Check the links of a built site: all lead somewhere, and no page asks a network for anything.

    python tools/check_site.py FOLDER

Every address in a page is followed, with its fragment; every address in a style sheet, too. Only a
link that a reader clicks may lead outside. Exit status: 0 all hold, 1 a problem.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["Page", "problems", "read"]

# Attributes that a browser follows by itself, or that a reader does.
_ADDRESSES = ("href", "src", "action", "data", "poster", "srcset", "formaction")
_CSS = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")
_REFRESH = re.compile(r"url=(\S+)")


@dataclass
class Page:
    """What a page holds: its anchors, and its addresses as (tag, attribute, address)."""

    anchors: set[str] = field(default_factory=set)
    addresses: list[tuple[str, str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.style = tag == "style"
        for name, value in attrs:
            if value is None:
                continue
            if name == "id" or (name == "name" and tag == "a"):
                self.page.anchors.add(value)
            elif name in _ADDRESSES:
                # the candidates of a srcset: an address and its size
                addresses = [part.split()[0] for part in value.split(",")]
                for address in addresses if name == "srcset" else [value]:
                    self.page.addresses.append((tag, name, address))
            elif name == "style":
                self._styles(tag, value)
            elif name == "content" and (found := _REFRESH.search(value)):
                self.page.addresses.append((tag, name, found[1]))

    def handle_data(self, data: str) -> None:
        if self.style:
            self._styles("style", data)

    def handle_endtag(self, tag: str) -> None:
        self.style = False

    def _styles(self, tag: str, text: str) -> None:
        for found in _CSS.finditer(text):
            self.page.addresses.append((tag, "style", found[1] or found[2]))


def read(file: Path) -> Page:
    """The anchors and addresses of a page or of a style sheet."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".css":
        return Page(set(), [("style", "url", m[1] or m[2]) for m in _CSS.finditer(text)])
    reader = _Reader()
    reader.feed(text)
    return reader.page


def problems(site: Path) -> list[str]:
    """Addresses that lead nowhere, out of the site, or to a network without a click."""
    site = site.resolve()
    files = sorted(path for path in site.rglob("*") if path.suffix in (".html", ".css"))
    pages = {path: read(path) for path in files}
    if not pages:
        return [f"{site}: no pages"]
    found = []
    for path, page in pages.items():
        for tag, attribute, address in page.addresses:
            trouble = _trouble(site, path, tag, attribute, address, pages)
            if trouble:
                name = path.relative_to(site).as_posix()
                found.append(f"{name}: <{tag} {attribute}={address!r}>: {trouble}")
    return list(dict.fromkeys(found))


def _trouble(
    site: Path, path: Path, tag: str, attribute: str, address: str, pages: dict[Path, Page]
) -> str:
    parts = urlsplit(address)
    if parts.scheme in ("data", "mailto"):
        return ""
    if parts.scheme or parts.netloc:
        clicked = tag == "a" and attribute == "href" and parts.scheme in ("http", "https")
        return "" if clicked else "asks a network"
    if address.startswith("/"):
        return "an address from the root of a host"
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_relative_to(site):
        return "leaves the site"
    if not target.is_file():
        return "leads nowhere"
    fragment = unquote(parts.fragment)
    # a fragment of the playground is a state, and no anchor
    anchored = target.suffix == ".html" and "playground" not in target.parts
    if fragment and anchored and fragment not in pages[target].anchors:
        return f"no anchor {fragment} there"
    return ""


def main() -> int:
    """Check the folder that the command line names."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    found = problems(Path(sys.argv[1]))
    print("\n".join(found) or "all links hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
