"""Demo market: synthetic series on their calendars, with their release rules."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from bot.core.market import Listing, Market, Release, Roles, Series, Sessions
from bot.data.demo.generator import CALENDAR, PREFIX, DemoParameters, generate, kind_of
from bot.data.timeline import due, known_at, us_sessions
from bot.data.vendors.raw_bars import RawBars

DEMO = "demo"


def demo_market(parameters: DemoParameters, listings: Mapping[str, Listing], roles: Roles) -> Market:
    """Make a synthetic market whose symbols begin with DEMO-.

    Parameters
    ----------
    parameters
        Seed and effect of the market.
    listings
        Release rules of macro series, by symbol without the prefix.
    roles
        Symbols that the strategy reads, without the prefix.
    """
    sessions = _sessions()
    made = generate(parameters, sessions.dates, sessions.half_days)
    series = {symbol: _series(rows, listings) for symbol, rows in made.items()}
    return Market(DEMO, roles.prefixed(PREFIX), _sessions_beyond(), series)


@cache
def _sessions() -> Sessions:
    """Return the sessions of the demo years."""
    beyond = _sessions_beyond()
    inside = beyond.dates <= CALENDAR[1]
    return Sessions(beyond.dates[inside], beyond.closes[inside], beyond.half_days[inside])


@cache
def _sessions_beyond() -> Sessions:
    first, last = (day.item() for day in CALENDAR)
    return us_sessions(first, last)


def _series(rows: RawBars, listings: Mapping[str, Listing]) -> Series:
    kind, sessions = kind_of(rows.symbol), _sessions_beyond()
    by_kind = Listing(kind, Release.UTC_DAY if kind.is_coin else Release.SESSION)
    release = listings.get(rows.symbol.removeprefix(PREFIX), by_kind).release
    return Series(
        rows.symbol,
        kind,
        rows.dates,
        rows.open,
        rows.high,
        rows.low,
        rows.close,
        rows.volume,
        known_at=known_at(rows.dates, release, sessions),
        due=due(rows.dates, release, sessions),
        source=rows.source,
    )
