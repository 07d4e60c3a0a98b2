"""Filters and execution rules of a pair: bounds of quantity and price that an order must keep."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from bot.core.instrument import Instrument
from bot.core.orders import Side
from bot.venue.matching.exact_decimals import format_decimal

_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
_NO_BOUND = 10**16
"""Steps of a bound above every order."""


@dataclass(frozen=True, slots=True)
class PriceBand:
    """Range of prices, as two factors of the reference price: `down` is at most `up`."""

    down: Decimal
    up: Decimal

    def __post_init__(self) -> None:
        if not 0 <= self.down <= self.up:
            raise ValueError(f"expected 0 <= down <= up, was {self.down} and {self.up}")

    def contains(self, price: Decimal, reference: Decimal) -> bool:
        """Return True if a price is in the range around a reference price, bounds included."""
        return reference * self.down <= price <= reference * self.up


@dataclass(frozen=True, slots=True)
class PairFilters:
    """Bounds of a pair beyond step, tick and smallest notional.

    Attributes
    ----------
    min_quantity, max_quantity : Decimal, optional
        Smallest and largest order in coins (LOT_SIZE); by default one step, and 10^16 steps.
    max_market_quantity : Decimal, optional
        Largest market order in coins (MARKET_LOT_SIZE); by default `max_quantity`.
    bid_band, ask_band : PriceBand
        Limits of buy and of sell orders (PERCENT_PRICE_BY_SIDE).
    bid_range, ask_range : PriceBand, optional
        Prices at which a buy and a sell may trade (execution rule PRICE_RANGE); None is unlimited.
    """

    min_quantity: Decimal | None = None
    max_quantity: Decimal | None = None
    max_market_quantity: Decimal | None = None
    bid_band: PriceBand = PriceBand(Decimal("0.2"), Decimal(5))
    ask_band: PriceBand = PriceBand(Decimal("0.2"), Decimal(5))
    bid_range: PriceBand | None = PriceBand(Decimal("0.5"), Decimal(2))
    ask_range: PriceBand | None = PriceBand(Decimal("0.5"), Decimal(2))

    def smallest(self, instrument: Instrument) -> Decimal:
        """Return the smallest order in coins."""
        return instrument.step if self.min_quantity is None else self.min_quantity

    def largest(self, instrument: Instrument) -> Decimal:
        """Return the largest order in coins."""
        return instrument.step * _NO_BOUND if self.max_quantity is None else self.max_quantity

    def largest_market(self, instrument: Instrument) -> Decimal:
        """Return the largest market order in coins."""
        largest = self.largest(instrument)
        return largest if self.max_market_quantity is None else min(self.max_market_quantity, largest)

    def band(self, side: Side) -> PriceBand:
        """Return the band of limit prices of a side."""
        return self.bid_band if side is Side.BUY else self.ask_band

    def price_range(self, side: Side) -> PriceBand | None:
        """Return the range of execution prices of a side."""
        return self.bid_range if side is Side.BUY else self.ask_range

    def quantities_to_json(self, instrument: Instrument) -> list[dict[str, object]]:
        """Return LOT_SIZE and MARKET_LOT_SIZE as exchangeInfo has them, with zero for an unset bound."""
        zero = format_decimal(Decimal(0))
        return [
            {
                "filterType": "LOT_SIZE",
                "minQty": format_decimal(self.smallest(instrument)),
                "maxQty": format_decimal(self.largest(instrument)),
                "stepSize": format_decimal(instrument.step),
            },
            {
                "filterType": "MARKET_LOT_SIZE",
                "minQty": zero,
                "maxQty": format_decimal(self.largest_market(instrument)),
                "stepSize": zero,
            },
        ]

    def bands_to_json(self) -> dict[str, object]:
        """Return PERCENT_PRICE_BY_SIDE as exchangeInfo has it."""
        return {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": str(self.bid_band.up),
            "bidMultiplierDown": str(self.bid_band.down),
            "askMultiplierUp": str(self.ask_band.up),
            "askMultiplierDown": str(self.ask_band.down),
            "avgPriceMins": 0,
        }

    def range_to_json(self) -> list[dict[str, object]]:
        """Return the rule PRICE_RANGE as executionRules has it; empty if no side has one."""
        rule: dict[str, object] = {}
        for name, one in (("bid", self.bid_range), ("ask", self.ask_range)):
            if one is not None:
                rule |= {f"{name}LimitMultUp": f"{one.up:.4f}", f"{name}LimitMultDown": f"{one.down:.4f}"}
        return [{"ruleType": "PRICE_RANGE", **rule}] if rule else []


NO_BOUNDS = PairFilters()
"""Default filters of a pair."""


def parse_filters(filters: PairFilters, changes: Mapping[str, object]) -> PairFilters:
    """Return filters with some of them replaced, from JSON: quantities as texts, bands as [down, up] or null.

    Raises TypeError for an unknown name and ValueError for another value.
    """
    return replace(filters, **{name: _parse(name, value) for name, value in changes.items()})


def _parse(name: str, value: object) -> Any:
    if value is None:
        return None
    if name.endswith(("_band", "_range")):
        if not isinstance(value, list) or len(value) != 2:
            raise ValueError(f"{name} must be [down, up], was {value!r}")
        return PriceBand(*(_number(name, one) for one in value))
    return _number(name, value)


def _number(name: str, value: object) -> Decimal:
    number = Decimal(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else None
    if not number:
        raise ValueError(f"{name} must be a number above zero as a text, was {value!r}")
    return number
