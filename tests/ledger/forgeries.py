"""Ledgers whose hashes are right and whose rows are not those of the bot: one value of one row is another."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from bot.core.decision import Decision
from bot.core.events import (
    AccountSnapshot,
    Acknowledged,
    BalanceCause,
    BalanceDifference,
    ConfigPeriod,
    Drift,
    Episode,
    Event,
    Late,
    OrdersToRetry,
    TradingState,
    TradingStateChange,
    Valuation,
    VenueTrade,
)
from bot.core.orders import Fill, OrderIntent, OrderResult, OrderStatus, Settlement, SettlementCause, Side
from bot.ledger.event_fields import EVENT_FIELDS
from bot.ledger.record import GENESIS, as_rows, chained_hash, write_raw_rows
from bot.ledger.row import RawRow, Row

D = Decimal
DAY = datetime(2024, 3, 1, tzinfo=UTC)
READINGS = {
    "small_caps": {"value": 2519.99, "threshold": 2718.77, "verdict": "no", "gate": None},
    "credit": {"value": 0.9999, "threshold": 0.98, "verdict": "yes", "gate": True},
    "sessions_without_record": {"value": 37.0, "threshold": 21.0, "verdict": "yes", "gate": None},
}


def _on(day: int) -> datetime:
    return DAY + timedelta(days=day)


def every_kind() -> list[Event]:
    """Events of every kind that a valid forward ledger holds, over four days."""
    buy, sell = ("r-1", DAY, "ETH", Side.BUY, D(10)), ("r-2", _on(3), "NEW", Side.SELL, D(5))
    return [
        ConfigPeriod(DAY, 1, "new", "key", "hash", "1", "simulated", D(1000)),
        AccountSnapshot(DAY, {"USDT": D(5000), "ETH": D(0)}),
        Episode(
            "breakout", date(2024, 2, 29), DAY, 2054.5, 2040.0, 30, "STABLE", "confirmed", date(2024, 3, 1),
            ("credit",), DAY, None, _on(3), ("kill_eth",), {"eth_21": 0.12, "btc_63": None},
        ),
        Decision(DAY, "ETH", "STABLE", {"ETH": D("0.5")}, ("entered_eth",), readings=READINGS),
        OrderIntent(*buy, "entered_eth"),
        Fill(*buy, D(50), D("49.5"), D(1), "entered_eth"),
        VenueTrade(DAY, "r-1", "7", "ETH", "USDT", Side.BUY, D(10), D(50), D("0.01"), "ETH"),
        OrderResult(*buy, OrderStatus.FILLED, "entered_eth"),
        Valuation(DAY.date(), D(949), D(499), "ETH", {"ETH": D(10)}, (), {"ETH": D(45)}, {"BTC": D(1000)}),
        Decision(_on(1), "ETH", "ETH", {"ETH": D("0.5")}, ("holds",), readings=READINGS),
        Late(_on(1), _on(1) + timedelta(hours=3), missed=False),
        TradingStateChange(_on(1), TradingState.REDUCE_ONLY),
        TradingStateChange(_on(1), TradingState.ON),
        Drift(_on(1), '["ETH", {}]', '["STABLE", {}]'),
        BalanceDifference(_on(1), "USDT", D(4500), D(4400), BalanceCause.UNKNOWN),
        Acknowledged(_on(1)),
        Settlement(_on(1), "ETH", D(10), D(45), SettlementCause.RENAMED, into="NEW", received=D(5)),
        Valuation(_on(1).date(), D(999), D(499), "ETH", {"NEW": D(5)}, (), {"NEW": D(100)}, {"BTC": D(1001)}),
        Decision(_on(2), "ETH", "ETH", {"NEW": D("0.5")}, ("holds",), readings=READINGS),
        Valuation(_on(2).date(), D(1049), D(499), "ETH", {"NEW": D(5)}, ("NEW",), {"NEW": D(110)}, {"BTC": D(1002)}),
        Decision(_on(3), "COOLDOWN", "ETH", {}, ("kill_eth",), readings=READINGS),
        OrderIntent(*sell, "kill_eth"),
        Fill(*sell, D(120), D(121), D(1), "kill_eth"),
        OrderResult(*sell, OrderStatus.FILLED, "kill_eth"),
        OrdersToRetry(_on(3), frozenset({"SOL"})),
        Valuation(_on(3).date(), D(1098), D(1098), "COOLDOWN", {}, (), {}, {"BTC": D(1003)}),
    ]  # fmt: skip


READERS = (
    "review paper",
    "review why --run paper",
    "review trades --run paper --json",
    "review decisions --run paper --csv",
    "review orders --run paper",
    "review episodes --run paper",
    "review compare paper good",
    "review verify --all --json",
    "paper list --json",
    "paper status",
    "paper notify --dry-run",
    "paper reduce-only",
    "paper acknowledge",
)
"""Commands that read the ledger `paper`; one compares it with the ledger `good`."""
RowText = tuple[str, str, str]
"""Kind, moment and body of a row, as its hash covers them."""


VALUES = (
    *("null", "true", "7", "0", "-1", "-2.5", "1e30", "[]", "{}", '""', '"x"', "[[]]", '{"a": {}}', "NaN", "Infinity"),
    *("-Infinity", "1e999", "9" * 400, '"NaN"', '"Infinity"', '"sNaN"', '"1E+99999999"', '"-1"', '"0"', '"1e5"'),
    *('"99999999999999999999999999999"', '"0.0000000000000000000000001"', '"' + "9" * 5000 + '"', '"1_000"', '" 7"'),
    *('"\\ud800"', '"\\u001b[31mred"', '"\\u202eabc"', '"=1+1"', '"2024-13-40"', '"0001-01-01"', '"9999-12-31"'),
    *('"9999-12-31T23:59:59Z"', '"0001-01-01T00:00:00Z"', '"2024-03-01T00:00:00+05:00"', '"2024-03-01T00:00:00"'),
    *('"2024-03-02T00:00:00Z"', '"sell"', '"buy"', '"A' + "A" * 2_000_000 + '"', "[" * 5000 + "]" * 5000),
    *('{"ETH": 1}', '{"ETH": "NaN"}', '{"ETH": "-1"}', '{"ETH": "1E+99999999"}', '{"": "1"}', '{"\\ud800": "1"}'),
    *('{"small_caps": 7}', '{"small_caps": {"value": "x", "threshold": [], "verdict": 1, "gate": "q"}}', "[1]"),
    *('{"small_caps": {"value": NaN, "threshold": -1e29}}', '{"credit": null}', '["\\u001b]0;x\\u0007"]', '["ETH"]'),
)
"""JSON that a field may hold instead of its own value."""
MOMENTS = (
    "",
    "x",
    "2024-03-01",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "2024-03-01T00:00:00+05:00",
    "\x1b[2J",
)
BODIES = ("", "null", "[]", "7", '"x"', "{", "{}", "[" * 100_000, '{"a": 1, "a": 2}', '{"extra": {}}')


@dataclass(frozen=True, slots=True)
class Forgery:
    """A ledger of `every_kind` in which row `sequence` has another text."""

    name: str
    sequence: int
    kind: str
    at: str
    body: str


def forgeries() -> Iterator[Forgery]:
    """Make every forgery of the first and the last row of each kind."""
    rows = as_rows(every_kind())
    chosen = {row.kind: row for row in reversed(rows)} | {f"{row.kind} (last)": row for row in rows}
    for row in {row.sequence: row for row in chosen.values()}.values():
        yield from _of_row(row)


def _of_row(row: Row) -> Iterator[Forgery]:
    text = json.dumps(row.body)
    for at in MOMENTS:
        yield Forgery(f"{row.kind} at {at!r}", row.sequence, row.kind, at, text)
    for body in BODIES:
        yield Forgery(f"{row.kind} body {body[:30]!r}", row.sequence, row.kind, row.at, body)
    for kind in ("", "no such kind", "\x1b[2J", *(fields.kind for fields in EVENT_FIELDS.values())):
        if kind != row.kind:
            yield Forgery(f"{row.kind} as {kind!r}", row.sequence, kind, row.at, text)
    for key in (*row.body, "extra"):
        without = {name: value for name, value in row.body.items() if name != key}
        if key in row.body:
            yield Forgery(f"{row.kind} without {key}", row.sequence, row.kind, row.at, json.dumps(without))
        for value in VALUES:
            parts = [f"{json.dumps(name)}: {json.dumps(one)}" for name, one in without.items()]
            body = "{" + ", ".join([*parts, f"{json.dumps(key)}: {value}"]) + "}"
            yield Forgery(f"{row.kind} {key}={value[:40]}", row.sequence, row.kind, row.at, body)


def some_forgeries(count: int, seed: int) -> Sequence[Forgery]:
    """Draw some forgeries by a seed."""
    return random.Random(seed).sample(list(forgeries()), count)


def write_forgery(path: Path, forged: Forgery | None) -> None:
    """Write a forged ledger with right hashes; None writes the valid one."""
    rows = as_rows(every_kind())
    texts = [(row.kind, row.at, json.dumps(row.body, separators=(",", ":"))) for row in rows]
    if forged is not None:
        texts[forged.sequence - 1] = (forged.kind, forged.at, forged.body)
    write_chained(path, texts)


def write_chained(path: Path, texts: Iterable[RowText]) -> None:
    """Write a ledger of any rows, with right hashes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    write_raw_rows(path, _chained(texts))


def _chained(texts: Iterable[RowText]) -> Iterator[RawRow]:
    head = GENESIS
    for sequence, (kind, at, body) in enumerate(texts, start=1):
        head = chained_hash(head, sequence, kind, at, body)
        yield sequence, kind, at, body, head
