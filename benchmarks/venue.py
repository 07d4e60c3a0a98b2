"""An order to the venue in a box and back, and a tick of ten orders, through ccxt and real HTTP on this machine."""

from __future__ import annotations

import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from bot.core.window import Window
from bot.infra.clock import SystemClock
from bot.paper.rehearsal import trade
from bot.services.local_exchange import open_exchange, terms_of, venue_clock
from bot.services.markets import open_market
from bot.services.plans import planned
from bot.settings.loader import load_config
from bot.venue.http.server import VenueServer
from bot.venue.http.weights import RequestLimits
from bot.venue.matching.exchange import KEY, SECRET
from bot.venue.running_venue import RunningVenue

_ORDERS = 300
_PAIR = "DEMO-ETH/USDT"
_BUSY = date(2112, 10, 19), date(2112, 10, 20)
"""Two days of the demo; on the second at least ten orders are sent."""
_TICKS = 5


def order_round_trip() -> dict[str, float]:
    """Milliseconds of a market order: the median and the slowest in a hundred."""
    config = load_config()
    market = open_market(config, None, "demo")
    exchange = open_exchange(config, market, venue_clock(market, SystemClock(), None, driven=True)).exchange
    with VenueServer(exchange, limits=RequestLimits(orders=10 * _ORDERS)) as venue:
        client = _client(venue)
        client.load_time_difference()
        client.load_markets()
        took = sorted(_seconds(client) for _ in range(_ORDERS))
    return {"median": 1000 * took[_ORDERS // 2], "slowest": 1000 * took[_ORDERS * 99 // 100]}


def tick_of_ten_orders() -> dict[str, float]:
    """Orders of a day, and seconds from its decision to the last order's end on disk: the median of some ticks."""
    took = sorted(_busy_tick() for _ in range(_TICKS))
    return {"orders": took[0][1], "seconds": took[_TICKS // 2][0]}


def _busy_tick() -> tuple[float, int]:
    """A rehearsal of two days, of which the second is timed, through the guard and into a ledger on disk."""
    marks: list[tuple[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        config = load_config(changes={"state": str(Path(folder) / "logs")})
        market, machine = open_market(config, None, "demo"), SystemClock()
        plan = planned(config, market, Window(*_BUSY))
        clock = venue_clock(market, machine, _BUSY[0], driven=True)
        exchange = open_exchange(config, market, clock, terms_of(plan.cash)).exchange
        with VenueServer(exchange) as server:
            venue = RunningVenue(int(server.url.rpartition(":")[2]), machine)
            trade(config, "tick", plan, venue, machine, witness=lambda step: marks.append((step, time.perf_counter())))
    days = [i for i, (step, _) in enumerate(marks) if step == "before orders"]
    second = marks[days[1] - 2 : -2]  # from the decision's writing on; the last two steps value the day
    return second[-1][1] - second[0][1], sum(step == "order done" for step, _ in second)


def _seconds(client: Any) -> float:
    began = time.perf_counter()
    order = client.create_order(_PAIR, "market", "buy", 0.001)
    took = time.perf_counter() - began
    assert order["status"] == "closed", order
    return took


def _client(venue: VenueServer) -> Any:
    import ccxt

    client = ccxt.binance(
        {
            "apiKey": KEY,
            "secret": SECRET,
            "enableRateLimit": False,
            "has": {"fetchCurrencies": False},
            "urls": {"test": {"public": venue.api, "private": venue.api}},
            "options": {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}, "fetchMargins": False},
        }
    )
    client.set_sandbox_mode(True)
    return client
