"""A static SVG: horizontal places in percent, vertical ones in pixels, so that text keeps its size on a phone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

Point = tuple[float, float]
"""Place in percent of the width, and in pixels from the top."""


class Canvas:
    """A drawing in the making. A look is a class of drawing.css, with what is drawn in its colour and width."""

    def __init__(self, height: float) -> None:
        self.height = height
        self._parts: list[str] = []

    def line(self, start: Point, end: Point, look: str) -> None:
        """Draw a straight line."""
        x1, x2 = _percent(start[0]), _percent(end[0])
        self._parts.append(f'<line class="{look}" x1="{x1}" y1="{start[1]:.1f}" x2="{x2}" y2="{end[1]:.1f}"/>')

    def rectangle(self, corner: Point, width: float, height: float, look: str) -> None:
        """Draw a rectangle from its upper left corner; width in percent, height in pixels."""
        size = f'width="{_percent(max(width, 0.0))}" height="{max(height, 0.0):.1f}"'
        self._parts.append(f'<rect class="{look}" x="{_percent(corner[0])}" y="{corner[1]:.1f}" {size}/>')

    def dot(self, centre: Point, radius: float, look: str) -> None:
        """Draw a circle; radius in pixels."""
        self._parts.append(f'<circle class="{look}" cx="{_percent(centre[0])}" cy="{centre[1]:.1f}" r="{radius:g}"/>')

    def text(self, place: Point, text: str, look: str = "", anchor: str = "start", shift: float = 0.0) -> None:
        """Write a text from a place on its base line, moved by pixels to the right."""
        moved = f' dx="{shift:g}"' if shift else ""
        style = f' class="{look}"' if look else ""
        at = f'x="{_percent(place[0])}" y="{place[1]:.1f}"'
        self._parts.append(f'<text{style} {at} text-anchor="{anchor}"{moved}>{escape(text)}</text>')

    def curve(self, points: Iterable[Point], look: str, *, closed: bool = False) -> None:
        """Draw a line through points, or the area that they enclose."""
        places = " L".join(self._inner(point) for point in points)
        self._path(f"M{places}{'Z' if closed else ''}", look)

    def curves(self, lines: Iterable[Iterable[Point]], look: str) -> None:
        """Draw many lines of the same look as one path."""
        if not (lines := list(lines)):
            return
        self._path("".join(f"M{' L'.join(self._inner(point) for point in line)}" for line in lines), look)

    def dots(self, points: Sequence[Point], look: str) -> None:
        """Draw many dots of the same look; their size is the look's stroke width."""
        # Lines of no length with round ends: one path for hundreds of dots keeps the page light.
        self._path("".join(f"M{self._inner(point)}h0" for point in points), look)

    def ticks(self, places: Sequence[float], top: float, height: float, look: str) -> None:
        """Draw short vertical lines at places in percent."""
        reach = height / self.height * 1000
        self._path("".join(f"M{self._inner((place, top))}v{reach:.1f}" for place in places), look)

    def svg(self, label: str) -> str:
        """Return the drawing for a page that is as wide as its figure."""
        size = f'width="100%" height="{self.height:g}"'
        return f'<svg class="drawing" role="img" aria-label="{escape(label)}" {size}>{"".join(self._parts)}</svg>'

    def standalone(self, label: str, style: str, width: int = 720) -> str:
        """Return the drawing as a file of its own, with a style sheet; it scales as a picture does."""
        box = f'viewBox="0 0 {width} {self.height:g}" width="{width}" height="{self.height:g}"'
        ground = '<rect class="ground" width="100%" height="100%"/>'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="drawing" role="img" aria-label="{escape(label)}" {box}>'
            f"<title>{escape(label)}</title><style>{style}</style>{ground}{''.join(self._parts)}</svg>\n"
        )

    def _path(self, path: str, look: str) -> None:
        # A path has no percentages, so it is drawn in thousandths and stretched; its stroke keeps its width.
        box = f'width="100%" height="{self.height:g}" viewBox="0 0 1000 1000" preserveAspectRatio="none"'
        self._parts.append(f'<svg {box}><path class="{look}" d="{path}"/></svg>')

    def _inner(self, point: Point) -> str:
        return f"{point[0] * 10:.1f} {point[1] / self.height * 1000:.1f}"


def _percent(value: float) -> str:
    return f"{value:.2f}%"
