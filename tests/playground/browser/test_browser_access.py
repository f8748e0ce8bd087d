"""For everyone: axe-core, names and announcements, widths, schemes, motion, and no request."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playground_visit import FOLDER, ROOT

AXE = "4.10.3"
# it would fetch style sheets for its rule on locked orientations, which this page cannot break
RUN = "axe.run({ preload: false })"


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core, by npm, outside the repository's files; under CI it must be there."""
    folder = ROOT / "build" / "axe-core"
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    wanted = folder / f"has-{AXE}"
    if not (script.exists() and wanted.exists()):
        message = _install(folder)
        if message:
            if os.environ.get("CI"):
                pytest.fail(message)
            pytest.skip(message)
        wanted.touch()
    return script.read_text(encoding="utf-8")


def _install(folder: Path) -> str:
    """Install axe-core; what went wrong, or nothing."""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is missing on this machine (apt-get install npm)"
    folder.mkdir(parents=True, exist_ok=True)
    call = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", f"axe-core@{AXE}"]
    done = subprocess.run(call, capture_output=True, text=True, timeout=300, check=False)
    return "" if done.returncode == 0 else f"npm could not install axe-core: {done.stderr[-400:]}"


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (360, "light")])
def test_axe_finds_no_violation(playground, axe, width, scheme):
    """Of WCAG 2.2 A and AA and the best practices, in states with every kind of element."""
    visit = playground(width=width, color_scheme=scheme)
    page = visit.page
    page.evaluate(axe)
    for preset in ("start", "abstain", "curved", "filter"):
        if preset != "start":
            visit.choose(preset)
        told = page.evaluate(RUN)
        bad = [
            f"{item['id']}: {item['help']}: {item['nodes'][0]['html'][:200]}"
            for item in told["violations"]
        ]
        assert bad == []
        # what ran: a run that looked at nothing is no pass
        passed = {item["id"] for item in told["passes"]}
        assert {"color-contrast", "label", "button-name", "aria-required-attr"} <= passed


def test_axe_would_tell(playground, axe):
    """A slider without a name and a faint text are seen."""
    page = playground().page
    page.evaluate(axe)
    page.evaluate(
        """() => {
            document.querySelector('[data-handle="0"]').removeAttribute('aria-label');
            document.querySelector('.lead').style.color = 'rgb(200, 200, 200)';
        }"""
    )
    told = {item["id"] for item in page.evaluate(RUN)["violations"]}
    assert {"aria-input-field-name", "color-contrast"} <= told


def test_no_width_scrolls_sideways(playground):
    """Wide tables scroll inside themselves, also with all columns."""
    visit = playground()
    for preset in ("curved", "filter", "stuck"):
        visit.choose(preset)
        for width in (320, 360, 768, 1280):
            visit.page.set_viewport_size({"width": width, "height": 800})
            visit.page.wait_for_timeout(60)
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
            plane = visit.page.locator("#plane svg").bounding_box()
            assert 0.5 * min(width, 1200) - 60 < plane["width"] <= width


def test_the_summary_is_announced_once_at_rest(playground):
    """A live region says what is selected; it does not chatter while a key is held down."""
    visit = playground()
    page = visit.page
    region = page.get_by_role("status")
    assert region.get_attribute("aria-live") == "polite"
    page.evaluate(
        """() => {
            globalThis.told = [];
            const region = document.getElementById('summary');
            new MutationObserver(changes => changes.forEach(() => told.push(region.textContent)))
                .observe(region, { childList: true });
        }"""
    )
    visit.after(
        lambda: page.evaluate(
            "() => { for (let n = 0; n < 30; n++) gdaPage.app.change(state => {"
            " state.query = [-1 + n / 10, -0.5]; }); }"
        )
    )
    told = page.evaluate("told")
    assert len(told) == 1
    assert told[0].startswith(f"Selected key {int(visit.value('index'))}, energy ")
    visit.choose("abstain")
    assert region.text_content() == (
        "Abstained: none of 3 keys is admitted; 3 excluded by threshold."
    )
    visit.choose("reversed")
    assert (region.text_content() or "").endswith(" 0 excluded by threshold. Key 0 is nearer.")


def test_plots_have_names_and_descriptions(playground):
    """Both plots are images with a name, and their numbers in words."""
    page = playground().page
    for name in ("Energy along the passage", "Energy against separation"):
        picture = page.get_by_role("img", name=name)
        assert picture.count() == 1
        assert "energy" in (picture.locator("desc").text_content() or "")


def test_steps_play_and_stay_still_on_request(playground):
    """Play walks to the end by itself; with reduced motion it is not offered."""
    visit = playground()
    visit.choose("idle")
    page = visit.page
    visit.after(lambda: page.locator("#step-on").click())
    assert visit.scene.rest["step"] == "1"
    assert page.locator("#plane .mark.here").count() == 1
    page.locator("#step-play").click()
    page.wait_for_function("Number(document.getElementById('step').value) >= 3")
    page.locator("#step-play").click()
    assert page.locator("#step-play").text_content() == "Play"
    step = int(page.locator("#step").input_value())
    point = page.locator("#path tr.chosen [data-name='path-query-x']").evaluate("one => one.value")
    visit.after(lambda: page.locator("#step-take").click())
    assert visit.scene.query[0] == float(point)
    assert step >= 3 and "step" not in visit.scene.rest
    still = playground(reduced_motion="reduce")
    assert not still.page.locator("#step-play").is_visible()
    assert still.page.evaluate("document.getAnimations().length") == 0


def test_shapes_tell_the_marks_apart(playground):
    """No two kinds of mark in the legend share shape and filling: colour is not needed."""
    visit = playground()
    visit.choose("two")
    marks = visit.page.eval_on_selector_all(
        "#legend .mark",
        """all => all.map(one => {
            const style = getComputedStyle(one);
            const ground = getComputedStyle(document.body).backgroundColor;
            const filled = style.fill !== 'none' && style.fill !== ground;
            return [one.getAttribute('d'), filled, style.strokeDasharray].join('|');
        })""",
    )
    assert len(marks) >= 10
    doubles = {mark for mark in marks if marks.count(mark) > 1}
    # hollow diamonds: the twin and the other keys' points, which differ in weight
    assert doubles == set()


def test_the_guard_sees_what_it_should(playground):
    """A page that fetches, logs and throws is caught."""
    visit = playground()
    visit.page.evaluate(
        "() => { console.warn('w'); setTimeout(() => { throw new Error('e'); });"
        " fetch('https://example.org/').catch(() => {}); }"
    )
    visit.page.wait_for_timeout(200)
    kinds = {fault.split()[0] for fault in visit.faults}
    visit.faults.clear()
    assert kinds == {"console", "error", "request"}


def test_no_file_names_a_foreign_address():
    """Nothing in the page's files points outside, so that no click or script leaves by accident."""
    for path in sorted(FOLDER.glob("*")):
        text = path.read_text(encoding="utf-8")
        found = set(re.findall(r"\b(?:https?|wss?):[^\s\"'`)]*", text))
        assert found <= {"http://www.w3.org/2000/svg"}, path.name
        assert "fetch(" not in text and "XMLHttpRequest" not in text
