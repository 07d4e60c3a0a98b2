"""Allow-lists of the five testnets: method, path, fields and headers of every request that may be sent.

Margin, futures, transfers and withdrawals are unreachable because they are absent here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

_TEXTS = {
    "id": r"[a-z0-9-]{1,26}",
    "number": r"\d{1,30}",
    "amount": r"\d{1,15}(\.\d{1,18})?",
    "hex": r"[0-9a-f]{64,128}",
    "symbol": r"[A-Z0-9][A-Z0-9-]{1,29}",
    "pair": r"[A-Z0-9]{1,20}_[A-Z0-9]{1,20}",
}


@dataclass(frozen=True, slots=True)
class EndpointRule:
    """One kind of request: method, path, allowed fields with their patterns, and required fields.

    Fields are in the query of a GET or DELETE and in the body of a POST.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: re.Pattern[str]
    fields: Mapping[str, re.Pattern[str]]
    required: frozenset[str]


@dataclass(frozen=True, slots=True)
class VenuePolicy:
    """Allow-list of one testnet. `key_header` carries the API key, `body` is the format of a POST.

    `exchange_id` is ccxt's id of the venue. `page` is where its user claims test coins.
    """

    exchange_id: Literal["binance", "bybit", "gate"]
    origin: str
    page: str
    endpoints: tuple[EndpointRule, ...]
    headers: Mapping[str, re.Pattern[str]]
    key_header: str
    body: Literal["form", "json"]


def _patterns(texts: Mapping[str, str]) -> Mapping[str, re.Pattern[str]]:
    return MappingProxyType({name: re.compile(_TEXTS.get(text, text), re.ASCII) for name, text in texts.items()})


def _rule(
    method: Literal["GET", "POST", "DELETE"], path: str, fields: Mapping[str, str], required: Iterable[str] = ()
) -> EndpointRule:
    return EndpointRule(method, re.compile(path), _patterns(fields), frozenset(required))


def _binance(origin: str, page: str) -> VenuePolicy:
    signed = {"timestamp": "number", "recvWindow": r"\d{1,5}", "signature": "hex"}
    lookup = {"symbol": "symbol", "origClientOrderId": "id", **signed}
    # The client id is required too: an order without it cannot be found again after a fault of the network.
    order = {
        "symbol": "symbol",
        "side": "BUY|SELL",
        "type": "MARKET",
        "quantity": "amount",
        "newClientOrderId": "id",
        "newOrderRespType": "FULL",
        **signed,
    }
    endpoints = (
        _rule("GET", "/api/v3/time", {}),
        _rule("GET", "/api/v3/exchangeInfo", {}),
        _rule("GET", "/api/v3/account", {"omitZeroBalances": "true|false", **signed}, signed),
        _rule(
            "GET", "/api/v3/myTrades", {"symbol": "symbol", "orderId": "number", "limit": r"\d{1,4}", **signed}, signed
        ),
        _rule("GET", "/api/v3/order", {**lookup, "orderId": "number"}, lookup),
        _rule("DELETE", "/api/v3/order", lookup, lookup),
        _rule("POST", "/api/v3/order", order, order),
    )
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return VenuePolicy("binance", origin, page, endpoints, _patterns(headers), "x-mbx-apikey", "form")


