"""The book of one run: decisions, plans, settlements and valuations, the same for every engine."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from bot.core.corporate_actions import ScheduledSettlement
from bot.core.cycle import Quote, cycle
from bot.core.daily_rule import DailyCaller
from bot.core.decision import Decision, Trade
from bot.core.errors import DataError
from bot.core.events import Event, Late, OrdersToRetry, Valuation
from bot.core.execution import affordable, fill, fill_price
from bot.core.impact import impact_share
from bot.core.instrument import COARSE_TICK, ZERO, Instrument, to_decimal
from bot.core.moments import ONE_DAY, midnight
from bot.core.new_names import NewNames
from bot.core.orders import Fill, OrderEnd, OrderIntent, OrderResult, OrderStatus, Settlement, Side
from bot.core.portfolio import Portfolio
from bot.core.run_plan import RunPlan
from bot.core.settlements import settle_holding
from bot.core.stop_levels import exact_level, trigger_price
from bot.core.stop_orders import StopState, plan_stop_sale


class Book:
    """The exact ledger of a run: it plans orders, records fills and values each day for the engines.

    `capped` are the days and coins of the orders that the volume limit cut.
    """

    def __init__(self, plan: RunPlan) -> None:
        self.plan = plan
        self.portfolio = Portfolio(plan.cash)
        self.events: list[Event] = []
        self.warnings: list[str] = []
        self.capped: list[tuple[date, str]] = []
        self._unfinished: frozenset[str] = frozenset()
        self._waiting = not plan.adopt and not plan.begins_with_entry
        self._marks: dict[str, float] = {}
        self._names = NewNames()
        self._coarse: set[str] = set()
        self.remade: list[Decision] = []
        self._caller = DailyCaller(plan.daily, plan.market, plan.rules.instruments) if plan.daily else None
        self._stage, self._noted = "", 0
        self._stops = StopState()

    def recall(self, events: Iterable[Event]) -> None:
        """Restore the state of the book from its events, in their order.

        A daily strategy is asked again at each recorded decision, which restores its memory; `remade` has its answers,
        and the recorded decisions stand.
        """
        for event in events:
            if self._caller:
                self._remind(self._caller, event)
            self._stops.note(event, self._is_held)
            match event:
                case Fill():
                    self.portfolio = self.portfolio.apply(event)
                case Settlement():
                    self.portfolio = self.portfolio.apply(event)
                    self._remember_name(event)
                case OrdersToRetry():
                    self._unfinished = event.symbols
                case Decision() if self._waiting:
                    self._waiting = bool(event.weights)

    def _remind(self, caller: DailyCaller, event: Event) -> None:
        if isinstance(event, Decision):
            self._stage = event.stage
            if caller.is_due(event.at):
                self.remade.append(caller.decide(event.at, self.portfolio, self._close_known(event.at)))
        caller.note(event)

    def extend_plan(self, plan: RunPlan) -> None:
        """Replace the plan by a longer one that begins with all days of the present one."""
        self.plan = plan

    def fork(self) -> Book:
        """Return a copy of this book with the same state and an empty event list."""
        other = Book(self.plan)
        other.portfolio, other._unfinished, other._waiting = self.portfolio, self._unfinished, self._waiting
        other._marks, other._names = dict(self._marks), self._names.fork()
        other._stage, other._caller = self._stage, self._caller and self._caller.fork()
        other._stops = self._stops.fork()
        return other

    def decides_as(self, other: Book) -> bool:
        """Return True if another book of the same plan is in the same state, so that both trade a day in the same way.

        False for a daily strategy, which may keep any state of its own.
        """
        return self._caller is None and self._state() == other._state()

    def _state(self) -> tuple[object, ...]:
        # The order of the holdings counts: equity is summed and rounded in it.
        held = list(self.portfolio.holdings.items())
        stops = self._stops.levels, self._stops.sold
        return self.portfolio.cash, held, self._unfinished, self._waiting, self._marks, self._names, stops

    # --- the morning: settle, decide, plan ------------------------------------------------------------------

    def settle(self, day: date) -> list[Settlement]:
        """Settle the holdings of coins that have ended, on the day after their last row or on the first day known."""
        settled = []
        # Sorted, so that the events of a day have the same order in every run.
        holdings, endings = self.portfolio.holdings, self.plan.endings
        for symbol in sorted(holdings.keys() & endings.keys()):
            (due, settling), quantity = endings[symbol], holdings[symbol]
            if due > day:
                continue
            settled.append(self._settlement(day, settling, quantity))
            self._record(settled[-1])
            self._stops.note(settled[-1])
            self._remember_name(settled[-1])
            if settling.into is not None and symbol in self._unfinished:
                self._try_again(self._unfinished - {symbol} | {settling.into}, midnight(day))
            if settling.warning:
                self._warn(settling.warning)
        return settled

    def note_late(self, late: Late) -> None:
        """Record that the next decision comes late."""
        self._stops.note(late)
        self.events.append(late)

    def decide(self, i: int) -> tuple[OrderIntent, ...]:
        """Record a decision and plan its orders, sells first."""
        decision = self._decision(i)
        self._stage = decision.stage
        self._stops.note(decision, self._is_held)
        self.events.append(decision)
        acting = self._acting(decision, is_first=i == 0)
        if acting.trade is Trade.HOLD and not self._unfinished:
            return ()
        if not acting.weights and not self.portfolio.holdings:
            self._try_again(frozenset(), decision.at)
            return ()
        # Held coins are quoted too: equity is valued before the orders, and a dropped coin is sold.
        quotes = {s: self._quote(s, decision.at.date()) for s in {*acting.weights, *self.portfolio.holdings}}
        plan = cycle(
            acting, self.portfolio, quotes, self.plan.rules, self._unfinished, self.plan.slippage_multipliers[i]
        )
        if self._stops.sold and acting.trade is not Trade.NOW:
            plan = self._stops.with_reason(plan)
        self._try_again(plan.unfinished, decision.at)
        self.capped += [(decision.at.date(), symbol) for symbol in sorted(plan.capped)]
        self.events.extend(plan.skipped)
        self.events.extend(plan.orders)
        return plan.orders

    def _decision(self, i: int) -> Decision:
        """Return the decision of a day; a daily strategy is asked now, with the book as it stands."""
        if self._caller is None:
            return self.plan.decisions[i]
        for event in self.events[self._noted :]:
            self._caller.note(event)
        self._noted = len(self.events)
        at = self.plan.times[i]
        return self._caller.decide(at, self.portfolio, self._close_known(at))

    @property
    def reads_book(self) -> bool:
        """True if a daily strategy has looked at its cash, holdings or equity."""
        return self._caller is not None and self._caller.reads_book

    def _acting(self, decision: Decision, is_first: bool) -> Decision:
        """Adjust a decision to overrides, renamed coins and the mode in which the book starts."""
        weights = self._names.of_weights(decision.weights)
        if weights is not decision.weights:
            decision = replace(decision, weights=weights)
        if self._waiting:
            # The strategy is inside a trade that began before this ledger; the next empty decision ends the wait.
            self._waiting = bool(decision.weights)
            return replace(decision, weights={})
        if self.plan.rules.overrides.flat:
            return replace(decision, weights={}, trade=Trade.NOW, reasons=("flat", *decision.reasons))
        if is_first and self.plan.adopt:
            # The strategy may hold already on the first day, with no trade due; the book has to buy what it holds.
            return replace(decision, trade=Trade.NOW, reasons=("adopted", *decision.reasons))
        if self._stops.sold and decision.trade is not Trade.NOW:
            # Only a decision to trade now buys back a coin that a stop sold; a remainder is sold, not topped up.
            kept = {symbol: weight for symbol, weight in decision.weights.items() if symbol not in self._stops.sold}
            return replace(decision, weights=kept)
        return decision

    # --- the open: match ------------------------------------------------------------------------------------

    def open_price(self, symbol: str, day: date) -> float | None:
        """Return the open of a day in the quote currency, if the day has one."""
        prices = self.plan.prices
        price = prices.of(symbol).open[prices.index(day)]
        return None if math.isnan(price) else price

    def close_before(self, symbol: str, day: date) -> Decimal:
        """Return the newest close that was known when a day began."""
        price, _ = self._close(symbol, day - ONE_DAY)
        return to_decimal(price)

    def price_for(self, order: OrderIntent, open_price: float) -> Decimal:
        """Compute the fill price of an order from an open, slippage included."""
        instrument = self._instrument(order.symbol)
        self._check_tick(instrument, open_price, order.at.date())
        spread = instrument.slippage * self._slippage_on(order.at.date())
        impact = to_decimal(self.impact_of(order, open_price))
        return fill_price(open_price, order.side, spread + impact, instrument)

    def impact_of(self, order: OrderIntent | Fill, reference: float) -> float:
        """Compute the market impact of an order at a reference price, as a share of it."""
        coin = self.plan.prices.of(order.symbol)
        i = self.plan.prices.index(order.at.date()) - 1  # volume and volatility up to the day before are known
        notional = float(order.quantity) * reference
        return impact_share(self.plan.rules.impact, coin.volatility[i], notional, coin.median_volume[i])

    def quantity_for(self, order: OrderIntent, price: Decimal) -> Decimal:
        """Limit an order's quantity to the holding (sell) or to the cash (buy) at a price."""
        if order.side is Side.SELL:
            return min(order.quantity, self.portfolio.held(order.symbol))
        return min(order.quantity, affordable(self.portfolio.cash, price, self._instrument(order.symbol)))

    def filled(self, order: OrderIntent, quantity: Decimal, price: Decimal, open_price: float) -> Fill:
        """Record the single fill of an order, and its end."""
        done = fill(order, quantity, price, open_price, self._instrument(order.symbol))
        self.traded(order, [done], OrderEnd.CASH_SHORT)
        return done

    def traded(self, order: OrderIntent, fills: Sequence[Fill], end: OrderEnd, detail: str = "") -> None:
        """Record the fills of an order and its end.

        `end` is the reason if the fills are fewer than the order, `detail` the venue's own wording of it.
        """
        for one in fills:
            self._record(one)
        if sum((one.quantity for one in fills), ZERO) == order.quantity:
            self._end(order, OrderStatus.FILLED)
        else:
            self._end(order, OrderStatus.PARTIAL if fills else OrderStatus.UNFILLED, end, detail)

    def unfilled(self, order: OrderIntent, end: OrderEnd, detail: str = "") -> None:
        """Record that an order ended unfilled; `detail` is the venue's or the quote source's own wording."""
        self._end(order, OrderStatus.UNFILLED, end, detail)

    def _end(self, order: OrderIntent, status: OrderStatus, end: OrderEnd | None = None, detail: str = "") -> None:
        what = (order.order_id, order.at, order.symbol, order.side, order.quantity)
        self.events.append(OrderResult(*what, status, order.reason, end, detail, order.stop))
        if status is not OrderStatus.FILLED:
            # Retried on the next day even if the decision then is to hold.
            self._try_again(self._unfinished | {order.symbol}, order.at)

    # --- the day: stop orders -------------------------------------------------------------------------------

    def stop_levels(self) -> dict[str, Decimal]:
        """Return the levels that work on the decided day, by coin, rounded down to the tick.

        A coin that a stop has sold in part is left out: its rest is sold at the next opens.
        """
        levels: dict[str, Decimal] = {}
        for symbol, given in self._stops.levels.items():
            name, units = self._names.newest(symbol)
            if name not in self._stops.sold:
                # The level is that of a unit of the old coin.
                on_tick = exact_level(self._instrument(name).worse_price(given / units, Side.SELL))
                levels[name] = max(levels.get(name, ZERO), on_tick)
        return dict(sorted(levels.items()))

    def fill_stops(self, i: int) -> list[OrderIntent]:
        """Fill the stops that a decision's day triggers, from its finished bar, and return their orders."""
        day, sent = self.plan.times[i].date(), []
        for symbol, level in self.stop_levels().items():
            if self.portfolio.held(symbol) == 0:
                continue
            reference = trigger_price(level, *self.open_and_low(symbol, day))
            order = None if reference is None else self.stop_out(symbol, level, day, reference)
            sent += [order] if order else []
        return sent

    def open_and_low(self, symbol: str, day: date) -> tuple[float, float]:
        """Return a day's open and low in the quote currency, NaN if unknown."""
        coin, i = self.plan.prices.of(symbol), self.plan.prices.index(day)
        return coin.open[i], coin.low[i]

    def stop_out(self, symbol: str, level: Decimal, day: date, reference: float) -> OrderIntent | None:
        """Sell a holding whose stop is triggered, and return the order if one can be sent.

        `reference` is the trigger's price before slippage, half the spread and impact.
        """
        held, quote = self.portfolio.held(symbol), self._quote(symbol, day)
        sale = plan_stop_sale(symbol, level, midnight(day), held, reference, quote, self.plan.rules)
        self.capped += [(day, symbol)] if sale.is_cut else []
        self.events += [sale.skipped] if sale.skipped else []
        if sale.order is None:
            return None
        self._stops.note(sale.order)
        self.events.append(sale.order)
        self.filled(sale.order, sale.order.quantity, self.price_for(sale.order, reference), reference)
        # Cancel the retry of a purchase; retry the rest of a sale that the volume limit cut.
        rest = frozenset({symbol}) if sale.is_cut else frozenset()
        self._try_again(self._unfinished - {symbol} | rest, sale.order.at)
        return sale.order

    # --- the evening: value ---------------------------------------------------------------------------------

    def value(self, i: int) -> Valuation:
        """Value the book at the close of a decision's day."""
        day = self.plan.times[i].date()
        stage = self._stage if self._caller else self.plan.decisions[i].stage
        holdings = self.portfolio.holdings
        if not holdings:
            valued = Valuation(day, self.portfolio.cash, self.portfolio.cash, stage, {})
            self.events.append(valued)
            return valued
        held, row = dict(sorted(holdings.items())), self.plan.prices.index(day)
        marks = {symbol: self._close_at(symbol, row, day) for symbol in held}
        prices = {symbol: to_decimal(price) for symbol, (price, _) in marks.items()}
        equity = self.portfolio.equity(prices)
        stale = tuple([symbol for symbol, (_, fresh) in marks.items() if not fresh])
        valued = Valuation(day, equity, self.portfolio.cash, stage, held, stale, prices)
        self.events.append(valued)
        return valued

    # --- helpers --------------------------------------------------------------------------------------------

    def _record(self, event: Fill | Settlement) -> None:
        self.portfolio = self.portfolio.apply(event)
        self.events.append(event)

    def _is_held(self, symbol: str) -> bool:
        name, _ = self._names.newest(symbol)
        return self.portfolio.held(name) > 0

    def _instrument(self, symbol: str) -> Instrument:
        return self.plan.rules.instruments[symbol]

    def _try_again(self, symbols: frozenset[str], at: datetime) -> None:
        """Set the coins whose orders are retried, and record a change of the set."""
        if symbols != self._unfinished:
            self._unfinished = symbols
            self.events.append(OrdersToRetry(at, symbols))

    def _remember_name(self, settled: Settlement) -> None:
        """Store the new name of a renamed coin, and the price at which its successor begins."""
        if settled.into is None:
            return
        ratio = self._new_units(settled, settled.into)
        self._marks[settled.into] = float(settled.price) / float(ratio)
        self._names.note(settled.symbol, settled.into, ratio)

    def _new_units(self, settled: Settlement, into: str) -> Decimal:
        """Return the units of the new coin for one of the old: those of the plan, else those that were received."""
        _, scheduled = self.plan.endings.get(settled.symbol, (None, None))
        if scheduled is not None and scheduled.into == into:
            return scheduled.ratio
        # The plan of later days may lack the old coin: another basket of a walk-forward, or a changed table of endings.
        return settled.received / settled.quantity or Decimal(1)

    def _warn(self, warning: str) -> None:
        """Add a warning of the run, once."""
        if warning not in self.warnings:
            self.warnings.append(warning)

    def _check_tick(self, instrument: Instrument, price: float, day: date) -> None:
        """Warn once of a tick that is too coarse for a coin's prices: the table of instruments is wrong."""
        tick, symbol = instrument.tick_at(to_decimal(price)), instrument.symbol
        if tick == instrument.tick or symbol in self._coarse:
            return
        self._coarse.add(symbol)
        self._warn(
            f"the tick {instrument.tick:f} of {symbol} in `instruments` is more than {COARSE_TICK:.0%} of its price "
            f"{price:g} on {day}: its prices are rounded to {tick:f} instead; correct the table"
        )

    def _slippage_on(self, day: date) -> Decimal:
        """Return the slippage multiplier of a day: 1 before the first decision."""
        i = (day - self.plan.times[0].date()).days
        return self.plan.slippage_multipliers[i] if i >= 0 else Decimal(1)

    def _settlement(self, day: date, settling: ScheduledSettlement, quantity: Decimal) -> Settlement:
        due, _ = self.plan.endings[settling.symbol]
        # The close before the day on which it was due: a renamed coin's file may go on.
        close, _ = self._close(settling.symbol, max(due, self.plan.times[0].date()) - ONE_DAY)
        multiplier = self._slippage_on(day - ONE_DAY)  # the new day is not decided yet
        instruments, recovery = self.plan.rules.instruments, self.plan.recovery
        return settle_holding(settling, quantity, close, midnight(day), instruments, recovery, multiplier)

    def _quote(self, symbol: str, today: date) -> Quote:
        """Return the quote of a coin at the midnight that begins a day."""
        yesterday = today - ONE_DAY
        price, fresh = self._close(symbol, yesterday)
        coin, i = self.plan.prices.of(symbol), self.plan.prices.index(yesterday)
        is_closed = coin.closed[i + 1]
        return Quote(price, fresh, coin.median_volume[i], coin.quarantined[i + 1], coin.volatility[i], is_closed)

    def _close_known(self, at: datetime) -> Callable[[str], Decimal]:
        """Return a function that finds a coin's newest close known at a midnight."""
        return lambda symbol: to_decimal(self._close(symbol, at.date() - ONE_DAY)[0])

    def _close(self, symbol: str, day: date) -> tuple[float, bool]:
        """Return the newest close of a coin up to a day, and True if it is of that day."""
        return self._close_at(symbol, self.plan.prices.index(day), day)

    def _close_at(self, symbol: str, row: int, day: date) -> tuple[float, bool]:
        """Return the close as `_close` does, with the row of the day known."""
        coin = self.plan.prices.of(symbol)
        price = coin.close[row]
        if math.isnan(price):
            if symbol not in self._marks:
                raise DataError(f"{symbol} is targeted before its first row", where=str(day))
            return self._marks[symbol], False
        return price, coin.fresh[row]
