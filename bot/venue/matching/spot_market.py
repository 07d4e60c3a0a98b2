"""Pairs, prices and order books of the exchange at the time of its clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from bot.core.instrument import ZERO, to_decimal
from bot.core.orders import Side
from bot.venue.matching.book_shape import BookShape, Level
from bot.venue.matching.clocks import VenueClock
from bot.venue.matching.exact_decimals import exact
from bot.venue.matching.pair import Pair
from bot.venue.matching.pair_filters import PairFilters
from bot.venue.matching.price_path import DayBar, PricePath, share_of_day
from bot.venue.matching.refusal import unknown_symbol


class SpotMarket:
    """All pairs, and the quantities that were taken from their books in the current minute.

    Attributes
    ----------
    halted, cancel_only, delisted : set of str
        Names of pairs that are closed, that only allow to cancel orders, or that are off the list.
    """

    def __init__(self, price_path: PricePath, listings: Iterable[Pair], clock: VenueClock, shape: BookShape) -> None:
        self.price_path, self.clock, self.shape = price_path, clock, shape
        self.halted: set[str] = set()
        self.cancel_only: set[str] = set()
        self.delisted: set[str] = set()
        self._listings = {listing.pair: listing for listing in listings}
        self.reset()

    def reset(self) -> None:
        """Forget what was taken from the books."""
        self._taken: dict[tuple[str, Side, Decimal], Decimal] = {}
        self._taken_in: datetime | None = None
        self._filled_resting: dict[tuple[str, Side, date], Decimal] = {}

    def listings(self) -> list[Pair]:
        """Return the pairs that are listed now, by name."""
        return [self._listings[pair] for pair in sorted(self._listings) if self.is_listed(pair)]

    def listing(self, pair: str) -> Pair:
        """Return a pair that is listed now. Raises Refusal."""
        if not self.is_listed(pair):
            raise unknown_symbol()
        return self._listings[pair]

    def known(self, pair: str) -> Pair:
        """Return a pair of an existing order, which may be off the list by now."""
        return self._listings[pair]

    def is_trading(self, pair: str) -> bool:
        """Return True if the pair is listed, has a price today and is open."""
        return self.is_listed(pair) and self.is_open(pair) and self.day(pair) is not None

    def is_open(self, pair: str) -> bool:
        """Return True unless the pair is halted, delisted or only allows to cancel orders."""
        return not any(pair in closed for closed in (self.halted, self.cancel_only, self.delisted))

    def status(self, pair: str) -> str:
        """Return the status of a listed pair in exchangeInfo."""
        if self.is_trading(pair):
            return "TRADING"
        return "CANCEL_ONLY" if pair in self.cancel_only and pair not in self.halted else "BREAK"

    def set_filters(self, pair: str, filters: PairFilters) -> None:
        """Replace the filters of a listed pair, for orders from now on."""
        self._listings[pair] = replace(self.listing(pair), filters=filters)

    @exact
    def available_levels(self, pair: str, side: Side) -> list[Level]:
        """Return the levels that an order of a side can take now, best price first.

        A pair that is closed and a day whose open is missing have an empty book.
        """
        listing, day = self.listing(pair), self.day(pair)
        if day is None or not self.is_open(pair):
            return []
        now = self.clock.now()
        minute = now.replace(second=0, microsecond=0)
        if minute != self._taken_in:  # the books are full again in each minute
            self._taken_in, self._taken = minute, {}
        levels = self.shape.available_levels(listing, day, share_of_day(now), side)
        left = (Level(level.price, level.quantity - self._taken_at(pair, side, level.price)) for level in levels)
        return [level for level in left if level.quantity > 0]

    def take(self, pair: str, side: Side, level: Level) -> None:
        """Remove a quantity from a level until the end of the minute."""
        self._taken[pair, side, level.price] = self._taken_at(pair, side, level.price) + level.quantity

    def fill_resting(self, pair: str, side: Side, day: DayBar, remaining: Decimal) -> Decimal:
        """Return the coins of a resting order that are filled, and count them against the limit of the day and side."""
        limit = self.shape.resting_limit(self.known(pair), day)
        if limit is None:
            return remaining
        # One limit for all orders of a side: splitting an order must not fill more of it.
        key = pair, side, day.date
        filled = self._filled_resting.get(key, ZERO)
        quantity = min(remaining, limit - filled)
        self._filled_resting[key] = filled + quantity
        return quantity

    @exact
    def price(self, pair: str) -> Decimal | None:
        """Return the current price in whole ticks.

        Returns
        -------
        Decimal or None
            Price in the quote asset, by default the last known one; None before the first.
        """
        listing = self.listing(pair)
        price = self.price_path.last_price(listing.base, self.clock.now())
        return None if price is None else listing.instrument.price(to_decimal(price))

    def day(self, pair: str, day: date | None = None) -> DayBar | None:
        """Return a pair's bar of a day, by default today; None where its open is missing."""
        return self.price_path.day(self._listings[pair].base, day or self.clock.now().date())

    def is_listed(self, pair: str) -> bool:
        """Return True if the pair is on the list now."""
        listing = self._listings.get(pair)
        if listing is None or pair in self.delisted:
            return False
        return self.price_path.is_listed(listing.base, self.clock.now())

    def _taken_at(self, pair: str, side: Side, price: Decimal) -> Decimal:
        return self._taken.get((pair, side, price), ZERO)
