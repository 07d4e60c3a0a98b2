"""Compute the expected balances of a testnet account from the events of a ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from bot.core.errors import LedgerError
from bot.core.events import (
    AccountSnapshot,
    Acknowledged,
    BalanceCause,
    BalanceDifference,
    ConfigPeriod,
    Event,
    VenueTrade,
)
from bot.core.instrument import ZERO
from bot.core.moments import iso
from bot.core.orders import OrderIntent, OrderResult, OrderStatus, Side

_RECENT = timedelta(days=2)


@dataclass
class ExpectedAccount:
    """Expected state of a testnet account since its first snapshot, or the snapshot after a wipe.

    Attributes
    ----------
    since
        Moment of the last comparison of the whole account (UTC); None before the first.
    epoch
        Present config period of the ledger.
    granted
        Amount of each asset at that snapshot.
    expected
        Expected amount of each asset, in units of the asset.
    trades
        Trades of the ledger's own orders.
    unfinished
        Orders that ended partly filled or unfilled.
    unknown
        Unexplained differences that the user has yet to acknowledge.
    """

    since: datetime | None = None
    epoch: ConfigPeriod | None = None
    granted: dict[str, Decimal] = field(default_factory=dict)
    expected: dict[str, Decimal] = field(default_factory=dict)
    trades: list[VenueTrade] = field(default_factory=list)
    unfinished: list[OrderIntent] = field(default_factory=list)
    unknown: list[BalanceDifference] = field(default_factory=list)

    @property
    def is_unclear(self) -> bool:
        """True if an unexplained difference is yet to be acknowledged."""
        return bool(self.unknown)

    def venue_order_id(self, order_id: str) -> str:
        """Return the venue's own id of one of our orders; "" if no trade has it."""
        # An order in parts has an id for each; the first part has the client id of the order itself.
        return next((trade.venue_order_id for trade in self.trades if trade.order_id == order_id), "")

    def possible_wipes(self) -> Iterator[tuple[list[VenueTrade], dict[str, Decimal]]]:
        """Yield each moment at which a wipe may have come, the newest first.

        Returns
        -------
        iterator of tuple
            The trades that the wipe would have taken, newest first, and the balances that it would have led to: those
            of the first snapshot, and what the orders since then moved.
        """
        balances, trades = dict(self.granted), self.trades[::-1]
        for i, trade in enumerate(trades):
            if i == 0 or trade.order_id != trades[i - 1].order_id:
                yield trades[i:], dict(balances)
            for asset, amount in _moves(trade).items():
                balances[asset] = balances.get(asset, ZERO) + amount

    @property
    def net(self) -> dict[str, Decimal]:
        """Net change of each asset by our trades, fees included: the testnet's own result, in play money."""
        moved: dict[str, Decimal] = {}
        for trade in self.trades:
            for asset, amount in _moves(trade).items():
                moved[asset] = moved.get(asset, ZERO) + amount
        return {asset: amount for asset, amount in sorted(moved.items()) if amount}

    def recent_volume(self, asset: str, now: datetime) -> Decimal:
        """Sum the absolute changes of an asset by our trades in the last two days, in units of the asset."""
        recent = (trade for trade in self.trades if now - trade.at <= _RECENT)
        return sum((abs(_moves(trade).get(asset, ZERO)) for trade in recent), ZERO)


def expected_account(events: Iterable[Event | None]) -> ExpectedAccount:
    """Fold the events of a ledger, in order, into the account that they lead to.

    Raises LedgerError for the end of an order that was never sent.
    """
    account, orders = ExpectedAccount(), dict[str, OrderIntent]()
    for event in events:
        match event:
            case ConfigPeriod():
                account.epoch = event
            case AccountSnapshot():
                # After a wipe the venue has forgotten our orders, so the trades before it count no longer.
                account = ExpectedAccount(event.at, account.epoch, dict(event.balances), dict(event.balances))
            case VenueTrade():
                account.trades.append(event)
                for asset, amount in _moves(event).items():
                    account.expected[asset] = account.expected.get(asset, ZERO) + amount
            case BalanceDifference():
                account.since = event.at
                # The amount found becomes the expected one, so that a difference is reported once.
                account.expected[event.asset] = event.found
                account.unknown += [event] if event.cause is BalanceCause.UNKNOWN else []
            case Acknowledged():
                account.unknown = []
            case OrderIntent():
                orders[event.order_id] = event
            # The venue may still fill these after their end in the ledger; reconciliation looks them up.
            case OrderResult() if event.status in (OrderStatus.PARTIAL, OrderStatus.UNFILLED):
                if event.order_id not in orders:
                    what = f"an order that ended at {iso(event.at)} was never sent"
                    raise LedgerError(what, mend="details: bot review verify")
                account.unfinished.append(orders[event.order_id])
    return account


def _moves(trade: VenueTrade) -> dict[str, Decimal]:
    """Return the change of each asset by a trade, in units of the asset."""
    sign = 1 if trade.side is Side.BUY else -1
    moves = {trade.base: sign * trade.quantity, trade.quote: -sign * trade.quantity * trade.price}
    if trade.fee_asset:
        moves[trade.fee_asset] = moves.get(trade.fee_asset, ZERO) - trade.fee
    return moves
