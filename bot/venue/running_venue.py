"""Client of a venue that runs in another process of this machine: its clock and prices."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from bot.core.errors import ConfigError
from bot.core.ports import Clock
from bot.infra.vendor_errors import Unreachable
from bot.venue.http.admin import PREFIX as ADMIN_PREFIX
from bot.venue.http.rest import PREFIX as REST_PREFIX

_HOST = "127.0.0.1"
_TIMEOUT = 10.0
"""Seconds for one request."""
_TRIES = 3
_PARSE_ERRORS = (AttributeError, ArithmeticError, LookupError, TypeError, ValueError)


class RunningVenue:
    """A clock that follows the venue's server time, with methods to read and move its market time.

    Raises Unreachable if no venue answers on the port, and ConfigError if its clock runs by itself.

    Parameters
    ----------
    port : int
        Port on 127.0.0.1.
    machine : Clock
        Clock that measures the time between two readings, and sleeps.
    """

    def __init__(self, port: int, machine: Clock) -> None:
        self.port, self._machine = port, machine
        self._read_clock(self._request("GET", ADMIN_PREFIX + "clock"))

    def now(self) -> datetime:
        """Return the server time, in UTC: the last reading plus the time since then."""
        return self._server_time + max(self._machine.now() - self._read_at, timedelta())

    def sleep(self, seconds: float) -> None:
        """Wait a number of seconds. The market is paused meanwhile."""
        self._machine.sleep(seconds)

    def market_time(self) -> datetime:
        """Return the time of prices and orders, in UTC."""
        return self._read_clock(self._request("GET", ADMIN_PREFIX + "clock"))

    def move_to(self, moment: datetime) -> None:
        """Move the market forward to a time."""
        self._read_clock(self._request("POST", ADMIN_PREFIX + "clock", {"to": moment.isoformat()}))

    def prices(self) -> dict[str, Decimal]:
        """Return the current price of each pair, 0 before its first price."""
        data = self._request("GET", REST_PREFIX + "ticker/price")
        try:
            return _prices(data)
        except _PARSE_ERRORS:
            raise self._no_venue("no prices") from None

    def _read_clock(self, data: object) -> datetime:
        try:
            market_time, server_time, is_driven = _clock(data)
        except _PARSE_ERRORS:
            raise self._no_venue(str(data)[:80]) from None
        if not is_driven:
            raise ConfigError(
                "the venue's clock runs by itself",
                where=self._where,
                mend="start it with: bot venue serve --driven",
            )
        self._server_time, self._read_at = server_time, self._machine.now()
        return market_time

    def _request(self, method: str, path: str, body: Mapping[str, str] | None = None) -> object:
        # A rehearsal injects faults into the venue, and they hit these requests too.
        for _ in range(_TRIES):
            connection = http.client.HTTPConnection(_HOST, self.port, timeout=_TIMEOUT)
            try:
                connection.request(method, path, body=None if body is None else json.dumps(body))
                response = connection.getresponse()
                data: object = json.loads(response.read())
            except ConnectionRefusedError:
                raise self._no_venue("nothing") from None
            except (OSError, http.client.HTTPException, ValueError) as problem:
                was = type(problem).__name__
            else:
                if response.status == http.client.OK:
                    return data
                was = f"HTTP {response.status}"
            finally:
                connection.close()
        raise self._no_venue(was)

    def _no_venue(self, was: str) -> Unreachable:
        return Unreachable("no venue answers", where=self._where, was=was, mend="start it: bot venue serve --driven")

    @property
    def _where(self) -> str:
        return f"port {self.port} of this machine"


def _clock(data: object) -> tuple[datetime, datetime, bool]:
    """Return market time, server time, and True if a client drives the clock."""
    if not isinstance(data, dict):
        raise TypeError("not a JSON object")
    is_driven = data["driven"] is True
    return datetime.fromisoformat(data["now"]), datetime.fromisoformat(data["wire"]), is_driven


def _prices(data: object) -> dict[str, Decimal]:
    if not isinstance(data, list):
        raise TypeError("not a JSON list")
    return {str(row["symbol"]): Decimal(row["price"]) for row in data}