def _bybit(origin: str, page: str) -> VenuePolicy:
    # The same paths trade futures: `category=linear` in an ordinary order call reaches them, so the value is pinned.
    lookup = {"category": "spot", "symbol": "symbol", "orderLinkId": "id"}
    order = {**lookup, "side": "Buy|Sell", "orderType": "Market", "qty": "amount", "marketUnit": "baseCoin"}
    fields = {**lookup, "orderId": r"[0-9a-f-]{1,40}", "limit": r"\d{1,4}"}
    # Both histories show seven days, the last ones unless a start and an end are asked for.
    history = {**fields, "startTime": "number", "endTime": "number"}
    always = ("category", "symbol")
    endpoints = (
        _rule("GET", "/v5/market/time", {}),
        _rule("GET", "/v5/market/instruments-info", {"category": "spot"}, ["category"]),
        _rule("GET", "/v5/account/wallet-balance", {"accountType": "UNIFIED"}, ["accountType"]),
        _rule("GET", "/v5/order/realtime", fields, always),
        _rule("GET", "/v5/order/history", history, always),
        _rule("GET", "/v5/execution/list", history, always),
        _rule("POST", "/v5/order/create", order, order),
        _rule("POST", "/v5/order/cancel", lookup, lookup),
    )
    headers = {
        "content-type": "application/json",
        "referer": "CCXT",
        "x-bapi-timestamp": "number",
        "x-bapi-recv-window": r"\d{1,5}",
        "x-bapi-sign": "hex",
    }
    return VenuePolicy("bybit", origin, page, endpoints, _patterns(headers), "x-bapi-api-key", "json")


def _gate(origin: str, page: str) -> VenuePolicy:
    # `account=cross_margin` in an ordinary order call borrows, so the value is pinned.
    list_query = {
        "currency_pair": "pair",
        "status": "finished",
        "limit": r"\d{1,4}",
        "account": "spot",
    }
    order = {
        "text": "t-[a-z0-9-]{1,26}",
        "currency_pair": "pair",
        "account": "spot",
        "side": "buy|sell",
        "type": "market|limit",
        "amount": "amount",
        "price": "amount",
        "time_in_force": "ioc",
    }
    lookup = {"currency_pair": "pair", "account": "spot"}
    order_path = "/api/v4/spot/orders/t-[a-z0-9-]{1,26}"
    found_path = r"/api/v4/spot/orders/(t-[a-z0-9-]{1,26}|[0-9]{1,30})"
    endpoints = (
        _rule("GET", "/api/v4/spot/time", {}),
        _rule("GET", "/api/v4/spot/currency_pairs", {}),
        _rule("GET", "/api/v4/spot/tickers", {"currency_pair": "pair"}, ["currency_pair"]),
        _rule("GET", "/api/v4/spot/accounts", {}),
        _rule("GET", "/api/v4/spot/orders", list_query, list_query),
        _rule("GET", found_path, lookup, lookup),
        _rule("DELETE", order_path, lookup, lookup),
        _rule(
            "GET",
            "/api/v4/spot/my_trades",
            {"currency_pair": "pair", "order_id": "number", "account": "spot"},
            ["currency_pair", "account"],
        ),
        _rule("POST", "/api/v4/spot/orders", order, set(order) - {"price"}),
    )
    headers = {
        "content-type": "application/json",
        "timestamp": "number",
        "sign": "hex",
        "x-gate-channel-id": "ccxt",
    }
    return VenuePolicy("gate", origin, page, endpoints, _patterns(headers), "key", "json")


POLICIES = MappingProxyType(
    {
        "binance": _binance("https://testnet.binance.vision", "https://testnet.binance.vision"),
        "bybit": _bybit("https://api-testnet.bybit.com", "https://testnet.bybit.com"),
        "gate": _gate("https://api-testnet.gateapi.io", "https://www.gate.com (account type Testnet)"),
        # Demo modes: play money too, on hosts and with keys of their own.
        "binance-demo": _binance("https://demo-api.binance.com", "https://demo.binance.com"),
        "bybit-demo": _bybit("https://api-demo.bybit.com", "https://www.bybit.com (Demo Trading)"),
    }
)
"""Policy of each testnet, by its name in the config."""
_ANY_TEXT = re.compile(r"[ -~]{0,200}")
COMMON_HEADERS = MappingProxyType(
    {
        **dict.fromkeys(("accept", "accept-encoding", "connection", "user-agent"), _ANY_TEXT),
        "content-length": re.compile(r"[0-9]{1,5}"),
    }
)
