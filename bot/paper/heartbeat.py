"""Heartbeat: a small file beside a ledger that its daemon renews while it lives."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.core.moments import iso
from bot.infra.version import __version__
from bot.paper.ledgers import ledger_path
from bot.settings.loader import Config

STALE_AFTER = timedelta(minutes=5)
"""Age from which a heartbeat counts as stale; a daemon writes one a minute, but a vendor's answer may take longer."""


@dataclass(frozen=True, slots=True)
class Beat:
    """One heartbeat: process id, moment (UTC), next tick (UTC, in the past during a tick) and version of the bot."""

    pid: int
    at: datetime
    next_tick: datetime
    version: str

    def is_stale(self, now: datetime) -> bool:
        """Return True if the heartbeat is older than `STALE_AFTER`."""
        return now - self.at > STALE_AFTER


def heartbeat_path(config: Config, name: str) -> Path:
    """Return the path of a ledger's heartbeat file."""
    return ledger_path(config, name).with_suffix(".alive")


class Heartbeat:
    """Writes the heartbeats of this process for one ledger.

    The time of the file is that of the heartbeat: between two ticks it alone is set, 1,440 times a day.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next_tick: datetime | None = None

    def beat(self, now: datetime, next_tick: datetime) -> None:
        """Write a heartbeat. Raises OSError."""
        seconds = int(now.timestamp())
        if next_tick == self._next_tick and self._path.exists():
            os.utime(self._path, (seconds, seconds))
            return
        text = json.dumps({"pid": os.getpid(), "next_tick": iso(next_tick), "version": __version__}) + "\n"
        # A rename is atomic: a reader sees the old heartbeat or the new one, never half of one.
        new = self._path.with_suffix(".alive-new")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(text, encoding="utf-8")
        os.utime(new, (seconds, seconds))
        new.replace(self._path)
        self._next_tick = next_tick

    def remove(self) -> None:
        """Remove the file, after which no daemon counts as alive. Raises OSError."""
        self._path.unlink()


def read_beat(path: Path) -> Beat | None:
    """Read a heartbeat, if the file is there and valid."""
    try:
        with path.open(encoding="utf-8") as file:
            fields, at = json.load(file), int(os.fstat(file.fileno()).st_mtime)
        next_tick = datetime.fromisoformat(fields["next_tick"])
        return Beat(fields["pid"], datetime.fromtimestamp(at, UTC), next_tick, fields["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
