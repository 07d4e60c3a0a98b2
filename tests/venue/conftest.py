"""A venue on a port of this machine, and the real ccxt client in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ccxt
import pytest

from bot.venue.http.server import VenueServer
from bot.venue.matching.exchange import KEY, SECRET
from tests.venue.world import exchange


@pytest.fixture
def venue() -> Iterator[VenueServer]:
    with VenueServer(exchange()) as server:
        yield server
    assert server.problems == []


@pytest.fixture
def client(venue: VenueServer) -> Any:
    found = client_of(venue)
    found.load_time_difference()
    return found


def client_of(venue: VenueServer, key: str = KEY, secret: str = SECRET) -> Any:
    """ccxt's Binance, led to a venue through its sandbox mode."""
    client = ccxt.binance(
        {
            "apiKey": key,
            "secret": secret,
            "enableRateLimit": False,
            "timeout": 2000,
            "has": {"fetchCurrencies": False},
            "urls": {"test": {"public": venue.api, "private": venue.api}},
            "options": {
                "defaultType": "spot",
                "fetchMarkets": {"types": ["spot"]},
                "fetchMargins": False,
                "warnOnFetchOpenOrdersWithoutSymbol": False,
            },
        }
    )
    client.set_sandbox_mode(True)
    return client
