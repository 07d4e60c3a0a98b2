"""Trades: the round trips, the fills they are made of, and the orders that came to nothing."""

from __future__ import annotations

from bot.ledger.codec import plain
from bot.report import names
from bot.review.lists.trade_list import RoundTrip, round_trips_of
from bot.review.recording import Record
from bot.web.paging import PagedRows, page_of
from bot.web.portfolio_page import MOST_FILLS
from bot.web.site import Plain


def trades(record: Record, page: int, fills_page: int) -> Plain:
    """Round trips and fills, a page of each, and how many orders were not filled in full. Raises LedgerError."""
    total = record.count("fill")
    return {
        "trips": _trips(record, page) if total <= MOST_FILLS else None,
        "fills": page_of(total, fills_page, lambda count: _fills(record, count), "fills"),
        "unfilled": _unfilled(record),
    }


def _trips(record: Record, page: int) -> PagedRows:
    closed = round_trips_of(record).closed[::-1]
    return page_of(len(closed), page, lambda count: [_trip(trip) for trip in closed[:count]])


def _trip(trip: RoundTrip) -> Plain:
    amounts = {name: getattr(trip, name) for name in ("quantity", "entry_price", "exit_price", "fees", "pnl")}
    return {
        "symbol": trip.symbol,
        "entry_at": trip.entry_at[:10],
        "exit_at": trip.exit_at[:10],
        "days": trip.days,
        **{name: None if amount is None else plain(amount) for name, amount in amounts.items()},
        "return": trip.gain,
        "episode": trip.episode,
        "entry_reason": trip.entry_reason,
        "exit_reason": trip.exit_reason,
        "entry_words": names.reasons(trip.entry_reason),
        "exit_words": names.reasons(trip.exit_reason),
    }


def _fills(record: Record, count: int) -> list[Plain]:
    return [
        {"at": row.at[:16].replace("T", " "), **row.body, "words": names.reasons(row.body["reason"])}
        for row in record.rows("fill", newest_first=True, limit=count)
    ]


def _unfilled(record: Record) -> list[Plain]:
    """The newest orders that were not filled in full, of the newest that ended."""
    ended = record.rows("order_result", newest_first=True, limit=2_000)
    found = [
        {"at": row.at[:10], **row.body, "words": names.reasons(row.body["reason"])}
        for row in ended
        if row.body["status"] != "filled"
    ]
    return found[:40]
