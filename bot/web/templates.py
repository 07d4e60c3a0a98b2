"""Render HTML pages from templates; every value is escaped and stripped of unprintable characters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from bot.core.plural import counted
from bot.core.text import printable
from bot.report import layers, names, numbers
from bot.report.words import benchmark_name
from bot.web.svg_chart import stage_look

_HEAT = {"return": 0.5, "episode": 1.0}
"""Return at which a cell's tint is full, by kind of table."""
_SHADES = 5


class Templates:
    """Compiled templates, read once."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("bot.web"),
            autoescape=True,
            undefined=StrictUndefined,  # a misspelt name is an error, not an empty cell
            finalize=clean,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            money=numbers.money,
            price=numbers.price,
            quantity=numbers.quantity,
            percent=numbers.percent,
            change=numbers.change,
            growth=numbers.growth,
            ratio=numbers.ratio,
            count=numbers.count,
            counted=counted,
            minus=numbers.minus,
            heat=heat,
            stage_look=stage_look,
            stage=names.stage,
            stage_code=names.stage_code,
            benchmark=benchmark_name,
            size=numbers.size,
            option=option,
        )
        self._environment.globals.update(layers=layers, nothing=numbers.NOTHING, address=address)

    def render(self, name: str, data: Mapping[str, object]) -> str:
        """Render a page by its name."""
        return self._environment.get_template(f"{name}.html").render(page=name, **data)


def clean(value: object) -> object:
    """Return text with unprintable characters replaced, and any other value unchanged."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@lru_cache(maxsize=20_000)  # a page with thousands of runs has each name three times
def option(name: str, is_selected: bool = False, title: str = "") -> Markup:
    """Return an option of a select list, with its title or else its name as the text."""
    value, shown = escape(clean(name)), escape(clean(title or name))
    return Markup(f'<option value="{value}"{" selected" if is_selected else ""}>{shown}</option>')


def address(path: str, query: Mapping[str, object], **changes: object) -> str:
    """Return a path with a query and its changes; empty values are left out."""
    found = {name: value for name, value in {**query, **changes}.items() if value not in ("", None)}
    return f"{path}?{urlencode(found)}" if found else path


def heat(value: numbers.Number, kind: str = "return") -> str:
    """Return the CSS classes that tint a return by its sign and size.

    Parameters
    ----------
    value : number or decimal text
        Simple return as a share; an unknown return and zero stay plain.
    kind : str
        Kind of table, which has the return of the full tint.
    """
    share = numbers.number(value)
    if share is None or not share:
        return "figure"
    # Classes rather than inline colours: the content security policy forbids styles in the page.
    shade = max(1, round(min(abs(share) / _HEAT[kind], 1.0) * _SHADES))
    return f"figure {'up' if share > 0 else 'down'} shade-{shade}"
