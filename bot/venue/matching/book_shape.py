"""How much is offered at which price: the book of a moment, made from the day's bar."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Protocol

from bot.core.execution import fill_price
from bot.core.instrument import to_decimal
from bot.core.orders import Side
from bot.venue.matching.pair import Pair
from bot.venue.matching.price_path import DayBar


@dataclass(frozen=True, slots=True)
class Level:
    """A price, and the quantity that is offered there."""

    price: Decimal
    quantity: Decimal


class BookShape(Protocol):
    """What the rest of the world offers; the same for the same coin, day and moment."""

    def offered(self, listing: Pair, day: DayBar, share: float, side: Side) -> tuple[Level, ...]:
        """What an order of a side can take at a share of the day, the best price first."""
        ...

    def met(self, listing: Pair, day: DayBar) -> Decimal | None:
        """The quantity for which resting orders of one side are met in a whole day; None: without bound."""
        ...


@dataclass(frozen=True, slots=True)
class DeepBook:
    """Levels around the price of the moment, with depth in proportion to the day's volume.

    The first level lies `half_spread` from the price, each further one `gap` on, both as shares of it. All levels of a
    side together offer `depth` of the day's volume, shared out by the hash of coin, day and side; resting orders are
    met for `meets` of it a day. Where the volume is unknown nobody offers anything.
    """

    levels: int = 20
    half_spread: float = 0.0002
    gap: float = 0.0005
    depth: float = 0.002
    meets: float = 0.05

    def offered(self, listing: Pair, day: DayBar, share: float, side: Side) -> tuple[Level, ...]:
        """The levels of one side that hold at least one step."""
        middle, sign = day.price(share), 1 if side is Side.BUY else -1
        rounding = ROUND_CEILING if side is Side.BUY else ROUND_FLOOR
        tick = listing.instrument.tick
        found, before = [], None
        for number, weight in enumerate(self._weights(day, side)):
            wanted = to_decimal(middle * (1 + sign * (self.half_spread + self.gap * number)))
            price = (wanted / tick).to_integral_value(rounding) * tick
            if before is not None and sign * price <= sign * before:
                price = before + sign * tick  # a coarse tick: the next price that there is
            if price <= 0:
                break
            before = price
            quantity = self._quantity(listing, day, price, weight)
            if quantity:
                found.append(Level(price, quantity))
        return tuple(found)

    def met(self, listing: Pair, day: DayBar) -> Decimal:
        """A share of the day's volume, at its open."""
        return listing.instrument.quantity(_known(day.volume * self.meets / day.open))

    def _quantity(self, listing: Pair, day: DayBar, price: Decimal, weight: float) -> Decimal:
        return listing.instrument.quantity(_known(day.volume * self.depth * weight / float(price)))

    def _weights(self, day: DayBar, side: Side) -> list[float]:
        digest = hashlib.shake_256(f"{day.symbol} {day.date} {side}".encode()).digest(self.levels)
        raw = [0.5 + byte / 255 for byte in digest]
        return [weight / sum(raw) for weight in raw]


@dataclass(frozen=True, slots=True)
class FlatBook:
    """Any quantity at the day's open made worse by the coin's slippage, as backtests fill: for tests of parity.

    `multipliers` scale the slippage of single days, as stress does.
    """

    multipliers: Mapping[date, Decimal] = field(default_factory=dict)

    def offered(self, listing: Pair, day: DayBar, share: float, side: Side) -> tuple[Level, ...]:
        """One level, the same all day long."""
        slippage = listing.instrument.slippage * self.multipliers.get(day.date, Decimal(1))
        return (Level(fill_price(day.open, side, slippage, listing.instrument), listing.most),)

    def met(self, listing: Pair, day: DayBar) -> None:
        """Without bound."""


def _known(quantity: float) -> Decimal:
    return Decimal(0) if math.isnan(quantity) else to_decimal(quantity)
