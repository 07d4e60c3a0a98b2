"""Public endpoints: time, pairs, candles, order book and prices, as known at the time of the exchange's clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal

from bot.core.instrument import ZERO, to_decimal
from bot.core.moments import midnight
from bot.core.orders import Side
from bot.venue.http.endpoint import Endpoint, Json, MeteredExchange, always, by_symbol, milliseconds
from bot.venue.http.parameters import Parameters
from bot.venue.matching.exact_decimals import format_decimal
from bot.venue.matching.price_path import Candle, share_of_day
from bot.venue.matching.refusal import Refusal

_DAY = 86_400_000
_ONE_DAY, _INSTANT = timedelta(days=1), timedelta(milliseconds=1)


def _ping(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    return {}


def _time(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    return {"serverTime": milliseconds(metered.clock.server_time())}


def _exchange_info(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    parameters.ignore("permissions", "showPermissionSets", "symbolStatus")
    pairs = _pairs(metered, parameters)
    limits, market = metered.weights.limits, metered.exchange.market
    return {
        "timezone": "UTC",
        "serverTime": milliseconds(metered.clock.server_time()),
        "rateLimits": [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": limits.weight},
            {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": limits.orders},
            {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": limits.orders_a_day},
        ],
        "exchangeFilters": [],
        "symbols": [market.listing(pair).to_exchange_info(market.status(pair)) for pair in pairs],
    }


def _execution_rules(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    listings = [metered.exchange.market.listing(pair) for pair in _pairs(metered, parameters)]
    return {"symbolRules": [{"symbol": one.pair, "rules": one.filters.range_to_json()} for one in listings]}


def _reference_price(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    pair = metered.exchange.market.listing(parameters.symbol()).pair
    price = metered.exchange.market.price(pair)
    text = None if price is None else format_decimal(price)
    return {"symbol": pair, "referencePrice": text, "timestamp": milliseconds(metered.clock.now())}


def _klines(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    listing = metered.exchange.market.listing(parameters.symbol())
    if parameters.required("interval") != "1d":
        raise Refusal(-1120, "Invalid interval.")
    since, until = parameters.moment("startTime"), parameters.moment("endTime")
    # As on Binance, a candle is in a time span if it opens in it.
    first = None if since is None else (since + _ONE_DAY - _INSTANT).date()
    last = None if until is None else until.date()
    count = parameters.limit(500, 1000)
    return [
        _kline(candle)
        for candle in metered.exchange.price_path.candles(listing.base, metered.clock.now(), first, last, count)
    ]


def _kline(candle: Candle) -> list[object]:
    """Return a candle in Binance's order of fields, with every digit of the market's prices; an unknown one is 0."""
    opens = milliseconds(midnight(candle.date))
    prices = [_format(price) for price in (candle.open, candle.high, candle.low, candle.close)]
    # The path has volume in the quote currency; Binance has both, and clients read the one in coins.
    in_coins = _format(candle.volume / candle.close)
    return [opens, *prices, in_coins, opens + _DAY - 1, _format(candle.volume), 0, _format(0.0), _format(0.0), "0"]


def _format(number: float) -> str:
    # NaN differs from itself: Binance has a zero where a volume is unknown.
    return format_decimal(ZERO if number != number else to_decimal(number))


def _depth(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    pair, count = parameters.symbol(), parameters.limit(100, 5000)
    # A sale takes the bids and a purchase the asks, so the sides are named by the order that takes them.
    bids, asks = (metered.exchange.market.available_levels(pair, side)[:count] for side in (Side.SELL, Side.BUY))
    return {
        "lastUpdateId": milliseconds(metered.clock.now()),
        "bids": [[format_decimal(level.price), format_decimal(level.quantity)] for level in bids],
        "asks": [[format_decimal(level.price), format_decimal(level.quantity)] for level in asks],
    }


def _price(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    return _one_or_all(metered, parameters, lambda pair: {"symbol": pair, "price": _last(metered, pair)})


def _book_ticker(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    return _one_or_all(metered, parameters, lambda pair: _best(metered, pair))


def _ticker(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    parameters.ignore("type")
    return _one_or_all(metered, parameters, lambda pair: _last_day(metered, pair))


def _last_day(metered: MeteredExchange, pair: str) -> Json:
    """Return the statistics of the last 24 hours: the rest of yesterday, and today so far."""
    now, exchange = metered.clock.now(), metered.exchange
    base, share = exchange.market.listing(pair).base, share_of_day(now)
    today, yesterday = exchange.price_path.day(base, now.date()), exchange.price_path.day(base, now.date() - _ONE_DAY)
    parts = [(day, since, until) for day, since, until in ((yesterday, share, 1.0), (today, 0.0, share)) if day]
    extremes = [day.extremes(since, until) for day, since, until in parts]
    volumes = [day.volume * (until - since) for day, since, until in parts]
    first = parts[0][0].price(parts[0][1]) if parts else 0.0
    last = exchange.price_path.last_price(base, now) or 0.0
    volume = sum(value for value in volumes if value == value)
    change, relative = last - first, (last / first - 1) * 100 if first else 0.0
    tick = exchange.market.listing(pair).instrument.price
    return _best(metered, pair) | {
        "priceChange": f"{change:.8f}",
        "priceChangePercent": f"{relative:.3f}",
        "weightedAvgPrice": _last(metered, pair),
        "prevClosePrice": format_decimal(tick(to_decimal(first))) if first else _format(0.0),
        "lastPrice": _last(metered, pair),
        "lastQty": _format(0.0),
        "openPrice": format_decimal(tick(to_decimal(first))) if first else _format(0.0),
        "highPrice": _format(max((high for _, high in extremes), default=0.0)),
        "lowPrice": _format(min((low for low, _ in extremes), default=0.0)),
        "volume": _format(volume / last if last else 0.0),
        "quoteVolume": _format(volume),
        "openTime": milliseconds(now - _ONE_DAY),
        "closeTime": milliseconds(now),
        "firstId": -1,
        "lastId": -1,
        "count": 0,
    }


def _best(metered: MeteredExchange, pair: str) -> Json:
    bids, asks = (metered.exchange.market.available_levels(pair, side) for side in (Side.SELL, Side.BUY))
    (bid, bid_quantity), (ask, ask_quantity) = (
        (side[0].price, side[0].quantity) if side else (ZERO, ZERO) for side in (bids, asks)
    )
    return {
        "symbol": pair,
        "bidPrice": format_decimal(bid),
        "bidQty": format_decimal(bid_quantity),
        "askPrice": format_decimal(ask),
        "askQty": format_decimal(ask_quantity),
    }


def _last(metered: MeteredExchange, pair: str) -> str:
    return format_decimal(metered.exchange.market.price(pair) or Decimal(0))


def _one_or_all(metered: MeteredExchange, parameters: Parameters, to_row: Callable[[str], Json]) -> object:
    found = [to_row(pair) for pair in _pairs(metered, parameters)]
    return found[0] if "symbol" in parameters.sent else found


def _pairs(metered: MeteredExchange, parameters: Parameters) -> list[str]:
    """Return the requested pairs, by default all listed ones."""
    symbol, symbols = parameters.optional_symbol(), parameters.symbols()
    if symbol is not None and symbols is not None:
        raise Refusal(-1128, "Combination of optional parameters invalid.")
    named = [symbol] if symbol is not None else symbols
    if named is None:
        return [listing.pair for listing in metered.exchange.market.listings()]
    return [metered.exchange.market.listing(pair).pair for pair in named]


def _weight_of_depth(sent: Mapping[str, str]) -> int:
    limit = int(sent["limit"]) if sent.get("limit", "").isdecimal() else 100
    # Weighed as sent: Binance charges for a request before it checks the request's parameters.
    return next((weight for most, weight in ((100, 5), (500, 25), (1000, 50)) if limit <= most), 250)


PUBLIC: Mapping[tuple[str, str], Endpoint] = {
    ("GET", "ping"): Endpoint(_ping, always(1)),
    ("GET", "time"): Endpoint(_time, always(1)),
    ("GET", "exchangeInfo"): Endpoint(_exchange_info, always(20)),
    ("GET", "executionRules"): Endpoint(_execution_rules, by_symbol(2, 40)),
    ("GET", "referencePrice"): Endpoint(_reference_price, always(2)),
    ("GET", "klines"): Endpoint(_klines, always(2)),
    ("GET", "depth"): Endpoint(_depth, _weight_of_depth),
    ("GET", "ticker/24hr"): Endpoint(_ticker, by_symbol(2, 80)),
    ("GET", "ticker/price"): Endpoint(_price, by_symbol(2, 4)),
    ("GET", "ticker/bookTicker"): Endpoint(_book_ticker, by_symbol(2, 4)),
}
