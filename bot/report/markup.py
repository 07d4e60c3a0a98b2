"""Pieces of HTML. All text is escaped here, exactly once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Figure:
    """Cell with a figure or a date; `heat` tints it from -1 (loss) to 1 (gain)."""

    text: str
    heat: float | None = None


@dataclass(frozen=True, slots=True)
class Badge:
    """Cell with a label; `look` is its class in the style sheet."""

    text: str
    look: str


Cell = str | Figure | Badge
Row = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """Table whose first column heads the rows; `marked` is the index of the highlighted row."""

    caption: str
    head: Row
    rows: Sequence[Row]
    foot: Sequence[Row] = ()
    marked: int | None = None

    def html(self) -> str:
        """Return the table in a region that scrolls by itself on a narrow screen."""
        head = "".join(_cell(cell, "th", "col") for cell in self.head)
        body = "".join(_row(row, marked=i == self.marked) for i, row in enumerate(self.rows))
        foot = "".join(_row(row) for row in self.foot)
        return (
            f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(self.caption)}"><table>'
            f"<caption><span>{escape(self.caption)}</span></caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
            f"{f'<tfoot>{foot}</tfoot>' if foot else ''}</table></div>"
        )


def paragraph(text: str, look: str = "") -> str:
    """Return a paragraph of plain text."""
    return f'<p class="{look}">{escape(text)}</p>' if look else f"<p>{escape(text)}</p>"


def bullets(items: Iterable[str]) -> str:
    """Return a list of plain texts."""
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Return a list of names and their values."""
    return f"<dl>{''.join(f'<div><dt>{escape(n)}</dt><dd>{escape(v)}</dd></div>' for n, v in pairs)}</dl>"


def folded(title: str, html: str, *, unfolded: bool = False) -> str:
    """Return a part that opens when its title is clicked; `html` is markup."""
    return f"<details{' open' if unfolded else ''}><summary>{escape(title)}</summary>{html}</details>"


def section(identity: str, title: str, *html: str) -> str:
    """Return a section of the page with its heading; `html` is markup."""
    return f'<section id="{identity}"><h2>{escape(title)}</h2>{"".join(html)}</section>'


def _row(row: Row, *, marked: bool = False) -> str:
    first, *rest = row
    cells = _cell(first, "th", "row") + "".join(_cell(cell, "td") for cell in rest)
    return f'<tr class="marked">{cells}</tr>' if marked else f"<tr>{cells}</tr>"


def _cell(cell: Cell, tag: str, scope: str = "") -> str:
    heads = f' scope="{scope}"' if scope else ""
    if isinstance(cell, Badge):
        return f'<{tag}{heads}><span class="badge {escape(cell.look)}">{escape(cell.text)}</span></{tag}>'
    if isinstance(cell, str):
        return f"<{tag}{heads}>{escape(cell)}</{tag}>"
    if cell.heat is None:
        return f'<{tag}{heads} class="figure">{escape(cell.text)}</{tag}>'
    look = "gain" if cell.heat > 0 else "loss" if cell.heat < 0 else "flat"
    tint = f"--heat:{min(abs(cell.heat), 1):.0%}"
    return f'<{tag}{heads} class="figure {look}" style="{tint}">{escape(cell.text)}</{tag}>'
