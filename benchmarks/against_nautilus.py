"""Both engines, compared, against NautilusTrader on the same orders: `PYTHON -m benchmarks.against_nautilus`.

PYTHON is the interpreter of an environment with the bot's libraries and nautilus_trader, which needs an older pandas
than the project. NautilusTrader fills market orders at the bars, with a fee and without slippage; making its bars is
not counted.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, CurrencyType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, TraderId, Venue
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.objects import Currency, Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

from benchmarks.engine import ROUNDS, benchmark_plan
from bot.backtest.engines.backtrader_engine import run_backtrader
from bot.backtest.engines.exact import run_exact
from bot.core.market import Series
from bot.core.moments import ONE_DAY
from bot.core.orders import OrderIntent, Side
from bot.core.run_plan import RunPlan

VENUE = Venue("SIM")
FEE = Decimal("0.001")
PRICE_DIGITS, SIZE_DIGITS = 6, 8


class SendsOrders(Strategy):  # type: ignore[misc]  # the library has no types
    """Sends the orders of a day at the close of the day before, when the last coin's bar has come."""

    def __init__(self, bar_types: Mapping[str, Any], orders: Mapping[date, Sequence[OrderIntent]]) -> None:
        super().__init__(StrategyConfig())
        self._bar_types, self._orders = bar_types, orders
        self._last = list(bar_types.values())[-1]

    def on_start(self) -> None:
        """Ask for the bars of every coin."""
        for bar_type in self._bar_types.values():
            self.subscribe_bars(bar_type)

    def on_bar(self, bar: Any) -> None:
        """Send the orders of the day that begins with the bar's close."""
        if bar.bar_type != self._last:
            return
        for order in self._orders.get(datetime.fromtimestamp(bar.ts_event // 10**9, UTC).date(), ()):
            side = OrderSide.BUY if order.side is Side.BUY else OrderSide.SELL
            instrument = self._bar_types[order.symbol].instrument_id
            self.submit_order(self.order_factory.market(instrument, side, Quantity(float(order.quantity), SIZE_DIGITS)))


def nautilus_ratios() -> list[tuple[float, float]]:
    """CPU seconds of both engines with their comparison, and of NautilusTrader, in each round."""
    plan = benchmark_plan()
    orders = [event for event in run_exact(plan).events if isinstance(event, OrderIntent)]
    rounds = []
    for _ in range(ROUNDS):
        own = _seconds(lambda: _both_engines(plan))
        engine = _engine(plan, orders)
        rounds.append((own, _seconds(engine.run)))
        filled = sum(order.status.name == "FILLED" for order in engine.cache.orders())
        engine.dispose()
        if filled != len(orders):
            raise AssertionError(f"NautilusTrader filled {filled} of {len(orders)} orders")
    return rounds


def _both_engines(plan: RunPlan) -> None:
    if run_backtrader(plan).events != run_exact(plan).events:
        raise AssertionError("the engines disagree")


def _engine(plan: RunPlan, orders: Sequence[OrderIntent]) -> Any:
    """Set up an engine with a bar a coin and day."""
    config = BacktestEngineConfig(trader_id=TraderId("BENCHMARK-1"), logging=LoggingConfig(bypass_logging=True))
    engine = BacktestEngine(config)
    engine.add_venue(
        venue=VENUE,
        oms_type=OmsType.NETTING,
        account_type=AccountType.CASH,
        base_currency=None,
        starting_balances=[Money(float(plan.cash), USDT)],
        bar_execution=True,
    )
    bar_types = {}
    for symbol in plan.coins:
        pair = _pair(symbol)
        engine.add_instrument(pair)
        bar_types[symbol] = BarType.from_str(f"{pair.id}-1-DAY-LAST-EXTERNAL")
        engine.add_data(_bars(bar_types[symbol], plan.market[symbol]), sort=True)
    by_day: dict[date, list[OrderIntent]] = defaultdict(list)
    for order in orders:
        by_day[order.at.date()].append(order)
    engine.add_strategy(SendsOrders(bar_types, by_day))
    return engine


def _pair(symbol: str) -> Any:
    name = Symbol(f"{symbol}USDT")
    return CurrencyPair(
        instrument_id=InstrumentId(name, VENUE),
        raw_symbol=name,
        base_currency=Currency(symbol, SIZE_DIGITS, 0, symbol, CurrencyType.CRYPTO),
        quote_currency=USDT,
        price_precision=PRICE_DIGITS,
        size_precision=SIZE_DIGITS,
        price_increment=Price.from_str("0.000001"),
        size_increment=Quantity.from_str("0.00000001"),
        ts_event=0,
        ts_init=0,
        maker_fee=FEE,
        taker_fee=FEE,
    )


def _bars(bar_type: Any, series: Series) -> list[Any]:
    ends = (series.dates + np.timedelta64(ONE_DAY)).astype("datetime64[ns]").astype(np.int64).tolist()
    prices = zip(*(column.tolist() for column in (series.open, series.high, series.low, series.close)), strict=True)
    volume = Quantity(1e9, SIZE_DIGITS)
    return [
        Bar(bar_type, *(Price(price, PRICE_DIGITS) for price in four), volume, end, end)
        for four, end in zip(prices, ends, strict=True)
    ]


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    """Measure and print."""
    for own, theirs in nautilus_ratios():
        print(f"both engines {own:.2f} CPU s, NautilusTrader {theirs:.2f} CPU s: {own / theirs:.2f} (target 0.5)")


if __name__ == "__main__":
    main()
