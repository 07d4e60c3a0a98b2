"""Assemble a market from rows: each row on its calendar, with the UTC time from which it may be used."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np

from bot.core.listing import Listing, Release
from bot.core.market import Market, Series
from bot.core.moments import Days
from bot.core.plural import counted
from bot.core.roles import Roles
from bot.core.session_calendar import Sessions
from bot.data.timeline import due, known_at, us_sessions
from bot.data.vendors.raw_bars import RawBars


def assemble(
    name: str,
    rows: Mapping[str, RawBars],
    listings: Mapping[str, Listing],
    roles: Roles,
    now: datetime,
    notes: Sequence[str] = (),
    source_changes: Mapping[str, Days] | None = None,
    closures: Collection[date] = (),
) -> Market:
    """Assemble a market from the rows of listed symbols.

    Rows that are still forming at `now` and rows of US series outside the sessions are left out, with a note.

    Parameters
    ----------
    rows
        Rows by symbol, of any source.
    now
        Time with a timezone.
    notes
        Sentences for the user that the market carries after its own.
    source_changes
        First dates of each further source, by symbol.
    closures
        Days without a session that the exchange calendar lacks.
    """
    own_notes: list[str] = []
    sessions = us_sessions(*_session_range(rows, listings), tuple(closures))
    series = {
        symbol: replace(
            put_on_calendar(found, listings[symbol], sessions, now, own_notes),
            source_changes=(source_changes or {}).get(symbol, found.dates[:0]),
        )
        for symbol, found in rows.items()
    }
    for symbol in [symbol for symbol, found in series.items() if not len(found)]:
        own_notes.append(f"{symbol} has no usable row: it counts as absent")
        del series[symbol]
    return Market(name, roles, sessions, series, (*own_notes, *notes))


def _session_range(rows: Mapping[str, RawBars], listings: Mapping[str, Listing]) -> tuple[date, date]:
    us = [r for symbol, r in rows.items() if listings[symbol].release is not Release.UTC_DAY]
    first = min(r.dates[0] for r in us)
    last = max(r.dates[-1] for r in rows.values())
    return first.item(), last.item()


def put_on_calendar(
    rows: RawBars, listing: Listing, sessions: Sessions, now: datetime, notes: list[str] | None = None
) -> Series:
    """Make a series of the rows that are complete and on their calendar.

    Parameters
    ----------
    now
        Time with a timezone; a row that is known later is still forming.
    notes
        Receives a sentence on the rows that were left out.

    Returns
    -------
    Series
        Rows with the UTC times at which they were known, and at which rows are due.
    """
    notes = [] if notes is None else notes
    symbol, keep = rows.symbol, ~np.isnan(rows.close)
    off_session = rows.dates[:0]
    if listing.release is Release.SESSION:
        is_session = np.isin(rows.dates, sessions.dates)
        if not is_session.all():
            days = counted(int(np.count_nonzero(~is_session)), "row")
            first = rows.dates[~is_session][0]
            notes.append(f"{symbol}: {days} on days without a US session ignored, the first on {first}")
        off_session = rows.dates[keep & ~is_session]
        keep &= is_session
    known = known_at(rows.dates[keep], listing.release, sessions)
    finished = known <= np.datetime64(now.astimezone(UTC).replace(tzinfo=None), "s")
    if not finished.all():
        notes.append(f"{symbol}: the row of {rows.dates[keep][-1]} is still forming and is left out")
        keep[np.flatnonzero(keep)[~finished]] = False
    used = rows.where(keep)
    return Series(
        symbol,
        listing.kind,
        used.dates,
        used.open,
        used.high,
        used.low,
        used.close,
        used.volume,
        known_at=known[finished],
        due=due(used.dates, listing.release, sessions),
        source=rows.source,
        off_session=off_session,
    )
