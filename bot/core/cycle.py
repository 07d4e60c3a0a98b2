"""From a decision and what is held to orders: the same function for a backtest, a replay and a live tick."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from bot.core.decision import Decision, Trade
from bot.core.instrument import ZERO, Instrument, to_decimal
from bot.core.orders import OrderEnd, OrderIntent, OrderResult, OrderStatus, Side, order_id
from bot.core.portfolio import Portfolio


@dataclass(frozen=True, slots=True)
class Quote:
    """What is known of one coin when orders are sized.

    `price` is the last close, `fresh` whether that close is of the day just ended, `median_volume` the 30-day
    median of the daily volume in the quote currency (NaN: unknown, no limit). A `quarantined` coin is not bought.
    """

    price: float
    fresh: bool
    median_volume: float
    quarantined: bool = False


@dataclass(frozen=True, slots=True)
class Overrides:
    """A user's hand on the wheel, as data.

    `multiplier` (0 to 1) scales every target weight; `reduce_only` forbids buying; a coin in `no_trade` gets no
    orders at all; `flat` sells everything that is held, whatever is decided.
    """

    multiplier: Decimal = Decimal(1)
    reduce_only: bool = False
    no_trade: frozenset[str] = frozenset()
    flat: bool = False


@dataclass(frozen=True, slots=True)
class SizingRules:
    """The rebalancing band and the volume limit, all shares.

    A coin is rebalanced where |weight - target| > max(`band`, `relative_band` x target); an order is at most
    `volume_share` of the coin's median daily volume.
    """

    band: Decimal
    relative_band: Decimal
    volume_share: Decimal


@dataclass(frozen=True, slots=True)
class Plan:
    """The orders of one decision, sells first, and those that were wanted but not sent.

    `unfinished` are the coins whose order was cut or held back, to be tried again the next day.
    """

    orders: tuple[OrderIntent, ...]
    skipped: tuple[OrderResult, ...]
    unfinished: frozenset[str]


@dataclass(frozen=True, slots=True)
class TradingRules:
    """What stays the same through a run: the venue's rules, the sizing, the user's overrides, the run key."""

    instruments: Mapping[str, Instrument]
    sizing: SizingRules
    overrides: Overrides
    run_key: str


def cycle(
    decision: Decision,
    portfolio: Portfolio,
    quotes: Mapping[str, Quote],
    rules: TradingRules,
    unfinished: frozenset[str],
    slippage_multiplier: Decimal,
) -> Plan:
    """Plan the orders that move a portfolio towards a decision's weights.

    `quotes` must hold every coin that is held or targeted. `unfinished` are coins of which an earlier order was
    not filled in full. `slippage_multiplier` scales the instruments' slippage (stress widens spreads).
    """
    return _Planner(decision, portfolio, quotes, rules, unfinished, slippage_multiplier).plan()


class _Planner:
    def __init__(
        self,
        decision: Decision,
        portfolio: Portfolio,
        quotes: Mapping[str, Quote],
        rules: TradingRules,
        unfinished: frozenset[str],
        slippage_multiplier: Decimal,
    ) -> None:
        self.decision, self.portfolio, self.quotes = decision, portfolio, quotes
        self.rules, self.unfinished = rules, unfinished
        self.slippage_multiplier = slippage_multiplier
        self.prices = {symbol: to_decimal(quote.price) for symbol, quote in quotes.items()}
        self.reason = ";".join(decision.reasons)
        self.orders: list[OrderIntent] = []
        self.skipped: list[OrderResult] = []
        self.again: set[str] = set()

    def plan(self) -> Plan:
        changes = self._changes()
        cash = self.portfolio.cash
        for symbol, change in changes:
            if change < 0:
                cash += self._sell(symbol, -change)
        for symbol, change in changes:
            if change > 0:
                cash -= self._buy(symbol, change, cash)
        return Plan(tuple(self.orders), tuple(self.skipped), frozenset(self.again))

    def _changes(self) -> list[tuple[str, Decimal]]:
        """The change in quantity wanted of each coin that is to be traded, by symbol."""
        equity = self.portfolio.equity(self.prices)
        changes = []
        for symbol in sorted({*self.decision.weights, *self.portfolio.holdings}):
            target = self.decision.weights.get(symbol, ZERO) * self.rules.overrides.multiplier
            price, held = self.prices[symbol], self.portfolio.held(symbol)
            if self._is_due(symbol, held * price / equity if equity else ZERO, target):
                changes.append((symbol, target * equity / price - held))
        return changes

    def _is_due(self, symbol: str, weight: Decimal, target: Decimal) -> bool:
        if self.decision.trade is Trade.NOW or symbol in self.unfinished:
            return True
        if self.decision.trade is Trade.HOLD:
            return False
        return abs(weight - target) > max(self.rules.sizing.band, self.rules.sizing.relative_band * target)

    def _sell(self, symbol: str, wanted: Decimal) -> Decimal:
        """Plan a sale; return the cash that it should bring."""
        quantity = self._send(symbol, Side.SELL, wanted)
        return quantity * self.prices[symbol] * (1 - self._cost(symbol))

    def _buy(self, symbol: str, wanted: Decimal, cash: Decimal) -> Decimal:
        """Plan a purchase within the cash; return the cash that it should take."""
        if self.decision.reduce_only or self.rules.overrides.reduce_only:
            return ZERO
        cost_of_one = self.prices[symbol] * (1 + self._cost(symbol))
        quantity = self._send(symbol, Side.BUY, wanted, limit=max(cash, ZERO) / cost_of_one)
        return quantity * cost_of_one

    def _cost(self, symbol: str) -> Decimal:
        instrument = self.rules.instruments[symbol]
        return instrument.fee + instrument.slippage * self.slippage_multiplier

    def _send(self, symbol: str, side: Side, wanted: Decimal, limit: Decimal | None = None) -> Decimal:
        """Add an order that passes the instrument's rules, or note why there is none; return its quantity."""
        instrument, quote = self.rules.instruments[symbol], self.quotes[symbol]
        quantity = instrument.quantity(wanted)
        if quantity == 0:
            return ZERO
        if symbol in self.rules.overrides.no_trade:
            return self._skip(symbol, side, quantity, OrderEnd.NO_TRADE_OVERRIDE)
        if side is Side.BUY and quote.quarantined:
            return self._skip(symbol, side, quantity, OrderEnd.QUARANTINED)
        if not quote.fresh:
            self.again.add(symbol)
            return self._skip(symbol, side, quantity, OrderEnd.NO_PRICE_TODAY)
        allowed = quantity if limit is None else min(quantity, instrument.quantity(limit))
        allowed = min(allowed, self._volume_limit(symbol, instrument, quantity))
        if allowed < quantity:
            self.again.add(symbol)
        if allowed * self.prices[symbol] < instrument.min_notional:
            return self._skip(symbol, side, quantity, OrderEnd.MIN_NOTIONAL)
        identity = order_id(self.rules.run_key, self.decision.at.date(), symbol, side)
        self.orders.append(OrderIntent(identity, self.decision.at, symbol, side, allowed, self.reason))
        return allowed

    def _volume_limit(self, symbol: str, instrument: Instrument, quantity: Decimal) -> Decimal:
        volume = self.quotes[symbol].median_volume
        if math.isnan(volume):
            return quantity
        return instrument.quantity(self.rules.sizing.volume_share * to_decimal(volume) / self.prices[symbol])

    def _skip(self, symbol: str, side: Side, quantity: Decimal, end: OrderEnd) -> Decimal:
        if self.decision.trade is Trade.HOLD:  # a retry of an order that was noted when it was first wanted
            return ZERO
        identity = order_id(self.rules.run_key, self.decision.at.date(), symbol, side)
        self.skipped.append(
            OrderResult(identity, self.decision.at, symbol, side, quantity, OrderStatus.SKIPPED, self.reason, end)
        )
        return ZERO
