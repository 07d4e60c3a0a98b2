"""Small ledgers made by hand, and a busy stretch of the demo, as records to review."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from bot.core.decision import Decision
from bot.core.events import ConfigPeriod, Event, Valuation
from bot.core.orders import Fill, OrderIntent, OrderResult, OrderStatus, Side
from bot.ledger.record import as_rows, write_ledger
from bot.review.recording import Record

D = Decimal
DAY = datetime(2024, 3, 1, tzinfo=UTC)


def on(day: int) -> datetime:
    """The midnight of a day of the story."""
    return DAY + timedelta(days=day)


def began(cash: str = "1000") -> ConfigPeriod:
    """The first row of a forward ledger."""
    return ConfigPeriod(DAY, 1, "new", "key", "hash", "1", "simulated", D(cash))


def decided(day: int, stage: str, *reasons: str, before: str = "STABLE", **weights: str) -> Decision:
    """A decision of a day."""
    return Decision(on(day), stage, before, {symbol: D(weight) for symbol, weight in weights.items()}, reasons)


def order(
    day: int,
    side: str,
    symbol: str,
    quantity: str,
    price: str,
    fee: str = "0",
    why: str = "",
    reference: str | None = None,
    filled: str | None = None,
    status: str = "filled",
    came: str = "",
) -> list[Event]:
    """An order, its one fill if there is one, and its end; `came` is what is added to its reason then."""
    identity, quantity_ = f"r-{day}{side}{symbol}", D(quantity)
    what = (identity, on(day), symbol, Side(side))
    events: list[Event] = []
    if status != "skipped":
        events.append(OrderIntent(*what, quantity_, why))
    if status in ("filled", "partial"):
        events.append(Fill(*what, D(filled or quantity), D(price), D(reference or price), D(fee), why))
    return [*events, OrderResult(*what, quantity_, OrderStatus(status), f"{why};{came}" if came else why)]


def valued(day: int, equity: str, cash: str, marks: dict[str, str] | None = None, **holdings: str) -> Valuation:
    """A day's valuation; without marks it is one of an older ledger."""
    held = {symbol: D(quantity) for symbol, quantity in holdings.items()}
    told = {symbol: D(mark) for symbol, mark in (marks or {}).items()}
    return Valuation(on(day).date(), D(equity), D(cash), "ETH", held, marks=told)


def story() -> list[Event]:
    """10 coins for 50 and a fee of 1, held through closes of 45 and 60, sold for 55 and a fee of 1: 48 earned."""
    return [
        began(),
        decided(0, "ETH", "entered_eth", ETH="0.5"),
        *order(0, "buy", "ETH", "10", "50", "1", "entered_eth", reference="49.5"),
        valued(0, "949", "499", {"ETH": "45"}, ETH="10"),
        decided(1, "ETH", "holds", before="ETH", ETH="0.5"),
        valued(1, "1099", "499", {"ETH": "60"}, ETH="10"),
        decided(2, "COOLDOWN", "kill_eth", before="ETH"),
        *order(2, "sell", "ETH", "10", "55", "1", "kill_eth", reference="56"),
        valued(2, "1048", "1048"),
    ]


def record(folder: Path, events: Iterable[Event], name: str = "paper") -> Record:
    """A ledger of events in a state folder."""
    path = folder / "logs" / "ledgers" / f"{name}.sqlite3"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_ledger(path, as_rows(events))
    return Record(name, path)


def days_of_waiting(days: int, first: int = 3) -> Sequence[Event]:
    """Decisions of days on which nothing is done."""
    return [decided(first + day, "STABLE", "waits_for_record") for day in range(days)]
