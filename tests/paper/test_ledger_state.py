"""The status of a ledger reads few rows, and says the same as a fold of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bot.core.decision import Decision
from bot.core.errors import LedgerError
from bot.core.events import (
    AccountSnapshot,
    BalanceCause,
    BalanceDifference,
    ConfigPeriod,
    Event,
    TradingState,
    TradingStateChange,
    Valuation,
    VenueTrade,
)
from bot.core.orders import Fill, OrderEnd, OrderIntent, OrderResult, OrderStatus, Settlement, Side
from bot.core.portfolio import Portfolio
from bot.ledger.codec import plain
from bot.ledger.decode import decode
from bot.ledger.record import as_rows, read_ledger, verify_ledger, write_ledger
from bot.ledger.testnet_account import expected_account
from bot.paper.ledgers import ledger_path, status_of
from bot.paper.replay_check import replay_history
from bot.settings.loader import Config, load_config
from tests.ledger.forgeries import DAY, every_kind, write_chained

D = Decimal


def config_in(folder: Path) -> Config:
    return load_config(changes={"state": str(folder)})


def fold_of(events: Sequence[Event]) -> dict[str, object]:
    """Fold every event from the first on, as a reader without any shortcut does."""
    periods = [event for event in events if isinstance(event, ConfigPeriod)]
    portfolio, is_open, prices = Portfolio(periods[0].cash), set[str](), dict[str, Decimal]()
    mode, decision, valued = TradingState.ON, None, None
    for event in events:
        match event:
            case Fill():
                portfolio, prices = portfolio.apply(event), prices | {event.symbol: event.price}
            case Settlement():
                portfolio = portfolio.apply(event)
                if event.into is not None:
                    prices[event.into] = event.quantity * event.price / event.received
            case OrderIntent():
                is_open.add(event.order_id)
            case OrderResult():
                is_open.discard(event.order_id)
            case TradingStateChange():
                mode = event.mode
            case Decision():
                decision = event
            case Valuation():
                valued = event
    account = expected_account(events)
    return {
        "broker": periods[0].broker,
        "mode": mode.value,
        "begun": str(periods[0].at.date()),
        "epochs": len(periods),
        "last_day": "" if decision is None else str(decision.at.date()),
        "stage": "" if decision is None else decision.stage,
        "valued": "" if valued is None else str(valued.day),
        "equity": plain(portfolio.equity(prices) if valued is None else valued.equity),
        "cash": plain(portfolio.cash),
        "holdings": {symbol: plain(held) for symbol, held in sorted(portfolio.holdings.items())},
        "open_orders": len(is_open),
        "testnet": {asset: plain(amount) for asset, amount in account.net.items()},
        "unknown": tuple(one.asset for one in account.unknown),
    }


def check(folder: Path, events: Sequence[Event]) -> None:
    """Compare the status of a ledger of these events with their fold, the head with the written one."""
    config = config_in(folder)
    path = ledger_path(config, "paper")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    head = write_ledger(path, as_rows(events))
    found = status_of(config, "paper").to_dict()
    expected = fold_of(events)
    assert {name: found[name] for name in expected} == expected
    assert (found["rows"], found["head"]) == (len(events), head)


def prefixes(events: Sequence[Event]) -> Iterable[Sequence[Event]]:
    return (events[:count] for count in range(1, len(events) + 1))


def test_after_every_row_of_every_kind_it_is_the_fold_of_all_rows(tmp_path: Path) -> None:
    for events in prefixes(every_kind()):
        check(tmp_path, events)


def test_a_testnet_counts_the_trades_since_its_last_snapshot(tmp_path: Path) -> None:
    def trade(number: int, quantity: str) -> VenueTrade:
        amount = D(quantity)
        return VenueTrade(DAY, f"r-{number}", str(number), "ETH", "USDT", Side.BUY, amount, D(50), D("0.1"), "USDT")

    events = [
        ConfigPeriod(DAY, 1, "new", "key", "hash", "1", "binance testnet", D(1000)),
        AccountSnapshot(DAY, {"USDT": D(5000)}),
        trade(1, "2"),
        BalanceDifference(DAY, "BTC", D(0), D(1), BalanceCause.UNKNOWN),
        ConfigPeriod(DAY, 2, "the testnet account was wiped", "key", "hash", "1", "binance testnet", D(1000)),
        AccountSnapshot(DAY, {"USDT": D(9000)}),
        trade(2, "3"),
        trade(3, "4"),
        BalanceDifference(DAY, "SOL", D(0), D(1), BalanceCause.UNKNOWN),
    ]
    for some in prefixes(events):
        check(tmp_path, some)
    found = status_of(config_in(tmp_path), "paper")
    assert (found.testnet, found.unknown) == ({"ETH": "7", "USDT": "-350.2"}, ("SOL",))  # 7 x 50, and two fees of 0.1


def test_orders_in_parts_are_open_until_each_has_ended(tmp_path: Path) -> None:
    first = ("r-1", DAY, "ETH", Side.BUY, D(2))
    second = ("r-2", DAY, "SOL", Side.BUY, D(3))
    check(
        tmp_path,
        [
            ConfigPeriod(DAY, 1, "new", "key", "hash", "1", "simulated", D(1000)),
            Decision(DAY, "ETH", "STABLE", {"ETH": D("0.5")}, ("entered_eth",)),
            OrderIntent(*first, "why"),
            OrderIntent(*second, "why"),
            Fill(*first, D(50), D(50), D("0.1"), "why"),
            OrderResult(*first, OrderStatus.UNFILLED, "why", OrderEnd.MISSED),
        ],
    )
    found = status_of(config_in(tmp_path), "paper")
    assert (found.open_orders, found.cash, found.equity) == (1, "899.9", "999.9")


@pytest.mark.slow
def test_the_status_of_a_replayed_quarter_is_the_fold_of_its_rows(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    replay_history(config, None, "demo", date(2102, 2, 1), date(2102, 12, 31), "replay")
    events = [decode(row) for row in read_ledger(ledger_path(config, "replay"))]
    expected = fold_of(events) | {"testnet": {}}
    found = status_of(config, "replay").to_dict()
    assert {name: found[name] for name in expected} == expected
    assert (found["rows"], found["head"]) == verify_ledger(ledger_path(config, "replay"))


def test_a_row_that_it_reads_must_be_well_formed_and_every_row_unchanged(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    path = ledger_path(config, "paper")
    texts = [(row.kind, row.at, '{"nothing": 1}' if row.kind == "valuation" else "{}") for row in as_rows(every_kind())]
    write_chained(path, texts)
    with pytest.raises(LedgerError, match=r"row 1 \(epoch at "):
        status_of(config, "paper")


def test_an_order_of_an_earlier_day_than_the_last_decision_is_none_of_the_open_ones() -> None:
    # The trader decides no day while an order is open, which is why the shortcut is right.
    events = every_kind()
    decided = [i for i, event in enumerate(events) if isinstance(event, Decision)]
    for place in decided:
        assert fold_of(events[: place + 1])["open_orders"] == 0
