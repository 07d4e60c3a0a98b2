"""Order books made from daily bars: quantities at price levels."""

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
    """A price in the quote asset and a quantity in coins."""

    price: Decimal
    quantity: Decimal


class BookShape(Protocol):
    """Orders of all other traders. The same coin, day and moment give the same book."""

    def available_levels(self, listing: Pair, day: DayBar, share: float, side: Side) -> tuple[Level, ...]:
        """Return the levels that an order of a side can take at a share of the day, best price first."""
        ...

    def resting_limit(self, listing: Pair, day: DayBar) -> Decimal | None:
        """Return the coins of resting orders of one side that are filled in a whole day; None is unlimited."""
        ...


@dataclass(frozen=True, slots=True)
class DeepBook:
    """Levels around the current price, with depth in proportion to the day's volume.

    A day of unknown volume has an empty book.

    Parameters
    ----------
    levels : int
        Levels per side.
    half_spread : float
        Distance of the first level from the price, as a share of it.
    gap : float
        Distance between two levels, as a share of the price.
    depth : float
        Quantity of all levels of a side, as a share of the day's volume. A hash of coin, day and side distributes it.
    meets : float
        Quantity of resting orders filled a day and side, as a share of the day's volume.
    """

    levels: int = 20
    half_spread: float = 0.0002
    gap: float = 0.0005
    depth: float = 0.002
    meets: float = 0.05

    def available_levels(self, listing: Pair, day: DayBar, share: float, side: Side) -> tuple[Level, ...]:
        """Return the levels of one side with at least one step of quantity."""
        middle, sign = day.price(share), 1 if side is Side.BUY else -1
        # Rounded away from the middle, so that a tick never makes the book cheaper than its spread.
        rounding = ROUND_CEILING if side is Side.BUY else ROUND_FLOOR
        tick = listing.instrument.tick
        levels, previous = [], None
        for number, weight in enumerate(self._weights(day, side)):
            exact_price = to_decimal(middle * (1 + sign * (self.half_spread + self.gap * number)))
            price = (exact_price / tick).to_integral_value(rounding) * tick
            if previous is not None and sign * price <= sign * previous:
                price = previous + sign * tick  # with a coarse tick two levels fall on one price
            if price <= 0:
                break
            previous = price
            quantity = self._quantity(listing, day, price, weight)
            if quantity:
                levels.append(Level(price, quantity))
        return tuple(levels)

    def resting_limit(self, listing: Pair, day: DayBar) -> Decimal:
        """Return `meets` of the day's volume in coins, at the day's open."""
        return listing.instrument.quantity(_or_zero(day.volume * self.meets / day.open))

    def _quantity(self, listing: Pair, day: DayBar, price: Decimal, weight: float) -> Decimal:
        return listing.instrument.quantity(_or_zero(day.volume * self.depth * weight / float(price)))

    def _weights(self, day: DayBar, side: Side) -> list[float]:
        # A hash instead of a random number: the same day has the same book in every run and process.
        digest = hashlib.shake_256(f"{day.symbol} {day.date} {side}".encode()).digest(self.levels)
        raw = [0.5 + byte / 255 for byte in digest]
        return [weight / sum(raw) for weight in raw]


@dataclass(frozen=True, slots=True)
class FlatBook:
    """Any quantity at the day's open with the coin's slippage, as backtests fill. Used in parity tests.

    `multipliers` scale the slippage of single days, as stress does.
    """

    multipliers: Mapping[date, Decimal] = field(default_factory=dict)

    def available_levels(self, listing: Pair, day: DayBar, share: float, side: Side) -> tuple[Level, ...]:
        """Return one level, the same all day."""
        slippage = listing.instrument.slippage * self.multipliers.get(day.date, Decimal(1))
        return (Level(fill_price(day.open, side, slippage, listing.instrument), listing.max_quantity),)

    def resting_limit(self, listing: Pair, day: DayBar) -> None:
        """Return None, which is unlimited."""


def _or_zero(quantity: float) -> Decimal:
    return Decimal(0) if math.isnan(quantity) else to_decimal(quantity)
