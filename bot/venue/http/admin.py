"""Admin API of the exchange under /venue/, which Binance lacks: clock, wipe, halts, keys and faults.

Requests are unsigned. The server refuses requests from web pages and for other hosts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from bot.venue.http.endpoint import Json
from bot.venue.http.injected_faults import FaultQueue, InjectedFault, parse_fault
from bot.venue.http.rest import IncomingRequest, Reply, Rest, as_json, refusal_reply
from bot.venue.matching.clocks import DrivenClock
from bot.venue.matching.exchange import KEY, SECRET, Exchange
from bot.venue.matching.pair_filters import parse_filters
from bot.venue.matching.refusal import Refusal

PREFIX = "/venue/"


class AdminApi:
    """JSON API with status 400 for an invalid body, 404 for an unknown path and 409 for a clock that runs by itself."""

    def __init__(self, rest: Rest, faults: FaultQueue) -> None:
        self._rest, self._faults = rest, faults
        self._actions: Mapping[tuple[str, str], Callable[[Json], Json]] = {
            ("GET", "clock"): self._read_clock,
            ("POST", "clock"): self._move_clock,
            ("POST", "wipe"): self._wipe,
            ("POST", "halt"): self._halt,
            ("POST", "cancel-only"): self._cancel_only,
            ("POST", "delist"): self._delist,
            ("POST", "filters"): self._filters,
            ("POST", "key"): self._key,
            ("GET", "faults"): self._read_faults,
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): self._clear_faults,
        }

    def answer(self, request: IncomingRequest) -> Reply:
        """Carry out one admin request."""
        action = self._actions.get((request.method, request.path.removeprefix(PREFIX)))
        if action is None:
            return as_json({"error": "unknown admin request"}, 404)
        try:
            body = json.loads(request.body or "{}")
            if not isinstance(body, dict):
                raise ValueError("expected a JSON object")
            return as_json(action(body))
        except Refusal as refusal:
            return refusal_reply(refusal)
        # A malformed body is the client's fault: a bug in a test must not look like a fault of the exchange.
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as problem:
            return as_json({"error": f"{type(problem).__name__}: {problem}"}, 400)

    @property
    def _exchange(self) -> Exchange:
        return self._rest.metered.exchange

    def _read_clock(self, body: Json) -> Json:
        clock = self._exchange.clock
        is_driven = isinstance(clock, DrivenClock)
        return {"now": clock.now().isoformat(), "wire": clock.server_time().isoformat(), "driven": is_driven}

    def _move_clock(self, body: Json) -> Json:
        clock = self._exchange.clock
        if not isinstance(clock, DrivenClock):
            raise Refusal(-1020, "The clock is not driven: start the venue with --driven.", 409)
        if "to" in body:
            moment = datetime.fromisoformat(_text(body, "to"))
            # A time without a zone is UTC, as everywhere in the bot.
            clock.move_to(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        else:
            clock.move_to(clock.now() + timedelta(seconds=_number(body, "advance")))
        return self._read_clock(body)

    def _wipe(self, body: Json) -> Json:
        self._exchange.wipe()
        return {}

    def _halt(self, body: Json) -> Json:
        self._exchange.halt(_text(body, "symbol"), _flag(body, "halted"))
        return {"halted": sorted(self._exchange.market.halted)}

    def _cancel_only(self, body: Json) -> Json:
        self._exchange.limit_to_cancels(_text(body, "symbol"), _flag(body, "cancel_only"))
        return {"cancel_only": sorted(self._exchange.market.cancel_only)}

    def _filters(self, body: Json) -> Json:
        market, pair = self._exchange.market, _text(body, "symbol")
        filters = parse_filters(market.listing(pair).filters, {k: v for k, v in body.items() if k != "symbol"})
        market.set_filters(pair, filters)
        return market.listing(pair).to_exchange_info(market.status(pair))

    def _delist(self, body: Json) -> Json:
        self._exchange.delist(_text(body, "symbol"))
        return {"delisted": sorted(self._exchange.market.delisted)}

    def _key(self, body: Json) -> Json:
        if _flag(body, "revoked"):
            self._rest.secrets.pop(KEY, None)
        else:
            self._rest.secrets[KEY] = SECRET
        return {"revoked": KEY not in self._rest.secrets}

    def _read_faults(self, body: Json) -> Json:
        return {"scripted": [asdict(fault) for fault in self._faults.scripted]}

    def _add_faults(self, body: Json) -> Json:
        script = [parse_fault(fault) for fault in _list(body, "script")]
        rates = dict(_rate(entry) for entry in _list(body, "rates"))
        if rates:
            self._faults.random(int(_number(body, "seed")), rates)
        self._faults.script(*script)
        return self._read_faults(body)

    def _clear_faults(self, body: Json) -> Json:
        self._faults.clear()
        return self._read_faults(body)


def _text(body: Json, name: str) -> str:
    text = body[name]
    if not isinstance(text, str):
        raise TypeError(f"{name} must be a text, was {text!r}")
    return text


def _number(body: Json, name: str) -> float:
    number = body[name]
    if not isinstance(number, int | float | str):
        raise TypeError(f"{name} must be a number, was {number!r}")
    return float(number)


def _list(body: Json, name: str) -> list[object]:
    items = body.get(name, [])
    if not isinstance(items, list):
        raise TypeError(f"{name} must be a list, was {items!r}")
    return items


def _rate(entry: object) -> tuple[InjectedFault, float]:
    if not isinstance(entry, dict):
        raise TypeError("a rate must be a JSON object")
    return parse_fault(entry["fault"]), _number(entry, "rate")


def _flag(body: Json, name: str) -> bool:
    flag = body.get(name, True)
    if not isinstance(flag, bool):
        raise ValueError(f"{name} must be true or false, was {flag!r}")
    return flag
