"""Assemble a page of static drawings as one HTML file, which opens offline and is readable as it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from string import Template

from bot.report.drawing import drawing_css


def static_page(title: str, style: Sequence[str], head: str, sections: Iterable[str]) -> str:
    """Return a page as HTML.

    Parameters
    ----------
    title
        Plain text of the title.
    style
        Style sheets of this page, between those of all reports and those of the drawings.
    head, sections
        Markup.
    """
    here = files("bot.report")
    common = (here / "page.css").read_text(encoding="utf-8")
    return Template((here / "static_page.html").read_text(encoding="utf-8")).substitute(
        title=escape(title),
        style="\n".join([common, *style, drawing_css()]),
        head=head,
        sections="".join(sections),
    )
