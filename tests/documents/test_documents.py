"""Every code example of the README and of the documentation runs as it stands."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import fences
import pytest

PAGES = {str(path.relative_to(fences.ROOT)): path for path in fences.documents()}

# Files of a page that no other fence of it uses, and what does.
USED_ELSEWHERE = {
    ".github/workflows/gd-attention.yml": "tests/reports/test_workflow.py runs its steps",
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder like a checkout as far as the examples need one, from which modules are imported."""
    (tmp_path / "docs").mkdir()
    for folder in ("examples", "docs/map"):
        (tmp_path / folder).symlink_to(fences.ROOT / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    # the wrappers that the counterexamples of docs/peer-verdicts.md import
    monkeypatch.syspath_prepend(fences.ROOT / "examples" / "peers")
    yield tmp_path
    for name, module in list(sys.modules.items()):
        # two pages may have a file of one name
        if str(getattr(module, "__file__", None)).startswith(f"{tmp_path}{os.sep}"):
            del sys.modules[name]


def need(program: str) -> None:
    """Skip without a program, but not in continuous integration, where a skip would hide a page."""
    if shutil.which(program) is None:
        if os.environ.get("CI"):
            pytest.fail(f"{program} is not installed")
        pytest.skip(f"{program} is not installed")


# deprecations inside the public packages that docs/peer-verdicts.md calls
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")
@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page(page, here):
    """In the order of the page, in one folder."""
    document = fences.SYBIL.parse(PAGES[page])
    for program in ("node", "gcc"):
        if re.search(rf"^\$ .*\b{program} ", document.text, flags=re.M):
            need(program)
    for example in document.examples():
        example.evaluate()


def test_no_fence_is_missed():
    """Counted without Sybil: every fence but a directive is an example, and none is indented."""
    for page, path in PAGES.items():
        text = path.read_text(encoding="utf-8")
        opened = re.findall(r"^ *(?:`{3,}|~{3,})(.*)$", text, flags=re.M)[0::2]
        assert "" not in opened, f"{page}: a fence without a language"
        plain = [info for info in opened if not info.startswith("{")]
        assert not [info for info in opened if re.match(r"\{code", info)], page
        assert len(plain) == len(list(fences.SYBIL.parse(path).examples())), page


def test_no_command_hides_in_an_indented_block():
    """There it would look like an example, and not be run."""
    command = re.compile(r"^ {4,}(?:\$ |gd-attention |pip |python |make |node )", flags=re.M)
    for page, path in PAGES.items():
        text = path.read_text(encoding="utf-8")
        prose = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.M | re.S)
        assert not command.search(prose), page


def test_no_exception_is_stale():
    """Every command that is not run or shortened, and every language of text, is on some page."""
    commands, languages = [], set()
    for path in PAGES.values():
        for example in fences.SYBIL.parse(path).examples():
            language = example.region.lexemes["language"]
            languages.add(language)
            if language == "console":
                commands += [command for command, _ in fences.session(example.parsed)]
    for start in fences.NOT_RUN:
        assert [c for c in commands if c.startswith(f"{start} ")], start
    for command in fences.SHORTENED:
        assert command in commands
    assert languages >= set(fences.SHOWN)


def test_every_file_is_used():
    """A fence that is only saved would be an example that nobody ran."""
    for page, path in PAGES.items():
        examples = [example.parsed for example in fences.SYBIL.parse(path).examples()]
        for place, source in enumerate(examples):
            name = fences.file_name(source)
            if name and name not in USED_ELSEWHERE:
                later = [text for text in examples[place + 1 :] if fences.file_name(text) != name]
                stem = re.escape(Path(name).stem)
                assert any(re.search(rf"\b{stem}\b", text) for text in later), f"{page}: {name}"
