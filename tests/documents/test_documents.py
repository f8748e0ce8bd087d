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


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder like a checkout as far as the examples need one, from which modules are imported."""
    (tmp_path / "examples").symlink_to(fences.ROOT / "examples")
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
