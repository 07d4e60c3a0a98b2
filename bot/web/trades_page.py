"""Trades page: round trips, fills, and orders that were filled in part or left open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from bot.core.orders import Fill, OrderResult, OrderStatus
from bot.ledger.codec import plain
from bot.report import names
from bot.report.labels import Labels
from bot.review.lists.trade_list import RoundTrip, round_trips_of
from bot.review.recording import Record
from bot.web.paging import PagedRows, page_of
from bot.web.portfolio_page import MOST_FILLS

_MOST_ENDED = 2_000
"""Newest ended orders that are searched for unfilled ones."""
_MOST_UNFILLED = 40


class TradesPage(TypedDict):
    """Data of the page; `trips` (round trips) is None where there are too many fills to match."""

    trips: PagedRows | None
    fills: PagedRows
    unfilled: list[Mapping[str, object]]


def trades(record: Record, labels: Labels, page: int, fills_page: int) -> TradesPage:
    """Read a page of round trips, a page of fills, and the newest unfilled orders. Raises LedgerError."""
    total = record.count("fill")
    return {
        "trips": _round_trips(record, labels, page) if total <= MOST_FILLS else None,
        "fills": page_of(total, fills_page, lambda count: _fills(record, labels, count), "fills"),
        "unfilled": _unfilled(record, labels),
    }


def _round_trips(record: Record, labels: Labels, page: int) -> PagedRows:
    # Every fill is matched for any page, since first in, first out begins at the first one.
    closed = round_trips_of(record).closed[::-1]
    return page_of(len(closed), page, lambda count: [_round_trip(one, labels) for one in closed[:count]])


def _round_trip(one: RoundTrip, labels: Labels) -> Mapping[str, object]:
    amounts = {name: getattr(one, name) for name in ("quantity", "entry_price", "exit_price", "fees", "pnl")}
    return {
        "symbol": one.symbol,
        "entry_at": one.entry_at[:10],
        "exit_at": one.exit_at[:10],
        "days": one.days,
        **{name: None if amount is None else plain(amount) for name, amount in amounts.items()},
        "return": one.gain,
        "episode": one.episode,
        "entry_reason": one.entry_reason,
        "exit_reason": one.exit_reason,
        "entry_words": names.reasons(one.entry_reason, labels),
        "exit_words": names.reasons(one.exit_reason, labels),
    }


def _fills(record: Record, labels: Labels, count: int) -> list[Mapping[str, object]]:
    return [
        {**one.to_dict(), "at": one.at[:16].replace("T", " "), "words": names.reasons(one.event.reason, labels)}
        for one in record.events(Fill, newest_first=True, limit=count)
    ]


def _unfilled(record: Record, labels: Labels) -> list[Mapping[str, object]]:
    ended = record.events(OrderResult, newest_first=True, limit=_MOST_ENDED)
    found: list[Mapping[str, object]] = [
        {**one.to_dict(), "at": one.day, "words": names.reasons(one.event.full_reason, labels)}
        for one in ended
        if one.event.status is not OrderStatus.FILLED
    ]
    return found[:_MOST_UNFILLED]
