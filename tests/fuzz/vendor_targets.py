"""Answers of vendors: a server on the loopback sends a body, `bot data update` stores it, `bot data check` reads it."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import ccxt  # noqa: F401 - loaded once here, and not again in each child process of the soak
import yfinance  # noqa: F401

from bot.data.vendors.defillama import DEFILLAMA_HOST
from bot.data.vendors.fred import FRED_HOST
from bot.data.vendors.public_venues import VENUES
from bot.data.vendors.yahoo import YAHOO_HOSTS
from bot.services.data_update import import_folder
from bot.services.markets import store_path
from tests.clocks import FakeClock
from tests.data.vendors.test_csv_folder import COIN, RUT
from tests.data.vendors.test_venues import M1, M2, NEW, OLD, SHAPES
from tests.fuzz.target import Target
from tests.markets import config_with
from tests.servers.defillama import point
from tests.servers.exchange import Pair, listing
from tests.servers.loopback import Asked, LoopbackServer, Reply, as_json, status
from tests.servers.made_up import rows
from tests.servers.wired import loopback_sessions
from tests.servers.yahoo import Chart, chart_of

NOW = datetime(2025, 11, 28, 19, tzinfo=UTC)
"""Time of the commands: their waits end at once."""
_DAY = 86_400_000
_CHART = "/v8/finance/chart/^GSPC"
_TABLE = "/graph/fredgraph.csv"
_JSON = Mapping[str, Any]


class BodyServer(LoopbackServer):
    """Sends one reply for the paths that end with `path`, and good answers for the others."""

    def __init__(self, path: str, fuzzed: Reply, others: _JSON) -> None:
        super().__init__()
        self.path, self.fuzzed, self.others = path, fuzzed, others
        self.date = NOW

    def answer(self, asked: Asked) -> Reply:
        if asked.path.endswith(self.path):
            return self.fuzzed
        found = [answer for path, answer in self.others.items() if asked.path.endswith(path)]
        return as_json(found[0]) if found else status(404)


@dataclass(frozen=True)
class _Vendor:
    """A vendor, the series that it is asked for, its good answers by path, and how a command is led to it."""

    symbol: str
    hosts: Sequence[str]
    answers: _JSON
    options: Sequence[str] = ()
    good_codes: frozenset[int] = frozenset({0})

    def commands(self, folder: Path, body: bytes) -> Sequence[Sequence[str]]:
        (folder / "logs").mkdir()
        (folder / "logs" / "market.sqlite3").write_bytes(_store_of_prices())
        return [["data", "update", self.symbol, *self.options, "--json"], ["data", "check", "--json"]]

    def target(self, name: str, path: str, bodies: Sequence[bytes], code: int = 200) -> Target:
        @contextmanager
        def vendors(body: bytes) -> Iterator[None]:
            with (
                BodyServer(path, Reply(code, body), self.answers) as server,
                mock.patch("bot.infra.clock.SystemClock", lambda: FakeClock(NOW)),
                mock.patch("ccxt.Exchange.throttle"),  # which waits by the clock of this machine
                mock.patch(
                    "bot.services.vendors.open_sessions",
                    lambda config, clock: loopback_sessions(dict.fromkeys(self.hosts, server.url), clock, pause=0.0),
                ),
            ):
                yield

        return Target(name, bodies, self.commands, vendors, self.good_codes)


@functools.cache
def _store_of_prices() -> bytes:
    """Return a store with the series without which none is checked."""
    with tempfile.TemporaryDirectory() as made:
        config, prices = config_with({"state": made}), Path(made) / "prices"
        prices.mkdir()
        for symbol, text in {"RUT": RUT, "ETH": COIN, "BTC": COIN}.items():
            (prices / f"{symbol}.csv").write_text(text)
        import_folder(config, prices, FakeClock(NOW))
        return store_path(config).read_bytes()


def _venue(name: str, answers: _JSON) -> _Vendor:
    options = f"--since 2025-11-27 --set sources.exchange.venues=[{name}] --set sources.exchange.names.SOL=ETH".split()
    return _Vendor("SOL", [VENUES[name].host], answers, options)


def _written(answer: Any) -> Sequence[bytes]:
    """Return JSON in one line, as vendors send it, and with a line for each value, for mutations of lines."""
    return json.dumps(answer, separators=(",", ":")).encode(), json.dumps(answer, indent=0).encode()


def _kline(opens: int, day: Sequence[str]) -> list[Any]:
    return [opens, *day, opens + _DAY - 1, "3005000.5", 7, "500.5", "1500000.5", "0"]


_BINANCE: _JSON = {
    "/exchangeInfo": {
        "timezone": "UTC",
        "serverTime": M2,
        "symbols": [listing(base + "USDT", Pair(base, "USDT", {})) for base in ("ETH", "BTC")],
    },
    "/klines": [_kline(M1, OLD), _kline(M2, NEW)],
}
_VENUES = {
    name: _venue(name, answers)
    for name, answers in {"binance": _BINANCE, **{name: shape.answers for name, shape in SHAPES.items()}}.items()
}
_SPX = chart_of("^GSPC", Chart(rows(date(2025, 11, 24), date(2025, 11, 28), 2400, weekdays_only=True), kind="INDEX"))
_YAHOO = _Vendor("SPX", YAHOO_HOSTS, {})
_MACRO = _Vendor("WALCL", [FRED_HOST], {})
_SUPPLY = _Vendor("STABLECOIN_SUPPLY_USD", [DEFILLAMA_HOST], {})
_POINTS = [point(date(2025, 11, day), 3e11 + day * 1e8) for day in (24, 25, 26, 27, 28)]
_REFUSALS: Sequence[tuple[_Vendor, str, int, Any]] = (
    (_YAHOO, _CHART, 404, {"chart": {"result": None, "error": {"code": "Not Found", "description": "No data found"}}}),
    (_VENUES["binance"], "/klines", 400, {"code": -1121, "msg": "Invalid symbol."}),
    (_VENUES["binance"], "/klines", 418, {"code": -1003, "msg": "IP banned until 1764400000000."}),
    (_VENUES["bybit"], "/kline", 200, {"retCode": 10006, "retMsg": "Too many visits!", "result": {}, "time": M2}),
    (_VENUES["gate"], "/candlesticks", 400, {"label": "INVALID_CURRENCY_PAIR", "message": "Invalid currency pair"}),
)
"""Refusals of a vendor: path and HTTP status, and the body of the refusal."""

ANSWERS: Sequence[Target] = (
    _YAHOO.target("chart of yahoo", _CHART, _written(_SPX)),
    _MACRO.target(
        "table of fred", _TABLE, [b"observation_date,WALCL\n2025-11-12,6580000\n2025-11-19,.\n2025-11-26,6552000.5\n"]
    ),
    _SUPPLY.target("chart of defillama", "/stablecoincharts/all", _written(_POINTS)),
    *(
        vendor.target(f"{path} of {name}", path, _written(answer))
        for name, vendor in _VENUES.items()
        for path, answer in vendor.answers.items()
        if answer
    ),
)
REFUSALS: Sequence[Target] = tuple(
    replace(vendor, good_codes=frozenset({0, 3})).target(f"refusal {code} at {path}", path, _written(answer), code)
    for vendor, path, code, answer in _REFUSALS
)
