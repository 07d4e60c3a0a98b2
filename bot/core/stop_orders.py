"""Stop orders of one book: the levels that work on a day, and the sale that a level triggers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from bot.core.cycle import Plan, Quote, TradingRules
from bot.core.decision import Decision, Trade
from bot.core.events import Event, Late
from bot.core.instrument import Instrument, to_decimal
from bot.core.orders import STOP_REASON, OrderEnd, OrderIntent, OrderResult, OrderStatus, Settlement, Side, order_id


class StopState:
    """Levels of the newest decision in time, and the coins that a stop has sold since the last trade of a decision.

    A late decision leaves the levels of the one before in place for its day, those of held coins: by the time it came,
    the day's low may have been, and its own purchases came after it.
    """

    def __init__(self) -> None:
        self.levels: Mapping[str, Decimal] = {}
        self.sold: frozenset[str] = frozenset()
        self._late: datetime | None = None

    def fork(self) -> StopState:
        """Return an independent copy with the same state."""
        other = StopState()
        other.levels, other.sold, other._late = self.levels, self.sold, self._late
        return other

    def note(self, event: Event, is_held: Callable[[str], bool] = lambda symbol: True) -> None:
        """Remember an event of the book, in the order of the book; `is_held` is asked before a decision's orders."""
        match event:
            case Late():
                self._late = event.at
            case Decision():
                if self._late != event.at:
                    self.levels = event.stops
                else:
                    self.levels = {symbol: level for symbol, level in self.levels.items() if is_held(symbol)}
                if event.trade is Trade.NOW:
                    self.sold = frozenset()
            case OrderIntent() if event.stop is not None:
                self.sold |= {event.symbol}
            case Settlement() if event.into is not None and event.symbol in self.sold:
                self.sold |= {event.into}

    def with_reason(self, plan: Plan) -> Plan:
        """Replace the reason of the day's decision by the stop's in the sales of coins that a stop has sold in part."""
        orders = tuple(replace(one, reason=STOP_REASON) if one.symbol in self.sold else one for one in plan.orders)
        skipped = tuple(replace(one, reason=STOP_REASON) if one.symbol in self.sold else one for one in plan.skipped)
        return replace(plan, orders=orders, skipped=skipped)


@dataclass(frozen=True, slots=True)
class StopSale:
    """The order that a stop triggers, or its end if it is skipped; both are None for a remainder.

    `is_cut` is True if the volume limit leaves a part of the holding unsold.
    """

    order: OrderIntent | None = None
    skipped: OrderResult | None = None
    is_cut: bool = False


def plan_stop_sale(
    symbol: str, level: Decimal, at: datetime, held: Decimal, reference: float, quote: Quote, rules: TradingRules
) -> StopSale:
    """Plan the sale of a whole holding by a stop.

    Parameters
    ----------
    symbol, level
        The coin, and its level in the quote currency.
    at
        UTC midnight that begins the day.
    held
        Quantity held, in coins.
    reference
        Price at which the stop is triggered, in the quote currency, before costs.
    quote
        Quote of the coin at that midnight, for its median volume.
    rules
        Instruments, volume limit and overrides.

    Returns
    -------
    StopSale
        Its quantity is on the lot grid and at most the volume limit. A remainder worth less than the smallest order
        is left.
    """
    instrument, price = rules.instruments[symbol], to_decimal(reference)
    quantity = instrument.quantity(held)
    if _under_smallest(quantity, price, instrument) is not None:
        return StopSale()
    identity = order_id(rules.run_key, at.date(), symbol, Side.SELL, "stop")
    allowed = quantity
    if not math.isnan(quote.median_volume):
        limit = instrument.quantity(rules.sizing.volume_share * to_decimal(quote.median_volume) / price)
        allowed = min(quantity, limit)
    end = _skipped(symbol, allowed, price, quote, rules)
    if end is not None:
        what = (identity, at, symbol, Side.SELL, quantity, OrderStatus.SKIPPED, STOP_REASON, end)
        return StopSale(skipped=OrderResult(*what, stop=level), is_cut=allowed < quantity)
    order = OrderIntent(identity, at, symbol, Side.SELL, allowed, STOP_REASON, level)
    return StopSale(order, is_cut=allowed < quantity)


def _skipped(symbol: str, allowed: Decimal, price: Decimal, quote: Quote, rules: TradingRules) -> OrderEnd | None:
    if symbol in rules.overrides.no_trade:
        return OrderEnd.NO_TRADE_OVERRIDE
    if quote.median_volume == 0:
        return OrderEnd.NO_VOLUME
    return _under_smallest(allowed, price, rules.instruments[symbol])


def _under_smallest(quantity: Decimal, price: Decimal, instrument: Instrument) -> OrderEnd | None:
    if quantity * price < instrument.min_notional:
        return OrderEnd.MIN_NOTIONAL
    return OrderEnd.MIN_QUANTITY if quantity < instrument.min_quantity else None
