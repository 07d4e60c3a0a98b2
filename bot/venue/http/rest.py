"""Answer requests to the REST API: check weight, key and signature, then call the endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.venue.http.endpoint import MeteredExchange
from bot.venue.http.market_endpoints import PUBLIC
from bot.venue.http.order_endpoints import SIGNED
from bot.venue.http.parameters import Parameters
from bot.venue.http.signing import require_key, require_recent, require_signed
from bot.venue.http.weights import RequestLimits, Weights
from bot.venue.matching.exchange import KEY, SECRET, Exchange
from bot.venue.matching.refusal import Refusal

PREFIX = "/api/v3/"
_ENDPOINTS = {**PUBLIC, **SIGNED}


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """A request with path, query and body apart; query and body are the exact texts, which the signature covers.

    Header names are in lower case.
    """

    method: str
    path: str
    query: str = ""
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """HTTP response."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Build a JSON response."""
    header_values = {"Content-Type": "application/json;charset=UTF-8", **(headers or {})}
    return Reply(status, json.dumps(value, separators=(",", ":")).encode(), header_values)


def refusal_reply(refusal: Refusal) -> Reply:
    """Build the response to a refused request."""
    return as_json({"code": refusal.code, "msg": refusal.text}, refusal.status, refusal.headers)


class Rest:
    """Binance-like REST API of an exchange. `secrets` maps the valid keys to their secrets."""

    def __init__(self, exchange: Exchange, limits: RequestLimits | None = None) -> None:
        self.metered = MeteredExchange(exchange, Weights(limits))
        self.secrets = {KEY: SECRET}

    def answer(self, request: IncomingRequest) -> Reply:
        """Answer one request."""
        try:
            answer = as_json(self._value(request))
        except Refusal as refusal:
            answer = refusal_reply(refusal)
        weights = self.metered.weights
        counted = {"X-MBX-USED-WEIGHT": str(weights.used), "X-MBX-USED-WEIGHT-1M": str(weights.used)}
        if (request.method, request.path) == ("POST", PREFIX + "order"):
            counted |= {
                "X-MBX-ORDER-COUNT-10S": str(weights.orders),
                "X-MBX-ORDER-COUNT-1D": str(weights.orders_a_day),
            }
        return Reply(answer.status, answer.body, {**answer.headers, **counted})

    def _value(self, request: IncomingRequest) -> object:
        endpoint = _ENDPOINTS.get((request.method, request.path.removeprefix(PREFIX)))
        if endpoint is None or not request.path.startswith(PREFIX):
            raise Refusal(-1020, "This operation is not supported.", 404)
        parameters = Parameters.parse(request.query, request.body)
        # Charged before the signature is checked, so that a client with a wrong key runs into its limit too.
        self.metered.weights.charge(endpoint.weigh(parameters.sent), self.metered.clock.server_time())
        key = ""
        if endpoint.signed:
            key = require_key(request.headers.get("x-mbx-apikey"), self.secrets)
            require_signed(self.secrets[key], request.query, request.body)
            require_recent(parameters, self.metered.clock)
            parameters.ignore("signature")
        value = endpoint.answer(self.metered, parameters, key)
        parameters.require_all_read()
        return value
