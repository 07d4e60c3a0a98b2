"""Heartbeat: a small file beside a ledger that its daemon rewrites while it lives."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
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


def write_beat(path: Path, now: datetime, next_tick: datetime) -> None:
    """Write the heartbeat of this process. Raises OSError."""
    fields = {"pid": os.getpid(), "at": iso(now), "next_tick": iso(next_tick), "version": __version__}
    # A rename is atomic: a reader sees the old heartbeat or the new one, never half of one.
    new, content = path.with_suffix(".alive-new"), (json.dumps(fields) + "\n").encode()
    try:
        new.write_bytes(content)
    except FileNotFoundError:  # the folder is made by the first heartbeat
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(content)
    new.replace(path)


def read_beat(path: Path) -> Beat | None:
    """Read a heartbeat, if the file is there and valid."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        at, next_tick = (datetime.fromisoformat(fields[name]) for name in ("at", "next_tick"))
        return Beat(fields["pid"], at, next_tick, fields["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # the daemon writes the next one within a minute
