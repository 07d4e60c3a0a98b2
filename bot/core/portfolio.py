"""The portfolio: cash, holdings, and the arithmetic of fills and settlements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from bot.core.instrument import ZERO
from bot.core.orders import Fill, Settlement, Side


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Cash in the stablecoin and holdings in coins, as exact decimals of at least zero.

    `apply` returns a new portfolio, and raises ValueError if a fill takes more than there is.
    """

    cash: Decimal
    holdings: Mapping[str, Decimal] = field(default_factory=dict)

    def held(self, symbol: str) -> Decimal:
        """Return the quantity held of a coin."""
        return self.holdings.get(symbol, ZERO)

    def equity(self, prices: Mapping[str, Decimal]) -> Decimal:
        """Value cash and holdings at the given prices, in the stablecoin."""
        return self.cash + sum((quantity * prices[s] for s, quantity in self.holdings.items()), ZERO)

    def apply(self, event: Fill | Settlement) -> Portfolio:
        """Return the portfolio after a fill or a settlement."""
        if isinstance(event, Settlement):
            return self._settled(event)
        in_cash = ZERO if event.fee_in_kind else event.fee  # a fee in coins is taken from the holdings instead
        kept = ZERO if event.fee_coin else event.fee_in_kind
        if event.side is Side.BUY:
            after = self._moved(event.symbol, event.quantity - kept, -(event.notional + in_cash))
        else:
            after = self._moved(event.symbol, -event.quantity - kept, event.notional - in_cash)
        return after._moved(event.fee_coin, -event.fee_in_kind, ZERO) if event.fee_coin else after

    def _settled(self, event: Settlement) -> Portfolio:
        if event.into is None:
            return self._moved(event.symbol, -event.quantity, event.quantity * event.price - event.fee)
        gone = self._moved(event.symbol, -event.quantity, ZERO)
        return gone._moved(event.into, event.received, ZERO)

    def _moved(self, symbol: str, quantity: Decimal, cash: Decimal) -> Portfolio:
        held, left = self.held(symbol) + quantity, self.cash + cash
        if held < 0 or left < 0:
            raise ValueError(f"{symbol}: the book would hold {held} and cash {left}; neither may be below zero")
        holdings = {**self.holdings, symbol: held}
        if held == 0:
            del holdings[symbol]  # so that two portfolios of the same coins are equal
        return Portfolio(left, holdings)
