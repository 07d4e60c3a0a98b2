"""Pauses that hosts asked for, kept in a file so that they outlive the process."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

FILE_NAME = "bans.json"
"""File of the bans, beside the market store."""


class Bans:
    """UTC time until which requests to each host are paused, at its own request.

    In memory, until `keep_in` names a file. All processes that name the same file share their bans.
    """

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}
        self._path: Path | None = None

    def keep_in(self, path: Path) -> None:
        """Read and write the bans of a file from now on."""
        self._path = path

    def until(self, name: str, now: datetime) -> datetime | None:
        """Return the UTC time until which a host, or another name, is paused, if it is."""
        found = [bans[name] for bans in (self._until, self._stored()) if name in bans]
        latest = max(found, default=None)
        return latest if latest is not None and now < latest else None

    def add(self, name: str, until: datetime, now: datetime) -> None:
        """Pause a host until a UTC time, here and in the file. Bans that are over are dropped."""
        self._until[name] = until
        self._merge({name: until}, (), now)

    def remove(self, names: Collection[str], now: datetime) -> None:
        """End bans before their time, here and in the file."""
        for name in names:
            self._until.pop(name, None)
        self._merge({}, names, now)

    def _merge(self, added: Mapping[str, datetime], removed: Collection[str], now: datetime) -> None:
        """Change the file under a lock, so that two processes keep each other's bans."""
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.with_suffix(".lock").open("a") as lock:
                fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
                bans = {name: end for name, end in ({**self._stored(), **added}).items() if end > now}
                kept = {name: end.isoformat() for name, end in sorted(bans.items()) if name not in removed}
                self._write(self._path, kept)
        except OSError:
            # The folder cannot be written: the pause holds in this process, and the vendor's error is reported.
            return

    def _stored(self) -> dict[str, datetime]:
        """Return the bans of the file. A damaged file is read as empty, and the next ban replaces it."""
        if self._path is None:
            return {}
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return {str(name): datetime.fromisoformat(end).astimezone(UTC) for name, end in found.items()}
        except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            return {}

    @staticmethod
    def _write(path: Path, bans: dict[str, str]) -> None:
        # A rename is atomic: a reader sees the old bans or the new ones.
        new = path.with_suffix(f".{os.getpid()}.new")
        new.write_text(json.dumps(bans, indent=1) + "\n", encoding="utf-8")
        new.replace(path)
