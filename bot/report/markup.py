"""Pieces of HTML. Every text that comes in is escaped here, once, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table. `heat` tints it, from -1 (loss) to 1 (gain); a `badge` names the look of a small label."""

    text: str
    heat: float | None = None
    badge: str = ""

    def html(self, tag: str = "td") -> str:
        """The cell, escaped; a gain or loss is also told by its sign, never by colour alone."""
        text = f'<span class="badge {escape(self.badge)}">{escape(self.text)}</span>' if self.badge else escape(self.text)
        if self.heat is None or round(self.heat, 2) == 0:
            return f"<{tag}>{text}</{tag}>"
        look = "gain" if self.heat > 0 else "loss"
        return f'<{tag} class="{look}" style="--heat:{min(abs(self.heat), 1):.0%}">{text}</{tag}>'


Row = Sequence[Cell | str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: each row's first cell heads it. `numeric` tells which columns are figures, `marked` which row stands out."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Row]
    foot: Sequence[Row] = ()
    words: frozenset[str] = frozenset()
    marked: int | None = None

    def html(self) -> str:
        """The table in a region that scrolls by itself where the screen is narrow."""
        head = "".join(f'<th scope="col"{self._look(column)}>{escape(column)}</th>' for column in self.columns)
        body = "".join(_row(row, i == self.marked, self._looks) for i, row in enumerate(self.rows))
        foot = "".join(_row(row, False, self._looks) for row in self.foot)
        return (
            f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(self.caption)}"><table>'
            f"<caption>{escape(self.caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
            f"{f'<tfoot>{foot}</tfoot>' if foot else ''}</table></div>"
        )
