"""What one key owns: free and locked amounts, orders and trades."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from bot.core.instrument import ZERO
from bot.venue.matching.order import AccountTrade, Order


@dataclass(slots=True)
class Balance:
    """The amount of one asset that can be used, and that which open orders hold."""

    free: Decimal = ZERO
    locked: Decimal = ZERO

    def lock(self, amount: Decimal) -> None:
        """Set an amount aside for an open order."""
        self.free, self.locked = self.free - amount, self.locked + amount
        self._require_sound()

    def unlock(self, amount: Decimal) -> None:
        """Give back what an order held."""
        self.lock(-amount)

    def receive(self, amount: Decimal) -> None:
        """Add to what can be used; below zero it is paid from it."""
        self.free += amount
        self._require_sound()

    def pay_locked(self, amount: Decimal) -> None:
        """Pay what an open order held."""
        self.locked -= amount
        self._require_sound()

    def _require_sound(self) -> None:
        if self.free < 0 or self.locked < 0:
            raise ValueError(f"a balance fell below zero: {self}")


@dataclass(slots=True)
class Account:
    """Everything of one key; orders and trades in the order in which they came."""

    balances: defaultdict[str, Balance] = field(default_factory=lambda: defaultdict(Balance))
    orders: dict[int, Order] = field(default_factory=dict)
    open: dict[int, Order] = field(default_factory=dict)
    by_client_id: dict[tuple[str, str], Order] = field(default_factory=dict)
    """The newest order of each pair and client id."""
    trades: list[AccountTrade] = field(default_factory=list)

    def has_open(self, client_id: str) -> bool:
        """Whether an open order has this client id."""
        return any(order.ticket.client_id == client_id for order in self.open.values())

    def keep(self, order: Order) -> None:
        """Take an order in."""
        self.orders[order.id] = self.by_client_id[order.ticket.pair, order.ticket.client_id] = order
        self.open[order.id] = order
