"""One request, one answer: who asks, how much, whether it is signed, and then what is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.venue.http.endpoint import MeteredExchange
from bot.venue.http.market_endpoints import PUBLIC
from bot.venue.http.order_endpoints import SIGNED
from bot.venue.http.parameters import Parameters
from bot.venue.http.refusal import Refusal
from bot.venue.http.signing import require_key, require_signed, require_timely
from bot.venue.http.weights import RequestLimits, Weights
from bot.venue.matching.exchange import KEY, SECRET, Exchange

PREFIX = "/api/v3/"
_ENDPOINTS = {**PUBLIC, **SIGNED}


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """A request: its path without the query, query and body as their exact texts, header names in small letters."""

    method: str
    path: str
    query: str = ""
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent back."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer of JSON."""
    told = {"Content-Type": "application/json;charset=UTF-8", **(headers or {})}
    return Reply(status, json.dumps(value, separators=(",", ":")).encode(), told)


def refused(refusal: Refusal) -> Reply:
    """The answer to what was not carried out."""
    return as_json({"code": refusal.code, "msg": refusal.text}, refusal.status, refusal.headers)


class Rest:
    """The exchange behind Binance's REST. `secrets` are those of the keys that are valid now."""

    def __init__(self, exchange: Exchange, limits: RequestLimits | None = None) -> None:
        self.desk = MeteredExchange(exchange, Weights(limits))
        self.secrets = {KEY: SECRET}

    def answer(self, asked: IncomingRequest) -> Reply:
        """Answer one request."""
        try:
            answer = as_json(self._value(asked))
        except Refusal as refusal:
            answer = refused(refusal)
        weights = self.desk.weights
        counted = {"X-MBX-USED-WEIGHT": str(weights.used), "X-MBX-USED-WEIGHT-1M": str(weights.used)}
        if (asked.method, asked.path) == ("POST", PREFIX + "order"):
            counted["X-MBX-ORDER-COUNT-10S"] = str(weights.orders)
        return Reply(answer.status, answer.body, {**answer.headers, **counted})

    def _value(self, asked: IncomingRequest) -> Any:
        endpoint = _ENDPOINTS.get((asked.method, asked.path.removeprefix(PREFIX)))
        if endpoint is None or not asked.path.startswith(PREFIX):
            raise Refusal(-1020, "This operation is not supported.", 404)
        parameters = Parameters.of(asked.query, asked.body)
        self.desk.weights.charge(endpoint.weigh(parameters.sent), self.desk.clock.wire())
        key = ""
        if endpoint.signed:
            key = require_key(asked.headers.get("x-mbx-apikey"), self.secrets)
            require_signed(self.secrets[key], asked.query, asked.body)
            require_timely(parameters, self.desk.clock)
            parameters.skip("signature")
        value = endpoint.answer(self.desk, parameters, key)
        parameters.require_all_read()
        return value
