"""The schema of trading: sizing, overrides, costs, instruments, endings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, Strict, model_validator

from bot.core.errors import did_you_mean
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
    """Fee, slippage with its stress multiplier, and the coefficient of market impact."""

    fee: Annotated[float, Strict(), Field(ge=0, lt=0.5)]
    slippage: SlippageSection
    stress_multiplier: Annotated[float, Strict(), Field(ge=1, le=100)]
    impact: Annotated[float, Strict(), Field(ge=0, le=10)]
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
        if self.kind != "renamed" and (self.to is not None or self.ratio != 1):
            raise ValueError(f"`to` and `ratio` belong to a renamed coin, and the kind is {self.kind}")
        return self


def check_endings(endings: Mapping[str, EndingSection], known: Collection[str], coins: Collection[str]) -> None:
    """Raise ValueError for a table of endings that contradicts itself, or names an unknown symbol or no coin.

    `known` are all symbols of the table of symbols, `coins` those of a kind that is held.
    """
    for symbol, entry in endings.items():
        for name in (symbol, entry.to):
            if name is not None and name not in known:
                near = did_you_mean(name, known)
                text = f"endings has {name}, which is not in the symbol table"
                raise ValueError(f"{text}; {near}" if near else text)
            if name is not None and name not in coins:
                raise ValueError(f"endings has {name}, which is no coin")
        after = endings.get(entry.to) if entry.to else None
        if after is not None and entry.last and after.last and after.last < entry.last:
            raise ValueError(f"endings: {entry.to} ends on {after.last}, before {symbol} becomes it on {entry.last}")
        _refuse_circle(endings, symbol)


def _refuse_circle(endings: Mapping[str, EndingSection], first: str) -> None:
    """Follow the renamings of a symbol. Raises ValueError if they lead back to a symbol on the way."""
    names, now = [first], first
    while (entry := endings.get(now)) is not None and entry.to is not None:
        now = entry.to
        if now in names:
            circle = sorted(names[names.index(now) :])
            become = "becomes itself" if len(circle) == 1 else "become each other"
            raise ValueError(f"endings: {', '.join(circle[:-1])}{' and ' * (len(circle) > 1)}{circle[-1]} {become}")
        names.append(now)
