"""The backtrader engine against the same orders through backtrader's own PandasData, in turn, in one process."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import backtrader as bt
import numpy as np
import pandas as pd

from bot.backtest.engines.backtrader_engine import run_backtrader
from bot.backtest.engines.exact import run_exact
from bot.core.decision import Decision, Trade
from bot.core.events import Valuation
from bot.core.listing import Release
from bot.core.market import Market, Series
from bot.core.moments import midnight
from bot.core.orders import OrderIntent, Side
from bot.core.run_plan import RunPlan
from bot.core.series_kind import SeriesKind
from bot.core.window import Window
from bot.data.timeline import due, known_at, us_sessions
from bot.services.plans import run_plan
from bot.settings.loader import load_config

COINS, DAYS, FIRST = 20, 3650, date(2014, 1, 1)
ROUNDS = 5
SLIPPAGE = 0.003


def engine_ratio() -> dict[str, float]:
    """Median seconds of each way over several rounds, and their ratio; both must end with the same cash."""
    plan = benchmark_plan()
    book = run_exact(plan)
    orders = [event for event in book.events if isinstance(event, OrderIntent)]
    fast, slow = [], []
    for _ in range(ROUNDS):
        fast.append(_seconds(lambda: run_backtrader(plan)))
        slow.append(_seconds(lambda: _run_pandas_data(plan, orders)))
    cash, own = _run_pandas_data(plan, orders), float(book.portfolio.cash)
    last = [event for event in book.events if isinstance(event, Valuation)][-1]
    if abs(cash - own) > 1e-3 * float(last.equity):
        raise AssertionError(f"the two ways differ: cash {cash} and {own}")
    numpy_feed, pandas_data = statistics.median(fast), statistics.median(slow)
    return {
        "numpy_feed": numpy_feed,
        "pandas_data": pandas_data,
        "ratio": pandas_data / numpy_feed,
        "fills": len(orders),
    }


def benchmark_plan() -> RunPlan:
    """Twenty coins over ten years, rebalanced in stages every month between four baskets."""
    random = np.random.default_rng(1)
    days = np.datetime64(FIRST, "D") + np.arange(DAYS)
    sessions = us_sessions(FIRST, FIRST + timedelta(days=DAYS))
    symbols = ["ETH", "BTC", *(f"C{i:02d}" for i in range(COINS - 2))]
    series = {symbol: _series(symbol, random, days, sessions) for symbol in symbols}
    slippage = dict.fromkeys(("major", "large", "other"), SLIPPAGE)
    config = load_config(changes={"costs": {"slippage": slippage}})
    market = Market("benchmark", config.roles.roles(), sessions, series)
    window = Window(FIRST + timedelta(days=1), FIRST + timedelta(days=DAYS - 1))
    decisions = []
    for i in range(1, DAYS):
        basket = symbols[(i // 30 % 4) * 5 :][:8]
        weights = {symbol: Decimal("0.9") / len(basket) for symbol in basket}
        trade = Trade.NOW if i % 30 in (1, 2) else Trade.HOLD
        decisions.append(Decision(midnight(FIRST + timedelta(days=i)), "IN", "IN", weights, ("benchmark",), trade))
    made = run_plan(config, market, window, "benchmark")
    return replace(made, decisions=decisions, slippage_multipliers=[Decimal(1)] * len(decisions))


def _series(symbol: str, random: np.random.Generator, days: Any, sessions: Any) -> Series:
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.03, DAYS)))
    opens = np.concatenate(([close[0]], close[:-1]))
    high, low = np.maximum(opens, close) * 1.01, np.minimum(opens, close) * 0.99
    known, expected = known_at(days, Release.UTC_DAY, sessions), due(days, Release.UTC_DAY, sessions)
    volume = np.full(DAYS, 1e12)
    return Series(symbol, SeriesKind.CRYPTO, days, opens, high, low, close, volume, known, expected, "random", "")


class _Replay(bt.Strategy):  # type: ignore[misc]
    """Sends each recorded order on the bar before its open."""

    params = (("orders", None), ("steps", None))

    def next(self) -> None:
        tomorrow = self.datetime.date(0) + timedelta(days=1)
        for order in self.p.orders.get(tomorrow, ()):
            place = self.buy if order.side is Side.BUY else self.sell
            place(data=self.getdatabyname(order.symbol), size=int(order.quantity / self.p.steps[order.symbol]))


def _run_pandas_data(plan: RunPlan, orders: Sequence[OrderIntent]) -> float:
    by_day = defaultdict(list)
    for order in orders:
        by_day[order.at.date()].append(order)
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.broker.set_cash(float(plan.cash))
    cerebro.broker.set_checksubmit(False)
    cerebro.broker.set_slippage_perc(SLIPPAGE, slip_out=True)
    steps = {symbol: plan.rules.instruments[symbol].step for symbol in plan.coins}
    for symbol in plan.coins:
        series, step = plan.market[symbol], float(steps[symbol])
        frame = pd.DataFrame(
            {name: getattr(series, name) * step for name in ("open", "high", "low", "close")} | {"volume": 0.0},
            index=pd.DatetimeIndex(series.dates.astype("datetime64[ns]")),
        )
        cerebro.adddata(bt.feeds.PandasData(dataname=frame), name=symbol)
    cerebro.broker.setcommission(commission=0.001, percabs=True, commtype=bt.CommInfoBase.COMM_PERC, stocklike=True)
    cerebro.addstrategy(_Replay, orders=by_day, steps=steps)
    cerebro.run()
    return float(cerebro.broker.get_cash())


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
