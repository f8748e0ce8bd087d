"""What runs the examples sees each kind of fault; a page without one passes."""

from __future__ import annotations

import sys

import fences
import pytest

SOUND = """\
```python
# twice.py
def twice(x):
    return 2 * x
```

```python
from twice import twice

four = twice(2)
```

```python
assert four == 4
```

```console
$ python -c "from twice import twice; print(twice(3), 'of', 12345)"
6 of ...
$ cat <<'END'
> one
> END
one

$ kept=7
$ sh -c "echo to standard error >&2; exit $kept"
to standard error
$ echo $?
7
$ pip install no-such-package-anywhere
```
"""


def run(text, folder):
    """Run a page."""
    page = folder / "page.md"
    page.write_text(text, encoding="utf-8")
    for example in fences.SYBIL.parse(page).examples():
        example.evaluate()


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "twice", raising=False)


def test_a_sound_page_passes(tmp_path):
    """Files, names that last, output, elision, input, a status, a command that is not run."""
    run(SOUND, tmp_path)


@pytest.mark.parametrize(
    ("true", "false", "message"),
    [
        ("return 2 * x", "return 3 * x", None),
        ("four == 4", "four == 5", None),
        ("6 of", "7 of", "came:\n6 of 12345"),
        ("to standard error\n$", "to standard\n$", "came:\nto standard error"),
        ("$ echo $?\n7", "$ echo $?\n8", "came:\n7"),
        ("$ echo $?\n7\n", "", "ended with status 7"),
        ("$ kept=7", "$ exit 0", "the shell ended early"),
        ("no-such-package-anywhere\n", "no-such-package-anywhere\nDone\n", "is not run"),
        ("```console\n$ python", "```console\npython", "expected a command"),
        ("```console", "```bash", "a fence of 'bash'"),
    ],
)
def test_a_fault_of_a_page_is_seen(true, false, message, tmp_path):
    """One change to the sound page, and it fails."""
    assert SOUND.count(true) == 1
    with pytest.raises((AssertionError, ValueError), match=message):
        run(SOUND.replace(true, false), tmp_path)
