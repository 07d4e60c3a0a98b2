"""Demo market: synthetic series on their calendars, with their release rules."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from bot.core.listing import Listing, Release
from bot.core.market import Market, Series
from bot.core.moments import Times
from bot.core.roles import Roles
from bot.core.session_calendar import Sessions
from bot.data.demo.generator import CALENDAR, PREFIX, DemoParameters, kind_of, with_effect, without_effect
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
        Symbols that the strategy reads, without the prefix; some funds are made only where a role names them.
    """
    return demo_markets(parameters, listings, roles)[1]


def demo_markets(parameters: DemoParameters, listings: Mapping[str, Listing], roles: Roles) -> tuple[Market, Market]:
    """Make the market of some parameters before and after its effect; the arguments are those of `demo_market`.

    Series that the effect leaves alone are the same objects in both.
    """
    sessions = us_sessions(*(day.item() for day in CALENDAR))
    inside = sessions.dates <= CALENDAR[1]
    dates = sessions.dates[inside]
    absent = without_effect(parameters, dates, sessions.half_days[inside], roles.symbols)
    planted = with_effect(absent, parameters, dates)
    series = {symbol: _series(rows, listings, sessions) for symbol, rows in absent.items()}
    lifted = {
        symbol: _series(rows, listings, sessions) for symbol, rows in planted.items() if rows is not absent[symbol]
    }
    own = roles.prefixed(PREFIX)
    return Market(DEMO, own, sessions, series), Market(DEMO, own, sessions, {**series, **lifted})


def _series(rows: RawBars, listings: Mapping[str, Listing], sessions: Sessions) -> Series:
    kind = kind_of(rows.symbol)
    by_kind = Listing(kind, Release.UTC_DAY if kind.is_coin else Release.SESSION)
    release = listings.get(rows.symbol.removeprefix(PREFIX), by_kind).release
    known, expected = _release_times(rows.dates.astype("datetime64[D]").tobytes(), release, sessions)
    return Series(
        rows.symbol,
        kind,
        rows.dates,
        rows.open,
        rows.high,
        rows.low,
        rows.close,
        rows.volume,
        known_at=known,
        due=expected,
        source=rows.source,
    )


@lru_cache(maxsize=64)  # dates and release rules are the same in every seed
def _release_times(days: bytes, release: Release, sessions: Sessions) -> tuple[Times, Times]:
    """Return the times at which rows become known and are due. `days` are the bytes of their dates, a hashable key."""
    dates = np.frombuffer(days, "datetime64[D]")
    return known_at(dates, release, sessions), due(dates, release, sessions)
