"""Pages of HTML from templates, in which every value is escaped, and cleared of what does not print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bot.core.text import printable
from bot.report import layers, names, numbers
from bot.web.chart import stage_look

_HEAT = {"return": 0.5, "episode": 1.0}
"""The return at which a cell's tint is full."""
_SHADES = 5


class Templates:
    """The templates, read once."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("bot.web"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=shown,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            money=numbers.money,
            price=numbers.price,
            percent=numbers.percent,
            change=numbers.change,
            growth=numbers.growth,
            ratio=numbers.ratio,
            count=numbers.count,
            minus=numbers.minus,
            heat=heat,
            stage_look=stage_look,
            stage=names.stage,
            benchmark=names.benchmark,
            size=numbers.size,
        )
        self._environment.globals.update(layers=layers, nothing=numbers.NOTHING, address=address)

    def render(self, name: str, shown: Mapping[str, Any]) -> str:
        """A page by its name."""
        return self._environment.get_template(f"{name}.html").render(page=name, **shown)


def shown(value: Any) -> Any:
    """A value as a page shows it: text made printable, markup as it is."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def address(path: str, query: Mapping[str, Any], **changes: Any) -> str:
    """A path with a query, some of it changed; what is empty or None is left out."""
    found = {name: value for name, value in {**query, **changes}.items() if value not in ("", None)}
    return f"{path}?{urlencode(found)}" if found else path


def heat(value: Any, kind: str = "return") -> str:
    """The classes that tint a return by its sign and its size."""
    share = numbers.number(value)
    if share is None or not share:
        return "figure"
    shade = max(1, round(min(abs(share) / _HEAT[kind], 1.0) * _SHADES))
    return f"figure {'up' if share > 0 else 'down'} shade-{shade}"
