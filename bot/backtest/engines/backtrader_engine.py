"""The backtrader engine: backtrader queues and matches the orders of a plan and keeps the cash.

Prices go in as value a lot and sizes as whole lots, because the dust of fractional sizes decides orders. The exact
book plans the orders and prices the fills. The run fails if backtrader's cash or holdings differ from the book's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import backtrader as bt
import numpy as np

from bot.core.book import Book
from bot.core.moments import Days
from bot.core.orders import OrderEnd, OrderIntent, Settlement, Side
from bot.core.portfolio import Portfolio
from bot.core.run_plan import RunPlan

CASH_TOLERANCE = 1e-6
"""Largest difference between backtrader's cash and the book's, as a share of equity: its floats add up errors."""
_MOST_LOTS = 10**15
"""Size of a stop order: more than any holding, because the book cuts it to the holding of the moment."""


def run_backtrader(plan: RunPlan) -> Book:
    """Run a plan and return its book with every event.

    Raises
    ------
    AssertionError
        If backtrader's cash or positions differ from the book's, which is a bug.
    """
    first, last = plan.times[0].date(), plan.times[-1].date()
    # One day more in front: an order is created on a bar and filled at the open of the next.
    days: Days = np.arange(np.datetime64(first, "D") - 1, np.datetime64(last, "D") + 1)
    book = Book(plan)
    cerebro = _Cerebro(stdstats=False, runonce=True, preload=True)
    cerebro.setbroker(_LotBroker(book))
    cerebro.broker.set_cash(float(plan.cash))
    cerebro.broker.set_checksubmit(False)
    # A plan without a single target still needs a clock: ETH's rows, which nothing then trades.
    for symbol in plan.coins or [plan.market.roles.eth]:
        instrument = plan.rules.instruments[symbol]
        closes = (np.nan_to_num(plan.prices.of(symbol).close, nan=0.0) * float(instrument.step)).tolist()
        feed = _LotFeed(closes=closes, days=days)
        cerebro.adddata(feed, name=symbol)
        cerebro.broker.addcommissioninfo(_Fee(commission=float(instrument.fee)), name=symbol)
    cerebro.addstrategy(_Follower, book=book)
    cerebro.run()
    return book


class _Cerebro(bt.Cerebro):  # type: ignore[misc]  # backtrader is untyped
    """backtrader's loop over bars, for feeds that all have the same days."""

    def _runonce(self, runstrats: Sequence[bt.Strategy]) -> None:
        (follower,) = runstrats
        follower._once()
        follower.reset()
        # backtrader would compare the clocks of all feeds on every bar.
        for time in self.datas[0].times:
            for feed in self.datas:
                feed.advance()
            self._brokernotify()
            follower._oncepost(time)


class _Fee(bt.CommInfoBase):  # type: ignore[misc]
    params = (("stocklike", True), ("commtype", bt.CommInfoBase.COMM_PERC), ("percabs", True))


class _LotFeed(bt.feed.DataBase):  # type: ignore[misc]
    """Closes of a coin on the common calendar, as the value of one lot, filled in bulk.

    The book prices every fill, so one buffer serves all prices; a missing day repeats the last close. The per-tick
    state of a live feed is left out, because it took most of a run's time.
    """

    params = (("closes", None), ("days", None))

    def preload(self) -> None:
        self.times: list[float] = ((self.p.days - np.datetime64("0001-01-01", "D")).astype(float) + 1).tolist()
        price, clock = self.lines.close, self.lines.datetime
        for line, values in ((price, self.p.closes), (clock, self.times)):
            line.array.extend(values)
            line.lencount = len(values)
        self.lines.lines = [clock if line is clock else price for line in self.lines.lines]
        self._price, self._clock_line = price, clock
        self.home()

    def _load(self) -> bool:
        return False

    def advance(self, size: int = 1, datamaster: object = None, ticks: bool = True) -> None:
        # Without backtrader's own calls, two a line, coin and day: they took 5% of a run.
        price, clock = self._price, self._clock_line
        price._idx += size
        price.lencount += size
        clock._idx += size
        clock.lencount += size


