"""Lays the pages of the site out as one source folder, from where they live in the repository.

The chapters of the standard, the notebooks and the pages beside the code stay where their readers
and their tools look for them; Sphinx wants one folder, and an address should not hold the number of
a chapter. So the pages are copied, each to its place on the site, and their links to other files
are rewritten: to the page, where the file has one, to the copied file, where it is data, and to the
listing of the file (`gda_sources`) otherwise. Links are checked here: one that leads nowhere is an
error.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

__all__ = ["DATA", "PDF", "PLAYGROUND", "Layout", "layout", "stage", "stage_extra"]

_NOTEBOOK = ".proof.py"
_EXAMPLE = ".example.py"
# Files that pages show or hand out; copied as they are, below the same folders.
DATA = (".svg", ".png", ".json", ".csv", ".npy", ".bib", ".css", ".cff", ".toml")
# What the site carries without making it: the interactive page, and the printed edition.
PLAYGROUND, PDF = "playground/index.html", "gda-1.0.pdf"
# Folders of docs/ that are no pages.
_NO_PAGES = ("_ext", "_static", "_templates", "print", "playground")
# Pages that live elsewhere: (path, place on the site without suffix).
_ELSEWHERE = {
    "README.md": "about/readme",
    "README.ja.md": "ja/readme",
    "CHANGELOG.md": "about/changelog",
    "CONTRIBUTING.md": "about/contributing",
    "proofs/coq/README.md": "derivations/coq",
}
_MODULE = """# {module}

