"""The log of plans: each that was run or registered, and each look at its outcomes, append-only and chained."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.core.errors import LedgerError
from bot.core.moments import iso
from bot.infra.write_access import write_error

FILE_NAME = "plans.jsonl"
_FIRST = "0" * 64


class PlanEntryKind(StrEnum):
    """Kind of an entry."""

    STUDIED = "studied"
    """A plan was run on data for the first time."""
    REGISTERED = "registered"
    """A prospective plan begins: its content, its hash and its date."""
    EPISODE = "episode"
    """An episode of a registered plan was seen for the first time."""
    PEEK = "peek"
    """A command showed outcomes after the date of a registered plan."""


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """One line of the log; `hash` covers it and the hash of the line before."""

    number: int
    at: str
    kind: PlanEntryKind
    plan_sha256: str
    body: Mapping[str, Any]
    hash: str

    @property
    def day(self) -> date:
        """UTC date of the entry."""
        return date.fromisoformat(self.at[:10])


class PlanLog:
    """The file of the log.

    Every method raises LedgerError if the file is unreadable, cannot be written, or if its chain is broken.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> list[PlanEntry]:
        """Read every entry and check the chain; empty if there is no file."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as problem:
            raise LedgerError(f"cannot be read: {problem}", where=str(self.path)) from None
        found, before = [], _FIRST
        for number, line in enumerate(text.splitlines(), start=1):
            found.append(self._entry(number, line, before))
            before = found[-1].hash
        return found

    def registered(self) -> PlanEntry | None:
        """Return the newest registration."""
        return next((entry for entry in reversed(self.entries()) if entry.kind is PlanEntryKind.REGISTERED), None)

    def append(self, kind: PlanEntryKind, plan_sha256: str, body: Mapping[str, Any], at: datetime) -> PlanEntry:
        """Add an entry and flush it to the disk."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # two commands may write at once
                entries = self.entries()
                before = entries[-1].hash if entries else _FIRST
                line = {"number": len(entries) + 1, "at": iso(at), "kind": kind.value, "plan_sha256": plan_sha256}
                plain = {**line, "body": dict(body)}
                entry = PlanEntry(len(entries) + 1, iso(at), kind, plan_sha256, dict(body), _chained(before, plain))
                file.write(json.dumps({**plain, "hash": entry.hash}, sort_keys=True) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as problem:
            raise write_error(LedgerError, self.path, problem) from None
        return entry

    def append_once(self, kind: PlanEntryKind, plan_sha256: str, body: Mapping[str, Any], at: datetime) -> None:
        """Add an entry unless the log has one of the same plan, kind and body."""
        if not any(
            entry.kind is kind and entry.plan_sha256 == plan_sha256 and dict(entry.body) == dict(body)
            for entry in self.entries()
        ):
            self.append(kind, plan_sha256, body, at)

    def _entry(self, number: int, line: str, before: str) -> PlanEntry:
        mend = "restore the file from a copy; the entries before this line are valid"
        where = f"{self.path} line {number}"
        try:
            plain = json.loads(line)
            own = plain.pop("hash")
            entry = PlanEntry(
                plain["number"], plain["at"], PlanEntryKind(plain["kind"]), plain["plan_sha256"], plain["body"], own
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise LedgerError("is no entry of the log", where=where, mend=mend) from None
        if entry.number != number or own != _chained(before, plain):
            raise LedgerError("the chain is broken: an entry was changed or removed", where=where, mend=mend)
        return entry


def plan_log(state: Path) -> PlanLog:
    """Return the log of plans in a state folder."""
    return PlanLog(state / "study" / FILE_NAME)


def note_peek(state: Path, command: str, last_day: date, at: datetime) -> None:
    """Write a peek to the log if a command is about to show outcomes after the date of the registered plan.

    A command is written once a UTC day.

    Parameters
    ----------
    state
        State folder of the config.
    command
        The command, as the user calls it.
    last_day
        Newest UTC day that it shows.
    at
        Time of the peek, UTC.

    Raises
    ------
    LedgerError
        If the log cannot be written, or its chain is broken.
    """
    log = plan_log(state)
    entry = log.registered()
    # A day that is still to come is synthetic, as those of the demo.
    if entry is not None and entry.day < last_day <= at.date():
        log.append_once(PlanEntryKind.PEEK, entry.plan_sha256, {"command": command, "day": f"{at:%Y-%m-%d}"}, at)


def _chained(before: str, plain: Mapping[str, Any]) -> str:
    return hashlib.sha256((before + json.dumps(plain, sort_keys=True)).encode()).hexdigest()
