"""The figures in a real browser: light and dark inks, chosen by the page's colour scheme."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "figures"
CSS = FOLDER.parent / "_static" / "site.css"


# what the reader prefers, what the page's switch says, and what the figure must then be
CASES = [
    ("light", "auto", 255),
    ("dark", "auto", 0x16),
    ("light", "dark", 0x16),
    ("dark", "light", 255),
]


@pytest.mark.parametrize(("system", "switch", "red"), CASES)
def test_the_figure_follows_the_page(
    chromium: Browser, tmp_path: Path, system: str, switch: str, red: int
) -> None:
    """The site's own style sheet decides, and its switch outranks the system."""
    # the rules of the site for images alone; the theme, which is not at hand, has none for them
    rules = re.findall(r"^body\[data-theme=\"\w+\"\] img \{.*\}$", CSS.read_text(), re.MULTILINE)
    assert len(rules) == 3
    page = chromium.new_page(color_scheme=system, viewport={"width": 800, "height": 600})
    page.set_default_timeout(120_000)
    holder = tmp_path / "page.html"
    holder.write_text(
        f"<!doctype html><style>{''.join(rules)} body {{ margin: 0 }}</style>"
        f'<body data-theme="{switch}"><img src="{(FOLDER / "energy.svg").as_uri()}">'
    )
    page.goto(holder.as_uri())
    shot = tmp_path / "corner.png"
    # a corner of the figure, where nothing but its background is
    page.screenshot(path=shot, clip={"x": 3, "y": 3, "width": 1, "height": 1})
    from matplotlib.image import imread

    assert round(255 * float(imread(shot)[0, 0, 0])) == red
    page.close()
