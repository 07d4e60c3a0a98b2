"""Clock of this machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """Time of this machine, in UTC."""

    def now(self) -> datetime:
        """Return the current time, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 the one place that reads it

    def sleep(self, seconds: float) -> None:
        """Wait a number of seconds; negative ones count as zero."""
        time.sleep(max(seconds, 0.0))
