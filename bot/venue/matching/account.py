"""Account of one API key: balances, orders and trades."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from bot.core.instrument import ZERO
from bot.venue.matching.order import AccountTrade, Order


@dataclass(slots=True)
class Balance:
    """Free amount of one asset, and the amount locked by open orders."""

    free: Decimal = ZERO
    locked: Decimal = ZERO

    def lock(self, amount: Decimal) -> None:
        """Lock an amount for an open order."""
        self.free, self.locked = self.free - amount, self.locked + amount
        self._require_valid()

    def unlock(self, amount: Decimal) -> None:
        """Release the amount of an order."""
        self.lock(-amount)

    def receive(self, amount: Decimal) -> None:
        """Add an amount to the free balance; a negative one is a payment."""
        self.free += amount
        self._require_valid()

    def pay_locked(self, amount: Decimal) -> None:
        """Pay from the locked balance."""
        self.locked -= amount
        self._require_valid()

    def _require_valid(self) -> None:
        if self.free < 0 or self.locked < 0:
            raise ValueError(f"a balance fell below zero: {self}")


@dataclass(slots=True)
class Account:
    """Balances, orders and trades of one key, oldest first."""

    balances: defaultdict[str, Balance] = field(default_factory=lambda: defaultdict(Balance))
    orders: dict[int, Order] = field(default_factory=dict)
    open: dict[int, Order] = field(default_factory=dict)
    by_client_id: dict[tuple[str, str], Order] = field(default_factory=dict)
    """Newest order of each pair and client id. The id of an ended order may be used again."""
    trades: list[AccountTrade] = field(default_factory=list)

    def has_open(self, client_id: str) -> bool:
        """Return True if an open order has this client id."""
        return any(order.request.client_id == client_id for order in self.open.values())

    def add(self, order: Order) -> None:
        """Add a new open order."""
        self.orders[order.id] = self.by_client_id[order.request.pair, order.request.client_id] = order
        self.open[order.id] = order

    def find(self, pair: str, order_id: int | None, client_id: str | None) -> Order | None:
        """Return the order of an id, or the newest one of a client id. An id must match the pair and client id."""
        if order_id is None:
            return self.by_client_id.get((pair, client_id or ""))
        order = self.orders.get(order_id)
        # Both must match, as on Binance: an id of another pair is unknown here.
        if order is None or order.request.pair != pair or client_id not in (None, order.request.client_id):
            return None
        return order