class _LotBroker(bt.brokers.BackBroker):  # type: ignore[misc]
    """backtrader's broker with prices and affordable quantities from the book."""

    def __init__(self, book: Book) -> None:
        super().__init__()
        self.book = book
        self.p.filler = self._allowed_lots
        self.intents: dict[int, OrderIntent] = {}
        self.stops: dict[int, tuple[bt.Order, str, Decimal]] = {}

    def send(self, strategy: bt.Strategy, intent: OrderIntent) -> None:
        """Queue an order for the next open."""
        data = strategy.getdatabyname(intent.symbol)
        lots = self.book.plan.rules.instruments[intent.symbol].lots(intent.quantity)
        kind = bt.BuyOrder if intent.side is Side.BUY else bt.SellOrder
        # `simulated` skips the end of the session, which only orders that are valid for a day need.
        order = kind(owner=strategy, data=data, size=lots, exectype=bt.Order.Market, simulated=True)
        self._ocoize(order, None)
        self.intents[order.ref] = intent
        self.submit(order, check=False)

    def place_stops(self, strategy: bt.Strategy, levels: Mapping[str, Decimal]) -> None:
        """Replace the stop orders by those of a decision; backtrader finds out which are triggered, and where."""
        for order, *_ in self.stops.values():
            self.cancel(order)
        self.stops.clear()
        for symbol, level in levels.items():
            if symbol in self.book.plan.coins:  # another coin has no feed, and is never held
                data = strategy.getdatabyname(symbol)
                order = strategy.sell(data=data, size=_MOST_LOTS, exectype=bt.Order.Stop, price=float(level))
                self.stops[order.ref] = order, symbol, level

    def next(self) -> None:
        """Match the waiting orders at the open of a bar."""
        # backtrader would also compute interest and futures' cash for each coin and bar: both are zero here.
        for _ in range(len(self.pending)):
            order = self.pending.popleft()
            self._try_exec(order)
            if order.alive():
                self.pending.append(order)

    def notify(self, order: bt.Order) -> None:
        """Skip messages: the book records the end of each order, and backtrader would copy the order for a message."""

    def settle(self, strategy: bt.Strategy, settlement: Settlement) -> None:
        """Remove a settled coin from the positions and add the proceeds or the successor."""
        self._move(strategy, settlement.symbol, -settlement.quantity, settlement.price)
        if settlement.into is not None:
            self._move(strategy, settlement.into, settlement.received, settlement.price)
        else:
            self.cash += float(settlement.quantity * settlement.price - settlement.fee)

    def _move(self, strategy: bt.Strategy, symbol: str, quantity: Decimal, price: Decimal) -> None:
        instrument = self.book.plan.rules.instruments[symbol]
        lots = instrument.lots(abs(quantity)) * (1 if quantity > 0 else -1)
        self.getposition(strategy.getdatabyname(symbol)).update(lots, float(price * instrument.step))

    def _try_exec_market(self, order: bt.Order, popen: float, phigh: float, plow: float) -> None:
        intent = self.intents.pop(order.ref)
        open_price = self.book.open_price(intent.symbol, _day_of(order))
        if open_price is None:
            self.book.unfilled(intent, OrderEnd.NO_BAR)
            return self._drop(order)
        price = self.book.price_for(intent, open_price)
        self._quantity = self.book.quantity_for(intent, price)
        step = self.book.plan.rules.instruments[intent.symbol].step
        if self._quantity == 0:
            self.book.unfilled(intent, OrderEnd.CASH_SHORT)
            return self._drop(order)
        self._lots = int(self._quantity / step)
        self._execute(order, ago=0, price=float(price * step))
        if order.status == bt.Order.Margin:
            raise AssertionError(f"backtrader refused {intent}: its cash {self.cash} differs from the book's")
        self.book.filled(intent, self._quantity, price, open_price)
        if order.alive():
            self._drop(order)

    def _try_exec_stop(
        self, order: bt.Order, popen: float, phigh: float, plow: float, pcreated: float, pclose: float
    ) -> None:
        _, symbol, _ = self.stops[order.ref]
        if self.getposition(order.data).size:  # the feeds hold closes a lot: the book has the coin's prices
            open_price, low = self.book.open_and_low(symbol, _day_of(order))
            if not math.isnan(open_price):
                super()._try_exec_stop(order, open_price, phigh, low, pcreated, pclose)

    def _execute(self, order: bt.Order, ago: int | None = None, price: float | None = None, **given: object) -> None:
        if order.ref not in self.stops:
            super()._execute(order, ago=ago, price=price, **given)
            return
        _, symbol, level = self.stops.pop(order.ref)
        sent = self.book.stop_out(symbol, level, _day_of(order), float(price or 0))
        if sent is not None:
            step = self.book.plan.rules.instruments[symbol].step
            self._lots = int(sent.quantity / step)
            super()._execute(order, ago=ago, price=float(self.book.price_for(sent, float(price or 0)) * step))
        self._drop(order)

    def _drop(self, order: bt.Order) -> None:
        """End an order that is being matched; `cancel` alone reaches waiting orders only."""
        order.cancel()
        self.notify(order)

    def _get_value(self, datas: object = None, lever: bool = False) -> float:
        """Return 0: the book values the portfolio, and backtrader would value every coin again on every day."""
        return 0.0

    def _allowed_lots(self, order: bt.Order, price: float, ago: int) -> int:
        return self._lots


