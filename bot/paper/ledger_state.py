"""Present state of a ledger, from the rows that decide it: the other rows are left unread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.core.decision import Decision
from bot.core.events import (
    AccountSnapshot,
    Acknowledged,
    BalanceDifference,
    ConfigPeriod,
    TradingStateChange,
    Valuation,
    VenueTrade,
)
from bot.core.orders import Fill, OrderIntent, OrderResult, Settlement
from bot.core.portfolio import Portfolio
from bot.ledger.benchmark_fold import beside_ledger
from bot.ledger.portfolio_fold import apply_recorded
from bot.ledger.record import read_rows
from bot.ledger.recorded import E, Recorded, kinds_of, recorded
from bot.ledger.selection import Selection
from bot.ledger.testnet_account import ExpectedAccount, expected_account
from bot.report.beside import BesideLedger


@dataclass(frozen=True, slots=True)
class LedgerState:
    """State of a ledger up to the row `head`. Each method raises LedgerError for a row that is damaged or malformed."""

    path: Path
    head: int

    def periods(self) -> list[ConfigPeriod]:
        """Return the config periods, in order."""
        return [one.event for one in self._events(ConfigPeriod)]

    def last_decision(self) -> Recorded[Decision] | None:
        """Return the last decision, if any."""
        return self._last(Decision)

    def last_valuation(self) -> Recorded[Valuation] | None:
        """Return the last valuation, if any."""
        return self._last(Valuation)

    def beside(self, cash: Decimal, last: Recorded[Valuation] | None) -> BesideLedger | None:
        """Return the benchmarks of the last valuation, for a ledger that began with `cash`; None before it."""
        if last is None:
            return None
        first = next(self._events(Valuation)).event
        return beside_ledger(cash, first, last.event, lambda: (one.event for one in self._events(Valuation)))

    def last_change(self) -> Recorded[TradingStateChange] | None:
        """Return the last change of the trading state, if any."""
        return self._last(TradingStateChange)

    def portfolio(self, cash: Decimal, valued: Recorded[Valuation] | None) -> Portfolio:
        """Return the portfolio after the last row.

        Parameters
        ----------
        cash
            Cash with which the ledger began, in the stablecoin.
        valued
            Last valuation; fills and settlements up to it are in its cash and holdings.
        """
        # A valuation holds the portfolio to its last digit, so the decades before it need no second look;
        # `bot review verify` recomputes each valuation from the fills.
        portfolio = Portfolio(cash) if valued is None else Portfolio(valued.event.cash, dict(valued.event.holdings))
        for one in self._events(Fill, Settlement, after=valued.sequence if valued else 0):
            portfolio = apply_recorded(portfolio, one.event)
        return portfolio

    def prices_paid(self) -> dict[str, Decimal]:
        """Return the last price at which each coin was bought or received; the value before the first close."""
        prices: dict[str, Decimal] = {}
        for one in self._events(Fill, Settlement):
            match one.event:
                case Fill() as fill:
                    prices[fill.symbol] = fill.price
                case Settlement() as settled if settled.into is not None and settled.received:
                    prices[settled.into] = settled.quantity * settled.price / settled.received
        return prices

    def open_orders(self, decision: Recorded[Decision] | None) -> int:
        """Count the open orders: all are of the last decision, since the next one waits until they end."""
        if decision is None:
            return 0
        found = set[str]()
        for one in self._events(OrderIntent, OrderResult, after=decision.sequence):
            if isinstance(one.event, OrderIntent):
                found.add(one.event.order_id)
            else:
                found.discard(one.event.order_id)
        return len(found)

    def account(self, with_trades: bool) -> ExpectedAccount:
        """Return the testnet account since its last snapshot; its trades only on request."""
        snapshot = self._last(AccountSnapshot)
        types = (AccountSnapshot, BalanceDifference, Acknowledged, *((VenueTrade,) if with_trades else ()))
        found = self._events(*types, after=snapshot.sequence - 1 if snapshot else 0)
        return expected_account(one.event for one in found)

    def _last(self, one: type[E]) -> Recorded[E] | None:
        selection = Selection(tuple(kinds_of([one])), head=self.head)
        return next(recorded(read_rows(self.path, selection, newest_first=True, limit=1), one, path=self.path), None)

    def _events(self, *types: type[Any], after: int = 0) -> Iterator[Recorded[Any]]:
        selection = Selection(tuple(kinds_of(types)), head=self.head, after=after)
        return recorded(read_rows(self.path, selection), *types, path=self.path)
