"""Orders: each with how it ended, and its fills folded in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.core.instrument import ZERO
from bot.ledger.codec import plain
from bot.ledger.record import Row
from bot.review.lists.filters import Page, RowFilter
from bot.review.recording import Record

OPEN = "open"
"""The outcome of an order of which nobody knows yet how it ended."""
_PRICE_STEP = Decimal("1e-12")


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order as it ended; `price` is the mean of its fills, `slippage_bps` theirs against the reference prices.

    `why` has the codes that tell what became of it, `reason` those of the decision, both joined by `;`.
    """

    order_id: str
    at: str
    symbol: str
    side: str
    quantity: str
    outcome: str
    filled: Decimal
    price: Decimal | None
    fee: Decimal
    slippage_bps: Decimal | None
    reason: str
    why: str


def orders_of(record: Record, wanted: RowFilter) -> Page[OrderLine]:
    """The orders of a record, those never sent among them, in order. Raises LedgerError."""
    ended, before = record.newest("order_result", **wanted.filters(), limit=wanted.limit)
    found = wanted.newest([*ended, *_open_orders(record, wanted)])
    rows = found.items
    fills, intents = _fills(record, rows), _intents(record, rows)
    return Page([_line(row, fills[row.body["order_id"]], intents) for row in rows], before + found.left_out)


def _open_orders(record: Record, wanted: RowFilter) -> list[Row]:
    """Orders that have not ended: nothing is decided while there are any, so they are of the last day that was."""
    last = record.last("decision")
    if last is None or wanted.outcome not in (None, OPEN):
        return []
    filters = {name: value for name, value in wanted.filters().items() if name in ("symbol", "reason")}
    day = date.fromisoformat(last.at[:10])
    since, until = max(wanted.since or day, day), wanted.until
    ended = {row.body["order_id"] for row in record.rows("order_result", since=day)}
    rows = record.rows("order", **filters, since=since, until=until)
    return [row for row in rows if row.body["order_id"] not in ended]


def _fills(record: Record, rows: Sequence[Row]) -> dict[str, list[dict[str, str]]]:
    fills: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in record.rows("fill", since=_first_day(rows)) if rows else ():
        fills[row.body["order_id"]].append(row.body)
    return fills


def _intents(record: Record, rows: Sequence[Row]) -> dict[str, str]:
    """The reason that each order was sent for."""
    orders = record.at("order", (row.at for row in rows))
    return {row.body["order_id"]: row.body["reason"] for row in orders}


def _first_day(rows: Sequence[Row]) -> date:
    return min(date.fromisoformat(row.at[:10]) for row in rows)


def _line(row: Row, fills: Sequence[dict[str, str]], intents: dict[str, str]) -> OrderLine:
    body = row.body
    reason, why = _told_apart(body["reason"], intents.get(body["order_id"]))
    filled = sum((Decimal(fill["quantity"]) for fill in fills), ZERO)
    paid = sum((Decimal(fill["quantity"]) * Decimal(fill["price"]) for fill in fills), ZERO)
    reference = sum((Decimal(fill["quantity"]) * Decimal(fill["reference_price"]) for fill in fills), ZERO)
    worse = paid - reference if body["side"] == "buy" else reference - paid
    return OrderLine(
        body["order_id"],
        row.at,
        body["symbol"],
        body["side"],
        body["quantity"],
        body.get("status", OPEN),
        filled,
        (paid / filled).quantize(_PRICE_STEP) if filled else None,
        sum((Decimal(fill["fee"]) for fill in fills), ZERO),
        (worse / reference * 10_000).quantize(Decimal("0.0001")) if reference else None,
        reason,
        why,
    )


def _told_apart(told: str, intended: str | None) -> tuple[str, str]:
    """An order's reason, and what became of it: what was added at its end; the last code of one never sent."""
    if intended is None:
        reason, _, why = told.rpartition(";")
        return reason, why
    return intended, told.removeprefix(intended).removeprefix(";")


def as_dict(line: OrderLine) -> dict[str, str]:
    """An order as text, empty where a figure is not defined."""
    return {
        "order_id": line.order_id,
        "decision_at": line.at,
        "symbol": line.symbol,
        "side": line.side,
        "quantity": line.quantity,
        "outcome": line.outcome,
        "filled": plain(line.filled),
        "price": "" if line.price is None else plain(line.price),
        "fee": plain(line.fee),
        "slippage_bps": "" if line.slippage_bps is None else plain(line.slippage_bps),
        "reason": line.reason,
        "why": line.why,
    }
