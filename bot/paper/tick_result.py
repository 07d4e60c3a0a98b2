"""Result of a tick: days, orders, and everything that it lacked, with the reasons."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from bot.core.orders import OrderIntent, OrderResult


@dataclass(frozen=True, slots=True)
class WaitingOrder:
    """An order that waits for a usable quote and is tried again the same day."""

    order: OrderIntent
    why: str


@dataclass(frozen=True, slots=True)
class MissingSeries:
    """A series whose due row is missing: the reason, and the day of its last stored row."""

    symbol: str
    why: str
    last: str | None = None


@dataclass(frozen=True, slots=True)
class TickResult:
    """Result of a tick.

    Attributes
    ----------
    decided
        Decided days (UTC).
    carried_out
        Orders that ended, filled or not.
    drifted
        Decided days whose decision would differ on what is known now.
    left_open
        Orders of unknown status.
    waiting
        Orders without a usable quote, which are tried again today.
    unfilled
        Ends of orders that were filled in part, not at all, or skipped.
    made_up
        Days that were decided after they had ended; their orders were not sent.
    missing
        Series of which a row was due and did not come.
    warnings
        Readings that missing rows made unknown to the newest decision, proposed closures, and faults of the last
        week's data that change decisions: quarantines, frozen feeds, a lost peg, copies, endings that do not fit.
    """

    decided: tuple[date, ...]
    carried_out: tuple[OrderIntent, ...]
    drifted: tuple[date, ...]
    left_open: tuple[OrderIntent, ...] = ()
    waiting: tuple[WaitingOrder, ...] = ()
    unfilled: tuple[OrderResult, ...] = ()
    made_up: tuple[date, ...] = ()
    missing: tuple[MissingSeries, ...] = field(default=(), compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    def to_dict(self) -> dict[str, object]:
        """Return the result as plain data for `--json`."""
        return {
            "decided": [str(day) for day in self.decided],
            "made_up": [str(day) for day in self.made_up],
            "drifted": [str(day) for day in self.drifted],
            "orders": {"ended": len(self.carried_out), "filled": self.filled},
            "unfilled": [_unfilled(result) for result in self.unfilled],
            "waiting": [{**_order(one.order), "why": one.why} for one in self.waiting],
            "unknown": [_order(order) for order in self.left_open],
            "missing_series": [{"symbol": one.symbol, "why": one.why, "last": one.last} for one in self.missing],
            "warnings": list(self.warnings),
        }

    @property
    def filled(self) -> int:
        """Number of orders that were filled in full."""
        short = {result.order_id for result in self.unfilled}
        return sum(order.order_id not in short for order in self.carried_out)

    def problems(self) -> list[str]:
        """Return one sentence for each thing that the tick lacked."""
        lines = []
        if self.made_up:
            days = ", ".join(map(str, self.made_up))
            lines.append(f"Days made up for: {days}. They were decided late, and their orders were not sent.")
        if self.missing:
            lines.append(f"Series that did not come: {'; '.join(f'{one.symbol} ({one.why})' for one in self.missing)}.")
        lines += [
            f"The decision of {day} would differ on what is known now; the record is kept." for day in self.drifted
        ]
        lines += [f"Order {one.status}: {one.side} {one.symbol}, {one.end_text}." for one in self.unfilled]
        lines += [
            f"Order left open: {one.order.side} {one.order.symbol}, {one.why}. The next tick of today tries it again."
            for one in self.waiting
        ]
        lines += [f"Warning: {warning}." for warning in self.warnings]
        return lines


def _order(order: OrderIntent | OrderResult) -> dict[str, object]:
    return {
        "order_id": order.order_id,
        "day": str(order.at.date()),
        "symbol": order.symbol,
        "side": str(order.side),
        "quantity": f"{order.quantity:f}",
    }


def _unfilled(result: OrderResult) -> dict[str, object]:
    return {**_order(result), "status": str(result.status), "why": result.end_text}
