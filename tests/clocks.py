"""A clock for tests: it stands still but for the sleeps that it is asked for, and remembers them; it can be set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Time that moves by sleeping, or as it is set."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime(2025, 11, 28, 19, 0, tzinfo=UTC)
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.sleeps.append(seconds)
        self._now += timedelta(seconds=seconds)

    def set(self, now: datetime) -> None:
        """Set it, as a user does, or a suspended machine."""
        self._now = now
