"""The schema of `paper` and `anchor`: forward trading with simulated money, and the time-stamps of its record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, Strict, model_validator

from bot.settings.schema.values import Count, Section, Share, Switch


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


class AnchorSection(Section):
    """Authority that time-stamps the head of a ledger ("": off), its certificate, and if the daemon asks daily."""

    authority: Annotated[str, Strict(), Field(max_length=500)]
    certificate: Path | None
    daily: Switch

    @model_validator(mode="after")
    def _daily_has_an_authority(self) -> Self:
        if self.daily and not self.authority:
            raise ValueError("anchor.daily is on and anchor.authority names no authority")
        return self
