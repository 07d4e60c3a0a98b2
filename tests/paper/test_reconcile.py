"""A testnet account held against the ledger: what is ours is no difference, and what is not has a cause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from bot.brokers.testnet.client import TestnetExchange, open_testnet
from bot.brokers.testnet.dialects.members import Members
from bot.brokers.testnet.guard import Loopback
from bot.core.events import (
    AccountSnapshot,
    Acknowledged,
    BalanceCause,
    BalanceDifference,
    ConfigPeriod,
    Event,
    VenueTrade,
)
from bot.core.orders import OrderIntent, OrderResult, OrderStatus, Side
from bot.infra.vendor_errors import Unreachable
from bot.ledger.decode import decode
from bot.ledger.record import as_rows
from bot.ledger.testnet_account import expected_account
from bot.paper.reconcile import Reconciler
from bot.venue.http.server import VenueServer
from bot.venue.matching.exchange import KEY
from tests.venue.world import START, exchange, limit, market

D = Decimal
EPOCH = ConfigPeriod(START, 1, "new", "key", "config", "0", "binance testnet", D(1000))


@dataclass
class Traded:
    """A venue, the testnet's door to it, and what the ledger says."""

    server: VenueServer
    testnet: TestnetExchange
    events: list[Event] = field(default_factory=lambda: [EPOCH])

    def compare(self) -> list[Event]:
        """Look once, and write down what was found."""
        reread = [decode(row) for row in as_rows(self.events)]
        found = Reconciler(self.testnet, "USDT", self.server.exchange.clock, {}).compare(expected_account(reread))
        self.events += found
        return found

    def trade(self, order_id: str, side: Side, quantity: str) -> None:
        """An order of ours, with its trades in the ledger."""
        report = self.testnet.submit(order_id, "ETH/USDT", side, D(quantity))
        self.events += [
            VenueTrade(
                one.at, order_id, one.fill_id, "ETH", "USDT", side, one.quantity, one.price, one.fee, one.fee_asset
            )
            for one in report.fills
        ]

    def change(self, asset: str, amount: str) -> None:
        """Somebody changes a balance."""
        self.server.exchange.account(KEY).balances[asset].receive(D(amount))

    def causes(self) -> dict[str, BalanceCause]:
        """Look once, and tell the cause of each difference."""
        return {event.asset: event.cause for event in self.compare() if isinstance(event, BalanceDifference)}


@pytest.fixture
def traded() -> Iterator[Traded]:
    """An account that was seen, with one order of ours."""
    with VenueServer(exchange()) as server:
        made = Traded(server, open_testnet(Loopback(int(server.url.rpartition(":")[2])), server.exchange.clock, {}))
        (seen,) = made.compare()
        assert isinstance(seen, AccountSnapshot)
        server.exchange.clock.sleep(60)
        made.trade("r-1", Side.BUY, "1.5")
        yield made


def test_what_our_own_orders_did_is_no_difference(traded: Traded) -> None:
    assert traded.compare() == []
    traded.trade("r-2", Side.SELL, "1")
    traded.trade("r-3", Side.BUY, "2.5")
    assert traded.compare() == []
    # The book asks 2 at 100.10, then 100.20: bought 1.5, 0.5 and 2; sold 1 at 99.90; 0.1% is kept of what comes in.
    assert expected_account(traded.events).net == {
        "ETH": D("1.5") + D("2.5") - 1 - D("0.0015") - D("0.0025"),
        "USDT": D("99.90") - D("0.0999") - D("150.15") - D("50.05") - D("200.40"),
    }


def test_an_order_placed_by_hand_is_a_manual_trade_in_both_its_assets(traded: Traded) -> None:
    traded.server.exchange.place(KEY, market(Side.BUY, "0.5", "mine"))
    assert traded.causes() == {"ETH": BalanceCause.MANUAL_TRADE, "USDT": BalanceCause.MANUAL_TRADE}
    assert traded.compare() == []
    assert not expected_account(traded.events).is_unclear


def test_a_trade_by_hand_explains_only_the_amount_that_it_moved(traded: Traded) -> None:
    traded.server.exchange.place(KEY, market(Side.BUY, "0.5", "mine"))
    traded.change("ETH", "-1")
    traded.change("USDT", "-300")
    found = [(one.asset, one.cause, one.found - one.recorded) for one in traded.compare() if hasattr(one, "cause")]
    # 0.5 of the 1.5 - 0.0015 that were there at 100.10, and 0.1% of it is kept as the fee.
    assert found == [
        ("ETH", BalanceCause.MANUAL_TRADE, D("0.4995")),
        ("ETH", BalanceCause.UNKNOWN, D("-1")),
        ("USDT", BalanceCause.MANUAL_TRADE, D("-50.05")),
        ("USDT", BalanceCause.UNKNOWN, D("-300")),
    ]
    assert expected_account(traded.events).is_unclear
    assert traded.compare() == []


def test_a_change_that_nothing_explains_is_unknown_until_it_is_acknowledged(traded: Traded) -> None:
    traded.change("USDT", "-123")
    assert traded.causes() == {"USDT": BalanceCause.UNKNOWN}
    assert expected_account(traded.events).is_unclear
    assert traded.compare() == []
    traded.events.append(Acknowledged(START))
    assert not expected_account(traded.events).is_unclear


