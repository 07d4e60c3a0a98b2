"""Prices page: the daily closes of a coin that was traded, its buys and sells, and the days on which it was held."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict, cast

import pandas as pd

from bot.core.events import Valuation
from bot.core.orders import Fill, Settlement
from bot.ledger.codec import plain
from bot.report import names, numbers
from bot.report.background import Span as Held
from bot.report.coin_trades import CoinFill, CoinSettled, TradedCoin, around, traded_coins
from bot.review.recording import Record
from bot.web.portfolio_page import MOST_FILLS
from bot.web.ranges import first_shown
from bot.web.site import Site
from bot.web.svg_chart import SIZE, ChartTrade, Span, SvgChart, chart

_VERBS = {"buy": "bought", "sell": "sold"}


class CoinTrade(TypedDict):
    """Fill of the coin. Price and quantity are decimal text; `words` are its reason."""

    day: str
    side: str
    quantity: str
    price: str
    words: str


class PricesPage(TypedDict):
    """Data of the page.

    `state` is ready, reading (ask again) or none, with a reason in `why`. `coins` are the traded coins, the largest
    worth traded first. `held` has the first day and the day after the last of each holding.
    """

    state: str
    why: str
    coin: str
    coins: list[str]
    days: list[str]
    closes: list[float]
    trades: list[CoinTrade]
    held: list[tuple[str, str]]


def prices(site: Site, record: Record, coin: str) -> PricesPage:
    """Read the closes and the trades of a coin, by default of that with the largest worth. Raises LedgerError."""
    last, count = record.last_event(Valuation), record.count("fill")
    if last is None or not count:
        return _without("No coin has been traded yet.")
    if count > MOST_FILLS:
        return _without("There are too many fills for a page.")
    labels, traded = site.labels(record), _traded(record, last.event)
    coins = list(traded)
    chosen = coin if coin in traded else coins[0]
    found = site.closes(record, last.event.day)
    page: PricesPage = {**_without(str(found.get("why", "")), str(found["state"])), "coin": chosen, "coins": coins}
    if found["state"] != "ready":
        return page
    closes = cast("Mapping[str, pd.Series]", found["closes"]).get(chosen)
    if closes is None:
        return {**page, "state": "none", "why": f"The market has no prices of {chosen}."}
    spans = traded[chosen].spans
    shown = _shown(record, closes, spans)
    trades = [one for one in record.events(Fill) if one.event.symbol == chosen]
    return {
        **page,
        "days": [f"{day:%Y-%m-%d}" for day in shown.index],
        "closes": [float(close) for close in shown],
        "trades": [
            {
                "day": one.day,
                "side": one.event.side.value,
                "quantity": plain(one.event.quantity),
                "price": plain(one.event.price),
                "words": names.reasons(one.event.reason, labels),
            }
            for one in trades
        ],
        "held": [(f"{first:%Y-%m-%d}", f"{until:%Y-%m-%d}") for first, until in spans],
    }


def price_chart(page: PricesPage, range_name: str = "") -> SvgChart | None:
    """Draw the closes of a coin with its buys and sells over a range of days; None for fewer than two days."""
    first, coin = first_shown(page["days"], range_name), page["coin"]
    days = page["days"][first:]
    if len(days) < 2:
        return None
    return chart(
        f"Price of {coin}",
        "Daily closes with the fills at their prices. The background shows the days on which the coin was held.",
        days,
        [("Close", "price", page["closes"][first:])],
        numbers.price,
        height="tall",
        spans=_held_spans(days, page["held"]),
        trades=[
            ChartTrade(_place(days, one["day"]), float(one["price"]), one["side"], _text(one))
            for one in page["trades"]
            if days[0] <= one["day"] <= days[-1]
        ],
        show_tick=_tick,
    )


def _without(why: str, state: str = "none") -> PricesPage:
    return {"state": state, "why": why, "coin": "", "coins": [], "days": [], "closes": [], "trades": [], "held": []}


def _traded(record: Record, last: Valuation) -> dict[str, TradedCoin]:
    """Return the traded coins of a record by symbol, the largest worth first."""
    fills = (
        CoinFill(
            one.symbol,
            _day(one.at),
            one.side.value,
            float(one.quantity),
            float(one.price),
            one.reason,
            float(one.fee_in_kind),
            one.fee_coin,
        )
        for one in (recorded.event for recorded in record.events(Fill))
    )
    settled = (
        CoinSettled(one.symbol, _day(one.at), float(one.quantity), one.into or "", float(one.received))
        for one in (recorded.event for recorded in record.events(Settlement))
    )
    return {coin.symbol: coin for coin in traded_coins(fills, settled, pd.Timestamp(last.day))}


def _day(at: datetime) -> pd.Timestamp:
    return pd.Timestamp(at.date())


def _shown(record: Record, closes: pd.Series, spans: list[Held]) -> pd.Series:
    """Return the closes around the holdings of a coin, within the days of the record."""
    first = record.first_event(Valuation)
    return around(closes.loc[str(first.event.day) :] if first else closes, spans)


def _place(days: list[str], day: str) -> int:
    return min(bisect_left(days, day), len(days) - 1)


def _held_spans(days: list[str], held: list[tuple[str, str]]) -> list[Span]:
    last = len(days) - 1
    return [
        Span(
            round(_place(days, first) / last * SIZE, 1),
            round((_place(days, until) - _place(days, first)) / last * SIZE, 1),
            "held",
            "Held",
        )
        for first, until in held
        if until > days[0] and first <= days[-1]
    ]


def _text(trade: CoinTrade) -> str:
    quantity, price = numbers.quantity(trade["quantity"]), numbers.price(trade["price"])
    return f"{_VERBS[trade['side']]} {quantity} at {price} ({trade['words']})"


def _tick(value: float) -> str:
    """Format a price for the axis: 25k, 250, 0.002; zeros at the end are cut."""
    text = numbers.short_money(value) if value >= 100 else numbers.price(value)
    return text.rstrip("0").rstrip(".") if "." in text else text
