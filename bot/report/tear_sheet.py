"""The report of a run: one HTML file that opens offline and asks nothing of any network."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from string import Template

from bot.report import headline, names, numbers, tables
from bot.report.charts import charts
from bot.report.contents import Contents
from bot.report.markup import Table, bullets, facts, folded, paragraph, section
from bot.report.plot import WATERMARK
from bot.report.worlds import two_worlds

_LONG = 3  # warnings that are shown at once
_MANY = 20  # trades that are shown at once


def render(contents: Contents) -> str:
    """The report as HTML."""
    here = files("bot.report")
    page = Template((here / "page.html").read_text(encoding="utf-8"))
    return page.substitute(
        title=numbers_title(contents),
        style=(here / "page.css").read_text(encoding="utf-8"),
        head=_head(contents),
        main="".join(_sections(contents)),
        plotly=(files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8"),
        script=(here / "page.js").read_text(encoding="utf-8"),
    )
