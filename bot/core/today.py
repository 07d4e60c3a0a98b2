"""The day of a daily strategy: the market and the book as they are known at one UTC midnight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from bot.core.decision import Decision, Trade
from bot.core.instrument import to_weight
from bot.core.market import Market, Series
from bot.core.orders import OrderResult
from bot.core.roles import Roles
from bot.core.stop_levels import exact_levels


@dataclass(frozen=True, slots=True)
class Holding:
    """A coin that the book holds.

    `entry_price` is the average price paid, fees excluded, and `price` the newest known close, both in the quote
    currency. `entered` is the UTC day of the first purchase since the coin was last sold in full.
    """

    symbol: str
    quantity: Decimal
    entry_price: Decimal
    price: Decimal
    entered: date
    days_held: int
    weight: Decimal

    @property
    def profit(self) -> Decimal:
        """Unrealised profit in the quote currency, fees excluded; below zero for a loss."""
        return self.quantity * (self.price - self.entry_price)

    @property
    def gain(self) -> float:
        """Unrealised profit as a share of the entry price: -0.1 is a loss of 10%."""
        return float(self.price / self.entry_price - 1)


@dataclass(frozen=True, slots=True)
class BookState:
    """Cash and equity in the quote currency, the holdings by symbol, and the ended orders since the last decision."""

    cash: Decimal
    equity: Decimal
    holdings: Mapping[str, Holding]
    last_orders: tuple[OrderResult, ...]


@dataclass(frozen=True, eq=False)
class Today:
    """The input of `decide(today)`: the market and the book at one UTC midnight.

    Attributes
    ----------
    at
        The midnight of the decision (UTC).
    last
        The decision of the day before, None on the first day of the run.
    """

    at: datetime
    last: Decision | None
    _whole: Market = field(repr=False)
    _state: Callable[[], BookState] = field(repr=False)

    # A strategy may keep a day; the copy of a strategy shares it, because it never changes.
    def __deepcopy__(self, memo: dict[int, Any]) -> Today:
        return self

    @property
    def day(self) -> date:
        """The UTC day that begins."""
        return self.at.date()

    @cached_property
    def market(self) -> Market:
        """The market as it is known now. Later rows are removed from every series."""
        return self._whole.as_of(self.at)

    @property
    def roles(self) -> Roles:
        """The roles of the market: `eth`, `btc`, `stablecoin`, `small_caps` and the rest."""
        return self._whole.roles

    def series(self, symbol: str) -> Series:
        """Return the rows of a series that are known now. Raises DataError for a symbol that the market lacks."""
        return self.market[symbol]

    @cached_property
    def _book(self) -> BookState:
        return self._state()

    @property
    def cash(self) -> Decimal:
        """Cash in the stablecoin."""
        return self._book.cash

    @property
    def equity(self) -> Decimal:
        """Cash and holdings at their newest closes, in the quote currency."""
        return self._book.equity

    @property
    def holdings(self) -> Mapping[str, Holding]:
        """The coins that are held, by symbol. A remainder worth less than the smallest order is left out."""
        return self._book.holdings

    @property
    def last_orders(self) -> tuple[OrderResult, ...]:
        """The ended orders since the last decision, in order, skipped ones included."""
        return self._book.last_orders

    def holding(self, symbol: str) -> Holding | None:
        """Return a coin's holding, None if it is not held or only a remainder is left."""
        return self._book.holdings.get(symbol)

    def target(
        self,
        weights: Mapping[str, Decimal | float],
        reason: str = "target",
        stage: str | None = None,
        trade: Trade | None = None,
        stops: Mapping[str, Decimal | float] | None = None,
    ) -> Decision:
        """Make the decision to hold some coins.

        Parameters
        ----------
        weights
            Share of equity of each coin, at least 0, at most 1 in sum; the rest stays in the stablecoin.
        reason
            Code of the reason, written to the record.
        stage
            Word of the strategy's own; by default "IN" with weights and "OUT" without.
        trade
            By default `NOW` if the weights differ from the last decision's, else `HOLD`.
        stops
            Price at which the whole holding of a coin is sold during the day, by symbol; none by default.

        Raises
        ------
        ValueError
            If a weight is below zero ("long only"), the sum is above 1 ("no leverage"), or a stop is no price above 0.
        """
        exact = {s: w if isinstance(w, Decimal) else to_weight(float(w)) for s, w in weights.items()}
        exact = {symbol: weight for symbol, weight in exact.items() if weight != 0}
        last_weights = self.last.weights if self.last else {}
        stage = stage or ("IN" if exact else "OUT")
        trade = trade or (Trade.HOLD if exact == last_weights else Trade.NOW)
        before = self.last.stage if self.last else stage
        return Decision(self.at, stage, before, exact, (reason,), trade, stops=exact_levels(stops or {}))

    def hold(self, reason: str = "hold", stops: Mapping[str, Decimal | float] | None = None) -> Decision:
        """Make the decision to keep the last weights and stage; orders are retries of earlier ones only.

        The last stops are kept too; `stops` replaces all of them, and an empty mapping withdraws them.
        """
        if self.last is None:
            return self.target({}, reason, stops=stops)
        levels = self.last.stops if stops is None else exact_levels(stops)
        stage, weights = self.last.stage, self.last.weights
        return Decision(self.at, stage, stage, weights, (reason,), Trade.HOLD, stops=levels)
