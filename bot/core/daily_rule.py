"""A daily strategy inside one book: it is called once a day in order, with the book's own state."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial

from bot.core.decision import Decision
from bot.core.events import Event
from bot.core.instrument import ZERO, Instrument
from bot.core.market import Market
from bot.core.orders import Fill, OrderResult, Settlement, Side
from bot.core.portfolio import Portfolio
from bot.core.today import BookState, Holding, Today

Decide = Callable[[Today], Decision]
"""Decides one day."""


@dataclass(frozen=True, eq=False)
class DailyRule:
    """A daily strategy as a part of a plan.

    Attributes
    ----------
    times
        UTC midnights of the run, in order: one call of the strategy each.
    coins
        Symbols that the strategy may hold.
    new
        Makes a new instance of the strategy, free of the state of earlier calls: each book has one of its own.
    """

    times: Sequence[datetime]
    coins: Sequence[str]
    new: Callable[[], Decide]


@dataclass(frozen=True, slots=True)
class _Entry:
    """Quantity, average price paid, and the UTC day of the first purchase."""

    quantity: Decimal
    price: Decimal
    since: date

    def bought(self, quantity: Decimal, price: Decimal) -> _Entry:
        """Add a purchase: the price becomes the average of both, by quantity."""
        total = self.quantity + quantity
        return replace(self, quantity=total, price=(self.quantity * self.price + quantity * price) / total)


class DailyCaller:
    """One instance of a daily strategy, with its memory of the book: entries, last decision, last orders.

    `reads_book` becomes True at the first look at cash, equity, holdings or the last orders.
    """

    def __init__(self, rule: DailyRule, market: Market, instruments: Mapping[str, Instrument]) -> None:
        self.reads_book = False
        self._decide, self._market, self._times = rule.new(), market, frozenset(rule.times)
        self._instruments = instruments
        self._entries: Mapping[str, _Entry] = {}
        self._last: Decision | None = None
        self._ended: tuple[OrderResult, ...] = ()

    def fork(self) -> DailyCaller:
        """Return an independent copy with the same state."""
        other = copy.copy(self)
        other._decide = copy.deepcopy(self._decide)
        return other

    def note(self, event: Event) -> None:
        """Remember an event of the book, in the order of the book."""
        match event:
            case Decision():
                self._last, self._ended = event, ()
            case OrderResult():
                self._ended = (*self._ended, event)
            case Fill():
                self._note_fill(event)
            case Settlement():
                self._note_settlement(event)

    def is_due(self, at: datetime) -> bool:
        """Return True if the run has a decision at a time."""
        return at in self._times

    def decide(self, at: datetime, portfolio: Portfolio, close_of: Callable[[str], Decimal]) -> Decision:
        """Ask the strategy for the decision of a midnight; `close_of` returns the newest close known then."""
        # The entries are bound now: they are replaced, never changed, so a day that is kept shows its own.
        state = partial(self._state, at, portfolio, self._entries, self._ended, close_of)
        return self._decide(Today(at, self._last, self._market, state))

    def _state(
        self,
        at: datetime,
        portfolio: Portfolio,
        entries: Mapping[str, _Entry],
        ended: tuple[OrderResult, ...],
        close_of: Callable[[str], Decimal],
    ) -> BookState:
        self.reads_book = True
        prices = {symbol: close_of(symbol) for symbol in sorted(portfolio.holdings)}
        equity = portfolio.equity(prices)
        holdings = {}
        for symbol, price in prices.items():
            entry, quantity = entries[symbol], portfolio.held(symbol)
            if self._is_dust(symbol, quantity, price):
                continue
            days = (at.date() - entry.since).days
            weight = quantity * price / equity
            holdings[symbol] = Holding(symbol, quantity, entry.price, price, entry.since, days, weight)
        return BookState(portfolio.cash, equity, holdings, ended)

    def _note_fill(self, fill: Fill) -> None:
        kept = ZERO if fill.fee_coin else fill.fee_in_kind
        if fill.side is Side.BUY:
            self._enter(fill.symbol, fill.quantity, fill.price, fill.at.date())
            self._reduce(fill.symbol, kept)
        else:
            self._reduce(fill.symbol, fill.quantity + kept)
        if fill.fee_coin:
            self._reduce(fill.fee_coin, fill.fee_in_kind)

    def _note_settlement(self, settled: Settlement) -> None:
        entry = self._entries.get(settled.symbol)
        self._reduce(settled.symbol, settled.quantity)
        if entry is not None and settled.into is not None and settled.received:
            paid = settled.quantity * entry.price / settled.received
            self._enter(settled.into, settled.received, paid, entry.since)

    def _enter(self, symbol: str, quantity: Decimal, price: Decimal, day: date) -> None:
        entry = self._entries.get(symbol)
        if entry is None or self._is_dust(symbol, entry.quantity, price):
            entered = _Entry(quantity + (entry.quantity if entry else ZERO), price, day)
        else:
            entered = entry.bought(quantity, price)
        self._entries = {**self._entries, symbol: entered}

    def _is_dust(self, symbol: str, quantity: Decimal, price: Decimal) -> bool:
        """Return True for a remainder that is worth less than the smallest order."""
        # A fee in coins leaves one after a sale in full: it is no position, and it cannot be sold.
        instrument = self._instruments.get(symbol)
        return instrument is not None and quantity * price < instrument.min_notional

    def _reduce(self, symbol: str, quantity: Decimal) -> None:
        entry = self._entries.get(symbol)
        if entry is None:  # a row that does not fit the book: the portfolio refuses it, with its place
            return
        left = entry.quantity - quantity
        if left > 0:
            self._entries = {**self._entries, symbol: replace(entry, quantity=left)}
        else:
            self._entries = {s: one for s, one in self._entries.items() if s != symbol}
