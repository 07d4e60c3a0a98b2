"""Demo market: synthetic series on their calendars, with their release rules."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from bot.core.market import Listing, Market, Release, Roles, Series, SeriesKind, Sessions
from bot.data.demo.generator import CALENDAR, PREFIX, DemoParameters, DemoSeries, generate
from bot.data.timeline import due, known_at, us_sessions

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
    series = {symbol: _series(found, listings, sessions, parameters) for symbol, found in made.items()}
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


def _series(
    found: DemoSeries, listings: Mapping[str, Listing], sessions: Sessions, parameters: DemoParameters
) -> Series:
    kind = SeriesKind(found.kind)
    of_kind = Listing(kind, Release.UTC_DAY if kind.is_coin else Release.SESSION)
    release = listings.get(found.symbol.removeprefix(PREFIX), of_kind).release
    columns = {name: getattr(found, name) for name in ("open", "high", "low", "close", "volume")}
    return Series(
        found.symbol,
        kind,
        found.dates,
        **columns,
        known_at=known_at(found.dates, release, _sessions_beyond()),
        due=due(found.dates, release, _sessions_beyond()),
        source=f"seed {parameters.seed}",
    )
