"""The public questions: time, pairs, candles, the book, and prices. At each moment they tell what was known then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bot.core.instrument import ZERO, to_decimal
from bot.core.moments import midnight
from bot.core.orders import Side
from bot.venue.http.endpoint import Endpoint, MeteredExchange, always, by_symbol, milliseconds
from bot.venue.http.parameters import Parameters
from bot.venue.http.refusal import Refusal
from bot.venue.matching.exactness import written
from bot.venue.matching.price_path import Candle, share_of_day

_DAY = 86_400_000
_ONE_DAY, _INSTANT = timedelta(days=1), timedelta(milliseconds=1)


def _ping(desk: MeteredExchange, parameters: Parameters, key: str) -> Any:
    return {}


def _time(desk: MeteredExchange, parameters: Parameters, key: str) -> Any:
    return {"serverTime": milliseconds(desk.clock.wire())}


def _exchange_info(desk: MeteredExchange, parameters: Parameters, key: str) -> Any:
    parameters.skip("permissions", "showPermissionSets", "symbolStatus")
    pairs = _pairs(desk, parameters)
    limits = desk.weights.limits
    return {
        "timezone": "UTC",
        "serverTime": milliseconds(desk.clock.wire()),
        "rateLimits": [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": limits.weight},
            {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": limits.orders},
        ],
        "exchangeFilters": [],
        "symbols": [desk.exchange.listing(pair).described(_status(desk, pair)) for pair in pairs],
    }


def _klines(desk: MeteredExchange, parameters: Parameters, key: str) -> Any:
    listing = desk.exchange.listing(parameters.symbol())
    if parameters.required("interval") != "1d":
        raise Refusal(-1120, "Invalid interval.")
    since, until = parameters.moment("startTime"), parameters.moment("endTime")
    # A candle belongs to a span if it begins in it.
    first = None if since is None else (since + _ONE_DAY - _INSTANT).date()
    last = None if until is None else until.date()
    count = parameters.limit(500, 1000)
    return [_kline(candle) for candle in desk.exchange.tape.candles(listing.base, desk.clock.now(), first, last, count)]


def _kline(candle: Candle) -> list[Any]:
    """A candle as the market has it, to the last digit; a price that is not known stands as 0."""
    opens = milliseconds(midnight(candle.date))
    prices = [_told(price) for price in (candle.open, candle.high, candle.low, candle.close)]
    in_coins = _told(candle.volume / candle.close)
    return [opens, *prices, in_coins, opens + _DAY - 1, _told(candle.volume), 0, _told(0.0), _told(0.0), "0"]


def _told(number: float) -> str:
    return written(ZERO if number != number else to_decimal(number))


def _depth(desk: MeteredExchange, parameters: Parameters, key: str) -> Any:
    pair, count = parameters.symbol(), parameters.limit(100, 5000)
    bids, asks = (desk.exchange.offered(pair, side)[:count] for side in (Side.SELL, Side.BUY))
    return {
        "lastUpdateId": milliseconds(desk.clock.now()),
        "bids": [[written(level.price), written(level.quantity)] for level in bids],
        "asks": [[written(level.price), written(level.quantity)] for level in asks],
    }


def _price(desk: MeteredExchange, parameters: Parameters, key: str) -> Any:
    return _one_or_all(desk, parameters, lambda pair: {"symbol": pair, "price": _last(desk, pair)})


def _book_ticker(desk: MeteredExchange, parameters: Parameters, key: str) -> Any:
    return _one_or_all(desk, parameters, lambda pair: _best(desk, pair))


def _ticker(desk: MeteredExchange, parameters: Parameters, key: str) -> Any:
    parameters.skip("type")
    return _one_or_all(desk, parameters, lambda pair: _last_day(desk, pair))


def _last_day(desk: MeteredExchange, pair: str) -> dict[str, Any]:
    """The 24 hours that end now: the rest of yesterday, and today so far."""
    now, exchange = desk.clock.now(), desk.exchange
    base, share = exchange.listing(pair).base, share_of_day(now)
    today, yesterday = exchange.tape.day(base, now.date()), exchange.tape.day(base, now.date() - _ONE_DAY)
    parts = [(day, since, until) for day, since, until in ((yesterday, share, 1.0), (today, 0.0, share)) if day]
    extremes = [day.extremes(since, until) for day, since, until in parts]
    volumes = [day.volume * (until - since) for day, since, until in parts]
    first = parts[0][0].price(parts[0][1]) if parts else 0.0
    last = exchange.tape.last_price(base, now) or 0.0
    volume = sum(value for value in volumes if value == value)
    change, relative = last - first, (last / first - 1) * 100 if first else 0.0
    tick = exchange.listing(pair).instrument.price
    return _best(desk, pair) | {
        "priceChange": f"{change:.8f}",
        "priceChangePercent": f"{relative:.3f}",
        "weightedAvgPrice": _last(desk, pair),
        "prevClosePrice": written(tick(to_decimal(first))) if first else _told(0.0),
        "lastPrice": _last(desk, pair),
        "lastQty": _told(0.0),
        "openPrice": written(tick(to_decimal(first))) if first else _told(0.0),
        "highPrice": _told(max((high for _, high in extremes), default=0.0)),
        "lowPrice": _told(min((low for low, _ in extremes), default=0.0)),
        "volume": _told(volume / last if last else 0.0),
        "quoteVolume": _told(volume),
        "openTime": milliseconds(now - _ONE_DAY),
        "closeTime": milliseconds(now),
        "firstId": -1,
        "lastId": -1,
        "count": 0,
    }


def _best(desk: MeteredExchange, pair: str) -> dict[str, Any]:
    bids, asks = (desk.exchange.offered(pair, side) for side in (Side.SELL, Side.BUY))
    (bid, bid_quantity), (ask, ask_quantity) = (
        (side[0].price, side[0].quantity) if side else (ZERO, ZERO) for side in (bids, asks)
    )
    return {
        "symbol": pair,
        "bidPrice": written(bid),
        "bidQty": written(bid_quantity),
        "askPrice": written(ask),
        "askQty": written(ask_quantity),
    }


def _last(desk: MeteredExchange, pair: str) -> str:
    return written(desk.exchange.price(pair) or Decimal(0))


def _one_or_all(desk: MeteredExchange, parameters: Parameters, told: Any) -> Any:
    found = [told(pair) for pair in _pairs(desk, parameters)]
    return found[0] if "symbol" in parameters.sent else found


def _pairs(desk: MeteredExchange, parameters: Parameters) -> list[str]:
    """The pairs that are asked for; all that are listed if none is named."""
    symbol, symbols = parameters.optional_symbol(), parameters.symbols()
    if symbol is not None and symbols is not None:
        raise Refusal(-1128, "Combination of optional parameters invalid.")
    named = [symbol] if symbol is not None else symbols
    if named is None:
        return [listing.pair for listing in desk.exchange.listings()]
    return [desk.exchange.listing(pair).pair for pair in named]


def _status(desk: MeteredExchange, pair: str) -> str:
    return "TRADING" if desk.exchange.is_trading(pair) else "BREAK"


def _weight_of_depth(sent: Mapping[str, str]) -> int:
    limit = int(sent["limit"]) if sent.get("limit", "").isdecimal() else 100
    return next((weight for most, weight in ((100, 5), (500, 25), (1000, 50)) if limit <= most), 250)


PUBLIC: Mapping[tuple[str, str], Endpoint] = {
    ("GET", "ping"): Endpoint(_ping, always(1)),
    ("GET", "time"): Endpoint(_time, always(1)),
    ("GET", "exchangeInfo"): Endpoint(_exchange_info, always(20)),
    ("GET", "klines"): Endpoint(_klines, always(2)),
    ("GET", "depth"): Endpoint(_depth, _weight_of_depth),
    ("GET", "ticker/24hr"): Endpoint(_ticker, by_symbol(2, 80)),
    ("GET", "ticker/price"): Endpoint(_price, by_symbol(2, 4)),
    ("GET", "ticker/bookTicker"): Endpoint(_book_ticker, by_symbol(2, 4)),
}
