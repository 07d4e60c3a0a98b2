"""The schema of trading: sizing, overrides, costs, instruments, endings."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, Strict, model_validator

from bot.settings.schema.values import Count, PositiveDecimal, Section, Share, Switch, Symbol


class SizingSection(Section):
    """Days and bands of rebalancing, and the largest order as a share of volume."""

    rebalance_days: Count
    band: Share
    relative_band: Share
    volume_share: Annotated[float, Strict(), Field(gt=0, le=1)]


class OverridesSection(Section):
    """The user's overrides."""

    multiplier: Share
    reduce_only: Switch
    no_trade: list[Symbol]


class SlippageSection(Section):
    """Slippage by class of coin, shares of the price."""

    major: Annotated[float, Strict(), Field(ge=0, lt=0.5)]
    large: Annotated[float, Strict(), Field(ge=0, lt=0.5)]
    other: Annotated[float, Strict(), Field(ge=0, lt=0.5)]


class CostsSection(Section):
    """Fee, slippage and its stress multiplier."""

    fee: Annotated[float, Strict(), Field(ge=0, lt=0.5)]
    slippage: SlippageSection
    stress_multiplier: Annotated[float, Strict(), Field(ge=1, le=100)]
    large_coins: list[Symbol]


class InstrumentSection(Section):
    """One coin's venue rules."""

    step: PositiveDecimal
    tick: PositiveDecimal
    min_notional: PositiveDecimal


class InstrumentsSection(Section):
    """Venue rules by coin, and those of all others."""

    fallback: InstrumentSection
    table: dict[Symbol, InstrumentSection]


class EndingSection(Section):
    """The end of one coin's series and its cause."""

    kind: Literal["dead", "renamed", "source ends", "halted"]
    last: date | None = None
    to: Symbol | None = None
    ratio: PositiveDecimal = Decimal(1)

    @model_validator(mode="after")
    def _renamed_to_something(self) -> Self:
        if self.kind == "renamed" and self.to is None:
            raise ValueError("a renamed coin needs `to`, the symbol that it became")
        return self
