"""Source of a tick: its prices, its trading rules and its broker. By default the store, fed by the vendors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Protocol

from bot.core.instrument import Instrument
from bot.core.market import Market
from bot.core.moments import midnight
from bot.core.ports import Clock
from bot.data.store.update_result import UpdateResult
from bot.paper.broker_choice import SIMULATED, Brokerage, open_brokerage
from bot.services.data_update import Advance, update_store
from bot.services.markets import stored_market
from bot.services.plans import venue_instruments
from bot.services.vendors import VendorSessions
from bot.settings.loader import Config

if TYPE_CHECKING:
    from bot.brokers.testnet.client import TestnetExchange


class TickSource(Protocol):
    """Prices and broker of a ledger; `broker` is the broker's name in the ledger."""

    broker: str

    def update(self) -> Sequence[UpdateResult]:
        """Fetch new prices. Return a result for each series that was asked for."""
        ...

    def market(self, day: date) -> Market:
        """Return the prices known at a day's midnight (UTC). Raises DataError."""
        ...

    def instruments(self, instruments: Mapping[str, Instrument]) -> dict[str, Instrument]:
        """Return instruments with the present rules of their venue."""
        ...

    def open_broker(self) -> Brokerage:
        """Open the broker."""
        ...


class VendorSource:
    """The store with prices of the vendors, and a broker at live public quotes.

    Parameters
    ----------
    testnet : TestnetExchange, optional
        Account that gets the orders; by default fills are simulated.
    advance, waiting : callable
        Show the progress of the update, and a line while the store is locked.
    """

    def __init__(
        self,
        config: Config,
        sessions: VendorSessions,
        clock: Clock,
        testnet: TestnetExchange | None = None,
        advance: Advance = lambda symbol, done, total: None,
        waiting: Callable[[str], None] = print,
    ) -> None:
        self._config, self._sessions, self._clock, self._testnet = config, sessions, clock, testnet
        self._advance, self._waiting = advance, waiting
        self.broker = SIMULATED if testnet is None else testnet.venue

    def update(self) -> Sequence[UpdateResult]:
        """Fetch new prices into the store."""
        return update_store(self._config, self._sessions, self._clock, (), None, self._advance, self._waiting)

    def market(self, day: date) -> Market:
        """Return the stored prices."""
        return stored_market(self._config).as_of(midnight(day))

    def instruments(self, instruments: Mapping[str, Instrument]) -> dict[str, Instrument]:
        """Return instruments with the newest stored rules."""
        return venue_instruments(self._config, instruments)

    def open_broker(self) -> Brokerage:
        """Open the testnet or the simulated broker."""
        return open_brokerage(self._config, self._sessions, self._clock, self._testnet)
