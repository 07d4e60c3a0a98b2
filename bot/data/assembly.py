"""From rows to a market: each row put on its calendar, with the moment from which it may be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np

from bot.core.market import Listing, Market, Release, Roles, Series, Sessions
from bot.core.moments import Days
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
) -> Market:
    """A market of listed symbols' rows, wherever they come from; what is odd in them is added to the notes.

    `source_changes` are the dates from which another source tells a symbol.

    Rows that are still forming at `now` are left out, and so are those of US series on days without a session.
    """
    told: list[str] = []
    sessions = us_sessions(*_session_range(rows, listings))
    series = {
        symbol: replace(
            as_series(found, listings[symbol], sessions, now, told),
            source_changes=(source_changes or {}).get(symbol, found.dates[:0]),
        )
        for symbol, found in rows.items()
    }
    for symbol in [symbol for symbol, found in series.items() if not len(found)]:
        told.append(f"{symbol} has no row that can be used: it counts as absent")
        del series[symbol]
    return Market(name, roles, sessions, series, (*told, *notes))


def _session_range(rows: Mapping[str, RawBars], listings: Mapping[str, Listing]) -> tuple[date, date]:
    us = [r for symbol, r in rows.items() if listings[symbol].release is not Release.UTC_DAY]
    first = min(r.dates[0] for r in us)
    last = max(r.dates[-1] for r in rows.values())
    return first.item(), last.item()


def as_series(
    rows: RawBars, listing: Listing, sessions: Sessions, now: datetime, notes: list[str] | None = None
) -> Series:
    """The rows on their calendar; what was left out is added to the notes."""
    notes = [] if notes is None else notes
    symbol, keep = rows.symbol, ~np.isnan(rows.close)
    off_session = rows.dates[:0]
    if listing.release is Release.SESSION:
        is_session = np.isin(rows.dates, sessions.dates)
        if not is_session.all():
            days = f"{np.count_nonzero(~is_session)} row(s) on days without a US session"
            notes.append(f"{symbol}: {days} are ignored, the first on {rows.dates[~is_session][0]}")
        off_session = rows.dates[keep & ~is_session]
        keep &= is_session
    known = known_at(rows.dates[keep], listing.release, sessions)
    finished = known <= np.datetime64(now.astimezone(UTC).replace(tzinfo=None), "s")
    if not finished.all():
        notes.append(f"{symbol}: the row of {rows.dates[keep][-1]} is still forming and was not read")
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
