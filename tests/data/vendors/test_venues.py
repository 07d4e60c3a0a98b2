"""The other venues' own shapes of answer, as their documentation gives them, come out as the same rows and rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.data.vendors.public_exchange import PublicExchange
from bot.data.vendors.public_venues import VENUES
from bot.infra.public_http import PublicSession
from bot.infra.rate_limit import RetryPolicy
from bot.infra.vendor_errors import WrongAnswer
from tests.clocks import FakeClock
from tests.servers.loopback import Asked, LoopbackServer, Reply, as_json, status
from tests.servers.wired import LoopbackAdapter

S1 = int(datetime(2025, 11, 27, tzinfo=UTC).timestamp())
S2 = S1 + 86_400
M1, M2 = S1 * 1000, S2 * 1000
NEW = ("3010.5", "3100", "2990", "3050.25", "1200.5")
OLD = ("3000", "3020", "2950", "3010.5", "1000")
"""Open, high, low, close and base volume of the newer and the older day."""


@dataclass(frozen=True)
class Shape:
    """What a venue answers, by the end of a path, and the rules that follow from it."""

    answers: dict[str, Any]
    pair: str
    step: str
    tick: str
    min_notional: str | None


def _okx(data: Any) -> dict[str, Any]:
    return {"code": "0", "msg": "", "data": data}


def _bybit(result: Any) -> dict[str, Any]:
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": M2}


def _coinbase_candle(stamp: int, o: str, h: str, low: str, c: str, v: str) -> dict[str, str]:
    return {"start": str(stamp), "low": low, "high": h, "open": o, "close": c, "volume": v}


def _gate_candle(stamp: int, o: str, h: str, low: str, c: str, v: str) -> list[str]:
    return [str(stamp), "3600000", c, h, low, o, v, "true"]


SHAPES = {
    "kraken": Shape(
        {
            "/AssetPairs": {
                "error": [],
                "result": {
                    "XETHZUSD": {
                        "altname": "ETHUSD",
                        "wsname": "ETH/USD",
                        "aclass_base": "currency",
                        "base": "XETH",
                        "quote": "ZUSD",
                        "aclass_quote": "currency",
                        "lot": "unit",
                        "pair_decimals": 2,
                        "lot_decimals": 8,
                        "cost_decimals": 5,
                        "lot_multiplier": 1,
                        "leverage_buy": [],
                        "leverage_sell": [],
                        "fees": [[0, 0.26]],
                        "fees_maker": [[0, 0.16]],
                        "ordermin": "0.002",
                        "costmin": "0.5",
                        "tick_size": "0.01",
                        "status": "online",
                    }
                },
            },
            "/OHLC": {
                "error": [],
                "result": {
                    "last": S1,
                    "XETHZUSD": [
                        [S1, *OLD[:4], "3005.1", OLD[4], 5],
                        [S2, *NEW[:4], "3040.1", NEW[4], 9],
                    ],
                },
            },
        },
        "ETH/USD",
        "0.00000001",
        "0.01",
        "0.5",
    ),
    "coinbase": Shape(
        {
            "/market/products": {
                "products": [
                    {
                        "product_id": "ETH-USD",
                        "price": "3050",
                        "base_increment": "0.00000001",
                        "quote_increment": "0.01",
                        "quote_min_size": "1",
                        "quote_max_size": "150000000",
                        "base_min_size": "0.00000001",
                        "base_max_size": "3400",
                        "base_name": "Ether",
                        "quote_name": "US Dollar",
                        "is_disabled": False,
                        "status": "online",
                        "cancel_only": False,
                        "limit_only": False,
                        "post_only": False,
                        "trading_disabled": False,
                        "auction_mode": False,
                        "product_type": "SPOT",
                        "view_only": False,
                        "quote_currency_id": "USD",
                        "base_currency_id": "ETH",
                        "price_increment": "0.01",
                    }
                ],
                "num_products": 1,
            },
            "/candles": {"candles": [_coinbase_candle(S2, *NEW), _coinbase_candle(S1, *OLD)]},
        },
        "ETH/USD",
        "0.00000001",
        "0.01",
        "1",
    ),
    "bybit": Shape(
        {
            "/instruments-info": _bybit(
                {
                    "category": "spot",
                    "list": [
                        {
                            "symbol": "ETHUSDT",
                            "baseCoin": "ETH",
                            "quoteCoin": "USDT",
                            "innovation": "0",
                            "status": "Trading",
                            "marginTrading": "both",
                            "priceFilter": {"tickSize": "0.01"},
                            "lotSizeFilter": {
                                "basePrecision": "0.00001",
                                "quotePrecision": "0.0000001",
                                "minOrderQty": "0.0003",
                                "maxOrderQty": "1229.2",
                                "minOrderAmt": "1",
                                "maxOrderAmt": "2000000",
                            },
                        }
                    ],
                }
            ),
            "/kline": _bybit(
                {
                    "symbol": "ETHUSDT",
                    "category": "spot",
                    "list": [
                        [str(M2), *NEW, "1"],
                        [str(M1), *OLD, "1"],
                    ],
                }
            ),
        },
        "ETH/USDT",
        "0.00001",
        "0.01",
        "1",
    ),
    "gate": Shape(
        {
            "/margin/currency_pairs": [],
            "/spot/currency_pairs": [
                {
                    "id": "ETH_USDT",
                    "base": "ETH",
                    "quote": "USDT",
                    "fee": "0.2",
                    "min_base_amount": "0.001",
                    "min_quote_amount": "3",
                    "amount_precision": 6,
                    "precision": 2,
                    "trade_status": "tradable",
                    "sell_start": 0,
                    "buy_start": 0,
                    "type": "normal",
                }
            ],
            "/candlesticks": [_gate_candle(S1, *OLD), _gate_candle(S2, *NEW)],
        },
        "ETH/USDT",
        "0.000001",
        "0.01",
        "3",
    ),
    "okx": Shape(
        {
            "/instruments": _okx(
                [
                    {
                        "instId": "ETH-USDT",
                        "instType": "SPOT",
                        "baseCcy": "ETH",
                        "quoteCcy": "USDT",
                        "lotSz": "0.000001",
                        "minSz": "0.001",
                        "tickSz": "0.01",
                        "state": "live",
                        "lever": "10",
                        "listTime": "1548133413000",
                    }
                ]
            ),
            "/candles": _okx(
                [
                    [str(M2), *NEW, "3600000", "3600000", "0"],
                    [str(M1), *OLD, "3000000", "3000000", "1"],
                ]
            ),
        },
        "ETH/USDT",
        "0.000001",
        "0.01",
        None,
    ),
}


class ShapeServer(LoopbackServer):
    """Answers with one venue's shapes."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    def answer(self, asked: Asked) -> Reply:
        if asked.query.get("product_type") == "FUTURE":
            return as_json({"products": []})
        found = [answer for end, answer in self.shape.answers.items() if asked.path.endswith(end)]
        return as_json(json.loads(json.dumps(found[0]))) if found else status(404)


