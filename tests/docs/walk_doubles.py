"""The vendors and a testnet on the loopback, for the commands of docs/testnet-walk.md, and the clock of its days."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

from bot.brokers.testnet.client import open_testnet
from bot.brokers.testnet.guard import Loopback
from bot.settings.loader import load_config
from tests.clocks import FakeClock
from tests.markets import sessions
from tests.servers.exchange import Pair
from tests.servers.loopback import Asked, Reply, as_json
from tests.servers.made_up import Row, rows
from tests.servers.testnet import TestnetServer
from tests.servers.wired import Servers, all_servers, loopback_sessions
from tests.servers.yahoo import Chart

START = date(2026, 1, 20)
"""First day of the walk: the made-up ETH is above its 100-day average."""
_FIRST, _LAST = date(2025, 7, 1), date(2026, 6, 30)
_COIN_ROWS = {
    # A volume at which one order is filled whole.
    coin: {day: replace(row, volume=1e7) for day, row in rows(_FIRST, _LAST, price).items()}
    for coin, price in (("BTC", 900.0), ("ETH", 100.0), ("SOL", 50.0))
}
_ONES = {_FIRST + timedelta(days=n): Row(1.0, 1.0, 1.0, 1.0, 1000.0) for n in range((_LAST - _FIRST).days)}
_LEVELS = {"WALCL": 6.5e6, "WTREGEN": 8e5, "RRPONTSYD": 100.0}
"""Plausible values of FRED's series; 4 for the others, which are rates and spreads in per cent."""
_SESSIONS = set(sessions().dates.astype(object))
_ON_SESSIONS = {day: row for day, row in rows(_FIRST, _LAST).items() if day in _SESSIONS}


class MovingTestnet(TestnetServer):
    """A testnet whose balances move with its trades, and whose orders have the time at which they were placed."""

    def answer(self, asked: Asked) -> Reply:
        if asked.method == "POST":
            self.placed_at = int(self.now().timestamp() * 1000)
        reply = super().answer(asked)
        found = json.loads(reply.body)
        for one in found if isinstance(found, list) else [found]:
            one |= {name: self.placed_at for name in ("time", "updateTime", "transactTime") if name in one}
        if asked.method == "POST":
            self._settle(found)
        return as_json(found, status=reply.status)

    def _settle(self, order: dict[str, Any]) -> None:
        sign = 1 if order["side"] == "BUY" else -1
        for trade in order["fills"]:
            quantity = Decimal(trade["qty"])
            self._add("ETH", sign * quantity)
            self._add("USDT", -sign * quantity * Decimal(trade["price"]))
            self._add(trade["commissionAsset"], -Decimal(trade["commission"]))

    def _add(self, asset: str, amount: Decimal) -> None:
        free, locked = self.account.balances[asset]
        self.account.balances[asset] = (str(Decimal(free) + amount), locked)


class TestnetDouble:
    """Servers that stand in for every vendor and for Binance's testnet, and the time that all of them have."""

    __test__ = False

    def __init__(self, servers: Servers, testnet: MovingTestnet) -> None:
        self.servers, self.testnet, self.clock = servers, testnet, FakeClock()
        sources = load_config().sources
        for ticker in sources.yahoo.symbols.values():
            servers.yahoo.charts[ticker] = Chart(_ON_SESSIONS, _kind(ticker))
        for series in sources.fred.symbols.values():
            servers.fred.series[series] = {str(day): str(_LEVELS.get(series, 4.0)) for day in _ON_SESSIONS}
        servers.yahoo.charts["USDT-USD"] = Chart(_ONES, "CRYPTOCURRENCY", "UTC")
        for chain in sources.defillama.symbols.values():
            servers.defillama.charts[chain] = {_FIRST + timedelta(days=n): 2.8e11 for n in range(1000)}
        for coin in _COIN_ROWS:
            servers.yahoo.charts[f"{coin}-USD"] = Chart(_COIN_ROWS[coin], "CRYPTOCURRENCY", "UTC")
        self.pairs = {coin: servers.exchange.list(coin, "USDT", {}) for coin in _COIN_ROWS}
        testnet.account.balances = {"USDT": ("20000", "0"), "ETH": ("1", "0"), "BNB": ("1", "0")}
        self.begin(START)

    def begin(self, day: date) -> None:
        """Set all clocks to 00:15 UTC of a day, and the order books to its open."""
        now = datetime.combine(day, time(0, 15), UTC)
        self.clock.set(now)
        for server in (*self.servers.each, self.testnet):
            server.date = now
        for coin, pair in self.pairs.items():
            pair.rows = {date_: row for date_, row in _COIN_ROWS[coin].items() if date_ <= day}
            _quote(pair, day)


def _kind(ticker: str) -> str:
    return "INDEX" if ticker.startswith("^") else "ETF"


def _quote(pair: Pair, day: date) -> None:
    price = Decimal(str(pair.rows[day].open))
    cent = Decimal("0.01")
    pair.bids, pair.asks = [(str(price - cent), "500")], [(str(price + cent), "500")]
    pair.last = str(price)


@contextlib.contextmanager
def open_doubles() -> Iterator[TestnetDouble]:
    """Direct the commands of the terminal to the servers, in this process."""
    with all_servers() as servers, MovingTestnet() as testnet, contextlib.ExitStack() as patches:
        made = TestnetDouble(servers, testnet)
        sessions = lambda config, clock: loopback_sessions(servers.urls, made.clock, pause=0.0)  # noqa: E731
        account = lambda *_, **__: open_testnet(Loopback(testnet.port), made.clock, {})  # noqa: E731
        for name, replacement in {
            "bot.services.vendors.open_sessions": sessions,
            "bot.infra.clock.SystemClock.now": lambda clock: made.clock.now(),
            "bot.infra.clock.SystemClock.sleep": lambda clock, seconds: made.clock.sleep(seconds),
            "bot.paper.broker_choice.open_account": account,
            # The name of the testnet that the double stands in for.
            "bot.brokers.testnet.client.TestnetExchange.venue": property(lambda exchange: "binance testnet"),
            "bot.services.doctor._opened": account,
        }.items():
            patches.enter_context(mock.patch(name, replacement))
        yield made
