"""A Binance-like spot exchange's public REST: exchangeInfo, klines, depth, ticker/24hr, ticker/bookTicker, time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from tests.servers.loopback import Asked, LoopbackServer, Reply, as_json
from tests.servers.made_up import Row

_DAY = 86_400_000


@dataclass
class Pair:
    """What the exchange has of one pair; `book` holds bids and asks as texts of price and quantity."""

    base: str
    quote: str
    rows: dict[date, Row]
    step: str = "0.00010000"
    tick: str = "0.01000000"
    min_notional: str = "5.00000000"
    status: str = "TRADING"
    bids: list[tuple[str, str]] = field(default_factory=lambda: [("99.99", "3.5"), ("99.98", "1")])
    asks: list[tuple[str, str]] = field(default_factory=lambda: [("100.01", "2.25"), ("100.02", "7")])
    last: str = "100.00"


class ExchangeServer(LoopbackServer):
    """Answers from `pairs`, by the exchange's own id such as ETHUSDT."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: dict[str, Pair] = {}

    def list(self, base: str, quote: str, rows: dict[date, Row]) -> Pair:
        """List a pair."""
        self.pairs[base + quote] = pair = Pair(base, quote, rows)
        return pair

    def answer(self, asked: Asked) -> Reply:
        path = asked.path.removeprefix("/api/v3/")
        if path == "time":
            return as_json({"serverTime": int(self.now().timestamp() * 1000)})
        if path == "exchangeInfo":
            symbols = [listing(name, pair) for name, pair in self.pairs.items()]
            return as_json({"timezone": "UTC", "serverTime": 0, "rateLimits": [], "symbols": symbols})
        pair = self.pairs.get(asked.query.get("symbol", ""))
        if pair is None:
            return as_json({"code": -1121, "msg": "Invalid symbol."}, status=400)
        match path:
            case "klines":
                return as_json(_klines(pair, asked.query))
            case "depth":
                limit = int(asked.query.get("limit", "100"))
                return as_json({"lastUpdateId": 1, "bids": pair.bids[:limit], "asks": pair.asks[:limit]})
            case "ticker/24hr":
                return as_json(_ticker(asked.query["symbol"], pair) | {"closeTime": int(self.now().timestamp() * 1000)})
            case "ticker/bookTicker":
                return as_json(_best(asked.query["symbol"], pair))
        return as_json({"code": -1, "msg": "no such page"}, status=404)


def listing(name: str, pair: Pair) -> dict[str, Any]:
    """A pair as exchangeInfo lists it."""
    return {
        "symbol": name,
        "status": pair.status,
        "baseAsset": pair.base,
        "quoteAsset": pair.quote,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "MARKET"],
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": pair.tick, "maxPrice": "1000000.00", "tickSize": pair.tick},
            {"filterType": "LOT_SIZE", "minQty": pair.step, "maxQty": "9000.00", "stepSize": pair.step},
            {"filterType": "NOTIONAL", "minNotional": pair.min_notional, "applyMinToMarket": True},
        ],
    }


def _klines(pair: Pair, query: Any) -> list[list[Any]]:
    first, last = int(query.get("startTime", 0)), int(query.get("endTime", 2**53))
    found = []
    for day in sorted(pair.rows):
        opens = int(datetime.combine(day, time(0), UTC).timestamp() * 1000)
        if first <= opens <= last:
            row = pair.rows[day]
            prices = [None if value is None else str(value) for value in (row.open, row.high, row.low, row.close)]
            found.append([opens, *prices, str(row.volume), opens + _DAY - 1, "0", 1, "0", "0", "0"])
    return found[: int(query.get("limit", 500))]


def _best(name: str, pair: Pair) -> dict[str, Any]:
    bid, ask = (side[0] if side else ("0.00", "0.00") for side in (pair.bids, pair.asks))
    return {"symbol": name, "bidPrice": bid[0], "bidQty": bid[1], "askPrice": ask[0], "askQty": ask[1]}


def _ticker(name: str, pair: Pair) -> dict[str, Any]:
    return _best(name, pair) | {"lastPrice": pair.last, "openPrice": pair.last, "volume": "1", "quoteVolume": "100"}
