"""The page in a real browser: no script, no request, no console message, fit for a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from gd_attention.conformance import Report
from gd_attention.conformance.case import Case
from gd_attention.conformance.reports.page import render_page
from made import example, with_examples
from playwright.sync_api import Browser, Page, Route

CLAUSE = "GDA-conf-report"

ATTACK = "<script>alert('x')</script>\"'><img src=https://example.org/x onerror=alert(1)>"


@dataclass
class Visit:
    """A page with everything it did that a report must not do."""

    page: Page
    faults: list[str] = field(default_factory=list)


@pytest.fixture
def visit(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Visit]]:
    """Opens a page from a file; checks afterwards that it did nothing."""
    contexts = []
    visits: list[Visit] = []

    def opened(text: str, *, width: int = 1200, scheme: str = "light") -> Visit:
        path = tmp_path / f"page-{len(contexts)}.html"
        path.write_text(text, encoding="utf-8")
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme
        )
        contexts.append(context)
        found = Visit(context.new_page())
        visits.append(found)
        page, faults, own = found.page, found.faults, path.as_uri()

        def guard(route: Route) -> None:
            if route.request.url == own:
                route.continue_()
            else:
                faults.append(f"request {route.request.url}")
                route.abort()

        page.route("**/*", guard)
        page.on("console", lambda message: faults.append(f"console {message.text}"))
        page.on("pageerror", lambda error: faults.append(f"error {error}"))
        page.on("dialog", lambda dialog: (faults.append("dialog"), dialog.dismiss()))
        page.goto(own)
        return found

    yield opened
    for found in visits:
        found.page.wait_for_timeout(50)
        assert found.faults == []
    for context in contexts:
        context.close()


@pytest.fixture
def drawn(failing: Report) -> Report:
    """A report with pictures of a line, a plane with every mark, and of many components."""
    rng = np.random.default_rng(1)
    plane = Case(
        query=np.array([[0.3, -0.2]]),
        keys=np.vstack([rng.normal(size=(11, 2)), [[np.nan, 0.0]]]),
        mask=np.arange(12) < 10,
        threshold=np.linspace(0.0, 0.7, 12),
    )
    many = Case(query=rng.normal(size=(2, 40)), keys=rng.normal(size=(70, 40)))
    long = "a" * 400
    return with_examples(
        replace(failing, target=f"{long}:{long}"),
        example(plane, index=[3]),
        example(many, long, index=[1, 2], coordinate=[0.5, 0.5]),
    )


@pytest.mark.clause(CLAUSE)
def test_pictures_are_there(visit, failing):
    """Every counterexample has its drawings, with a name and a description, and a size."""
    page = visit(render_page(failing)).page
    count = page.locator("section.example").count()
    assert count > 0
    pictures = page.get_by_role("img")
    names = page.get_by_role("img", name="Query and keys in the line")
    assert names.count() == count
    assert page.get_by_role("img", name="Landscape along the passage").count() > 0
    for place in range(pictures.count()):
        box = pictures.nth(place).bounding_box()
        assert box is not None
        assert box["width"] > 200 and box["height"] > 60
        assert len(pictures.nth(place).locator("desc").first.text_content() or "") > 20
    assert page.locator("svg .mark.expected").count() >= count
    assert page.locator("svg .curve").count() > 0


@pytest.mark.clause(CLAUSE)
@pytest.mark.parametrize("width", [320, 375, 768, 1200])
def test_no_width_scrolls_sideways(visit, drawn, width):
    """Also with long names and all tables open: wide parts scroll inside themselves."""
    page = visit(render_page(drawn), width=width).page
    page.locator("details").evaluate_all("nodes => nodes.forEach(node => { node.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.clause(CLAUSE)
def test_texts_of_a_picture_stay_inside(visit, drawn):
    """No label leaves its picture, as the browser measures it."""
    page = visit(render_page(drawn)).page
    outside = page.evaluate(
        """() => [...document.querySelectorAll('svg[role=img]')].flatMap(svg => {
            const frame = svg.getBoundingClientRect();
            return [...svg.querySelectorAll('text')].filter(text => {
                const box = text.getBoundingClientRect();
                return box.left < frame.left - 1 || box.right > frame.right + 1
                    || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
            }).map(text => text.textContent);
        })"""
    )
    assert outside == []


# Relative luminance and contrast as WCAG 2 defines them.
CONTRAST = """() => {
    const light = color => {
        const parts = color.match(/[0-9.]+/g).slice(0, 3).map(part => {
            const c = part / 255;
            return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const ground = light(getComputedStyle(document.body).backgroundColor);
    const against = light(getComputedStyle(document.querySelector('.verdict')).backgroundColor);
    const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const found = {};
    for (const [name, selector, property] of [
        ['text', 'body', 'color'], ['soft', '.soft', 'color'], ['verdict', '.verdict', 'color'],
        ['good', '.good', 'color'], ['bad', '.bad', 'color'], ['open', '.open', 'color'],
        ['label', 'svg .label', 'fill'], ['tick', 'svg .tick', 'fill'],
        ['expected', '.mark.expected', 'fill'], ['returned', '.mark.returned', 'stroke'],
    ]) {
        const color = light(getComputedStyle(document.querySelector(selector))[property]);
        found[name] = Math.min(ratio(color, ground), ratio(color, against));
    }
    found.ground = ground;
    return found;
}"""


@pytest.mark.clause(CLAUSE)
def test_light_and_dark_can_be_read(visit, failing):
    """Both schemes, and in each a contrast of 4.5 for every colour of text and mark (WCAG AA)."""
    grounds = {}
    for scheme in ("light", "dark"):
        found = visit(render_page(failing), scheme=scheme).page.evaluate(CONTRAST)
        grounds[scheme] = found.pop("ground")
        assert all(ratio >= 4.5 for ratio in found.values()), (scheme, found)
    assert grounds["dark"] < 0.05 < 0.9 < grounds["light"]


@pytest.mark.clause(CLAUSE)
def test_a_page_cut_short_states_no_verdict(visit, failing, conforming):
    """Cut anywhere, the page hides its verdict and says that its end is missing."""
    for report in (failing, conforming):
        text = render_page(report)
        whole = visit(text).page
        assert whole.locator(".verdict").is_visible()
        assert not whole.locator(".broken").is_visible()
        start = text.index('<div class="verdict')
        for cut in (start + 200, (start + len(text)) // 2, text.rindex('<p id="end"')):
            page = visit(text[:cut]).page
            assert not page.locator(".verdict").is_visible()
            assert page.locator(".broken").is_visible()


@pytest.mark.clause(CLAUSE)
def test_an_attack_is_text(visit, failing):
    """A target named like a script is shown by its name."""
    page = visit(render_page(replace(failing, target=ATTACK, reason=ATTACK))).page
    assert page.locator("script, img, iframe").count() == 0
    assert ATTACK in (page.locator(".verdict").text_content() or "")
    assert page.title().startswith(f"GD-Attention: {ATTACK}")


@pytest.mark.clause(CLAUSE)
def test_the_guard_sees_what_it_should(chromium, tmp_path):
    """The checks above are no empty ones: a page that fetches, logs and throws is caught."""
    path = tmp_path / "bad.html"
    path.write_text(
        "<script>console.error('c'); fetch('https://example.org/'); throw new Error('e')</script>"
    )
    context = chromium.new_context()
    page = context.new_page()
    seen: list[str] = []
    page.on("console", lambda message: seen.append("console"))
    page.on("pageerror", lambda error: seen.append("error"))
    page.route("https://**", lambda route: (seen.append(route.request.url), route.abort()))
    page.goto(path.as_uri())
    page.wait_for_timeout(100)
    context.close()
    assert {"console", "error", "https://example.org/"} <= set(seen)
