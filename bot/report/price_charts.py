"""Section of the report with the price of each traded coin, its buys and its sells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Final

from bot.report import names, numbers
from bot.report.background import held_background, stage_background, stage_swatches
from bot.report.chart_style import HELD, INDEX_WIDTH, SIDES
from bot.report.coin_trades import MARGIN, TradedCoin, around, coins_of_tables
from bot.report.contents import Contents
from bot.report.labels import Labels
from bot.report.markup import folded, paragraph, section
from bot.report.plot import Chart, Plain, axis, dates, line, log_axis, over_time, rounded, watermark_of
from bot.report.run_settings import settings

_WIDE: Final = 5  # highest over lowest price from which a log axis is used
_SIDES: Final[Mapping[str, tuple[str, str, str]]] = {
    "buy": ("Bought", "triangle-up", SIDES["buy"]),
    "sell": ("Sold", "triangle-down", SIDES["sell"]),
}


def price_charts(contents: Contents) -> str:
    """Return the section as HTML: the coin with the largest worth traded first, the others folded; "" without one."""
    coins = [coin for coin in coins_of_tables(contents.tables) if coin.symbol in contents.prices]
    if not coins:
        return ""
    first, *others = (_chart(contents, coin, i) for i, coin in enumerate(coins))
    title = f"Other coins: {len(others)}"
    rest = folded(title, f'<div class="grid">{"".join(chart.html() for chart in others)}</div>') if others else ""
    return section("prices", "Prices with buys and sells", paragraph(_note(contents), "note"), first.html(), rest)


def _chart(contents: Contents, coin: TradedCoin, place: int) -> Chart:
    table, run, is_rotation = contents.tables["equity"], settings(contents), contents.labels.is_rotation
    symbol, spans = coin.symbol, coin.spans
    closes = contents.prices[symbol].loc[table.index[0] : table.index[-1]]
    # The first chart shows the whole run; a coin that was held for some weeks would be a dot there.
    if place:
        closes = around(closes, spans)
    traces = [
        line(f"{symbol} close", dates(closes.index), closes, "--ink", width=INDEX_WIDTH, hovertemplate="%{y:,.6~g}"),
        *_marks(coin, contents.labels),
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


def _marks(coin: TradedCoin, labels: Labels) -> Iterator[Plain]:
    """Return the buys and the sells of a coin, a trace each."""
    for side, (word, sign, colour) in _SIDES.items():
        found = [fill for fill in coin.fills if fill.side == side]
        if not found:
            continue
        yield {
            "type": "scatter",
            "mode": "markers",
            "name": word,
            "x": [f"{fill.day:%Y-%m-%d}" for fill in found],
            "y": rounded(fill.price for fill in found),
            "marker": {"symbol": sign, "size": 10, "color": colour, "line": {"width": 1, "color": "--paper"}},
            "text": [f"{numbers.price(fill.quantity)}: {escape(names.reasons(fill.reason, labels))}" for fill in found],
            "hovertemplate": f"{word} %{{x}} at %{{y:,.6~g}}<br>%{{text}}<extra></extra>",
        }


def _note(contents: Contents) -> str:
    behind = "the stage of the rotation" if contents.labels.is_rotation else "the days on which the coin was held"
    return (
        f"Closes of each coin, with its fills at their prices; the background is {behind}. The coin with the largest "
        f"worth traded comes first, over the whole run; the others are shown from {MARGIN.days} days before their "
        f"first trade to {MARGIN.days} days after their last."
    )
