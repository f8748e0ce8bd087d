"""The page under the hand: mouse, finger, keyboard, and the state in the address."""

from __future__ import annotations

import math

import gd_attention as gda
import numpy as np
import pytest
from playground_visit import Scene, Visit, fragment


def shifted(visit: Visit, pixels: tuple[float, float]) -> np.ndarray:
    """What a move by so many pixels is in the plane, exactly as the window's scale says."""
    width, height = visit.page.evaluate(
        "(() => { const box = document.querySelector('#plane svg').getBoundingClientRect();"
        " return [box.width, box.height]; })()"
    )
    half = float(visit.scene.rest["view"].split(",")[2])
    scale = 2 * half / min(width, height)
    return np.array([pixels[0] * scale, -pixels[1] * scale])


def agrees(visit: Visit) -> bool:
    """Whether the page selects what the reference selects for the state in its address."""
    chosen = visit.scene.call(gda.gd_attention)
    return visit.value("index") == chosen.index[0] and visit.texts("state").count("selected") == 1


def test_mouse_drags_the_query_and_a_key(playground):
    """The handle follows the mouse to the pixel, the others stay, and the selection follows."""
    visit = playground()
    page = visit.page
    for which, pixels in (("query", (150, -60)), ("2", (-120, -90)), ("0", (-3, 40))):
        before = visit.scene
        x, y = visit.centre(which)
        wanted = shifted(visit, pixels)

        def drag(x: float = x, y: float = y, pixels: tuple[int, int] = pixels) -> None:
            page.mouse.move(x + 3, y - 2)
            page.mouse.down()
            page.mouse.move(x + 3 + pixels[0] / 2, y - 2 + pixels[1], steps=3)
            page.mouse.move(x + 3 + pixels[0], y - 2 + pixels[1], steps=3)
            page.mouse.up()

        visit.after(drag)
        after = visit.scene
        points = [np.vstack([scene.query, scene.keys]) for scene in (before, after)]
        moved = points[1] - points[0]
        row = 0 if which == "query" else 1 + int(which)
        # coordinates snap to a power of ten of at most a pixel; a box is measured to a pixel
        pixel = abs(shifted(visit, (1, 0))[0])
        assert np.abs(moved[row] - wanted).max() <= 1.5 * pixel
        assert not np.delete(moved, row, axis=0).any()
        assert agrees(visit)
    assert visit.scene.call(gda.gd_attention).index[0] != 3


def test_a_handle_under_another_can_be_had(playground):
    """Of two handles that overlap the nearer one moves, whichever is drawn last."""
    keys = np.array([[0.0, 0.0], [0.12, 0.0]])
    visit = playground(fragment(Scene(np.array([-1.0, -1.0]), keys)))
    page = visit.page
    for which in (0, 1):
        visit.go(fragment(Scene(np.array([-1.0, -1.0]), keys)))
        x, y = visit.centre(str(which))
        side = -4 if which == 0 else 4

        def drag(x: float = x + side, y: float = y) -> None:
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x, y + 50, steps=4)
            page.mouse.up()

        visit.after(drag)
        moved = (visit.scene.keys != keys).any(axis=1)
        assert moved.tolist() == [which == 0, which == 1]


def test_a_tap_moves_nothing(playground):
    """A press without a move focuses the handle and leaves the state alone."""
    visit = playground()
    before = visit.page.evaluate("location.hash")
    visit.page.mouse.click(*visit.centre("1"))
    visit.page.wait_for_timeout(400)
    assert visit.page.evaluate("location.hash") == before
    assert visit.page.evaluate("document.activeElement.dataset.handle") == "1"


def test_a_finger_drags(playground):
    """By touch the handle moves and the page does not scroll."""
    visit = playground(width=390, has_touch=True, is_mobile=True)
    page = visit.page
    page.locator("#plane").scroll_into_view_if_needed()
    before, start = visit.scene, page.evaluate("scrollY")
    x, y = visit.centre("query")
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        session.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": a, "y": b} for a, b in points]},
        )

    def drag() -> None:
        touch("touchStart", (x, y))
        for part in range(1, 6):
            touch("touchMove", (x + 8 * part, y - 12 * part))
        touch("touchEnd")

    wanted = shifted(visit, (40, -60))
    pixel = abs(shifted(visit, (1, 0))[0])
    visit.after(drag)
    assert np.abs(visit.scene.query - before.query - wanted).max() <= 1.5 * pixel
    assert np.array_equal(visit.scene.keys, before.keys)
    assert page.evaluate("scrollY") == start
    assert agrees(visit)


