"""Draw the figures of docs/figures from the reference, and put their captions where they stand.

`docs/figures/figures.toml` names the figures; each is a module there. Written are the SVG files,
the page that shows them all, and the blocks of image and caption in the chapters of the text and in
the Japanese definition. Run by `make figures`; a test holds every file to what this writes.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
import textwrap
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "figures"
JAPANESE = ROOT / "docs" / "ja" / "definition.md"
PAGE = FOLDER / "index.md"
PAGE_JAPANESE = ROOT / "docs" / "ja" / "figures.md"


def package() -> ModuleType:
    """The folder as a package, under a name that nothing else has."""
    name = "gd_attention_figures"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, FOLDER / "__init__.py")
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def module(name: str) -> ModuleType:
    """The module of one figure, or `style`."""
    return importlib.import_module(f"{package().__name__}.{name}")


def listed() -> dict[str, Any]:
    """The content of figures.toml."""
    return tomllib.loads((FOLDER / "figures.toml").read_text(encoding="utf-8"))


def entries() -> list[dict[str, Any]]:
    """The figures in the order of the page, their texts on one line each."""
    return [
        {
            key: " ".join(value.split()) if isinstance(value, str) else value
            for key, value in e.items()
        }
        for e in listed()["figure"]
    ]


def drawn(entry: dict[str, Any]) -> str:
    """The SVG of one figure."""
    source = module(entry["name"])
    return str(module("style").render(source.draw, source.data(), entry["title"]))


def block(entry: dict[str, Any], page: Path, japanese: bool = False) -> str:
    """Image and caption as Markdown, for a page that lies at that path."""
    file = Path(os.path.relpath(FOLDER / f"{entry['name']}.svg", page.parent)).as_posix()
    if japanese:
        caption = f"**図：{entry['title_ja']}。** {entry['caption_ja']}"
        return f"![{entry['alt_ja']}]({file})\n\n{caption}\n"
    # a formula stays on one line: a line that begins with its plus would begin a list
    whole = re.sub(r"\$[^$]+\$", lambda formula: formula[0].replace(" ", "\0"), entry["caption"])
    caption = textwrap.fill(
        f"**Figure: {entry['title']}.** {whole}",
        width=100,
        break_long_words=False,
        break_on_hyphens=False,
    ).replace("\0", " ")
    return f"![{entry['alt']}]({file})\n\n{caption}\n"


def placed(page: Path, japanese: bool = False) -> str:
    """The text of a page with the blocks of its figures as they are to be.

    A block is an image from docs/figures and the paragraph after it; where it stands is the page's.
    """
    known = {entry["name"]: entry for entry in entries()}

    def renewed(found: re.Match[str]) -> str:
        return block(known[found["name"]], page, japanese)

    pattern = r"!\[[^\]]*\]\([^)\n]*figures/(?P<name>[a-z]+)\.svg\)\n\n(?:\S.*\n)+"
    return re.sub(pattern, renewed, page.read_text(encoding="utf-8"))


def gallery_japanese() -> str:
    """The page of all figures, in Japanese."""
    parts = [
        f"## {entry['title_ja']}\n\n{block(entry, PAGE_JAPANESE, japanese=True)}"
        for entry in entries()
    ]
    return "\n".join([listed()["page_ja"], *parts])


def gallery() -> str:
    """The page of all figures."""
    parts = [listed()["page"]]
    for entry in entries():
        chapter = f"[spec/text/{entry['chapter']}](../../spec/text/{entry['chapter']})"
        parts.append(
            f"## {entry['title']}\n\n{block(entry, PAGE)}\n"
            f"Script: `docs/figures/{entry['name']}.py`. In the text: {chapter}.\n"
        )
    return "\n".join(parts)


def pages() -> dict[Path, str]:
    """Every text file that this writes, and its content."""
    chapters = {ROOT / "spec" / "text" / entry["chapter"] for entry in entries()}
    found = {path: placed(path) for path in sorted(chapters)}
    found[JAPANESE] = placed(JAPANESE, japanese=True)
    found[PAGE] = gallery()
    found[PAGE_JAPANESE] = gallery_japanese()
    return found


def main() -> None:
    """Write every figure, the page, and the captions."""
    files = {FOLDER / f"{entry['name']}.svg": drawn(entry) for entry in entries()}
    for path, text in {**files, **pages()}.items():
        path.write_text(text, encoding="utf-8", newline="\n")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
