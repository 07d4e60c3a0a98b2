"""Trades: the round trips, the fills they are made of, and the orders that came to nothing."""

from __future__ import annotations

from bot.ledger.codec import plain
from bot.report import names
from bot.review.record import Record
from bot.review.trips import Trip, trips_of
from bot.web.listed import Listed, listed
from bot.web.portfolio import MOST_FILLS
from bot.web.site import Plain


def trades(record: Record, page: int, fills_page: int) -> Plain:
    """Round trips and fills, a page of each, and how many orders were not filled in full. Raises LedgerError."""
    total = record.count("fill")
    return {
        "trips": _trips(record, page) if total <= MOST_FILLS else None,
        "fills": listed(total, fills_page, lambda count: _fills(record, count), "fills"),
        "unfilled": _unfilled(record),
    }


def _trips(record: Record, page: int) -> Listed:
    trips = [_trip(trip) for trip in reversed(trips_of(record).closed)]
    return listed(len(trips), page, lambda count: trips[:count])


def _trip(trip: Trip) -> Plain:
    return {
        "symbol": trip.symbol,
        "entry_at": trip.entry_at[:10],
        "exit_at": trip.exit_at[:10],
        "days": trip.days,
        "quantity": plain(trip.quantity),
        "entry_price": plain(trip.entry_price),
        "exit_price": None if trip.exit_price is None else plain(trip.exit_price),
        "pnl": None if trip.pnl is None else plain(trip.pnl),
        "return": trip.gain,
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
        for row in ended if row.body["status"] != "filled"
    ]  # fmt: skip
    return found[:40]
