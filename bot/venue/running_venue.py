"""A venue that runs already, in another process of this machine: its clock, read and moved, and its prices."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.core.errors import ConfigError
from bot.core.ports import Clock
from bot.infra.vendor_errors import Unreachable
from bot.venue.http.admin import PREFIX as CONTROL
from bot.venue.http.rest import PREFIX as REST

_HOST = "127.0.0.1"
_TIMEOUT = 10.0
_TRIES = 3
_NONSENSE = (AttributeError, ArithmeticError, LookupError, TypeError, ValueError)


class RunningVenue:
    """A clock whose time is that by which the venue judges signatures, and whose sleeps are this machine's.

    Where its market stands is another matter: that is told by `stands_at`, and moved only by `move_to`. Raises
    Unreachable where nothing answers as a venue does, ConfigError where its clock runs by itself.
    """

    def __init__(self, port: int, machine: Clock) -> None:
        self.port, self._machine = port, machine
        self._read_clock(self._ask("GET", CONTROL + "clock"))

    def now(self) -> datetime:
        """The time of the connection, at most that which the venue tells now."""
        return self._wire + max(self._machine.now() - self._told_at, timedelta())

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds; the market stands still meanwhile."""
        self._machine.sleep(seconds)

    def stands_at(self) -> datetime:
        """The moment at which the market stands."""
        return self._read_clock(self._ask("GET", CONTROL + "clock"))

    def move_to(self, moment: datetime) -> None:
        """Move the market on to a moment."""
        self._read_clock(self._ask("POST", CONTROL + "clock", {"to": moment.isoformat()}))

    def prices(self) -> dict[str, Decimal]:
        """The price of the moment by pair, 0 where there was none yet."""
        said = self._ask("GET", REST + "ticker/price")
        try:
            return {str(one["symbol"]): Decimal(one["price"]) for one in said}
        except _NONSENSE:
            raise self._no_venue("no prices") from None

    def _read_clock(self, said: Any) -> datetime:
        try:
            if said["driven"] is not True:
                raise ConfigError(
                    "the venue's clock runs by itself",
                    where=self._where,
                    mend="start it with: bot venue serve --driven",
                )
            stands_at, wire = datetime.fromisoformat(said["now"]), datetime.fromisoformat(said["wire"])
        except _NONSENSE:
            raise self._no_venue(str(said)[:80]) from None
        self._wire, self._told_at = wire, self._machine.now()
        return stands_at

    def _ask(self, method: str, path: str, told: Mapping[str, str] | None = None) -> Any:
        """What the venue says; a question that was spoilt on the way is put again."""
        for _ in range(_TRIES):
            line = http.client.HTTPConnection(_HOST, self.port, timeout=_TIMEOUT)
            try:
                line.request(method, path, body=None if told is None else json.dumps(told))
                answer = line.getresponse()
                said = json.loads(answer.read())
            except ConnectionRefusedError:
                raise self._no_venue("nothing") from None
            except (OSError, http.client.HTTPException, ValueError) as problem:
                was = type(problem).__name__
            else:
                if answer.status == http.client.OK:
                    return said
                was = f"HTTP {answer.status}"
            finally:
                line.close()
        raise self._no_venue(was)

    def _no_venue(self, was: str) -> Unreachable:
        return Unreachable("no venue answers", where=self._where, was=was, mend="start it: bot venue serve --driven")

    @property
    def _where(self) -> str:
        return f"port {self.port} of this machine"
