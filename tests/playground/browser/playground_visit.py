"""Driving the playground: its address, its numbers, and what it must not do."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, Route

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docs" / "playground"
# the machine may be busy: no wait of a test is to measure it
PATIENCE = 60_000


@dataclass
class Scene:
    """A state of the page, read from its address by rules of its own."""

    query: NDArray[np.float64]
    keys: NDArray[np.float64]
    alpha: Any = 0.4
    beta: float = 1.0
    threshold: Any = math.inf
    masked: tuple[int, ...] = ()
    rest: dict[str, str] = field(default_factory=dict)

    @property
    def mask(self) -> NDArray[np.bool_]:
        """True where a key may be selected."""
        return ~np.isin(np.arange(len(self.keys)), self.masked)

    def call(self, operator: Callable[..., Any]) -> Any:
        """An operator of the reference on this state; one query."""
        return operator(
            self.query[None],
            self.keys,
            alpha=self.alpha,
            beta=self.beta,
            threshold=self.threshold,
            mask=self.mask,
        )


def fragment(scene: Scene) -> str:
    """The address of a state, numbers as Python prints them."""
    point = ",".join(repr(float(x)) for x in scene.query)
    keys = ";".join(",".join(repr(float(x)) for x in key) for key in scene.keys)
    parts = [f"q={point}", f"k={keys}", f"beta={scene.beta!r}"]
    for one, each, value in (("alpha", "alphas", scene.alpha), ("tau", "taus", scene.threshold)):
        if np.ndim(value):
            parts.append(f"{each}={';'.join(repr(float(x)) for x in value)}")
        else:
            parts.append(f"{one}={float(value)!r}")
    if scene.masked:
        parts.append(f"masked={';'.join(map(str, scene.masked))}")
    return "&".join(parts + [f"{name}={text}" for name, text in scene.rest.items()])


def scene_of(address: str) -> Scene:
    """The state in an address."""
    pairs = [part.split("=", 1) for part in address.split("#", 1)[1].split("&")]
    assert len({name for name, _ in pairs}) == len(pairs)
    found = dict(pairs)
    keys = [_floats(part, ",") for part in found.pop("k").split(";") if part]

    def one_or_each(one: str, each: str) -> Any:
        return float(found.pop(one)) if one in found else _floats(found.pop(each), ";")

    return Scene(
        query=_floats(found.pop("q"), ","),
        keys=np.array(keys, dtype=np.float64).reshape(len(keys), 2),
        alpha=one_or_each("alpha", "alphas"),
        beta=float(found.pop("beta")),
        threshold=one_or_each("tau", "taus"),
        masked=tuple(int(part) for part in found.pop("masked", "").split(";") if part),
        rest=found,
    )


def _floats(text: str, comma: str) -> NDArray[np.float64]:
    return np.array([float(part) for part in text.split(comma) if part])


def six_digits(value: float) -> float:
    """What the page shows of a number."""
    return float(f"{value:.6g}")


def read(text: str) -> float:
    """The number that a text of the page shows."""
    if text == "none":
        return math.nan
    return float(text.replace("−", "-").replace("∞", "inf"))


@dataclass
class Visit:
    """The page in a tab, with everything that it did and must not do."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def open(self, fragment: str = "") -> None:
        """Open the page from its file, with a fragment."""
        page, faults = self.page, self.faults
        page.set_default_timeout(PATIENCE)
        own = FOLDER.as_uri() + "/"

        def guard(route: Route) -> None:
            if route.request.url.startswith(own):
                route.continue_()
            else:
                faults.append(f"request {route.request.url}")
                route.abort()

        page.route("**/*", guard)
        page.on("console", lambda message: faults.append(f"console {message.text}"))
        page.on("pageerror", lambda error: faults.append(f"error {error}"))
        page.goto(f"{own}index.html{'#' + fragment if fragment else ''}")
        self.settle("")

    def settle(self, before: str) -> None:
        """Wait until the whole page shows a state that came after ``before``."""
        self.page.wait_for_function(
            "before => (document.body.dataset.settled ?? before) !== before", arg=before
        )

    def after(self, action: Callable[[], Any]) -> None:
        """Do something that changes the state, and wait until the page shows it."""
        before = self.page.evaluate("document.body.dataset.settled")
        action()
        self.settle(before)

    def go(self, fragment: str) -> None:
        """Another state, by its address."""
        self.after(lambda: self.page.evaluate("text => { location.hash = text; }", fragment))

    def choose(self, preset: str) -> None:
        """An example by its id."""
        self.after(lambda: self.page.select_option("#preset", preset))

    @property
    def scene(self) -> Scene:
        """The state in the address bar."""
        return scene_of(self.page.url)

    def values(self, name: str) -> list[float]:
        """The numbers of that name, in full."""
        return [float(text) for text in self._all(name, "node => node.value")]

    def value(self, name: str) -> float:
        """The one number of that name, in full."""
        (found,) = self.values(name)
        return found

    def texts(self, name: str) -> list[str]:
        """What is shown under that name."""
        return self._all(name, "node => node.textContent")

    def shown(self, name: str) -> list[float]:
        """The numbers shown under that name, as they are read."""
        return [read(text) for text in self.texts(name)]

    def states(self) -> list[str]:
        """Of each key: selected, admitted, threshold or masked."""
        return self._all("state", "node => node.dataset.status")

    def _all(self, name: str, function: str) -> list[str]:
        found: list[str] = self.page.eval_on_selector_all(
            f'[data-name="{name}"]', f"nodes => nodes.map({function})"
        )
        return found

    def centre(self, which: str) -> tuple[float, float]:
        """Where a handle is in the window."""
        box = self.page.locator(f'[data-handle="{which}"] .body').bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
