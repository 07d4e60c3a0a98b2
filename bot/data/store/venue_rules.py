"""Venue rules of coins (lot, tick, smallest and largest order) in the store, dated by the time they were seen."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.data.store.bar_reader import LATEST_SECOND
from bot.data.store.store_file import epoch

if TYPE_CHECKING:
    from bot.core.instrument import VenueRules

_QUANTITIES = "min_quantity, max_quantity"


def save_venue_rules(connection: sqlite3.Connection, rules: VenueRules, seen_at: datetime) -> bool:
    """Write the rules if they differ from the last ones. Return True if they were written."""
    bounds = (_text(rules.min_notional), int(rules.active), _text(rules.min_quantity), _text(rules.max_quantity))
    now = (rules.pair, str(rules.step), str(rules.tick), *bounds)
    before = connection.execute(
        f"SELECT pair, step, tick, min_notional, active, {_QUANTITIES} FROM venue_rules WHERE symbol = ? AND venue = ? "
        "ORDER BY seen_at DESC LIMIT 1",
        (rules.symbol, rules.venue),
    ).fetchone()
    if before == now:
        return False
    row = (rules.symbol, rules.venue, epoch(seen_at), *now)
    connection.execute("INSERT OR REPLACE INTO venue_rules VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    return True


def read_venue_rules(connection: sqlite3.Connection, at: datetime | None) -> list[VenueRules]:
    """Read the newest rules of each coin and venue, as seen by a time; by default the newest of all."""
    from bot.core.instrument import VenueRules

    seen = LATEST_SECOND if at is None else epoch(at)
    # A store of an older version lacks the quantities until the next update.
    columns = {name for _, name, *_ in connection.execute("PRAGMA table_info(venue_rules)")}
    quantities = _QUANTITIES if "min_quantity" in columns else "NULL, NULL"
    found = connection.execute(
        f"SELECT symbol, venue, pair, step, tick, min_notional, active, {quantities}, max(seen_at) FROM venue_rules "
        "WHERE seen_at <= ? GROUP BY symbol, venue ORDER BY symbol, venue",
        (seen,),
    ).fetchall()
    return [
        VenueRules(
            symbol, venue, pair, Decimal(step), Decimal(tick), _number(least), bool(active), _number(low), _number(high)
        )
        for symbol, venue, pair, step, tick, least, active, low, high, _ in found
    ]


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
