"""Run the daemon on a local exchange: its prices come from a market of this machine, and its waits move the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from bot.brokers.simulated import SimulatedBroker
from bot.brokers.testnet.broker import TestnetBroker
from bot.brokers.testnet.client import TestnetExchange, open_testnet
from bot.brokers.testnet.guard import Loopback
from bot.brokers.testnet.pricing import AsTraded
from bot.core.instrument import Instrument
from bot.core.market import Market
from bot.core.moments import ONE_DAY, midnight
from bot.core.ports import Clock
from bot.data.store.update_result import UpdateResult
from bot.paper.broker_choice import Brokerage
from bot.paper.daemon import Daemon, Stop
from bot.paper.outbox import Post, no_post
from bot.paper.reconcile import Reconciler
from bot.paper.rehearsal import require_same_market
from bot.services.local_exchange import QUOTE
from bot.services.markets import open_market
from bot.services.plans import window_of
from bot.settings.loader import Config
from bot.venue.running_venue import RunningVenue

_LOOK_UP = 6 * 3600.0
"""Longest step in seconds by which a wait moves the venue's clock."""


class VenueSource:
    """Prices of a market of this machine, and a broker on the venue that serves the same market."""

    def __init__(self, market: Market, venue: RunningVenue, exchange: TestnetExchange) -> None:
        self._market, self._venue, self._exchange = market, venue, exchange
        self.broker = exchange.venue

    def update(self) -> Sequence[UpdateResult]:
        """Return an empty tuple: the market is complete."""
        return ()

    def market(self, day: date) -> Market:
        """Return the prices known at a day's midnight (UTC)."""
        return self._market.as_of(midnight(day))

    def instruments(self, instruments: Mapping[str, Instrument]) -> dict[str, Instrument]:
        """Return the config's instruments: the venue was opened with them."""
        return dict(instruments)

    def open_broker(self) -> Brokerage:
        """Open the testnet broker on the venue; fills are recorded at the venue's prices."""
        pricing = AsTraded(self._price, QUOTE)
        broker = TestnetBroker(self._exchange, QUOTE, pricing, SimulatedBroker())
        return Brokerage(self.broker, broker, Reconciler(self._exchange, QUOTE, self._venue, {}).compare)

    def _price(self, symbol: str, day: date) -> Decimal | None:
        # The day's open lies after its midnight: the plan does not know it, the venue does.
        return self._venue.prices().get(symbol + QUOTE) or None


class VenueStop(Stop):
    """Stop request of a daemon on a venue. Each wait moves the venue's clock; the end of the prices is a stop."""

    def __init__(self, venue: RunningVenue, end: datetime) -> None:
        super().__init__()
        self._venue, self._end = venue, end

    def wait(self, seconds: float) -> bool:
        """Move the venue's clock by a number of seconds. Return True after a stop request or at the end."""
        now = self._venue.market_time()
        if super().wait(0) or now >= self._end:
            return True
        self._venue.move_to(min(now + timedelta(seconds=seconds), self._end))
        return False


def run_on_venue(
    config: Config,
    data_dir: Path | None,
    market: str,
    name: str,
    port: int,
    machine: Clock,
    say: Callable[[str], None],
    post: Post = no_post,
) -> None:
    """Run the daemon on a driven venue of this machine, from the venue's clock to the end of the prices.

    Parameters
    ----------
    data_dir, market
        Folder or market with the venue's prices.
    port : int
        Port of a venue on 127.0.0.1.
    machine : Clock
        Real clock of this machine.

    Raises
    ------
    ConfigError
        The venue's clock runs by itself.
    DataError
        The venue serves another market, or none answers.
    LedgerError
        The ledger has a daemon already, or trades with another broker.
    """
    venue = RunningVenue(port, machine)
    found = open_market(config, data_dir, market)
    require_same_market(config, found, venue, machine, exactly=False)
    source = VenueSource(found, venue, open_testnet(Loopback(port), venue, {}))
    end = midnight(window_of(found, None, None).end) + ONE_DAY
    Daemon(config, name, venue, say, post=post, source=source, look_up=_LOOK_UP).run(VenueStop(venue, end))
