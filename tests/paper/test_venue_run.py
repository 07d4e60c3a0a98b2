"""The daemon on a local exchange, for some simulated days: over HTTP, with its own clock, ledger and account."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.core.errors import ConfigError, DataError
from bot.core.events import AccountSnapshot
from bot.core.instrument import ZERO
from bot.core.market import Market
from bot.core.moments import midnight
from bot.core.orders import Fill, OrderResult
from bot.infra.clock import SystemClock
from bot.ledger.decode import decode
from bot.ledger.record import verify_ledger
from bot.ledger.recorded import recorded
from bot.ledger.writer import LedgerWriter
from bot.paper.ledgers import ledger_path, status_of
from bot.paper.tick import new_ledger
from bot.paper.venue_run import VenueStop, run_on_venue
from bot.services.local_exchange import open_exchange, terms_of
from bot.settings.loader import Config
from bot.venue.http.server import VenueServer
from bot.venue.matching.clocks import DrivenClock, RunningClock, VenueClock
from bot.venue.matching.exchange import KEY
from bot.venue.matching.pair_filters import PairFilters
from bot.venue.running_venue import RunningVenue
from tests.markets import config_with, default_config

pytestmark = pytest.mark.slow

FIRST = date(2112, 12, 26)
"""Five days before the end of the demo's prices."""
BUSY = date(2112, 10, 19)
MACHINE = SystemClock()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return config_with({"state": str(tmp_path)})


@contextmanager
def serving(demo: Market, clock: VenueClock | None = None) -> Iterator[tuple[VenueServer, int]]:
    """A venue on the demo market, and its port."""
    clock = clock or DrivenClock(MACHINE, midnight(FIRST))
    terms = terms_of(default_config().start_equity)
    with VenueServer(open_exchange(default_config(), demo, clock, terms).exchange) as server:
        yield server, int(server.url.rpartition(":")[2])
    assert server.problems == []


def run(config: Config, port: int) -> list[str]:
    """Run the daemon to the end of the demo, and return its lines."""
    lines: list[str] = []
    run_on_venue(config, None, "demo", "one", port, MACHINE, lines.append)
    return lines


def days_of(lines: list[str]) -> list[str]:
    """Return the days that the lines report as decided."""
    return [line.partition("  decided ")[2][:10] for line in lines if "  decided " in line]


def ending(monkeypatch: pytest.MonkeyPatch, last: date) -> None:
    """Let the daemon stop at the end of a day, as if the prices ended there."""
    made = VenueStop.__init__

    def until(stop: VenueStop, venue: RunningVenue, end: object) -> None:
        made(stop, venue, midnight(last + timedelta(days=1)))

    monkeypatch.setattr(VenueStop, "__init__", until)


def test_the_daemon_decides_every_day_until_the_prices_end(demo: Market, config: Config) -> None:
    with serving(demo) as (_, port):
        lines = run(config, port)
    assert days_of(lines) == [f"2112-12-{day}" for day in range(26, 31)]
    assert lines[-1] == "Stopped. Open positions are kept. Restart to continue."
    assert not [line for line in lines if "not decided" in line]
    verify_ledger(ledger_path(config, "one"))
    assert status_of(config, "one").broker == "binance on the loopback"


def test_orders_are_traded_on_the_venue_and_the_account_is_that_of_the_ledger(
    demo: Market, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending(monkeypatch, BUSY + timedelta(days=1))
    with serving(demo, DrivenClock(MACHINE, midnight(BUSY))) as (server, port):
        with server.lock:
            server.exchange.market.set_filters("DEMO-ETHUSDT", PairFilters(max_market_quantity=Decimal("0.01")))
        lines = run(config, port)
        account = server.exchange.account(KEY)
        there = {asset: held.free for asset, held in account.balances.items() if held.free}
    with LedgerWriter.open(ledger_path(config, "one")) as ledger:
        rows = ledger.rows
    status, fills = status_of(config, "one"), [one.event for one in recorded(rows, Fill)]
    assert days_of(lines) == ["2112-10-19", "2112-10-20"]
    assert {asset: Decimal(held) for asset, held in {"USDT": status.cash, **status.holdings}.items()} == there
    assert sum((fill.quantity for fill in fills), ZERO) == sum((trade.quantity for trade in account.trades), ZERO)
    parts = [order for order in account.orders.values() if order.request.client_id.count("-") == 2]
    assert len(account.orders) - len(parts) == len(list(recorded(rows, OrderResult))) > 0
    assert {order.request.pair for order in parts} == {"DEMO-ETHUSDT"}
    seen = [event for row in rows if isinstance(event := decode(row), AccountSnapshot)]
    assert seen, "the account is compared with the ledger"


def test_a_stopped_daemon_continues_with_the_next_day(
    demo: Market, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(demo) as (_, port):
        with monkeypatch.context() as patched:
            ending(patched, FIRST)
            assert days_of(run(config, port)) == ["2112-12-26"]
        assert days_of(run(config, port)) == [f"2112-12-{day}" for day in range(27, 31)]


def test_a_signal_ends_it_before_the_next_day(demo: Market, config: Config) -> None:
    with serving(demo) as (_, port):
        stop = VenueStop(RunningVenue(port, MACHINE), midnight(FIRST + timedelta(days=9)))
        assert stop.wait(60.0) is False
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(60.0) is True
        assert RunningVenue(port, MACHINE).market_time() == midnight(FIRST) + timedelta(minutes=1)


def test_a_venue_with_a_clock_of_its_own_and_a_port_without_a_venue_are_refused(demo: Market, config: Config) -> None:
    with serving(demo, RunningClock(MACHINE, midnight(FIRST))) as (_, port), pytest.raises(ConfigError, match="driven"):
        run(config, port)
    with pytest.raises(DataError, match="no venue answers"):
        run(config, port)


def test_a_ledger_of_another_broker_is_refused(demo: Market, config: Config) -> None:
    with serving(demo) as (_, port):
        new_ledger(config, "one", DrivenClock(MACHINE, midnight(FIRST)))
        with pytest.raises(ConfigError, match="trades with another broker"):
            run(config, port)
