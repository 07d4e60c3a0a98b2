"""The knobs of the exchange, under /venue/: its clock, a wipe, halts, keys and faults. Binance has none of this.

Nothing here is signed. It is for the machine itself: whoever comes from a web page is turned away by the server.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.venue.http.injected_faults import FaultQueue, parse_fault
from bot.venue.http.refusal import Refusal
from bot.venue.http.rest import IncomingRequest, Reply, Rest, as_json, refused
from bot.venue.matching.clocks import DrivenClock
from bot.venue.matching.exchange import KEY, SECRET, Exchange

PREFIX = "/venue/"


class AdminApi:
    """Answers under /venue/ with JSON: 400 for nonsense, 404 for no such knob, 409 where the clock is not driven."""

    def __init__(self, rest: Rest, faults: FaultQueue) -> None:
        self._rest, self._faults = rest, faults
        self._knobs: Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Any]] = {
            ("GET", "clock"): self._tell_clock,
            ("POST", "clock"): self._move_clock,
            ("POST", "wipe"): self._wipe,
            ("POST", "halt"): self._halt,
            ("POST", "delist"): self._delist,
            ("POST", "key"): self._key,
            ("GET", "faults"): self._tell_faults,
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): self._clear_faults,
        }

    def answer(self, asked: IncomingRequest) -> Reply:
        """Turn one knob."""
        knob = self._knobs.get((asked.method, asked.path.removeprefix(PREFIX)))
        if knob is None:
            return as_json({"error": "there is no such knob"}, 404)
        try:
            told = json.loads(asked.body or "{}")
            if not isinstance(told, dict):
                raise ValueError("expected a JSON object")
            return as_json(knob(told))
        except Refusal as refusal:
            return refused(refusal)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as problem:
            return as_json({"error": f"{type(problem).__name__}: {problem}"}, 400)

    @property
    def _exchange(self) -> Exchange:
        return self._rest.desk.exchange

    def _tell_clock(self, told: Mapping[str, Any]) -> Any:
        clock = self._exchange.clock
        is_driven = isinstance(clock, DrivenClock)
        return {"now": clock.now().isoformat(), "wire": clock.wire().isoformat(), "driven": is_driven}

    def _move_clock(self, told: Mapping[str, Any]) -> Any:
        clock = self._exchange.clock
        if not isinstance(clock, DrivenClock):
            raise Refusal(-1020, "The clock is not driven: start the venue with --driven.", 409)
        if "to" in told:
            moment = datetime.fromisoformat(told["to"])
            clock.move_to(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        else:
            clock.move_to(clock.now() + timedelta(seconds=float(told["advance"])))
        return self._tell_clock(told)

    def _wipe(self, told: Mapping[str, Any]) -> Any:
        self._exchange.wipe()
        return {}

    def _halt(self, told: Mapping[str, Any]) -> Any:
        self._exchange.halt(told["symbol"], _flag(told, "halted"))
        return {"halted": sorted(self._exchange.halted)}

    def _delist(self, told: Mapping[str, Any]) -> Any:
        self._exchange.delist(told["symbol"])
        return {"delisted": sorted(self._exchange.delisted)}

    def _key(self, told: Mapping[str, Any]) -> Any:
        if _flag(told, "revoked"):
            self._rest.secrets.pop(KEY, None)
        else:
            self._rest.secrets[KEY] = SECRET
        return {"revoked": KEY not in self._rest.secrets}

    def _tell_faults(self, told: Mapping[str, Any]) -> Any:
        return {"scripted": [asdict(fault) for fault in self._faults.scripted]}

    def _add_faults(self, told: Mapping[str, Any]) -> Any:
        script = [parse_fault(fault) for fault in told.get("script", [])]
        rates = {parse_fault(entry["fault"]): float(entry["rate"]) for entry in told.get("rates", [])}
        if rates:
            self._faults.random(int(told["seed"]), rates)
        self._faults.script(*script)
        return self._tell_faults(told)

    def _clear_faults(self, told: Mapping[str, Any]) -> Any:
        self._faults.clear()
        return self._tell_faults(told)


def _flag(told: Mapping[str, Any], name: str) -> bool:
    flag = told.get(name, True)
    if not isinstance(flag, bool):
        raise ValueError(f"{name} must be true or false, was {flag!r}")
    return flag
