"""A small exchange by hand: two coins, a few days, and a book of which every level is known."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import requests

from bot.core.instrument import Instrument
from bot.core.orders import Side
from bot.venue.http.server import VenueServer
from bot.venue.matching.book_shape import BookShape, Level
from bot.venue.matching.clocks import DrivenClock
from bot.venue.matching.exchange import KEY, SECRET, AccountTerms, Exchange
from bot.venue.matching.order import OrderRequest, OrderType, TimeInForce
from bot.venue.matching.pair import Pair
from bot.venue.matching.price_path import DayBar, PricePath
from tests.clocks import FakeClock
from tests.markets import series_of, with_series

START = datetime(2024, 1, 1, tzinfo=UTC)
PAIR = "ETHUSDT"
D = Decimal

# ETH closes above its open on the first day: open 100, low 90 at 08:00, high 120 at 16:00, close 110; and below it on
# the second: open 110, high 115, low 80, close 85. It has no row on the third.
CLOSES = {"2024-01-01": 110.0, "2024-01-02": 85.0, "2024-01-04": 95.0, "2024-01-05": 96.0}
OPENS = {"2024-01-01": 100.0, "2024-01-02": 110.0, "2024-01-04": 90.0, "2024-01-05": 95.0}
HIGHS = {"2024-01-01": 120.0, "2024-01-02": 115.0, "2024-01-04": 100.0, "2024-01-05": 97.0}
LOWS = {"2024-01-01": 90.0, "2024-01-02": 80.0, "2024-01-04": 88.0, "2024-01-05": 94.0}


@dataclass(frozen=True)
class KnownBook:
    """Two levels a side: asks 2 at 100.10 and 3 at 100.20, bids 2 at 99.90 and 3 at 99.80."""

    bound: Decimal | None = None

    def available_levels(self, listing: Pair, day: DayBar, share: float, side: Side) -> tuple[Level, ...]:
        prices = ("100.10", "100.20") if side is Side.BUY else ("99.90", "99.80")
        return (Level(D(prices[0]), D(2)), Level(D(prices[1]), D(3)))

    def resting_limit(self, listing: Pair, day: DayBar) -> Decimal | None:
        return self.bound


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment of January 2024."""
    return datetime(2024, 1, day, hour, minute, tzinfo=UTC)


def instrument(symbol: str = "ETH") -> Instrument:
    """Steps of 0.001, ticks of 0.01, at least 5 USDT, a fee of 0.1%, slippage of 1%."""
    return Instrument(symbol, D("0.001"), D("0.01"), D(5), D("0.001"), D("0.01"))


def exchange(
    shape: BookShape | None = None,
    terms: AccountTerms | None = None,
    start: datetime = START,
    machine: FakeClock | None = None,
) -> Exchange:
    """ETH from the first day on, NEW from the second, with a clock that only the test moves."""
    volumes = dict.fromkeys(CLOSES, 1_000_000.0)
    eth = series_of("ETH", CLOSES, opens=OPENS, highs=HIGHS, lows=LOWS, volumes=volumes)
    new = series_of("NEW", {"2024-01-02": 1.0, "2024-01-03": 1.0}, volumes={"2024-01-02": 1000.0})
    price_path = PricePath(with_series([eth, new]), ["ETH", "NEW"])
    listings = [Pair(instrument("ETH")), Pair(instrument("NEW"))]
    return Exchange(price_path, listings, DrivenClock(machine or FakeClock(), start), terms, shape or KnownBook())


def move(exchange_: Exchange, moment: datetime) -> None:
    """Move the exchange's clock."""
    assert isinstance(exchange_.clock, DrivenClock)
    exchange_.clock.move_to(moment)


def market(side: Side, quantity: str, client_id: str = "c", pair: str = PAIR) -> OrderRequest:
    """A market order."""
    return OrderRequest(pair, side, OrderType.MARKET, D(quantity), client_id)


def limit(
    side: Side, quantity: str, price: str, client_id: str = "c", in_force: TimeInForce = TimeInForce.GTC
) -> OrderRequest:
    """A limit order."""
    return OrderRequest(PAIR, side, OrderType.LIMIT, D(quantity), client_id, D(price), None, in_force)


def maker(side: Side, quantity: str, price: str) -> OrderRequest:
    """An order that must not take."""
    return replace(limit(side, quantity, price), type=OrderType.LIMIT_MAKER)


def owned(exchange_: Exchange) -> dict[str, tuple[Decimal, Decimal]]:
    """Free and locked by asset, of what there is any of."""
    balances = exchange_.account(KEY).balances
    return {asset: (held.free, held.locked) for asset, held in balances.items() if held.free or held.locked}


# --- over the wire -------------------------------------------------------------------------------------------------


def signed(parameters: dict[str, Any], secret: str = SECRET) -> str:
    """Parameters and their signature as a text."""
    text = urlencode(parameters)
    return f"{text}&signature={hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()}"


def ask(
    venue: VenueServer, method: str, path: str, key: str | None = KEY, secret: str = SECRET, **parameters: Any
) -> requests.Response:
    """One signed request, in the way of a client, without a client."""
    stamp = round(venue.exchange.clock.server_time().timestamp() * 1000)
    query = signed({"timestamp": stamp, **parameters}, secret)
    headers = {} if key is None else {"X-MBX-APIKEY": key}
    return requests.request(method, f"{venue.api}/{path}?{query}", headers=headers, timeout=5)


def admin(
    venue: VenueServer, action: str, body: dict[str, Any] | None = None, method: str = "POST"
) -> requests.Response:
    """Send one admin request."""
    return requests.request(method, f"{venue.url}/venue/{action}", data=json.dumps(body or {}), timeout=5)


def refusal(response: requests.Response) -> tuple[int, int, str]:
    """Status, code and text of an answer that is a refusal."""
    body = response.json()
    return response.status_code, body["code"], body["msg"]
