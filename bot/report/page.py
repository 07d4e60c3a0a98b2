"""Assemble a page as one HTML file with style, script and data, which opens offline."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from bot.report.packing import packed

_SECTION = re.compile(r'<section id="([^"]+)"><h2>(.*?)</h2>')


def page(title: str, head: str, sections: Iterable[str]) -> str:
    """Return a page as HTML; `head` and `sections` are markup."""
    here, parts = files("bot.report"), list(sections)
    template = Template((here / "page.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(title),
        style=(here / "page.css").read_text(encoding="utf-8"),
        head=head,
        contents=_table_of_contents(parts),
        sections="".join(parts),
        plotly=_packed_plotly(),
        script=(here / "page.js").read_text(encoding="utf-8"),
    )


def _table_of_contents(sections: Iterable[str]) -> str:
    """Return links to the sections, by the identity and heading that `markup.section` writes."""
    found = [match.groups() for part in sections if (match := _SECTION.match(part))]
    links = "".join(f'<li><a href="#{identity}">{title}</a></li>' for identity, title in found)
    return f'<nav class="toc" aria-label="Sections of this page"><ul>{links}</ul></nav>' if len(found) > 1 else ""


@cache
def _packed_plotly() -> str:
    """Return the charting library as base64 of its gzip, which the page's script unpacks."""
    # As it is, the library is 4.8 MB; packed, 1.9 MB.
    return packed((files("plotly") / "package_data" / "plotly.min.js").read_bytes())
