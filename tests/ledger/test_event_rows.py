"""Every event as its row, key by key, and back: the bodies are written here by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.core.decision import Decision, Trade
from bot.core.errors import LedgerError
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
from bot.core.orders import Fill, OrderEnd, OrderIntent, OrderResult, OrderStatus, Settlement, SettlementCause, Side
from bot.ledger.body_json import parse_body
from bot.ledger.codec import AMOUNTS, CODES, TEXT_OR_NULL
from bot.ledger.decode import decode
from bot.ledger.event_fields import EVENT_FIELDS
from bot.ledger.record import as_rows
from bot.ledger.row import Row

D = Decimal
AT = datetime(2024, 3, 1, tzinfo=UTC)
LATER = datetime(2024, 3, 4, 21, 0, 5, tzinfo=UTC)
ORDER = {"order_id": "r-1", "symbol": "ETH", "side": "buy", "quantity": "2"}

ROWS: list[tuple[str, Event, dict[str, Any]]] = [
    (
        "episode",
        Episode(
            "breakout",
            date(2024, 2, 29),
            AT,
            2054.5,
            2040.0,
            30,
            "STABLE",
            "confirmed",
            date(2024, 3, 4),
            ("credit", "volume"),
            LATER,
            None,
            LATER,
            ("kill_eth", "kill_trail"),
            {"eth_21": 0.123456789, "btc_21": None},
        ),
        {
            "kind": "breakout",
            "session": "2024-02-29",
            "close": 2054.5,
            "level": 2040.0,
            "base_sessions": 30,
            "stage_then": "STABLE",
            "outcome": "confirmed",
            "confirmed_session": "2024-03-04",
            "vetoes": "credit;volume",
            "eth_at": "2024-03-04T21:00:05Z",
            "alts_at": "",
            "exit_at": "2024-03-04T21:00:05Z",
            "exit_reason": "kill_eth;kill_trail",
            "eth_21": 0.12345679,
            "btc_21": "",
        },
    ),
    (
        "decision",
        Decision(AT, "ETH", "CONFIRMED", {"ETH": D("0.490")}, ("a", "b"), Trade.BAND, True, {"close": {"value": 1.5}}),
        {
            "stage": "ETH",
            "previous_stage": "CONFIRMED",
            "weights": {"ETH": "0.49"},
            "reasons": ["a", "b"],
            "trade": "band",
            "reduce_only": True,
            "readings": {"close": {"value": 1.5}},
        },
    ),
    ("order", OrderIntent("r-1", AT, "ETH", Side.BUY, D("2.0"), "why"), {**ORDER, "reason": "why"}),
    (
        "decision",
        Decision(AT, "ETH", "ETH", {}, ("a",), stops={"ETH": D("1840.50"), "BTC": D(40000)}),
        {
            "stage": "ETH",
            "previous_stage": "ETH",
            "weights": {},
            "reasons": ["a"],
            "trade": "now",
            "reduce_only": False,
            "readings": {},
            "stops": {"ETH": "1840.5", "BTC": "40000"},
        },
    ),
    (
        "order",
        OrderIntent("r-1", AT, "ETH", Side.BUY, D(2), "stop_order", D("1840.5")),
        {**ORDER, "reason": "stop_order", "stop": "1840.5"},
    ),
    (
        "order_result",
        OrderResult("r-1", AT, "ETH", Side.BUY, D(2), OrderStatus.FILLED, "stop_order", stop=D("1840.5")),
        {**ORDER, "reason": "stop_order", "status": "filled", "stop": "1840.5"},
    ),
    (
        "order_result",
        OrderResult("r-1", AT, "ETH", Side.BUY, D(2), OrderStatus.PARTIAL, "a;b", OrderEnd.BOOK_TOO_THIN, "0.3 left"),
        {**ORDER, "reason": "a;b;book_too_thin (0.3 left)", "status": "partial"},
    ),
    (
        "order_result",
        OrderResult("r-1", AT, "ETH", Side.BUY, D(2), OrderStatus.FILLED, "why"),
        {**ORDER, "reason": "why", "status": "filled"},
    ),
    (
        "fill",
        # 2 x (2002.1 - 2000) = 4.2 on 4000 is 10.5 basis points
        Fill("r-1", AT, "ETH", Side.BUY, D(2), D("2002.10"), D(2000), D("4.0042"), "why", D("0.002")),
        {
            **ORDER,
            "reason": "why",
            "price": "2002.1",
            "reference_price": "2000",
            "fee": "4.0042",
            "slippage_bps": "10.5",
            "fee_in_kind": "0.002",
        },
    ),
    (
        "fill",
        # 1 / 30,000 is 0.333333... basis points; a fee in the coin that is zero has no key
        Fill("r-1", AT, "ETH", Side.SELL, D(1), D(29_999), D(30_000), D(0), "why"),
        {
            **ORDER,
            "side": "sell",
            "quantity": "1",
            "reason": "why",
            "price": "29999",
            "reference_price": "30000",
            "fee": "0",
            "slippage_bps": "0.3333",
        },
    ),
    (
        "settlement",
        Settlement(AT, "A", D(50), D(10), SettlementCause.RENAMED, D(0), "B", D("500.5")),
        {
            "symbol": "A",
            "quantity": "50",
            "price": "10",
            "cause": "renamed",
            "fee": "0",
            "into": "B",
            "received": "500.5",
        },
    ),
    (
        "settlement",
        Settlement(AT, "A", D(50), D("9.94"), SettlementCause.SOURCE_ENDS, D("0.497")),
        {
            "symbol": "A",
            "quantity": "50",
            "price": "9.94",
            "cause": "source ends",
            "fee": "0.497",
            "into": None,
            "received": "0",
        },
    ),
    (
        "valuation",
        Valuation(date(2024, 3, 1), D(100), D(40), "ETH", {"A": D(3)}, ("A",), {"A": D(20)}, {"btc": D("99.5")}),
        {
            "equity": "100",
            "cash": "40",
            "stage": "ETH",
            "holdings": {"A": "3"},
            "stale": ["A"],
            "marks": {"A": "20"},
            "benchmarks": {"btc": "99.5"},
        },
    ),
    (
        "valuation",
        Valuation(date(2024, 3, 1), D(100), D(100), "STABLE", {}),
        {"equity": "100", "cash": "100", "stage": "STABLE", "holdings": {}, "stale": [], "benchmarks": {}},
    ),
    ("unfinished", OrdersToRetry(AT, frozenset({"ETH", "A"})), {"symbols": ["A", "ETH"]}),
    (
        "epoch",
        ConfigPeriod(AT, 2, "config", "key", "abc", "0.1.0", "simulated", D("10000.50"), "wait"),
        {
            "number": 2,
            "why": "config",
            "run_key": "key",
            "config_hash": "abc",
            "version": "0.1.0",
            "broker": "simulated",
            "cash": "10000.5",
            "on_start": "wait",
        },
    ),
    ("late", Late(AT, LATER, True), {"decided_at": "2024-03-04T21:00:05Z", "missed": True}),
    ("switched", TradingStateChange(AT, TradingState.REDUCE_ONLY), {"mode": "reduce only"}),
    (
        "venue_trade",
        VenueTrade(AT, "r-1", "t-7", "ETH", "USDT", Side.SELL, D(2), D(2001), D("0.001"), "BNB"),
        {
            "order_id": "r-1",
            "trade_id": "t-7",
            "base": "ETH",
            "quote": "USDT",
            "side": "sell",
            "quantity": "2",
            "price": "2001",
            "fee": "0.001",
            "fee_asset": "BNB",
        },
    ),
    ("account_seen", AccountSnapshot(AT, {"ETH": D("1.50"), "USDT": D(0)}), {"balances": {"ETH": "1.5", "USDT": "0"}}),
    (
        "difference",
        BalanceDifference(AT, "ETH", D(2), D("1.9"), BalanceCause.MANUAL_TRADE),
        {"asset": "ETH", "recorded": "2", "found": "1.9", "cause": "manual trade"},
    ),
    ("acknowledged", Acknowledged(AT), {}),
    ("drift", Drift(AT, "ETH 0.49", "STABLE"), {"recorded": "ETH 0.49", "replayed": "STABLE"}),
]


@pytest.mark.parametrize(("kind", "event", "body"), ROWS)
def test_an_event_has_this_row_and_no_other(kind: str, event: Event, body: dict[str, Any]) -> None:
    (row,) = as_rows([event])
    assert (row.sequence, row.kind, row.at) == (1, kind, "2024-03-01T00:00:00Z")
    assert list(row.body.items()) == list(body.items())  # the order of the keys is hashed too


@pytest.mark.parametrize(("kind", "event", "body"), ROWS[1:])
def test_a_row_is_read_as_its_event(kind: str, event: Event, body: dict[str, Any]) -> None:
    found = decode(Row(1, kind, "2024-03-01T00:00:00Z", body))
    assert found == event
    assert type(found) is type(event)


def test_an_episode_is_read_with_its_returns_to_eight_places() -> None:
    _, event, body = ROWS[0]
    found = decode(Row(1, "episode", "2024-03-01T00:00:00Z", body))
    assert isinstance(event, Episode)
    assert isinstance(found, Episode)
    assert found.returns == {"eth_21": 0.12345679, "btc_21": None}
    for name in ("kind", "session", "known_at", "close", "vetoes", "eth_at", "alts_at", "exit_at", "exit_reasons"):
        assert getattr(found, name) == getattr(event, name)


def test_every_event_that_a_ledger_can_hold_is_among_these() -> None:
    assert {type(event) for _, event, _ in ROWS} == set(EVENT_FIELDS)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("no such kind", {}),
        ("drift", {"recorded": "ETH"}),
        ("drift", {"recorded": "ETH", "replayed": 1}),
        ("unfinished", {"symbols": "ETH"}),
        ("account_seen", {"balances": []}),
        ("account_seen", {"balances": {"ETH": 1.5}}),
        ("late", {"decided_at": "2024-03-04T21:00:05Z", "missed": "yes"}),
        ("switched", {"mode": "off"}),
        ("epoch", {**ROWS[15][2], "number": "2"}),
        ("epoch", {**ROWS[15][2], "cash": "much"}),
        ("episode", {**ROWS[0][2], "close": "2054.5"}),
        ("episode", {**ROWS[0][2], "session": "yesterday"}),
    ],
)
def test_a_malformed_row_is_named(kind: str, body: dict[str, Any]) -> None:
    with pytest.raises(LedgerError, match="row 7"):
        decode(Row(7, kind, "2024-03-01T00:00:00Z", body))


def test_a_malformed_row_names_its_ledger_where_the_path_is_given() -> None:
    row = Row(7, "no such kind", "2024-03-01T00:00:00Z", {})
    for path, where in ((Path("book.sqlite3"), "book.sqlite3"), (None, None)):
        with pytest.raises(LedgerError) as caught:
            decode(row, path)
        assert caught.value.where == where


def test_a_cell_of_a_csv_is_empty_where_the_ledger_has_null() -> None:
    assert (TEXT_OR_NULL.cell("B"), TEXT_OR_NULL.cell(None)) == ("B", "")
    assert (CODES.cell(["a", "b"]), CODES.cell([])) == ("a;b", "")
    assert AMOUNTS.cell({"ETH": "0.49"}) == '{"ETH": "0.49"}'


def test_a_ledger_of_the_first_version_lacks_the_newer_keys() -> None:
    period = {key: value for key, value in ROWS[15][2].items() if key != "on_start"}
    found = decode(Row(1, "epoch", "2024-03-01T00:00:00Z", period))
    assert isinstance(found, ConfigPeriod)
    assert found.on_start == "adopt"
    valued = {key: value for key, value in ROWS[12][2].items() if key not in ("benchmarks", "marks")}
    old = decode(Row(1, "valuation", "2024-03-01T00:00:00Z", valued))
    assert isinstance(old, Valuation)
    assert (old.benchmarks, old.marks) == ({}, {})


def test_rows_share_the_text_of_their_keys() -> None:
    one, two = (parse_body(f'{{"a key of a body": {number}}}') for number in (1, 2))
    assert next(iter(one)) is next(iter(two))