def _day_of(order: bt.Order) -> date:
    """Return the UTC day of the bar on which an order is matched."""
    return datetime.fromordinal(int(order.data.datetime[0])).replace(tzinfo=UTC).date()


class _Follower(bt.Strategy):  # type: ignore[misc]
    """Value the day that closed, then settle, decide and send the orders for the next open."""

    params = (("book", None),)

    def __init__(self) -> None:
        self.book: Book = self.p.book
        self._checked: Portfolio | None = None

    def _getminperstatus(self) -> int:
        """Return -1, which calls `next` on every bar; backtrader would count the bars of every coin for it."""
        return -1

    def _notify(self, qorders: object = (), qtrades: object = ()) -> None:
        """Skip the messages of a bar: the broker sends none."""

    def next(self) -> None:
        closed = len(self) - 2  # the decision whose day has just closed; the first bar lies before them all
        if closed >= 0:
            self.book.value(closed)
            self._check()
        times = self.book.plan.times
        if closed + 1 == len(times):
            return
        day = times[closed + 1].date()
        for settlement in self.book.settle(day):
            self.broker.settle(self, settlement)
        for intent in self.book.decide(closed + 1):
            self.broker.send(self, intent)
        self.broker.place_stops(self, self.book.stop_levels())

    def _check(self) -> None:
        """Compare backtrader's cash and lots with the book's after each change of the portfolio."""
        valued, portfolio = self.book.events[-1], self.book.portfolio
        if portfolio is self._checked:
            return
        self._checked = portfolio
        difference = abs(self.broker.cash - float(portfolio.cash)) / float(valued.equity)  # type: ignore[union-attr]
        if not difference <= CASH_TOLERANCE:  # written so that NaN fails too
            raise AssertionError(f"backtrader's cash {self.broker.cash}, the book's {portfolio.cash}")
        for symbol, quantity in portfolio.holdings.items():
            lots = self.book.plan.rules.instruments[symbol].lots(quantity)
            held = self.broker.getposition(self.getdatabyname(symbol)).size
            if held != lots:
                raise AssertionError(f"{symbol}: backtrader holds {held} lots, the book {lots}")