def test_what_was_traded_by_hand_before_the_account_was_looked_at_explains_nothing_later(traded: Traded) -> None:
    traded.server.exchange.place(KEY, market(Side.BUY, "0.5", "mine"))
    traded.compare()
    traded.server.exchange.clock.sleep(60)
    traded.change("ETH", "-0.7")
    assert traded.causes() == {"ETH": BalanceCause.UNKNOWN}


def test_less_than_a_step_is_dust_and_a_hundredth_of_what_was_traded_a_fee(traded: Traded) -> None:
    traded.change("ETH", "-0.0004")
    assert traded.causes() == {"ETH": BalanceCause.DUST}
    traded.change("USDT", "-0.9")
    assert traded.causes() == {"USDT": BalanceCause.FEE}
    traded.change("USDT", "0.9")
    assert traded.causes() == {"USDT": BalanceCause.UNKNOWN}


def test_an_asset_that_the_bot_never_traded_stops_nothing(traded: Traded) -> None:
    traded.change("NEW", "1000")
    assert traded.causes() == {"NEW": BalanceCause.NOT_TRADED}
    assert not expected_account(traded.events).is_unclear


def test_an_order_that_was_filled_after_the_ledger_took_it_for_ended_is_partial(traded: Traded) -> None:
    intent = OrderIntent("r-4", START, "ETH", Side.BUY, D(1), "entered")
    ended = OrderResult("r-4", START, "ETH", Side.BUY, D(1), OrderStatus.UNFILLED, "expired")
    traded.events += [intent, ended]
    traded.server.exchange.place(KEY, limit(Side.BUY, "1", "100.10", client_id="r-4"))
    assert traded.causes() == {"ETH": BalanceCause.PARTIAL, "USDT": BalanceCause.PARTIAL}


def test_a_wiped_account_begins_an_epoch_and_is_no_difference(traded: Traded) -> None:
    traded.server.exchange.wipe()
    epoch, seen = traded.compare()
    assert isinstance(epoch, ConfigPeriod)
    assert (epoch.number, epoch.why, epoch.run_key) == (2, "the testnet account was wiped", EPOCH.run_key)
    assert isinstance(seen, AccountSnapshot)
    assert traded.compare() == []
    assert expected_account(traded.events).net == {}


def test_a_missing_order_is_no_wipe_while_the_balances_are_others_than_at_first(traded: Traded) -> None:
    account = traded.server.exchange.account(KEY)
    account.orders.clear()
    account.by_client_id.clear()
    traded.change("USDT", "-123")
    assert traded.causes() == {"USDT": BalanceCause.UNKNOWN}


def test_balances_as_at_first_are_no_wipe_while_our_newest_order_is_known(traded: Traded) -> None:
    traded.change("ETH", "-1.4985")  # 1.5 bought, less 0.1% kept as the fee
    traded.change("USDT", "150.15")
    assert traded.causes() == {"ETH": BalanceCause.UNKNOWN, "USDT": BalanceCause.UNKNOWN}


def test_a_fee_in_points_that_are_no_balance_is_a_fee(traded: Traded) -> None:
    trade = traded.events[-1]
    assert isinstance(trade, VenueTrade)
    traded.events[-1] = replace(trade, fee=D("0.4"), fee_asset="POINT")
    traded.change("ETH", "0.0015")  # what this venue kept instead
    assert traded.causes() == {"POINT": BalanceCause.FEE}
    assert traded.compare() == []


def test_the_venues_own_id_is_that_of_the_orders_first_part() -> None:
    trade = VenueTrade(START, "r-1", "1", "ETH", "USDT", Side.BUY, D(1), D(100), D(0), "USDT", "71")
    account = expected_account([trade, replace(trade, trade_id="2", venue_order_id="72")])
    assert (account.venue_order_id("r-1"), account.venue_order_id("r-2")) == ("71", "")


def test_money_that_is_gone_while_our_order_is_still_known_is_no_wipe(traded: Traded) -> None:
    traded.change("ETH", "-1")
    assert traded.causes() == {"ETH": BalanceCause.UNKNOWN}


def test_a_round_trip_by_hand_that_leaves_only_money_changed_is_a_manual_trade(traded: Traded) -> None:
    for side, order in ((Side.BUY, "mine-1"), (Side.SELL, "mine-2")):
        traded.server.exchange.place(KEY, market(side, "0.5", order))
    traded.change("ETH", "0.0005")  # the fee, given back
    assert traded.causes() == {"USDT": BalanceCause.MANUAL_TRADE}


class TestUnreadableBalances:
    """A balance that the venue states unreadably is unknown, and neither zero nor a sign of a wipe."""

    def test_it_is_no_difference(self, traded: Traded, monkeypatch: pytest.MonkeyPatch) -> None:
        traded.compare()
        traded.trade("r-1", Side.BUY, "0.5")
        assert traded.compare() == []
        balances = TestnetExchange.balances
        monkeypatch.setattr(
            TestnetExchange,
            "balances",
            lambda testnet: Members([one for one in balances(testnet) if one.asset != "ETH"], unread=["ETH"]),
        )
        assert traded.compare() == []

    def test_a_ledger_does_not_begin_without_its_cash(self, traded: Traded, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(TestnetExchange, "balances", lambda testnet: Members([], unread=["USDT"]))
        traded.events = [EPOCH]
        with pytest.raises(Unreachable, match="states a balance that cannot be read; was USDT"):
            traded.compare()
