"""A small world of vendors on the loopback, with a clock that all of them share and a state folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bot.data.store.store import Store
from bot.data.store.stored import RowVersion
from bot.data.store.update_result import UpdateResult
from bot.services.data_update import update_store
from bot.services.markets import store_path
from bot.services.vendors import VendorSessions
from bot.settings.loader import Config
from tests.clocks import FakeClock
from tests.markets import config_with
from tests.servers.exchange import ExchangeServer
from tests.servers.made_up import rows
from tests.servers.wired import Servers, all_servers, loopback_sessions
from tests.servers.yahoo import Chart

HALF_DAY = datetime(2025, 11, 28, 18, 50, tzinfo=UTC)  # New York closed at 18:00 UTC; Thanksgiving was the day before
FIRST = date(2025, 9, 1)
SECOND_VENUE = "api.binance.us"


class World:
    """The vendors, a clock that all of them share, and a state folder."""

    def __init__(self, folder: Path, servers: Servers, second: ExchangeServer, now: datetime = HALF_DAY) -> None:
        self.servers, self.second = servers, second
        venues = {"exchange": {"venues": ["binance", "binanceus"], "pause": 0.0}}
        self.config: Config = config_with(
            {
                "state": str(folder),
                "sources": {**venues, "yahoo": {"pause": 0.0}, "fred": {"pause": 0.0}, "defillama": {"pause": 0.0}},
            }
        )
        self.set_time(now)
        today = date(2025, 12, 31)
        servers.yahoo.charts["^RUT"] = Chart(rows(FIRST, today, 2400, weekdays_only=True), kind="INDEX")
        servers.yahoo.charts["IWM"] = Chart(rows(FIRST, today, 240, weekdays_only=True))
        servers.yahoo.charts["ETH-USD"] = Chart(rows(date(2025, 8, 1), today, 4000), "CRYPTOCURRENCY", "UTC")
        servers.fred.series["WALCL"] = {"2025-11-12": "6580000", "2025-11-19": "6555000", "2025-11-26": "6552000"}
        servers.defillama.charts["all"] = {FIRST + timedelta(days=n): 2.8e11 + n * 1e8 for n in range(122)}
        for coin, price in (("BTC", 90_000.0), ("ETH", 4000.0), ("SOL", 150.0)):
            servers.exchange.list(coin, "USDT", rows(FIRST, today, price))
        second.list("LTC", "USD", rows(FIRST, today, 80.0))

    def set_time(self, now: datetime) -> None:
        """What time it is, here and at all vendors."""
        self.clock = FakeClock(now)
        for server in (*self.servers.each, self.second):
            server.date = now

    def update(self, *symbols: str, since: date | None = None) -> dict[str, UpdateResult]:
        """One run of the command."""
        self._until_now()
        with self.sessions() as sessions:
            found = update_store(self.config, sessions, self.clock, symbols, since)
        return {result.symbol: result for result in found}

    def sessions(self, tries: int = 4) -> AbstractContextManager[VendorSessions]:
        """The real clients' sessions on this world."""
        urls = {**self.servers.urls, SECOND_VENUE: self.second.url}
        return loopback_sessions(urls, self.clock, tries=tries)

    def _until_now(self) -> None:
        """Vendors know nothing of days to come; today's row is there, and still moving."""
        today = self.clock.now().date()
        for chart in self.servers.yahoo.charts.values():
            chart.rows = {day: row for day, row in chart.rows.items() if day <= today}
        charts = self.servers.defillama.charts
        for chain, values in charts.items():
            charts[chain] = {day: value for day, value in values.items() if day <= today}
        for server in (self.servers.exchange, self.second):
            for pair in server.pairs.values():
                pair.rows = {day: row for day, row in pair.rows.items() if day <= today}

    def closes(self, symbol: str, reading: RowVersion = RowVersion.FIRST_SEEN) -> dict[str, float]:
        """What the store has of a symbol."""
        with Store.reading(store_path(self.config)) as store:
            found = store.rows(reading).get(symbol)
        return {} if found is None else dict(zip(map(str, found.rows.dates), found.rows.close.tolist(), strict=True))

    def requests(self) -> int:
        """How many requests all vendors saw so far."""
        return sum(len(server.asked) for server in (*self.servers.each, self.second))


@contextmanager
def open_world(folder: Path) -> Iterator[World]:
    """A new world whose state folder is given."""
    with all_servers() as servers, ExchangeServer() as second:
        yield World(folder, servers, second)


def extended(world: World, until: date) -> None:
    """Let every vendor know more days."""
    for ticker, price, weekdays in (("^RUT", 2400, True), ("IWM", 240, True), ("ETH-USD", 4000, False)):
        world.servers.yahoo.charts[ticker].rows = rows(FIRST, until, price, weekdays_only=weekdays)
    for coin, price in (("BTC", 90_000.0), ("ETH", 4000.0), ("SOL", 150.0)):
        world.servers.exchange.pairs[f"{coin}USDT"].rows = rows(FIRST, until, price)
