"""The schema of `paper`: forward trading with simulated money."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict

from bot.settings.schema.values import Count, Section, Share


class PaperSection(Section):
    """When a day is decided, what a quote must be for an order to be filled on it, and how the daemon logs."""

    decide_after_minutes: Annotated[int, Strict(), Field(ge=0, le=720)]
    late_after_minutes: Count
    retry_minutes: Count
    spread_limit: Share
    quote_age_seconds: Count
    testnet: Literal["binance", "bybit", "gate"]
    depth: Annotated[int, Strict(), Field(ge=5, le=1000)]
    log: Literal["text", "json"]
