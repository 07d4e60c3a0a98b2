"""Clocks of the exchange: this machine's time, the same with an offset, or a time that a client moves.

There are two times. `now()` is the time of prices and orders and may be paused. `server_time()` is the time of
signatures and request weights and always runs: a paused market must still refuse a request that was signed long ago.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.core.ports import Clock


class VenueClock(Clock, Protocol):
    """Time of the market, and time of the server."""

    def server_time(self) -> datetime:
        """Return the time by which signatures are checked, in UTC: `now()` or later."""
        ...


class RunningClock:
    """Time that runs with this machine's, from `start` or from the current time."""

    def __init__(self, machine: Clock, start: datetime | None = None) -> None:
        self._machine = machine
        self._offset = start - machine.now() if start else timedelta()

    def now(self) -> datetime:
        """Return the time of the market, in UTC."""
        return self._machine.now() + self._offset

    def sleep(self, seconds: float) -> None:
        """Wait a number of seconds."""
        self._machine.sleep(seconds)

    def server_time(self) -> datetime:
        """Return the time of the market, in UTC."""
        return self.now()


class DrivenClock:
    """Time that is paused until a client moves it forward."""

    def __init__(self, machine: Clock, start: datetime) -> None:
        self._machine, self._now, self._moved = machine, start, machine.now()
        self._server_time = start

    def now(self) -> datetime:
        """Return the time of the last move, in UTC."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move the clock forward by a number of seconds."""
        self.move_to(self._now + timedelta(seconds=seconds))

    def server_time(self) -> datetime:
        """Return the time of the last move plus the seconds since then on this machine. It only goes forward."""
        # The machine's clock may be set back meanwhile.
        return self._server_time + max(self._machine.now() - self._moved, timedelta())

    def move_to(self, moment: datetime) -> None:
        """Move the clock. Raises ValueError for a time before the current one."""
        moment = moment.astimezone(UTC)
        if moment < self._now:
            raise ValueError(f"the clock goes forward only: it is {self._now.isoformat()}, was {moment.isoformat()}")
        self._server_time = max(moment, self.server_time())
        self._now, self._moved = moment, self._machine.now()