def test_the_keyboard_does_all(playground):
    """Tab reaches every handle; arrows move, Shift finely; Enter draws the pair, Delete removes."""
    visit = playground()
    page = visit.page
    page.locator("#copy").focus()
    reached = []
    for _ in range(5):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.dataset.handle ?? 'none'"))
    assert reached == ["0", "1", "2", "3", "query"]
    assert page.evaluate(
        "getComputedStyle(document.activeElement.querySelector('.focus')).stroke !== 'none'"
    )
    page.locator('[data-handle="0"]').focus()
    for key, wanted in (
        ("ArrowRight", [1.3, 0.6]),
        ("ArrowUp", [1.3, 0.7]),
        ("Shift+ArrowLeft", [1.29, 0.7]),
        ("Shift+ArrowDown", [1.29, 0.69]),
    ):
        visit.after(lambda key=key: page.keyboard.press(key))
        assert visit.scene.keys[0].tolist() == wanted
    node = page.locator('[data-handle="0"]')
    assert node.get_attribute("aria-label") == "Key 0, admitted"
    assert node.get_attribute("aria-valuetext") == "x 1.29, y 0.69"
    visit.after(lambda: page.keyboard.press("Enter"))
    assert visit.scene.rest["pair"] == "0"
    assert page.locator("#pair").input_value() == "0"
    visit.after(lambda: page.keyboard.press("Delete"))
    assert visit.scene.keys.tolist() == [[-0.4, 1.9], [0.9, -1.7], [-2.3, 0.8]]
    assert page.evaluate("document.activeElement.dataset.handle") == "0"
    # a key by the button, with the focus on it, and moved from there
    visit.after(lambda: page.locator("#add-key").press("Enter"))
    assert len(visit.scene.keys) == 4
    assert page.evaluate("document.activeElement.dataset.handle") == "3"
    for which in (3, 2, 1, 0):
        page.locator(f'[data-handle="{which}"]').focus()
        visit.after(lambda: page.keyboard.press("Backspace"))
    assert len(visit.scene.keys) == 0
    assert page.evaluate("document.activeElement.dataset.handle") == "query"
    assert page.locator("#summary").text_content() == "Abstained: there is no key."


def test_every_setting_has_its_field(playground):
    """Weight, precision and threshold, shared and per key, masks and positions: typed."""
    visit = playground()
    page = visit.page

    def typed(name: str, text: str) -> None:
        field = page.get_by_role("textbox", name=name, exact=True)
        field.fill(text)
        field.press("Tab")

    def check(name: str, on: bool = True, group: str | None = None) -> None:
        place = page if group is None else page.get_by_role("group", name=group, exact=True)
        place.get_by_role("checkbox", name=name, exact=True).set_checked(on)

    for action in (
        lambda: typed("alpha", "0.3"),
        lambda: typed("beta", "2.5"),
        lambda: typed("threshold", "0.55"),
        lambda: typed("query, x", "-1e-1"),
        lambda: typed("key 1, y", "1.75"),
        lambda: check("one for each key", group="alpha"),
        lambda: typed("key 2, alpha", "0.0625"),
        lambda: check("one for each key", group="threshold"),
        lambda: typed("key 3, threshold", "-inf"),
        lambda: check("key 0 may be selected", on=False),
    ):
        visit.after(action)
    scene = visit.scene
    assert scene.query.tolist() == [-0.1, -0.5]
    assert scene.keys[1].tolist() == [-0.4, 1.75]
    assert list(scene.alpha) == [0.3, 0.3, 0.0625, 0.3]
    assert list(scene.threshold) == [0.55, 0.55, 0.55, -math.inf]
    assert (scene.beta, scene.masked) == (2.5, (0,))
    assert visit.states()[0] == "masked"
    assert visit.states()[3] == "threshold"
    assert agrees(visit)
    visit.after(lambda: page.get_by_role("button", name="No threshold").click())
    assert visit.scene.threshold == math.inf
    visit.after(lambda: page.get_by_role("button", name="Remove key 1").click())
    assert list(visit.scene.alpha) == [0.3, 0.0625, 0.3]
    visit.after(lambda: page.get_by_role("slider", name="beta, slider").press("ArrowRight"))
    assert visit.scene.beta == 2.82


def test_a_bad_number_is_refused(playground):
    """The field says why, is marked invalid, and the state stays."""
    visit = playground()
    before = visit.page.evaluate("location.hash")
    for name, text, message in (
        ("alpha", "1", "alpha: expected a number between 0 and 1, both excluded, got"),
        ("beta", "0", "beta: expected a number from 1e-9 to 1e9, got"),
        ("threshold", "much", "threshold: expected a number, inf or -inf, got"),
        ("key 2, x", "", "key 2, x: expected a number from -1e9 to 1e9, got"),
    ):
        field = visit.page.get_by_role("textbox", name=name, exact=True)
        field.fill(text)
        field.press("Tab")
        assert field.get_attribute("aria-invalid") == "true"
        told = visit.page.locator(f"#{field.get_attribute('aria-describedby')}")
        assert (told.text_content() or "").startswith(message)
    visit.page.wait_for_timeout(400)
    assert visit.page.evaluate("location.hash") == before


