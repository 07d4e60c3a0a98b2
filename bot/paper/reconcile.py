"""Reconciliation: compare the balances of a testnet account with the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.core.errors import OutcomeUnknown
from bot.core.events import AccountSnapshot, BalanceCause, BalanceDifference, Event, VenueTrade
from bot.core.instrument import ZERO
from bot.core.invariants import not_none
from bot.core.moments import midnight
from bot.core.orders import OrderIntent, Side
from bot.core.ports import Clock
from bot.infra.vendor_errors import NotListed, Unreachable
from bot.ledger.testnet_account import _RECENT, ExpectedAccount

if TYPE_CHECKING:
    from bot.brokers.testnet.client import TestnetExchange
    from bot.brokers.testnet.reports import OrderReport

WIPED = "the testnet account was wiped"
"""Reason of a config period that begins after the venue lost our orders."""
_CENT = Decimal("0.01")
_HIGHEST_FEE = Decimal("0.01")
"""Largest share of the traded volume that a missing amount may be and still count as a fee."""


class Reconciler:
    """Compares a testnet account with the ledger; `names` are the venue's own names of coins."""

    def __init__(self, exchange: TestnetExchange, quote: str, clock: Clock, names: Mapping[str, str]) -> None:
        self._exchange, self._quote, self._clock, self._names = exchange, quote, clock, names

    def compare(self, account: ExpectedAccount) -> list[Event]:
        """Return the events to record: a first snapshot, balance differences with their causes, or a wipe.

        Call it only while all our orders have ended, since an open order moves balances. Raises as the exchange does.
        """
        now = self._clock.now().replace(microsecond=0)
        balances = self._exchange.balances()
        found = {balance.asset: balance.free + balance.locked for balance in balances}
        if account.since is None:
            if self._quote in balances.unread:
                raise Unreachable("states a balance that cannot be read", where=self._exchange.venue, was=self._quote)
            return [AccountSnapshot(now, found)]  # the grant of play coins is the venue's, so any start is accepted
        changed = sorted(
            asset
            # An unreadable balance is unknown, and no balance of zero.
            for asset in {*found, *account.expected} - balances.unread
            if found.get(asset, ZERO) != account.expected.get(asset, ZERO)
        )
        if not changed:
            return []
        if not balances.unread & {self._quote, *account.expected} and self._is_wiped(account, found):
            epoch = not_none(account.epoch, "the first epoch of a ledger")
            at, number = midnight(now.date()), epoch.number + 1
            return [replace(epoch, at=at, number=number, why=WIPED), AccountSnapshot(now, found)]
        return self._differences(account, changed, found, now)

    def _differences(
        self, account: ExpectedAccount, changed: Sequence[str], found: Mapping[str, Decimal], now: datetime
    ) -> list[Event]:
        # The causes are tried from the most to the least certain; the quote currency follows the coin it paid for.
        late = self._filled_later(account, now)
        ours = {self._quote} | {trade.base for trade in account.trades}
        coins = sorted({*changed, *ours} - {self._quote})
        by_hand = self._moved_by_hand(account, coins)
        differences: list[Event] = []
        for asset in changed:
            recorded, there = account.expected.get(asset, ZERO), found.get(asset, ZERO)
            moved = by_hand.get(asset, ZERO)
            if moved and not (asset in late or (asset == self._quote and late)):
                # A trade by hand explains what it moved; the rest needs a cause of its own.
                is_all = abs(there - recorded - moved) < self._smallest(asset)
                after = there if is_all else recorded + moved
                differences.append(BalanceDifference(now, asset, recorded, after, BalanceCause.MANUAL_TRADE))
                recorded = after
            missing = recorded - there
            if not missing:
                continue
            if asset in late or (asset == self._quote and late):
                cause = BalanceCause.PARTIAL
            elif recorded < ZERO and asset not in found:
                cause = BalanceCause.FEE  # such as Gate's points, which pay fees and are no balance of the account
            elif asset not in ours:
                cause = BalanceCause.NOT_TRADED
            elif abs(missing) < self._smallest(asset):
                cause = BalanceCause.DUST
            elif ZERO < missing <= account.recent_volume(asset, now) * _HIGHEST_FEE:
                cause = BalanceCause.FEE
            else:
                cause = BalanceCause.UNKNOWN
            differences.append(BalanceDifference(now, asset, recorded, there, cause))
        return differences

    def _is_wiped(self, account: ExpectedAccount, found: Mapping[str, Decimal]) -> bool:
        """Return True on positive evidence of a wipe: its balances, and the newest order before it missing.

        A missing order alone is weak: venues show old orders for a limited time.
        """
        traded = {self._quote} | {trade.base for trade in account.trades}
        return any(
            all(found.get(asset, ZERO) == balances.get(asset, ZERO) for asset in traded)
            and self._is_newest_missing(account, taken)
            for taken, balances in account.possible_wipes()
        )

    def _is_newest_missing(self, account: ExpectedAccount, trades: Sequence[VenueTrade]) -> bool:
        """Return True if the venue states that the order of the first trade in a listed pair is missing."""
        for trade in trades:
            number = account.venue_order_id(trade.order_id)
            try:
                return self._exchange.find(trade.order_id, f"{trade.base}/{trade.quote}", number, trade.at) is None
            except NotListed:
                continue
            except OutcomeUnknown:
                return False
        return False

    def _filled_later(self, account: ExpectedAccount, now: datetime) -> set[str]:
        """Return the coins whose orders were filled further after their end in the ledger."""
        recorded: dict[str, Decimal] = {}
        for trade in account.trades:
            recorded[trade.order_id] = recorded.get(trade.order_id, ZERO) + trade.quantity
        later = set()
        for order in account.unfinished:
            base = self._names.get(order.symbol, order.symbol)
            if now - order.at <= _RECENT:
                report = self._found(order, base, account.venue_order_id(order.order_id))
                if report is not None and report.filled > recorded.get(order.order_id, ZERO):
                    later.add(base)
        return later

    def _found(self, order: OrderIntent, base: str, number: str) -> OrderReport | None:
        try:
            return self._exchange.find(order.order_id, f"{base}/{self._quote}", number, order.at)
        except (NotListed, OutcomeUnknown):
            return None

    def _moved_by_hand(self, account: ExpectedAccount, coins: Sequence[str]) -> dict[str, Decimal]:
        """Sum what the account's trades other than ours moved since the last comparison, in units of each asset."""
        since = account.since or datetime.min.replace(tzinfo=UTC)
        moved: dict[str, Decimal] = {}
        for coin in coins:
            ours = {trade.trade_id for trade in account.trades if trade.base == coin}
            try:
                trades = self._exchange.trades(f"{coin}/{self._quote}")
            except NotListed:
                continue
            for trade in trades:
                if trade.fill_id in ours or trade.at <= since or trade.side is None:
                    continue
                sign = 1 if trade.side is Side.BUY else -1
                moves = ((coin, sign * trade.quantity), (self._quote, -sign * trade.quantity * trade.price))
                for asset, amount in (*moves, (trade.fee_asset, -trade.fee)):
                    moved[asset] = moved.get(asset, ZERO) + amount
        return moved

    def _smallest(self, asset: str) -> Decimal:
        """Return the amount below which an asset is dust: a step of its pair, or a cent of the quote currency."""
        if asset == self._quote:
            return _CENT
        try:
            return self._exchange.rules(asset, [self._quote]).step
        except NotListed:
            return ZERO
