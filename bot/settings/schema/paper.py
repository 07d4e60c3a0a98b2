"""The schema of `paper`: forward trading with simulated money."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict

from bot.settings.schema.values import Count, Section, Share


class PaperSection(Section):
    """Times of a day's decision, requirements of a quote that fills an order, and the log format of the daemon."""

    decide_after_minutes: Annotated[int, Strict(), Field(ge=0, le=720)]
    late_after_minutes: Count
    retry_minutes: Count
    quote_retry_minutes: Annotated[int, Strict(), Field(ge=1, le=60)]
    spread_limit: Share
    quote_age_seconds: Count
    testnet: Literal["binance", "bybit", "gate", "binance-demo", "bybit-demo"]
    depth: Annotated[int, Strict(), Field(ge=5, le=1000)]
    log: Literal["text", "json"]
