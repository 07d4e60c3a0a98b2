"""Venue rules of coins (lot, tick, least order) in the store, dated by the time they were seen."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.data.store.bar_reader import LATEST_SECOND
from bot.data.store.store_file import epoch

if TYPE_CHECKING:
    from bot.core.instrument import VenueRules


def save_venue_rules(connection: sqlite3.Connection, rules: VenueRules, seen_at: datetime) -> bool:
    """Write the rules if they differ from the last ones. Return True if they were written."""
    least = None if rules.min_notional is None else str(rules.min_notional)
    now = (rules.pair, str(rules.step), str(rules.tick), least, int(rules.active))
    before = connection.execute(
        "SELECT pair, step, tick, min_notional, active FROM venue_rules WHERE symbol = ? AND venue = ? "
        "ORDER BY seen_at DESC LIMIT 1",
        (rules.symbol, rules.venue),
    ).fetchone()
    if before == now:
        return False
    row = (rules.symbol, rules.venue, epoch(seen_at), *now)
    connection.execute("INSERT OR REPLACE INTO venue_rules VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    return True


def read_venue_rules(connection: sqlite3.Connection, at: datetime | None) -> list[VenueRules]:
    """Read the newest rules of each coin and venue, as seen by a time; by default the newest of all."""
    from bot.core.instrument import VenueRules

    seen = LATEST_SECOND if at is None else epoch(at)
    found = connection.execute(
        "SELECT symbol, venue, pair, step, tick, min_notional, active, max(seen_at) FROM venue_rules "
        "WHERE seen_at <= ? GROUP BY symbol, venue ORDER BY symbol, venue",
        (seen,),
    ).fetchall()
    return [
        VenueRules(symbol, venue, pair, Decimal(step), Decimal(tick), least and Decimal(least), bool(active))
        for symbol, venue, pair, step, tick, least, active, _ in found
    ]