def test_the_address_holds_the_state_exactly(playground):
    """Numbers without a short decimal, and settings of all kinds, come back bit for bit."""
    rng = np.random.default_rng(8)
    visit = playground()
    for number in range(6):
        count = int(rng.integers(0, 6))
        keys = rng.normal(size=(count, 2)) * 10.0 ** rng.integers(-8, 8, size=(count, 2))
        scene = Scene(
            np.array([rng.normal() * 1e-12, -0.1 - 0.2]),
            keys,
            rng.uniform(size=count) if number % 2 else float(rng.uniform()),
            float(np.exp(rng.normal())),
            np.where(rng.uniform(size=count) < 0.3, math.inf, rng.normal(size=count))
            if number % 3 == 0
            else float(np.nextafter(0.5, 1)),
            tuple(range(0, count, 2)) if number > 2 else (),
            {"view": f"{rng.normal()!r},{rng.normal()!r},{rng.uniform(1, 9)!r}"},
        )
        visit.go(fragment(scene))
        told = visit.scene
        assert np.array_equal(told.query, scene.query)
        assert np.array_equal(told.keys, scene.keys)
        assert np.array_equal(told.alpha, scene.alpha)
        assert np.array_equal(told.threshold, scene.threshold)
        assert (told.beta, told.masked) == (scene.beta, scene.masked)
        views = [[float(x) for x in one.rest["view"].split(",")] for one in (told, scene)]
        assert views[0] == views[1]
        # what the page writes it reads to the same
        written = visit.page.url.split("#", 1)[1]
        visit.go("")
        visit.go(written)
        assert visit.page.url.split("#", 1)[1] == written


def test_a_bad_address_is_told(playground):
    """The page says which field is wrong, and shows its first example."""
    visit = playground("q=1")
    for bad, named in (
        ("q=1", "q: expected 2 numbers"),
        ("q=1,nan", "q: expected a number from -1e9 to 1e9"),
        ("alpha=0", "alpha: expected a number between 0 and 1"),
        ("k=1,2&alphas=0.5;0.5", "alphas: expected one number for each of 1 keys, got 2"),
        ("k=1,2&masked=1", "masked: expected keys below 1, got 1"),
        ("pair=9", "pair: expected a key below 4, got 9"),
        ("view=0,0,0", "view: expected a half width"),
        ("colour=red", "colour: not a field of this page"),
        ("q=0,0&q=1,1", "q: given twice"),
        ("q=%E0%A4%A", "malformed"),
    ):
        if bad != "q=1":
            visit.go(bad)
        notice = visit.page.get_by_role("alert").filter(has_text="The address holds no state")
        assert named in (notice.text_content() or "")
        assert visit.scene.query.tolist() == [-1.0, -0.5]
    visit.go("q=0,0")
    assert not visit.page.locator("#notice").is_visible()


def test_reset_and_copy(playground):
    """Reset gives the first state; the copied link gives the present one."""
    visit = playground(fragment(Scene(np.array([0.5, 0.25]), np.array([[1.0, 2.0]]), 0.3)))
    page = visit.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.after(lambda: page.locator("#copy").click())
    page.wait_for_function("document.getElementById('copy').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    visit.after(lambda: page.locator("#reset").click())
    first = playground()
    assert page.url.split("#")[1] == first.page.url.split("#")[1]


def test_the_view_zooms_pans_and_fits(playground):
    """The window changes and the problem does not."""
    visit = playground()
    page = visit.page
    before = visit.scene

    def view() -> list[float]:
        return [float(part) for part in visit.scene.rest["view"].split(",")]

    visit.after(lambda: page.locator("#zoom-in").click())
    assert view() == [0.0, 0.0, 2.4]
    x, y = visit.centre("query")

    def pan() -> None:
        page.mouse.move(x + 60, y + 60)
        page.mouse.down()
        page.mouse.move(x + 160, y + 60, steps=5)
        page.mouse.up()

    visit.after(pan)
    assert visit.centre("query")[0] - x == pytest.approx(100, abs=1.5)
    visit.after(lambda: page.locator("#zoom-out").click())
    visit.after(lambda: page.locator("#fit").click())
    box = page.locator("#plane svg").bounding_box()
    for which in ("query", "0", "1", "2", "3"):
        a, b = visit.centre(which)
        assert box["x"] < a < box["x"] + box["width"] and box["y"] < b < box["y"] + box["height"]
    after = visit.scene
    assert np.array_equal(after.keys, before.keys) and np.array_equal(after.query, before.query)
