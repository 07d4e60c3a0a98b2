"""The ports: what the bot asks of a strategy and of a clock, and nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.core.decision import Decision
from bot.core.market import Market


class Strategy(Protocol):
    """A rule that turns what is known of the market into one decision a UTC midnight."""

    name: str

    def decisions(self, market: Market) -> Sequence[Decision]:
        """One decision for each of `market.decision_times`, each from what was known at that moment only."""
        ...


class Clock(Protocol):
    """The time, and waiting for it: only what reaches out of the process holds one."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        ...
