"""Labels beside marks, placed so that they cover neither marks nor each other.

Clause: GDA-conf-report.
"""

from __future__ import annotations

from dataclasses import dataclass

from gd_attention.conformance.reports.markup import Element, element

__all__ = ["Box", "Labels"]

# Size of the type in pixels, and a generous width of a letter in it.
_SIZE, _LETTER = 12.0, 6.9
# Space kept free between two labels, so that their words do not run together.
_GAP = 6.0
# Half the side of the square that a mark takes.
_MARK = 10.0


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def covers(self, other: Box) -> float:
        """The area shared with another box."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(wide, 0.0) * max(high, 0.0)

    def beyond(self, frame: Box) -> float:
        """The area outside a frame."""
        area = (self.right - self.left) * (self.bottom - self.top)
        return area - self.covers(frame)


class Labels:
    """Places labels one after another, the important ones first.

    Parameters
    ----------
    frame : Box
        Labels keep inside it where they can.
    marks : list of (x, y)
        Centres of the marks that no label should cover.
    lines : list of Box
        Thin boxes around lines that labels should rather not cross.
    """

    def __init__(self, frame: Box, marks: list[tuple[float, float]], lines: list[Box]) -> None:
        self._frame = frame
        self._taken = [Box(x - _MARK, y - _MARK, x + _MARK, y + _MARK) for x, y in marks]
        self._taken += lines

    def place(self, text: str, spot: tuple[float, float]) -> Element:
        """The label of a mark at the place where it covers least."""
        box, baseline = min(
            self._candidates(text, spot), key=lambda found: self._cost(found[0], spot)
        )
        self._taken.append(Box(box.left - _GAP, box.top, box.right + _GAP, box.bottom))
        return element("text", text, class_="label", x=box.left, y=baseline)

    def _candidates(self, text: str, spot: tuple[float, float]) -> list[tuple[Box, float]]:
        wide, (x, y) = len(text) * _LETTER, spot
        found = []
        for gap in (13.0, 26.0):
            for left, middle in (
                (x + gap, y),
                (x - gap - wide, y),
                (x - wide / 2, y - gap - 3),
                (x - wide / 2, y + gap + 3),
                (x + gap * 0.85, y - gap * 0.9),
                (x + gap * 0.85, y + gap * 0.9),
                (x - gap * 0.85 - wide, y - gap * 0.9),
                (x - gap * 0.85 - wide, y + gap * 0.9),
            ):
                left = min(max(left, self._frame.left + 3), self._frame.right - 3 - wide)
                box = Box(left, middle - _SIZE / 2, left + wide, middle + _SIZE / 2)
                found.append((box, middle + 0.35 * _SIZE))
        return found

    def _cost(self, box: Box, spot: tuple[float, float]) -> float:
        # a label far from its mark could be read as another's
        away = max(box.left - spot[0], spot[0] - box.right, 0.0)
        away += max(box.top - spot[1], spot[1] - box.bottom, 0.0)
        covered = sum(box.covers(other) for other in self._taken)
        return 5 * box.beyond(self._frame) + covered + away
