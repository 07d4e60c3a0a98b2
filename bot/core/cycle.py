"""Turn a decision and a portfolio into orders: one function for backtest, replay and live tick."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal

from bot.core.decision import Decision, Trade
from bot.core.impact import impact_share
from bot.core.instrument import ZERO, Instrument, to_decimal
from bot.core.orders import OrderEnd, OrderIntent, OrderResult, OrderStatus, Side, order_id
from bot.core.portfolio import Portfolio

_SHOWN = Context(prec=9, rounding=ROUND_DOWN)
"""Digits of the quantity of an order that is under one step."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Prices of one coin or fund at the time at which orders are sized.

    `price` is the last close, `fresh` is True if it is of the day just ended (of a fund: of the newest session),
    `median_volume` is the 30-day median of the daily volume in the quote currency (NaN: unknown, so unlimited). A
    `quarantined` coin may only be sold. `volatility` is the standard deviation of daily log returns (NaN: unknown, so
    without impact). `closed` is True on a fund's weekends and holidays.
    """

    price: float
    fresh: bool
    median_volume: float
    quarantined: bool = False
    volatility: float = math.nan
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Overrides:
    """Manual overrides: exposure multiplier, reduce-only, no-trade list, flat.

    `multiplier` (0 to 1) scales every target weight; `reduce_only` allows sales only; coins in `no_trade` get no
    orders; `flat` sells every holding, whatever the decision.
    """

    multiplier: Decimal = Decimal(1)
    reduce_only: bool = False
    no_trade: frozenset[str] = frozenset()
    flat: bool = False


@dataclass(frozen=True, slots=True)
class SizingRules:
    """The rebalancing band and the volume limit, all as shares.

    A coin is rebalanced if |weight - target| > max(`band`, `relative_band` x target). An order is at most
    `volume_share` of the coin's median daily volume.
    """

    band: Decimal
    relative_band: Decimal
    volume_share: Decimal


@dataclass(frozen=True, slots=True)
class Plan:
    """The orders of one decision, sells first, and the skipped ones.

    `unfinished` are the coins whose order was cut or skipped, to be retried the next day; `capped` are those cut by the
    volume limit.
    """

    orders: tuple[OrderIntent, ...]
    skipped: tuple[OrderResult, ...]
    unfinished: frozenset[str]
    capped: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TradingRules:
    """Rules that are constant during a run: instruments, sizing, overrides, run key, and the coefficient of impact."""

    instruments: Mapping[str, Instrument]
    sizing: SizingRules
    overrides: Overrides
    run_key: str
    impact: float = 0.0


def cycle(
    decision: Decision,
    portfolio: Portfolio,
    quotes: Mapping[str, Quote],
    rules: TradingRules,
    unfinished: frozenset[str],
    slippage_multiplier: Decimal,
) -> Plan:
    """Plan the orders that move a portfolio towards a decision's weights.

    Parameters
    ----------
    decision
        Target weights as shares of equity.
    portfolio
        Cash and holdings before the orders.
    quotes
        A quote of every coin that is held or targeted.
    rules
        Instruments, sizing and overrides.
    unfinished
        Coins of which an earlier order was filled only in part.
    slippage_multiplier
        Factor on the slippage of every instrument, above 1 in stress.

    Returns
    -------
    Plan
        Orders on the lot grid: sells first, then buys within the cash that the sells should bring.
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
        self.capped: set[str] = set()

    def plan(self) -> Plan:
        changes = self._changes()
        cash = self.portfolio.cash
        for symbol, change in changes:  # sales first: their proceeds pay for the purchases
            if change < 0:
                cash += self._sell(symbol, -change)
        for symbol, change in changes:
            if change > 0:
                cash -= self._buy(symbol, change, cash)
        return Plan(tuple(self.orders), tuple(self.skipped), frozenset(self.again), frozenset(self.capped))

    def _changes(self) -> list[tuple[str, Decimal]]:
        """Return the change in quantity of each coin that is due for a trade, by symbol."""
        # Weights are shares of the equity before the orders, so that a sale does not change the size of a purchase.
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

    def _sell(self, symbol: str, change: Decimal) -> Decimal:
        """Plan a sale and return its expected proceeds after costs."""
        quantity = self._send(symbol, Side.SELL, change)
        return quantity * self.prices[symbol] * (1 - self._cost(symbol, quantity))

    def _buy(self, symbol: str, change: Decimal, cash: Decimal) -> Decimal:
        """Plan a purchase within the cash and return its expected cost."""
        if self.decision.reduce_only or self.rules.overrides.reduce_only:
            # A purchase that was cut waits for the day on which buying is allowed. A decision to trade now plans anew.
            if symbol in self.unfinished and self.decision.trade is not Trade.NOW:
                self.again.add(symbol)
            return ZERO
        # At the impact of the whole order, before cash cuts it: the plan may only be too careful.
        expected = min(change, self._volume_limit(symbol, self.rules.instruments[symbol], change))
        cost_of_one = self.prices[symbol] * (1 + self._cost(symbol, expected))
        quantity = self._send(symbol, Side.BUY, change, limit=max(cash, ZERO) / cost_of_one)
        return quantity * cost_of_one

    def _cost(self, symbol: str, quantity: Decimal) -> Decimal:
        """Return the expected costs of an order as a share of its notional."""
        instrument, quote = self.rules.instruments[symbol], self.quotes[symbol]
        notional = float(quantity) * quote.price
        impact = impact_share(self.rules.impact, quote.volatility, notional, quote.median_volume)
        return instrument.fee + instrument.slippage * self.slippage_multiplier + to_decimal(impact)

    def _send(self, symbol: str, side: Side, change: Decimal, limit: Decimal | None = None) -> Decimal:
        """Add an order that passes the instrument's rules, or record why it is skipped; return its quantity."""
        instrument, quote = self.rules.instruments[symbol], self.quotes[symbol]
        quantity = instrument.quantity(change)
        if quantity == 0:
            return self._under_one_step(symbol, side, change)
        if symbol in self.rules.overrides.no_trade:
            return self._skip(symbol, side, quantity, OrderEnd.NO_TRADE_OVERRIDE)
        if side is Side.BUY and quote.quarantined:
            return self._skip(symbol, side, quantity, OrderEnd.QUARANTINED)
        if quote.closed:
            self.again.add(symbol)
            return self._skip(symbol, side, quantity, OrderEnd.MARKET_CLOSED)
        if not quote.fresh:
            self.again.add(symbol)
            return self._skip(symbol, side, quantity, OrderEnd.NO_PRICE_TODAY)
        allowed = quantity if limit is None else min(quantity, instrument.quantity(limit))
        tradable = self._volume_limit(symbol, instrument, quantity)
        if tradable < allowed:
            self.capped.add(symbol)
        allowed = min(allowed, tradable)
        if allowed < quantity:
            self.again.add(symbol)
        if quote.median_volume == 0:
            return self._skip(symbol, side, quantity, OrderEnd.NO_VOLUME)
        if allowed * self.prices[symbol] < instrument.min_notional:
            return self._skip(symbol, side, quantity, OrderEnd.MIN_NOTIONAL)
        if allowed < instrument.min_quantity:
            return self._skip(symbol, side, quantity, OrderEnd.MIN_QUANTITY)
        identity = order_id(self.rules.run_key, self.decision.at.date(), symbol, side)
        self.orders.append(OrderIntent(identity, self.decision.at, symbol, side, allowed, self.reason))
        return allowed

    def _under_one_step(self, symbol: str, side: Side, change: Decimal) -> Decimal:
        """Record an order of less than one step, unless it is the remainder of a position that is on its target."""
        price, instrument = self.prices[symbol], self.rules.instruments[symbol]
        target = self.decision.weights.get(symbol, ZERO) * self.rules.overrides.multiplier
        # Rounding leaves a remainder after every order: it is worth less than the smallest order.
        if self.portfolio.held(symbol) > 0 and target > 0 and change * price < instrument.min_notional:
            return ZERO
        return self._skip(symbol, side, _SHOWN.plus(change), OrderEnd.UNDER_ONE_STEP)

    def _volume_limit(self, symbol: str, instrument: Instrument, quantity: Decimal) -> Decimal:
        volume = self.quotes[symbol].median_volume
        if math.isnan(volume):
            return quantity
        return instrument.quantity(self.rules.sizing.volume_share * to_decimal(volume) / self.prices[symbol])

    def _skip(self, symbol: str, side: Side, quantity: Decimal, end: OrderEnd) -> Decimal:
        if self.decision.trade is Trade.HOLD:  # a retry: the order was recorded as skipped on the day of its decision
            return ZERO
        identity = order_id(self.rules.run_key, self.decision.at.date(), symbol, side)
        self.skipped.append(
            OrderResult(identity, self.decision.at, symbol, side, quantity, OrderStatus.SKIPPED, self.reason, end)
        )
        return ZERO
