"""The testnet account that the rows of a ledger account for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
from bot.core.instrument import ZERO
from bot.core.orders import OrderIntent, OrderResult, OrderStatus, Side

_RECENT = timedelta(days=2)


@dataclass
class ExpectedAccount:
    """What the rows of a ledger say of its testnet account since it was first seen, or seen anew after a wipe.

    `since` is when it was last looked at as a whole, None where it never was. `expected` is what it should have of each
    asset; `trades` are ours; `unfinished` are the orders that ended without being filled in full; `unknown` are the
    differences that nothing explains and that the user has not seen.
    """

    since: datetime | None = None
    epoch: ConfigPeriod | None = None
    expected: dict[str, Decimal] = field(default_factory=dict)
    trades: list[VenueTrade] = field(default_factory=list)
    unfinished: list[OrderIntent] = field(default_factory=list)
    unknown: list[BalanceDifference] = field(default_factory=list)

    @property
    def is_unclear(self) -> bool:
        """Whether there is a difference that nothing explains and that the user has not seen."""
        return bool(self.unknown)

    @property
    def net(self) -> dict[str, Decimal]:
        """What our trades have changed of each asset, fees included: the testnet's own result, in play money."""
        moved: dict[str, Decimal] = {}
        for trade in self.trades:
            for asset, amount in _moves(trade).items():
                moved[asset] = moved.get(asset, ZERO) + amount
        return {asset: amount for asset, amount in sorted(moved.items()) if amount}

    def recent_volume(self, asset: str, now: datetime) -> Decimal:
        """How much of an asset our trades moved in the last two days."""
        recent = (trade for trade in self.trades if now - trade.at <= _RECENT)
        return sum((abs(_moves(trade).get(asset, ZERO)) for trade in recent), ZERO)


def expected_account(events: Iterable[Event | None]) -> ExpectedAccount:
    """The account that the events of a ledger, in their order, add up to."""
    account, orders = ExpectedAccount(), dict[str, OrderIntent]()
    for event in events:
        match event:
            case ConfigPeriod():
                account.epoch = event
            case AccountSnapshot():
                account = ExpectedAccount(event.at, account.epoch, dict(event.balances))
            case VenueTrade():
                account.trades.append(event)
                for asset, amount in _moves(event).items():
                    account.expected[asset] = account.expected.get(asset, ZERO) + amount
            case BalanceDifference():
                account.since = event.at
                account.expected[event.asset] = event.found
                account.unknown += [event] if event.cause is BalanceCause.UNKNOWN else []
            case Acknowledged():
                account.unknown = []
            case OrderIntent():
                orders[event.order_id] = event
            case OrderResult() if event.status in (OrderStatus.PARTIAL, OrderStatus.UNFILLED):
                account.unfinished.append(orders[event.order_id])
    return account


def _moves(trade: VenueTrade) -> dict[str, Decimal]:
    """What a trade does to each asset of the account."""
    sign = 1 if trade.side is Side.BUY else -1
    moves = {trade.base: sign * trade.quantity, trade.quote: -sign * trade.quantity * trade.price}
    if trade.fee_asset:
        moves[trade.fee_asset] = moves.get(trade.fee_asset, ZERO) - trade.fee
    return moves
