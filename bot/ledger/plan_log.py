"""The log of plans: each that was run or registered, and each look at its outcomes, append-only and chained."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
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

    @classmethod
    def of(
        cls,
        before: Sequence[PlanEntry],
        kind: PlanEntryKind,
        plan_sha256: str,
        body: Mapping[str, Any],
        at: datetime,
    ) -> PlanEntry:
        """Make the entry that follows some entries."""
        entry = cls(len(before) + 1, iso(at), kind, plan_sha256, dict(body), "")
        return replace(entry, hash=_chained(before[-1].hash if before else _FIRST, entry.plain()))

    def plain(self) -> dict[str, Any]:
        """Return the entry as JSON, without its hash."""
        line = {"number": self.number, "at": self.at, "kind": self.kind.value, "plan_sha256": self.plan_sha256}
        return {**line, "body": dict(self.body)}

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
        except OSError as problem:
            raise LedgerError(f"cannot be read: {problem.strerror}", where=str(self.path)) from None
        except ValueError:
            raise LedgerError("is not text", where=str(self.path), mend="restore the file from a copy") from None
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
        with self._locked() as (file, entries):
            return self._append(file, entries, PlanEntry.of(entries, kind, plan_sha256, body, at))

    def append_once(self, kind: PlanEntryKind, plan_sha256: str, body: Mapping[str, Any], at: datetime) -> None:
        """Add an entry unless the log has one of the same plan, kind and body."""
        if self._has(self.entries(), kind, plan_sha256, body):  # without a write: the log may be read-only
            return
        with self._locked() as (file, entries):
            # Again, under the lock: another command may have written it meanwhile.
            if not self._has(entries, kind, plan_sha256, body):
                self._append(file, entries, PlanEntry.of(entries, kind, plan_sha256, body, at))

    @contextmanager
    def _locked(self) -> Iterator[tuple[io.FileIO, list[PlanEntry]]]:
        """Yield the open file and its entries while no other command writes to it."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield file, self.entries()
        except OSError as problem:
            raise write_error(LedgerError, self.path, problem) from None

    def _append(self, file: io.FileIO, entries: list[PlanEntry], entry: PlanEntry) -> PlanEntry:
        before = os.fstat(file.fileno()).st_size
        # An editor may have removed the last end of line.
        start = b"\n" if entries and not self.path.read_bytes().endswith(b"\n") else b""
        line = start + json.dumps({**entry.plain(), "hash": entry.hash}, sort_keys=True).encode() + b"\n"
        try:
            if file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):  # half a line would break the chain for good
                os.ftruncate(file.fileno(), before)
            raise
        return entry

    @staticmethod
    def _has(entries: list[PlanEntry], kind: PlanEntryKind, plan_sha256: str, body: Mapping[str, Any]) -> bool:
        return any(
            entry.kind is kind and entry.plan_sha256 == plan_sha256 and dict(entry.body) == dict(body)
            for entry in entries
        )

    def _entry(self, number: int, line: str, before: str) -> PlanEntry:
        mend = "restore the file from a copy; the entries before this line are valid"
        where = f"{self.path} line {number}"
        try:
            plain = json.loads(line)
            own = plain.pop("hash")
            entry = PlanEntry(
                plain["number"], plain["at"], PlanEntryKind(plain["kind"]), plain["plan_sha256"], plain["body"], own
            )
            datetime.fromisoformat(entry.at)
            is_valid = isinstance(entry.plan_sha256, str) and isinstance(entry.body, dict)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            is_valid = False
        if not is_valid:
            raise LedgerError("is no entry of the log", where=where, mend=mend)
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
