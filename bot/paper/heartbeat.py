"""The heartbeat: a small file beside its ledger by which a daemon tells that it is alive."""

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
"""A daemon tells at least once a minute, but for a vendor's answer that takes longer."""


@dataclass(frozen=True, slots=True)
class Beat:
    """What a daemon told of itself last; `next_tick` is in the past while it ticks."""

    pid: int
    at: datetime
    next_tick: datetime
    version: str

    def is_stale(self, now: datetime) -> bool:
        """Whether the daemon has been silent for so long that it must be gone."""
        return now - self.at > STALE_AFTER


def heartbeat_path(config: Config, name: str) -> Path:
    """Where the daemon of a ledger tells that it is alive."""
    return ledger_path(config, name).with_suffix(".alive")


def beat(path: Path, now: datetime, next_tick: datetime) -> None:
    """Tell that this process is alive, at once or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"pid": os.getpid(), "at": iso(now), "next_tick": iso(next_tick), "version": __version__}
    new = path.with_suffix(".alive-new")
    new.write_text(json.dumps(told) + "\n", encoding="utf-8")
    new.replace(path)


def last_beat(path: Path) -> Beat | None:
    """What the daemon told last; None where there is none, or nothing that can be read."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        at, next_tick = (datetime.fromisoformat(told[name]) for name in ("at", "next_tick"))
        return Beat(told["pid"], at, next_tick, told["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
