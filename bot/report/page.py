"""Assemble a page as one HTML file with style, script and data, which opens offline."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib.resources import files
from string import Template


def page(title: str, head: str, sections: Iterable[str]) -> str:
    """Return a page as HTML; `head` and `sections` are markup."""
    here = files("bot.report")
    template = Template((here / "page.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(title),
        style=(here / "page.css").read_text(encoding="utf-8"),
        head=head,
        sections="".join(sections),
        plotly=(files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8"),
        script=(here / "page.js").read_text(encoding="utf-8"),
    )
