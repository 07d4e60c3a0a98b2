"""List orders: each with its end and the figures of its fills."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.core.decision import Decision
from bot.core.instrument import ZERO
from bot.core.orders import Fill, OrderIntent, OrderResult, slippage_bps
from bot.ledger.codec import BPS, plain
from bot.ledger.recorded import Recorded
from bot.review.lists.filters import Page, RowFilter
from bot.review.lists.reason_codes import codes_of, traded_because
from bot.review.recording import Record

OPEN = "open"
"""Outcome of an order whose end is not yet known."""
_PRICE_STEP = Decimal("1e-12")


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order and its end.

    `price` is the mean of its fills in the quote currency, `slippage_bps` theirs against the reference prices; both are
    set from the first fill on. `why` has the codes of its end, `reason` those of the decision, both joined by `;`.
    `stop` is the level of a stop order.
    """

    order_id: str
    at: str
    symbol: str
    side: str
    quantity: Decimal
    outcome: str
    filled: Decimal
    price: Decimal | None
    fee: Decimal
    slippage_bps: Decimal | None
    reason: str
    why: str
    stop: Decimal | None = None


def orders_of(record: Record, chosen: RowFilter) -> Page[OrderLine]:
    """Read the orders of a record in order, skipped ones included. Raises LedgerError."""
    ended, before = record.newest_events(OrderResult, **chosen.filters(), limit=chosen.limit)
    orders: list[Recorded[OrderIntent | OrderResult]] = [*ended, *_open_orders(record, chosen)]
    found = chosen.newest(orders)
    fills, intents = _fills(record, found.items), _intents(record, found.items)
    lines = [_line(one, fills[one.event.order_id], intents.get(one.event.order_id)) for one in found.items]
    return Page(lines, before + found.left_out)


def _open_orders(record: Record, chosen: RowFilter) -> list[Recorded[OrderIntent]]:
    # The bot decides only after every order has ended, so open orders are of the last decided day.
    last = record.last_event(Decision)
    if last is None or chosen.outcome not in (None, OPEN):
        return []
    day = date.fromisoformat(last.day)
    ended = {one.event.order_id for one in record.events(OrderResult, since=day)}
    since, until = max(chosen.since or day, day), chosen.until
    sent = record.events(OrderIntent, symbol=chosen.symbol, reason=chosen.reason, since=since, until=until)
    return [one for one in sent if one.event.order_id not in ended]


def _fills(record: Record, orders: Sequence[Recorded[OrderIntent | OrderResult]]) -> dict[str, list[Fill]]:
    fills: dict[str, list[Fill]] = defaultdict(list)
    if orders:
        first = min(one.day for one in orders)
        for one in record.events(Fill, since=date.fromisoformat(first)):
            fills[one.event.order_id].append(one.event)
    return fills


def _intents(record: Record, orders: Sequence[Recorded[OrderIntent | OrderResult]]) -> dict[str, OrderIntent]:
    intents = record.events_at(OrderIntent, (one.at for one in orders))
    return {one.event.order_id: one.event for one in intents}


def _line(one: Recorded[OrderIntent | OrderResult], fills: Sequence[Fill], intent: OrderIntent | None) -> OrderLine:
    order = one.event
    filled = sum((fill.quantity for fill in fills), ZERO)
    reason, why, outcome = order.reason, "", OPEN
    if isinstance(order, OrderResult):
        outcome = str(order.status)
        reason, why = _reason_and_end(order, intent)
    return OrderLine(
        order.order_id,
        one.at,
        order.symbol,
        str(order.side),
        order.quantity,
        outcome,
        filled,
        (sum((fill.notional for fill in fills), ZERO) / filled).quantize(_PRICE_STEP) if filled else None,
        sum((fill.fee for fill in fills), ZERO),
        slippage_bps(fills) if filled else None,
        reason,
        why,
        order.stop,
    )


def _reason_and_end(result: OrderResult, intent: OrderIntent | None) -> tuple[str, str]:
    """Split the codes of an order into those of the decision and those added on the way to its end."""
    # A skipped order was never sent, so its own codes are the decision's.
    if intent is None:
        return result.reason, result.end_text
    return intent.reason, result.full_reason.removeprefix(intent.reason).removeprefix(";")


def as_dict(line: OrderLine) -> dict[str, object]:
    """Return an order by column: amounts as text, reasons as lists of codes; an undefined figure is null."""
    return {
        "order_id": line.order_id,
        "decision_at": line.at,
        "symbol": line.symbol,
        "side": line.side,
        "quantity": plain(line.quantity),
        "outcome": line.outcome,
        "filled": plain(line.filled),
        "price": None if line.price is None else plain(line.price),
        "fee": plain(line.fee),
        "slippage_bps": None if line.slippage_bps is None else str(BPS.write(line.slippage_bps)),
        "reason": codes_of(traded_because(line.reason)),
        "why": codes_of(line.why),
        "stop": None if line.stop is None else plain(line.stop),
    }
