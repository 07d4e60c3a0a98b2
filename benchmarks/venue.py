"""An order to the venue in a box and back, through ccxt and real HTTP on this machine."""

from __future__ import annotations

import time
from typing import Any

from bot.config import load_config
from bot.data.clock import SystemClock
from bot.markets import open_market
from bot.serving import open_exchange, venue_clock
from bot.venue.exchange import KEY, SECRET
from bot.venue.server import VenueServer
from bot.venue.weights import Limits

_ORDERS = 300
_PAIR = "DEMO-ETH/USDT"


def order_round_trip() -> dict[str, float]:
    """Milliseconds of a market order: the median and the slowest in a hundred."""
    config = load_config()
    market = open_market(config, None, "demo")
    exchange = open_exchange(config, market, venue_clock(market, SystemClock(), None, driven=True)).exchange
    with VenueServer(exchange, limits=Limits(orders=10 * _ORDERS)) as venue:
        client = _client(venue)
        client.load_time_difference()
        client.load_markets()
        took = sorted(_seconds(client) for _ in range(_ORDERS))
    return {"median": 1000 * took[_ORDERS // 2], "slowest": 1000 * took[_ORDERS * 99 // 100]}


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
