"""The guard: what may leave for a testnet, to the letter. Everything that is not named here is refused.

No HTTP request that carries a credential, a signature or a body leaves for a host outside the origins below. The
rules are an allow-list: of origins, of methods with their paths, of the fields of a query or body and what may stand
in them, and of headers. Nothing here knows how requests are sent; `sealed_session` asks before each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import parse_qsl

from bot.core.errors import ConfigError, NotSandbox, did_you_mean

_SHOWN = 60
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
    """One kind of request: method, path, what each field may say, and the fields that must be there.

    Fields stand in the query of a GET or DELETE and in the body of a POST, nowhere else.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: re.Pattern[str]
    fields: Mapping[str, re.Pattern[str]]
    required: frozenset[str]


@dataclass(frozen=True, slots=True)
class VenuePolicy:
    """All that may be asked of one venue. `key_header` names the account; `body` is how a POST is written."""

    origin: str
    doors: tuple[EndpointRule, ...]
    headers: Mapping[str, re.Pattern[str]]
    key_header: str
    body: Literal["form", "json"]


def _patterns(texts: Mapping[str, str]) -> Mapping[str, re.Pattern[str]]:
    return MappingProxyType({name: re.compile(_TEXTS.get(text, text), re.ASCII) for name, text in texts.items()})


def _door(
    method: Literal["GET", "POST", "DELETE"], path: str, fields: Mapping[str, str], required: Iterable[str] = ()
) -> EndpointRule:
    return EndpointRule(method, re.compile(path), _patterns(fields), frozenset(required))


def _binance() -> VenuePolicy:
    signed = {"timestamp": "number", "recvWindow": r"\d{1,5}", "signature": "hex"}
    one = {"symbol": "symbol", "origClientOrderId": "id", **signed}
    order = {
        "symbol": "symbol",
        "side": "BUY|SELL",
        "type": "MARKET",
        "quantity": "amount",
        "newClientOrderId": "id",
        "newOrderRespType": "FULL",
        **signed,
    }
    doors = (
        _door("GET", "/api/v3/time", {}),
        _door("GET", "/api/v3/exchangeInfo", {}),
        _door("GET", "/api/v3/account", {"omitZeroBalances": "true|false", **signed}, signed),
        _door(
            "GET", "/api/v3/myTrades", {"symbol": "symbol", "orderId": "number", "limit": r"\d{1,4}", **signed}, signed
        ),
        _door("GET", "/api/v3/order", one, one),
        _door("DELETE", "/api/v3/order", one, one),
        _door("POST", "/api/v3/order", order, order),
    )
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return VenuePolicy("https://testnet.binance.vision", doors, _patterns(headers), "x-mbx-apikey", "form")


def _bybit() -> VenuePolicy:
    one = {"category": "spot", "symbol": "symbol", "orderLinkId": "id"}
    order = {**one, "side": "Buy|Sell", "orderType": "Market", "qty": "amount", "marketUnit": "baseCoin"}
    found = {**one, "orderId": r"[0-9a-f-]{1,40}", "limit": r"\d{1,4}"}
    always = ("category", "symbol")
    doors = (
        _door("GET", "/v5/market/time", {}),
        _door("GET", "/v5/market/instruments-info", {"category": "spot"}, ["category"]),
        _door("GET", "/v5/account/wallet-balance", {"accountType": "UNIFIED"}, ["accountType"]),
        _door("GET", "/v5/order/realtime", found, always),
        _door("GET", "/v5/order/history", found, always),
        _door("GET", "/v5/execution/list", found, always),
        _door("POST", "/v5/order/create", order, order),
        _door("POST", "/v5/order/cancel", one, one),
    )
    headers = {
        "content-type": "application/json",
        "referer": "CCXT",
        "x-bapi-timestamp": "number",
        "x-bapi-recv-window": r"\d{1,5}",
        "x-bapi-sign": "hex",
    }
    return VenuePolicy("https://api-testnet.bybit.com", doors, _patterns(headers), "x-bapi-api-key", "json")


