"""The schema of `sources`: which vendor tells each series, under which name, and how it is asked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, Strict

from bot.settings.schema.values import Count, Section, Symbol

VendorName = Annotated[str, Field(pattern=r"^[A-Za-z0-9^][A-Za-z0-9^=._\-]{0,29}$")]
Seconds = Annotated[float, Strict(), Field(ge=0, le=3600)]
Minutes = Annotated[int, Strict(), Field(ge=0, le=1440)]


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone, for instance 2026-01-31T00:00:00Z")
    return moment


class SettleSection(Section):
    """How long after a row is due its numbers may still move, in minutes."""

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


class ExchangeSection(Section):
    """Venues and quotes in the order in which they are asked, and a venue's own names for coins."""

    pause: Seconds
    venues: Annotated[list[str], Field(min_length=1)]
    quotes: Annotated[list[Symbol], Field(min_length=1)]
    names: dict[Symbol, Symbol]


class SourcesSection(Section):
    """Where live data come from, and how the store that keeps them is read."""

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
    exchange: ExchangeSection