```{{eval-rst}}
.. automodule:: {module}
   :members:
```
"""
# A link or an image of Markdown: [text](target), [text](target "title").
_LINK = re.compile(
    r"(?P<open>!?\[(?:[^\[\]]|\[[^\]]*\])*\]\()(?P<target>[^()\s]+)(?P<close>[^()]*\))"
)
# A pattern in a list of pages; one that no page matches is left out, where Sphinx would warn.
_GLOB = re.compile(r"^([\w/-]+\*)\n", flags=re.MULTILINE)
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")


@dataclass(frozen=True)
class Layout:
    """Where every page stands: ``pages`` maps a path of the repository to the name of its page."""

    root: Path
    pages: dict[str, str]


def layout(root: Path) -> Layout:
    """The pages of a checkout."""
    pages = {path: page for path, page in _ELSEWHERE.items() if (root / path).is_file()}
    for path in sorted((root / "spec" / "text").glob("*.md")):
        pages[_name(root, path)] = f"standard/{path.stem}"
    for path in sorted((root / "proofs").glob(f"*{_NOTEBOOK}")):
        pages[_name(root, path)] = "derivations/" + path.name.removesuffix(_NOTEBOOK)
    docs = root / "docs"
    for path in sorted(docs.rglob("*.md")):
        below = path.relative_to(docs)
        if below.parts[0] not in _NO_PAGES:
            pages[_name(root, path)] = below.with_suffix("").as_posix()
    for path in sorted((docs / "examples").glob(f"*{_EXAMPLE}")):
        pages[_name(root, path)] = "examples/" + path.name.removesuffix(_EXAMPLE)
    if len(set(pages.values())) != len(pages):
        twice = sorted({page for page in pages.values() if list(pages.values()).count(page) > 1})
        raise ValueError(f"two files for one page: {', '.join(twice)}")
    return Layout(root, pages)


def stage(root: Path, target: Path) -> Layout:
    """Write the source folder of the site, anew, and return where each page stands."""
    found = layout(root)
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    for path, page in found.pages.items():
        suffix = _suffix(path)
        text = (root / path).read_text(encoding="utf-8")
        if page == "index":
            text = _GLOB.sub(lambda line: _if_any(line, found), text)
        written = target / (page + suffix)
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(_relinked(text, path, found), encoding="utf-8")
    for module in _modules(root):
        written = target / "api" / (module.removeprefix("gd_attention.").replace(".", "/") + ".md")
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(_MODULE.format(module=module), encoding="utf-8")
    # what the notebooks import
    for path in sorted((root / "proofs").glob("*.py")):
        if not path.name.endswith(_NOTEBOOK):
            shutil.copyfile(path, target / "derivations" / path.name)
    for path in sorted((root / "docs" / "examples").glob("worked_*.py")):
        shutil.copyfile(path, target / "examples" / path.name)
    style = root / "docs" / "figures" / "style.py"
    if style.is_file():
        (target / "figures").mkdir(exist_ok=True)
        shutil.copyfile(style, target / "figures" / style.name)
    for path in sorted((root / "docs").rglob("*")):
        below = path.relative_to(root / "docs")
        if path.suffix in DATA and below.parts[0] not in _NO_PAGES:
            copied = target / below
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copied)
    shutil.copyfile(root / "CITATION.cff", target / "about" / "CITATION.cff")
    return found


def _if_any(line: re.Match[str], found: Layout) -> str:
    return line[0] if any(fnmatch(page, line[1]) for page in found.pages.values()) else ""


def stage_extra(root: Path, target: Path, pdf: Path | None) -> None:
    """Write the folder of what is copied as it is: the playground, and the printed edition."""
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    if (root / "docs" / PLAYGROUND).is_file():
        for path in sorted((root / "docs" / "playground").iterdir()):
            if path.suffix in (".html", ".js", ".css", ".svg"):
                (target / "playground").mkdir(exist_ok=True)
                shutil.copyfile(path, target / "playground" / path.name)
    if pdf is not None:
        shutil.copyfile(pdf, target / PDF)


def _suffix(path: str) -> str:
    """What the file of a page ends in, in the source folder."""
    return next((end for end in (_NOTEBOOK, _EXAMPLE) if path.endswith(end)), ".md")


def _modules(root: Path) -> list[str]:
    """The modules with a page each: those of the packages that have no names of their own."""
    return [
        f"gd_attention.{folder}.{path.stem}"
        for folder in ("prior", "positioning")
        for path in sorted((root / "reference" / folder).glob("*.py"))
        if path.stem != "__init__"
    ]


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _relinked(text: str, path: str, found: Layout) -> str:
    lines, fence = [], None
    for line in text.split("\n"):
        bare = line.removeprefix("# ") if path.endswith((_NOTEBOOK, _EXAMPLE)) else line
        mark = _FENCE.match(bare)
        if mark and fence is None and not bare.lstrip("`~ ").startswith("{"):
            fence = mark[1]
        elif mark and fence is not None and bare.strip().startswith(fence):
            fence = None
        elif fence is None:
            line = _LINK.sub(lambda link: _retargeted(link, path, found), line)
        lines.append(line)
    return "\n".join(lines)


def _retargeted(link: re.Match[str], path: str, found: Layout) -> str:
    target = link["target"]
    if re.match(r"[a-z][a-z0-9+.-]*:|#", target):
        return link[0]
    file, hash_, place = target.partition("#")
    source = _resolved(path, file)
    page = found.pages[path]
    if source in found.pages:
        written = _relative(page, found.pages[source] + _suffix(source))
        if link["open"] == f"[{PurePosixPath(file).name}](" and not place:
            # the name of the file as text: on the site, the title of its page
            return "[](" + written + link["close"]
    elif not (found.root / source).exists():
        raise ValueError(f"{path}: a link to {target}, which is not there")
    elif source.startswith("docs/") and source.endswith(DATA):
        written = _relative(page, source.removeprefix("docs/"))
    else:
        # no page and no data: the listing of the file, as an address, since no page writes it
        written = "source:" + source
    return link["open"] + written + hash_ + place + link["close"]


def _resolved(path: str, target: str) -> str:
    parts: list[str] = []
    for part in (PurePosixPath(path).parent / target).parts:
        if part == "..":
            if not parts:
                raise ValueError(f"{path}: a link to {target}, above the repository")
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _relative(page: str, target: str) -> str:
    up = len(PurePosixPath(page).parts) - 1
    return "../" * up + target
