"""The testnet account that the events of a ledger lead to, worked by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bot.core.events import (
    AccountSnapshot,
    Acknowledged,
    BalanceCause,
    BalanceDifference,
    ConfigPeriod,
    Event,
    VenueTrade,
)
from bot.core.orders import OrderEnd, OrderIntent, OrderResult, OrderStatus, Side
from bot.ledger.testnet_account import expected_account

D = Decimal
AT = datetime(2024, 3, 1, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
SECOND = timedelta(seconds=1)
PERIOD = ConfigPeriod(AT, 1, "new", "key", "config", "0", "binance testnet", D(1000))
SEEN = AccountSnapshot(AT, {"ETH": D(5), "USDT": D(10_000)})
BOUGHT = VenueTrade(AT, "r-1", "t-1", "ETH", "USDT", Side.BUY, D(2), D(2000), D("0.002"), "ETH")
SOLD = VenueTrade(LATER, "r-2", "t-2", "ETH", "USDT", Side.SELL, D(1), D(2100), D("2.1"), "USDT")
FREE = VenueTrade(LATER, "r-3", "t-3", "BTC", "USDT", Side.BUY, D("0.5"), D(100), D(0), "")


def difference(asset: str, recorded: str, found: str, cause: BalanceCause) -> BalanceDifference:
    return BalanceDifference(LATER, asset, D(recorded), D(found), cause)


def test_trades_move_both_assets_and_the_fee_leaves_its_own() -> None:
    """ETH: 5 + 2 - 0.002 - 1 = 5.998. USDT: 10000 - 2 x 2000 + 2100 - 2.1 - 0.5 x 100 = 8047.9. BTC: 0.5."""
    account = expected_account([PERIOD, SEEN, BOUGHT, SOLD, FREE])
    assert account.expected == {"ETH": D("5.998"), "USDT": D("8047.9"), "BTC": D("0.5")}
    assert account.net == {"BTC": D("0.5"), "ETH": D("0.998"), "USDT": D("-1952.1")}
    assert (account.since, account.epoch, account.trades) == (AT, PERIOD, [BOUGHT, SOLD, FREE])


def test_the_volume_of_two_days_counts_both_directions() -> None:
    """2 - 0.002 bought and 1 sold are 2.998; the purchase counts up to two days after it, to the second."""
    account = expected_account([SEEN, BOUGHT, SOLD])
    assert account.recent_volume("ETH", AT + timedelta(days=2)) == D("2.998")
    assert account.recent_volume("ETH", AT + timedelta(days=2) + SECOND) == 1
    assert account.recent_volume("ETH", LATER + timedelta(days=2) + SECOND) == 0
    assert account.recent_volume("BTC", LATER) == 0


def test_the_amount_found_is_expected_from_then_on_and_only_an_unknown_cause_is_unclear() -> None:
    unknown = difference("ETH", "5", "4", BalanceCause.UNKNOWN)
    manual = difference("USDT", "10000", "9000", BalanceCause.MANUAL_TRADE)
    account = expected_account([SEEN, unknown, manual])
    assert account.expected == {"ETH": D(4), "USDT": D(9000)}
    assert (account.since, account.unknown, account.is_unclear) == (LATER, [unknown], True)
    assert not expected_account([SEEN, unknown, Acknowledged(LATER)]).is_unclear
    assert not expected_account([SEEN, manual]).is_unclear


def test_a_new_snapshot_forgets_trades_and_differences_and_keeps_the_period() -> None:
    account = expected_account(
        [
            PERIOD,
            SEEN,
            BOUGHT,
            difference("ETH", "5", "4", BalanceCause.UNKNOWN),
            AccountSnapshot(LATER, {"USDT": D(7)}),
        ]
    )
    assert (account.epoch, account.since, account.expected) == (PERIOD, LATER, {"USDT": D(7)})
    assert (account.trades, account.unknown, account.net) == ([], [], {})


def test_orders_that_ended_partly_filled_or_unfilled_are_unfinished() -> None:
    orders = [OrderIntent(f"r-{i}", AT, "ETH", Side.BUY, D(2), "why") for i in range(3)]
    ends = [
        OrderResult("r-0", AT, "ETH", Side.BUY, D(2), OrderStatus.PARTIAL, "why", OrderEnd.BOOK_TOO_THIN),
        OrderResult("r-1", AT, "ETH", Side.BUY, D(2), OrderStatus.FILLED, "why"),
        OrderResult("r-2", AT, "ETH", Side.BUY, D(2), OrderStatus.UNFILLED, "why", OrderEnd.NO_QUOTE),
        OrderResult("r-9", AT, "ETH", Side.BUY, D(2), OrderStatus.SKIPPED, "why", OrderEnd.QUARANTINED),
    ]
    events: list[Event] = [*orders, *ends]
    assert [order.order_id for order in expected_account(events).unfinished] == ["r-0", "r-2"]
