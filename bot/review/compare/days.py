"""Days of a record: decision, orders, fills, valuation and notable events of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from bot.core.decision import Decision
from bot.core.errors import LedgerError
from bot.core.events import (
    AccountSnapshot,
    Acknowledged,
    BalanceCause,
    BalanceDifference,
    ConfigPeriod,
    Drift,
    Event,
    Late,
    OrdersToRetry,
    TradingState,
    TradingStateChange,
    Valuation,
)
from bot.core.instrument import ZERO
from bot.core.invariants import not_none
from bot.core.moments import ONE_DAY, iso, midnight
from bot.core.orders import Fill, OrderEnd, OrderIntent, OrderResult, Settlement, Side

EVENTS: tuple[type[Event], ...] = (
    ConfigPeriod,
    Decision,
    OrderIntent,
    OrderResult,
    Fill,
    Settlement,
    Valuation,
    Late,
    Drift,
    TradingStateChange,
    BalanceDifference,
    Acknowledged,
    AccountSnapshot,
    OrdersToRetry,
)
"""Types of the events that make up the days of a record."""


class DayLeg(NamedTuple):
    """A coin and a side, and whether a stop sold it: a day has at most one order of each."""

    symbol: str
    side: Side
    by_stop: bool = False


@dataclass(slots=True)
class OrderSummary:
    """An order and its end; `price` and `reference` are means over its fills, in the quote currency.

    `note` is a broker's code for an execution other than planned, `end` the code of an incomplete fill; `why` is both
    as text.
    """

    wanted: Decimal = ZERO
    status: str = "open"
    note: str = ""
    end: OrderEnd | None = None
    why: str = ""
    reason: str = ""
    filled: Decimal = ZERO
    worth: Decimal = ZERO
    reference_worth: Decimal = ZERO
    first_fill: datetime | None = None

    @property
    def price(self) -> Decimal | None:
        """Mean price of the fills, in the quote currency, if any."""
        return self.worth / self.filled if self.filled else None

    @property
    def reference(self) -> Decimal | None:
        """Mean reference price of the fills, in the quote currency, if any."""
        return self.reference_worth / self.filled if self.filled else None


@dataclass(slots=True)
class RecordDay:
    """One day of a record.

    `mode` is the trading state at the decision. `unclear` is True if the testnet account had an unexplained difference
    then, `was_stopped` if the ledger was stopped when the decision was due.
    """

    day: date
    decision: Decision | None = None
    orders: dict[DayLeg, OrderSummary] = field(default_factory=dict)
    settled: dict[str, Settlement] = field(default_factory=dict)
    valued: Valuation | None = None
    late: Late | None = None
    drift: Drift | None = None
    mode: TradingState = TradingState.ON
    unclear: bool = False
    was_stopped: bool = False

    @property
    def is_overridden(self) -> bool:
        """True if a trading state or an unexplained account difference kept the day from its orders."""
        return self.mode is not TradingState.ON or self.unclear or self.was_stopped

    def decided_by(self, late_after: timedelta) -> datetime:
        """Return the latest time at which the day can have been decided, in UTC."""
        # A ledger has no moment of a decision in time; its first fill, or the limit of lateness, bounds it.
        filled = [order.first_fill for order in self.orders.values() if order.first_fill is not None]
        if self.late is not None:
            return self.late.decided_at
        inside = [at for at in filled if at > midnight(self.day)]
        return min([*inside, midnight(self.day) + late_after])


def decision_of(day: RecordDay) -> Decision:
    """Return the decision of a day that was decided."""
    return not_none(day.decision, f"the decision of {day.day}")


@dataclass(frozen=True, slots=True)
class Days:
    """Days of a record in order, and its config periods in order."""

    days: Mapping[date, RecordDay]
    epochs: tuple[ConfigPeriod, ...]

    @property
    def decided(self) -> list[date]:
        """Days with a decision."""
        return [day for day, one in self.days.items() if one.decision is not None]

    @property
    def equity(self) -> dict[date, Decimal]:
        """Equity at the close of each valued day, in the quote currency."""
        return {day: one.valued.equity for day, one in self.days.items() if one.valued is not None}

    def epoch_of(self, day: date) -> ConfigPeriod | None:
        """Return the config period of a day, if any: a backtest lacks them."""
        return next((epoch for epoch in reversed(self.epochs) if epoch.at.date() <= day), None)


def days_of(events: Iterable[Event]) -> Days:
    """Group events, in their order, to days. Raises LedgerError for a fill without an order."""
    return _Reader().read(events)


class _Reader:
    """Read event after event, and keep the state that later ones need."""

    def __init__(self) -> None:
        self.days: dict[date, RecordDay] = {}
        self.epochs: list[ConfigPeriod] = []
        self.by_id: dict[str, OrderSummary] = {}
        self.mode, self.unclear = TradingState.ON, False
        self.stops: list[tuple[datetime, datetime | None]] = []

    def read(self, events: Iterable[Event]) -> Days:
        for event in events:
            self._read(event)
        return Days(dict(sorted(self.days.items())), tuple(self.epochs))

    def _read(self, event: Event) -> None:
        match event:
            case ConfigPeriod():
                self.epochs.append(event)
            case Decision():
                day = self._day(event.at.date())
                day.decision, day.mode, day.unclear = event, self.mode, self.unclear
            case OrderIntent():
                self._order(event).status = "open"
            case OrderResult():
                order = self._order(event)
                order.status = event.status
                order.note = event.reason.removeprefix(order.reason).removeprefix(";")
                order.end = event.end
                order.why = ";".join(part for part in (order.note, event.end_text) if part)
            case Settlement():
                self._day(event.at.date()).settled[event.symbol] = event
            case Fill():
                self._filled(event)
            case Valuation():
                self._day(event.day).valued = event
            case Late():
                day = self._day(event.at.date())
                day.late, day.was_stopped = event, self._was_stopped(event)
            case Drift():
                self._day(event.at.date()).drift = event
            case TradingStateChange():
                self._switched(event)
            case BalanceDifference() if event.cause is BalanceCause.UNKNOWN:
                self.unclear = True
            case Acknowledged() | AccountSnapshot():
                self.unclear = False

    def _day(self, day: date) -> RecordDay:
        found = self.days.get(day)
        if found is None:
            found = self.days[day] = RecordDay(day)
        return found

    def _order(self, event: OrderIntent | OrderResult) -> OrderSummary:
        """Return the order of an event; a new one for the first event of it."""
        order = self.by_id.get(event.order_id)
        if order is None:
            order = self.by_id[event.order_id] = OrderSummary(event.quantity, reason=event.reason)
            self._day(event.at.date()).orders[DayLeg(event.symbol, event.side, event.stop is not None)] = order
        return order

    def _filled(self, event: Fill) -> None:
        order = self.by_id.get(event.order_id)
        if order is None:
            raise LedgerError(f"a fill at {iso(event.at)} is of no order", mend="details: bot review verify")
        order.filled += event.quantity
        order.worth += event.notional
        order.reference_worth += event.quantity * event.reference_price
        order.first_fill = order.first_fill or event.at

    def _switched(self, event: TradingStateChange) -> None:
        if self.mode is TradingState.STOPPED:
            self.stops[-1] = self.stops[-1][0], event.at
        if event.mode is TradingState.STOPPED:
            self.stops.append((event.at, None))
        self.mode = event.mode

    def _was_stopped(self, late: Late) -> bool:
        """Return True if the ledger was stopped when a late decision was due, or before it was made."""
        due = late.at + ONE_DAY
        return any(begun < min(due, late.decided_at) and (end is None or end > late.at) for begun, end in self.stops)
