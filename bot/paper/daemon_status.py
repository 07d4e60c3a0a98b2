"""State of a ledger's daemon at one moment, as its heartbeat shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.moments import iso
from bot.paper.heartbeat import Beat, heartbeat_path, read_beat
from bot.settings.loader import Config


class DaemonState(StrEnum):
    """State of a daemon by its heartbeat; `NONE` is a missing or unreadable one."""

    NONE = "none"
    ALIVE = "alive"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class DaemonStatus:
    """Last heartbeat of a daemon, judged at `now` (UTC); `is_after_tick` is set by the tick that just ended."""

    beat: Beat | None
    now: datetime
    is_after_tick: bool = False

    @property
    def state(self) -> DaemonState:
        """State by the age of the heartbeat."""
        if self.beat is None:
            return DaemonState.NONE
        return DaemonState.STALE if self.beat.is_stale(self.now) else DaemonState.ALIVE

    @property
    def is_ticking(self) -> bool:
        """True while a living daemon is inside a tick: it writes a next tick that is due already."""
        if self.beat is None or self.is_after_tick:
            return False
        return self.state is DaemonState.ALIVE and self.beat.next_tick <= self.now

    @property
    def line(self) -> str:
        """State in words, for one line of a screen."""
        if self.beat is None:
            return "no daemon"
        if self.state is DaemonState.STALE:
            return f"stale since {iso(self.beat.at)}: it was killed, failed, or the machine slept"
        return "alive, ticking" if self.is_ticking else f"alive, next tick {iso(self.beat.next_tick)}"

    def to_dict(self) -> dict[str, str | int]:
        """Return the state and the fields of the heartbeat as plain data."""
        if self.beat is None:
            return {"state": self.state.value}
        return {
            "state": self.state.value,
            "pid": self.beat.pid,
            "at": iso(self.beat.at),
            "next_tick": iso(self.beat.next_tick),
            "version": self.beat.version,
        }


def daemon_status(config: Config, name: str, now: datetime) -> DaemonStatus:
    """Read the heartbeat of a ledger and return the state of its daemon at `now`."""
    return DaemonStatus(read_beat(heartbeat_path(config, name)), now)
