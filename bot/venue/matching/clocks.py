"""The exchange's time: this machine's, the same from another day on, or one that a client drives.

A market that stands still between two moves of its clock must still know how long ago a request was signed. So there
are two times: `now()` is that of prices and orders, `wire()` that of signatures and weights, and it always runs on.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.core.ports import Clock


class VenueClock(Clock, Protocol):
    """The time of the market, and that of the connection to it."""

    def wire(self) -> datetime:
        """The time that the exchange tells, and by which it judges when a request was signed; never before now()."""
        ...


class RunningClock:
    """Time that runs as this machine's does, from a moment on, or from the present one."""

    def __init__(self, machine: Clock, start: datetime | None = None) -> None:
        self._machine = machine
        self._ahead = start - machine.now() if start else timedelta()

    def now(self) -> datetime:
        """The present moment."""
        return self._machine.now() + self._ahead

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        self._machine.sleep(seconds)

    def wire(self) -> datetime:
        """The present moment."""
        return self.now()


class DrivenClock:
    """Time that stands still until it is moved, forward only."""

    def __init__(self, machine: Clock, start: datetime) -> None:
        self._machine, self._now, self._moved = machine, start, machine.now()
        self._wire = start

    def now(self) -> datetime:
        """The moment to which it was moved last."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move on by so many seconds."""
        self.move_to(self._now + timedelta(seconds=seconds))

    def wire(self) -> datetime:
        """Now, or later by the seconds that have gone by on this machine; it never goes back."""
        return self._wire + max(self._machine.now() - self._moved, timedelta())

    def move_to(self, moment: datetime) -> None:
        """Move on. Raises ValueError for a moment before the present one."""
        moment = moment.astimezone(UTC)
        if moment < self._now:
            raise ValueError(f"the clock goes forward only: it is {self._now.isoformat()}, was {moment.isoformat()}")
        self._wire = max(moment, self.wire())
        self._now, self._moved = moment, self._machine.now()