def _gate() -> VenuePolicy:
    listed = {
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
    one = {"currency_pair": "pair", "account": "spot"}
    an_order = "/api/v4/spot/orders/t-[a-z0-9-]{1,26}"
    doors = (
        _door("GET", "/api/v4/spot/time", {}),
        _door("GET", "/api/v4/spot/currency_pairs", {}),
        _door("GET", "/api/v4/spot/tickers", {"currency_pair": "pair"}, ["currency_pair"]),
        _door("GET", "/api/v4/spot/accounts", {}),
        _door("GET", "/api/v4/spot/orders", listed, listed),
        _door("GET", an_order, one, one),
        _door("DELETE", an_order, one, one),
        _door(
            "GET",
            "/api/v4/spot/my_trades",
            {"currency_pair": "pair", "order_id": "number", "account": "spot"},
            ["currency_pair", "account"],
        ),
        _door("POST", "/api/v4/spot/orders", order, set(order) - {"price"}),
    )
    headers = {
        "content-type": "application/json",
        "timestamp": "number",
        "sign": "hex",
        "x-gate-channel-id": "ccxt",
    }
    return VenuePolicy("https://api-testnet.gateapi.io", doors, _patterns(headers), "key", "json")


_RULES = MappingProxyType({"binance": _binance(), "bybit": _bybit(), "gate": _gate()})
_ANYTHING = re.compile(r"[ -~]{0,200}")
_HARMLESS_HEADERS = MappingProxyType(
    {
        **dict.fromkeys(("accept", "accept-encoding", "connection", "user-agent"), _ANYTHING),
        "content-length": re.compile(r"[0-9]{1,5}"),
    }
)
_REMAINDER = re.compile(r"(?P<path>/[A-Za-z0-9/_.-]*)(\?(?P<query>[A-Za-z0-9=&%+_.~-]*))?")
"""What may follow an origin: no second slash pair, no user name, no fragment, nothing that two parsers read twice."""


@dataclass(frozen=True, slots=True)
class Testnet:
    """One of the pinned testnets, by the venue's name."""

    __test__ = False  # pytest takes it for a test by its name

    venue: str

    def __post_init__(self) -> None:
        if self.venue not in _RULES:
            raise ConfigError(
                f"{self.venue!r} has no testnet that is known to be one",
                expected=" or ".join(_RULES),
                mend=did_you_mean(str(self.venue), _RULES),
            )

    @property
    def origin(self) -> str:
        """The scheme and host of every request."""
        return _RULES[self.venue].origin


@dataclass(frozen=True, slots=True)
class Loopback:
    """A Binance-compatible venue on one port of this machine, without TLS and with throwaway keys.

    `late` is how long after it was sent an order may still come into being, where the venue is told to delay.
    """

    port: int
    late: timedelta = timedelta(0)
    venue: str = field(default="binance", init=False)

    def __post_init__(self) -> None:
        if type(self.port) is not int or not 0 < self.port < 65_536:
            raise ConfigError("is no port", where="loopback", expected="a number of 1 to 65535", was=repr(self.port))

    @property
    def origin(self) -> str:
        """The scheme, host and port of every request."""
        return f"http://127.0.0.1:{self.port}"


Profile = Testnet | Loopback
TESTNETS = tuple(_RULES)
"""The venues whose testnets are pinned."""


def refuse_unless_sandbox(
    profile: Profile, key: str, method: str | None, url: str | None, headers: Mapping[str, Any], body: object
) -> None:
    """Raise NotSandbox unless a request is, to the letter, one that may go to the place under this key.

    No message shows more of a request than its origin, its path and the name of what is wrong.
    """
    if type(profile) is not Testnet and type(profile) is not Loopback:
        raise NotSandbox("is no testnet", was=type(profile).__name__)
    rules = _RULES[profile.venue]
    path, query = _within(profile.origin, url)
    where = f"{method} {profile.origin}{path}"
    doors = [door for door in rules.doors if door.method == method and door.path.fullmatch(path)]
    if not doors:
        raise NotSandbox("is not among the requests that may be sent", where=where[:200])
    _refuse_headers(rules, key, headers, where)
    if method == "POST":
        if query:
            raise NotSandbox("an order has no query beside its body", where=where)
        fields = _body_fields(rules, body, headers, where)
    else:
        if body is not None:
            raise NotSandbox("a question has no body", where=where)
        fields = _pairs(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)), where)
    _refuse_fields(doors[0], fields, where)


def _within(origin: str, url: str | None) -> tuple[str, str]:
    """The path and query of a URL that begins with the origin and a slash; nothing is left to a parser's taste."""
    if type(url) is not str or not url.startswith(f"{origin}/"):
        raise NotSandbox("does not go to the pinned testnet", expected=origin, was=_shown_origin(url))
    rest = _REMAINDER.fullmatch(url[len(origin) :])
    if rest is None or "//" in rest["path"] or "/." in rest["path"]:
        raise NotSandbox("is written in a way that is not sent", where=origin)
    return rest["path"], rest["query"] or ""


def _shown_origin(url: object) -> str:
    scheme, _, rest = str(url).partition("://")
    place = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    return f"{scheme[:_SHOWN]}://{'a host with a user name' if '@' in place else place[:_SHOWN]}"


def _refuse_headers(rules: VenuePolicy, key: str, headers: Mapping[str, Any], where: str) -> None:
    for name, value in headers.items():
        lower = name.lower() if type(name) is str else ""
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        if lower == rules.key_header:
            if text != key:
                raise NotSandbox("carries a key that is not this testnet's", where=where)
            continue
        allowed = _HARMLESS_HEADERS.get(lower) or rules.headers.get(lower)
        if allowed is None or type(text) is not str or not allowed.fullmatch(text):
            raise NotSandbox("carries a header that is not sent", where=where, was=str(name)[:_SHOWN])


def _body_fields(rules: VenuePolicy, body: object, headers: Mapping[str, Any], where: str) -> dict[str, Any]:
    if not isinstance(body, bytes | str):
        raise NotSandbox("an order's body is plain text", where=where, was=type(body).__name__)
    text = body.decode("latin-1") if isinstance(body, bytes) else body
    kinds = [value for name, value in headers.items() if name.lower() == "content-type"]
    if len(kinds) != 1:
        raise NotSandbox("an order says how its body is written, once", where=where)
    try:
        if rules.body == "form":
            return _pairs(parse_qsl(text, keep_blank_values=True, strict_parsing=True), where)
        found = json.loads(text, object_pairs_hook=lambda pairs: _pairs(pairs, where))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise NotSandbox("an order's body is a flat list of fields", where=where)
    return found


def _pairs(pairs: Iterable[tuple[str, Any]], where: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise NotSandbox("names a field twice", where=where, was=name[:_SHOWN])
        found[name] = value
    return found


def _refuse_fields(door: EndpointRule, fields: Mapping[str, Any], where: str) -> None:
    for name, value in fields.items():
        allowed = door.fields.get(name)
        if allowed is None:
            raise NotSandbox("carries a field that is not sent", where=where, was=name[:_SHOWN])
        if type(value) is not str or not allowed.fullmatch(value):
            raise NotSandbox(f"carries another {name} than may be sent", where=where)
    if missing := sorted(door.required - set(fields)):
        raise NotSandbox("lacks what makes it safe", where=where, expected=", ".join(missing))
