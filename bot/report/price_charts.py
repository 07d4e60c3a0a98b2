"""Section of the report with the price of each traded coin, its buys and its sells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Final

import pandas as pd

from bot.report import names, numbers
from bot.report.background import HELD, Span, held_background, stage_background, stage_swatches
from bot.report.chart_style import INDEX_WIDTH
from bot.report.contents import Contents
from bot.report.markup import folded, paragraph, section
from bot.report.plot import Chart, Plain, axis, dates, line, log_axis, over_time, rounded, watermark_of
from bot.report.run_settings import settings

_MARGIN: Final = pd.Timedelta(days=60)  # shown before the first and after the last trade of a coin
_WIDE: Final = 5  # highest over lowest price from which a log axis is used
_EMPTY: Final = 1e-9  # share of the largest holding under which a rest is a rounding
_SIDES: Final[Mapping[str, tuple[str, str, str]]] = {
    "buy": ("Bought", "triangle-up", "--gain"),
    "sell": ("Sold", "triangle-down", "--loss"),
}


def price_charts(contents: Contents) -> str:
    """Return the section as HTML: the coin with the largest worth traded first, the others folded; "" without one."""
    coins = _by_worth(contents)
    if not coins:
        return ""
    first, *others = (_chart(contents, symbol, i) for i, symbol in enumerate(coins))
    title = f"Other coins: {len(others)}"
    rest = folded(title, f'<div class="grid">{"".join(chart.html() for chart in others)}</div>') if others else ""
    return section("prices", "Prices with buys and sells", paragraph(_note(contents), "note"), first.html(), rest)


def holding_spans(contents: Contents, symbol: str) -> list[Span]:
    """Return the spans on which a coin was held, from its fills and settlements.

    Parameters
    ----------
    contents
        Contents of the report.
    symbol
        Symbol of the coin.

    Returns
    -------
    list of (Timestamp, Timestamp)
        UTC days of the first buy and of the sale of the rest; a coin that is still held has a span to the day after
        the run's last.
    """
    moves = _moves(contents, symbol)
    held = moves.cumsum()
    is_held = held > _EMPTY * max(held.max(), 0.0) if len(held) else held > 0
    spans: list[Span] = []
    since: pd.Timestamp | None = None
    for day, inside in zip(pd.DatetimeIndex(held.index), is_held, strict=True):
        if inside and since is None:
            since = day
        elif not inside and since is not None:
            spans.append((since, day))
            since = None
    if since is not None:
        spans.append((since, contents.tables["equity"].index[-1] + pd.Timedelta(days=1)))
    return spans


def _by_worth(contents: Contents) -> list[str]:
    """Return the traded coins whose prices are known, by the worth of their fills."""
    fills = contents.tables["fills"]
    worth = (fills["quantity"].astype(float) * fills["price"].astype(float)).groupby(fills["symbol"]).sum()
    return [str(symbol) for symbol in worth.sort_values(ascending=False).index if symbol in contents.prices]


def _moves(contents: Contents, symbol: str) -> pd.Series:
    """Return the change of a coin's holding by UTC day."""
    fills, settled = contents.tables["fills"], contents.tables["settlements"]
    own, ended = fills[fills["symbol"] == symbol], settled[settled["symbol"] == symbol]
    signed = own["quantity"].astype(float) * own["side"].map({"buy": 1.0, "sell": -1.0}).astype(float)
    received = settled[settled["into"] == symbol]
    parts = [
        pd.Series(signed.to_numpy(float), _days(own["at"])),
        pd.Series(-ended["quantity"].to_numpy(float), _days(ended["at"])),
        pd.Series(received["received"].to_numpy(float), _days(received["at"])),
    ]
    moves: pd.Series = pd.concat([part for part in parts if len(part)]).groupby(level=0).sum()
    return moves


def _days(moments: pd.Series) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(moments).tz_localize(None).normalize()


def _chart(contents: Contents, symbol: str, place: int) -> Chart:
    table, run, is_rotation = contents.tables["equity"], settings(contents), contents.labels.is_rotation
    spans = holding_spans(contents, symbol)
    closes = contents.prices[symbol].loc[table.index[0] : table.index[-1]]
    # The first chart shows the whole run; a coin that was held for some weeks would be a dot there.
    if place:
        closes = closes.loc[spans[0][0] - _MARGIN : spans[-1][1] + _MARGIN] if spans else closes
    traces = [
        line(f"{symbol} close", dates(closes.index), closes, "--ink", width=INDEX_WIDTH, hovertemplate="%{y:,.6~g}"),
        *_marks(contents, symbol),
    ]
    is_wide = len(closes) > 0 and closes.max() > _WIDE * closes.min() > 0
    title = f"{symbol} ({run.quote}, close{', log' if is_wide else ''})"
    # Plain numbers: of a coin under a cent, 100m would be read as millions.
    vertical = {**(log_axis(title, traces[:1]) if is_wide else axis(title)), "tickformat": ",~r"}
    layout = over_time(closes.index if len(closes) else table.index, vertical)
    stages = table["stage"].loc[closes.index[0] : closes.index[-1]] if place and len(closes) else table["stage"]
    return Chart(
        f"price-{place}",
        symbol,
        "",
        traces,
        {
            **layout,
            "shapes": stage_background(stages) if is_rotation else held_background(spans),
            "hovermode": "closest",
            **({"meta": "own days", "margin": {"r": 16}} if place else {}),
        },
        height="middling" if place else "tall",
        watermark=watermark_of(contents),
        swatches=() if place else stage_swatches(stages, contents.labels) if is_rotation else [(HELD, "held")],
    )


def _marks(contents: Contents, symbol: str) -> Iterator[Plain]:
    """Return the buys and the sells of a coin, a trace each."""
    fills = contents.tables["fills"]
    own = fills[fills["symbol"] == symbol]
    for side, (word, sign, colour) in _SIDES.items():
        found = own[own["side"] == side]
        if found.empty:
            continue
        yield {
            "type": "scatter",
            "mode": "markers",
            "name": word,
            "x": _days(found["at"]).strftime("%Y-%m-%d").tolist(),
            "y": rounded(found["price"].astype(float)),
            "marker": {"symbol": sign, "size": 10, "color": colour, "line": {"width": 1, "color": "--paper"}},
            "text": [
                f"{numbers.price(fill['quantity'])}: {escape(names.reasons(fill['reason'], contents.labels))}"
                for fill in found.to_dict("records")
            ],
            "hovertemplate": f"{word} %{{x}} at %{{y:,.6~g}}<br>%{{text}}<extra></extra>",
        }


def _note(contents: Contents) -> str:
    behind = "the stage of the rotation" if contents.labels.is_rotation else "the days on which the coin was held"
    return (
        f"Closes of each coin, with its fills at their prices; the background is {behind}. The coin with the largest "
        f"worth traded comes first, over the whole run; the others are shown from {_MARGIN.days} days before their "
        f"first trade to {_MARGIN.days} days after their last."
    )
