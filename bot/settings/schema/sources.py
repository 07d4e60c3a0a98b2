"""The schema of `sources`: the vendor and the vendor's name of each series, and limits of requests."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, Strict

from bot.settings.schema.values import Count, Section, Switch, Symbol

VendorName = Annotated[str, Field(pattern=r"^[A-Za-z0-9^][A-Za-z0-9^=._\-]{0,29}$")]
Seconds = Annotated[float, Strict(), Field(ge=0, le=3600)]
Minutes = Annotated[int, Strict(), Field(ge=0, le=1440)]
_FIRST_YEAR = 1970


def _aware(moment: datetime) -> datetime:
    # In local time the same config would read other rows on another machine.
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone, for instance 2026-01-31T00:00:00Z")
    # The first year of the calendar has moments that UTC has not.
    if moment.year < _FIRST_YEAR:
        raise ValueError(f"a moment is in {_FIRST_YEAR} or later")
    return moment


class SettleSection(Section):
    """Minutes after a row is due in which its numbers may still change."""

    coins: Minutes
    sessions: Minutes
    macro: Minutes


class YahooSection(Section):
    """Yahoo's names, and the pause between two requests in seconds."""

    pause: Seconds
    symbols: dict[Symbol, VendorName]
    aggregates: dict[Symbol, VendorName]


class FredSection(Section):
    """FRED's names, and the pause between two requests in seconds."""

    pause: Seconds
    symbols: dict[Symbol, VendorName]


class DefiLlamaSection(Section):
    """DefiLlama's names of chains, and the pause between two requests in seconds."""

    pause: Seconds
    symbols: dict[Symbol, VendorName]


class ExchangeSection(Section):
    """Venues and quote currencies in the order of requests, and a venue's own names for coins."""

    pause: Seconds
    venues: Annotated[list[str], Field(min_length=1)]
    quotes: Annotated[list[Symbol], Field(min_length=1)]
    names: dict[Symbol, Symbol]


class RelistedSection(Section):
    """The coin that a name of the archive means since a UTC day."""

    coin: Symbol
    since: date


class ArchiveSection(Section):
    """Binance's public archive: pause between two requests in seconds, quote currency, and names of coins.

    `read` lets backtests read it. `names` and `relisted` give the bot's symbol of a name, `left_out` are no coins.
    """

    pause: Seconds
    read: Switch
    quote: Symbol
    names: dict[Symbol, Symbol]
    relisted: dict[Symbol, RelistedSection]
    left_out: list[Symbol]


class SourcesSection(Section):
    """Vendors of live data, and the version of stored rows that is read."""

    reading: Literal["first seen", "latest"]
    seen_by: Annotated[datetime, AfterValidator(_aware)] | None
    overlap_days: Count
    settle: SettleSection
    clock_tolerance: Seconds
    tries: Annotated[int, Strict(), Field(ge=1, le=10)]
    longest_wait: Seconds
    patience: Seconds
    yahoo: YahooSection
    fred: FredSection
    defillama: DefiLlamaSection
    exchange: ExchangeSection
    archive: ArchiveSection
    fallbacks: dict[Symbol, VendorName]