@pytest.fixture(params=SHAPES)
def asked(request: pytest.FixtureRequest) -> Iterator[tuple[PublicExchange, Shape]]:
    name: str = request.param
    host = VENUES[name].host
    with (
        ShapeServer(SHAPES[name]) as server,
        PublicSession(
            # ccxt asks some venues up to its own idea of now, so the clock stands where the candles do.
            RetryPolicy(FakeClock()),
            [host],
            adapter=LoopbackAdapter({host: server.url}),
        ) as session,
    ):
        yield PublicExchange(name, session), SHAPES[name]


def test_candles_come_as_utc_days_in_order(asked: tuple[PublicExchange, Shape]) -> None:
    exchange, shape = asked
    rows = exchange.rows("ETH", "ETH", date(2025, 11, 27))
    assert rows.source == f"{exchange.venue} {shape.pair}"
    assert rows.dates.tolist() == [date(2025, 11, 27), date(2025, 11, 28)]
    assert rows.open.tolist() == [3000, 3010.5]
    assert rows.high.tolist() == [3020, 3100]
    assert rows.low.tolist() == [2950, 2990]
    assert rows.close.tolist() == [3010.5, 3050.25]
    assert rows.volume.tolist() == [1000 * 3010.5, 1200.5 * 3050.25]


def test_rules_come_as_exact_decimals(asked: tuple[PublicExchange, Shape]) -> None:
    exchange, shape = asked
    rules = exchange.rules("ETH")
    assert (rules.step, rules.tick) == (Decimal(shape.step), Decimal(shape.tick))
    assert rules.min_notional == (None if shape.min_notional is None else Decimal(shape.min_notional))
    assert rules.active and rules.pair == shape.pair


@pytest.mark.parametrize(
    ("venue", "path", "answer", "expected", "was"),
    [
        ("bybit", "/kline", SHAPES["bybit"].answers["/kline"]["result"] | {"symbol": "BTCUSDT"}, "ETHUSDT", "BTCUSDT"),
        ("bybit", "/kline", SHAPES["bybit"].answers["/kline"]["result"] | {"category": "linear"}, "spot", "linear"),
        ("kraken", "/OHLC", {"XXBTZUSD": [[S1, *OLD[:4], "3005.1", OLD[4], 5]], "last": S1}, "XETHZUSD", "XXBTZUSD"),
    ],
)
def test_an_answer_about_another_pair_is_refused(
    venue: str, path: str, answer: dict[str, Any], expected: str, was: str
) -> None:
    shape = SHAPES[venue]
    whole = shape.answers[path] | {"result": answer}
    host = VENUES[venue].host
    with (
        ShapeServer(replace(shape, answers=shape.answers | {path: whole})) as server,
        PublicSession(RetryPolicy(FakeClock()), [host], adapter=LoopbackAdapter({host: server.url})) as session,
        pytest.raises(WrongAnswer, match=f"expected {expected}, was {was}"),
    ):
        PublicExchange(venue, session).rows("ETH", "ETH", date(2025, 11, 27))


def test_every_venue_has_its_shape_tried() -> None:
    speaks_as_binance = {name for name, venue in VENUES.items() if venue.client.startswith("binance")}
    assert set(SHAPES) | speaks_as_binance == set(VENUES)
