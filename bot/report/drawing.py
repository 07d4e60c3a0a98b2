"""A finished drawing with its title, its note and the text that stands for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from importlib.resources import files

from bot.report.canvas import Canvas

_LOOKS = {
    "dot-full": "full dot",
    "dot-hollow": "hollow dot",
    "null": "grey",
    "lead": "blue",
    "mean": "thick line",
    "line": "solid line",
    "line-dashed": "dashed line",
    "band": "grey band",
    "curve-key curve-0": "solid line",
    "curve-key curve-1": "dashed line",
    "curve-key curve-2": "dotted line",
    "curve-key curve-3": "dash-dotted line",
}
"""What each look of a legend is in words."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """A figure of the page.

    Attributes
    ----------
    title
        Heading.
    label
        The drawing in words, for a screen reader.
    note
        How to read it.
    legend
        Pairs of a look (class of drawing.css) and what it stands for.
    """

    title: str
    label: str
    canvas: Canvas
    note: str = ""
    legend: Sequence[tuple[str, str]] = ()

    def html(self) -> str:
        """Return the figure as HTML."""
        keys = "".join(f'<li><i class="key {look}"></i>{escape(name)}</li>' for look, name in self.legend)
        legend = f'<ul class="swatches">{keys}</ul>' if keys else ""
        note = f"<figcaption>{escape(self.note)}</figcaption>" if self.note else ""
        return (
            f'<figure class="chart"><h3>{escape(self.title)}</h3>{legend}{self.canvas.svg(self.label)}{note}</figure>'
        )

    @property
    def legend_text(self) -> str:
        """The legend as a sentence, for a page of plain text."""
        keys = "; ".join(f"{_LOOKS[look]}: {name}" for look, name in self.legend)
        return f"{keys[0].upper()}{keys[1:]}." if keys else ""

    def svg_file(self) -> str:
        """Return the drawing as the text of an SVG file."""
        return self.canvas.standalone(self.label, palette() + drawing_css())


@lru_cache(maxsize=1)
def drawing_css() -> str:
    """Return the style sheet of all drawings."""
    return (files("bot.report") / "drawing.css").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def palette() -> str:
    """Return the colours of the reports, light and dark, as CSS."""
    style = (files("bot.report") / "page.css").read_text(encoding="utf-8")
    blocks = re.findall(r"^(?::root|@media \(prefers-color-scheme: dark\)) \{$.*?^\}$", style, re.MULTILINE | re.DOTALL)
    return "\n".join(blocks) + "\n"
