"""A record: the ledger of a backtest, a replay or a forward run, by name, with its readers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypedDict, Unpack, overload

from bot.core.errors import LedgerError
from bot.core.events import ConfigPeriod, Event
from bot.ledger.event_fields import EVENT_FIELDS
from bot.ledger.record import count_rows, newest_rows, read_end, read_rows, whole_up_to
from bot.ledger.recorded import E1, E2, E3, E, Recorded, kinds_of, recorded
from bot.ledger.row import Row
from bot.ledger.run_folder import LEDGER, RunFolder, complete_runs, find_run, has_runs
from bot.ledger.run_label import label_of
from bot.ledger.selection import Selection
from bot.review.integrity.salvage import proved_rows

LATEST = "latest"
_MOMENTS_AT_ONCE = 500


class RowFilters(TypedDict, total=False):
    """Filters of a record's rows, all optional; see Selection. Days are UTC and inclusive."""

    since: date | None
    until: date | None
    symbol: str | None
    reason: str | None
    outcome: str | None


class Filters(RowFilters, total=False):
    """Filters of a record's rows, and the largest number of them."""

    limit: int | None


class DirectedFilters(Filters, total=False):
    """Filters of a record's rows, and the direction in which they are read."""

    newest_first: bool


@dataclass(frozen=True, slots=True)
class Record:
    """A ledger by name, opened read-only; `folder` is that of a run, and absent for a forward ledger.

    Rows are read from the file at each call. With a `head`, later rows are left out, so that all calls see the same
    rows while a daemon writes on. Every reader raises LedgerError for a row that is missing or was changed.
    """

    name: str
    path: Path
    folder: RunFolder | None = None
    head: int | None = None

    @property
    def title(self) -> str:
        """Name that the user gave a run, else the name of the record."""
        if self.folder is None:
            return self.name
        return label_of(self.folder.json("manifest.json")).name or self.name

    def end(self) -> tuple[int, str]:
        """Return number and hash of the newest row in the file, unchecked and regardless of the head."""
        return read_end(self.path)

    def pinned(self) -> Record:
        """Return the record fixed to its present rows. Raises LedgerError if one is missing."""
        try:
            return replace(self, head=whole_up_to(self.path))
        except LedgerError as fault:
            if type(fault.__context__) is not sqlite3.DatabaseError:
                raise
        # SQLite cannot open it; the salvage reader finds the readable rows without SQLite.
        raise LedgerError(
            f"is damaged or no ledger: row {proved_rows(self.path) + 1} and what comes after cannot be read",
            where=str(self.path),
            mend="bot review salvage saves what is whole; a backup may have more",
        )

    def rows(
        self,
        *kinds: str,
        since: date | None = None,
        until: date | None = None,
        symbol: str | None = None,
        reason: str | None = None,
        outcome: str | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[Row]:
        """Read the rows of some kinds, by default of all, in order; for the filters see Selection."""
        selection = Selection(kinds, since, until, symbol, reason, outcome, head=self.head)
        return read_rows(self.path, selection, newest_first, limit)

    def newest(
        self,
        *kinds: str,
        since: date | None = None,
        until: date | None = None,
        symbol: str | None = None,
        reason: str | None = None,
        outcome: str | None = None,
        limit: int | None = None,
    ) -> tuple[list[Row], int]:
        """Read the newest rows of some kinds, in order, and count those before; for the filters see Selection."""
        return newest_rows(self.path, Selection(kinds, since, until, symbol, reason, outcome, head=self.head), limit)

    def at(self, kind: str, moments: Iterable[str]) -> Iterator[Row]:
        """Read the rows of a kind at some moments, in order."""
        wanted = sorted(set(moments))
        # SQLite limits the number of values in one query.
        for begin in range(0, len(wanted), _MOMENTS_AT_ONCE):
            some = wanted[begin : begin + _MOMENTS_AT_ONCE]
            yield from read_rows(self.path, Selection((kind,), moments=some, head=self.head))

    @overload
    def events(self, one: type[E], /, **filters: Unpack[DirectedFilters]) -> Iterator[Recorded[E]]: ...
    @overload
    def events(
        self, one: type[E1], two: type[E2], /, **filters: Unpack[DirectedFilters]
    ) -> Iterator[Recorded[E1 | E2]]: ...
    @overload
    def events(
        self, one: type[E1], two: type[E2], three: type[E3], /, **filters: Unpack[DirectedFilters]
    ) -> Iterator[Recorded[E1 | E2 | E3]]: ...
    @overload
    def events(self, /, *types: type[object], **filters: Unpack[DirectedFilters]) -> Iterator[Recorded[Event]]: ...

    def events(self, /, *types: type[object], **filters: Unpack[DirectedFilters]) -> Iterator[Recorded[Any]]:
        """Read the events of some types, by default of all, in order; each is decoded when it is reached.

        Examples
        --------
        Each item has its place in the ledger (`sequence`, `at`, `day`) and its typed `event`::

            for one in record.events(Decision, since=day):
                print(one.sequence, one.day, one.event.stage)

        With several types, match on the event::

            for one in record.events(Fill, Settlement):
                match one.event:
                    case Fill() as fill: ...

        `to_dict()` of an item is its row as JSON. For one item use `first_event` and `last_event`; for the newest of
        a list and the count of the others `newest_events`; for events at given moments `events_at`.

        Raises
        ------
        LedgerError
            If a row is missing, was changed, or has a malformed body; the message names the row.
        """
        return recorded(self.rows(*kinds_of(types), **filters), path=self.path)

    def newest_events(self, one: type[E], /, **filters: Unpack[Filters]) -> tuple[list[Recorded[E]], int]:
        """Read the newest `limit` events of a type, in order, and count those before them."""
        rows, before = self.newest(EVENT_FIELDS[one].kind, **filters)
        return list(recorded(rows, one, path=self.path)), before

    def events_at(self, one: type[E], moments: Iterable[str]) -> Iterator[Recorded[E]]:
        """Read the events of a type at some moments (ISO-8601 as in the ledger), in order."""
        return recorded(self.at(EVENT_FIELDS[one].kind, moments), one, path=self.path)

    def first_event(self, one: type[E]) -> Recorded[E] | None:
        """Read the first event of a type, if any."""
        return next(self.events(one, limit=1), None)

    def last_event(self, one: type[E], until: date | None = None) -> Recorded[E] | None:
        """Read the last event of a type, up to and including a day (UTC), if any."""
        return next(self.events(one, until=until, newest_first=True, limit=1), None)

    def start_cash(self) -> Decimal | None:
        """Return the cash that the record began with, in the stablecoin, if known.

        A run has it in its manifest, a forward ledger in its first row.
        """
        if self.folder is not None:
            return Decimal(str(self.folder.json("manifest.json")["config"]["start_equity"]))
        period = self.first_event(ConfigPeriod)
        return None if period is None else period.event.cash

    def first(self, kind: str) -> Row | None:
        """Read the first row of a kind."""
        return next(self.rows(kind, limit=1), None)

    def last(self, kind: str, until: date | None = None) -> Row | None:
        """Read the last row of a kind, up to and including a day."""
        return next(self.rows(kind, until=until, newest_first=True, limit=1), None)

    def count(self, *kinds: str) -> int:
        """Count the rows of some kinds, by default of all."""
        return count_rows(self.path, Selection(kinds, head=self.head))


def find_record(state: Path, name: str | None) -> Record:
    """Find a record by the name of a ledger or run, the path of either, or `latest` for the newest run.

    Parameters
    ----------
    state
        Folder of the ledgers and runs.
    name
        By default the ledger `paper` if it exists, else the newest run, else the first ledger by name.

    Raises
    ------
    LedgerError
        If the record is unknown, with the nearest name; or the run was interrupted.
    """
    ledgers = {path.stem: path for path in sorted((state / "ledgers").glob("*.sqlite3"))}
    if name is None:
        name = _default_name(ledgers, state / "runs")
    if name in ledgers:
        return Record(name, ledgers[name])
    if Path(name).suffix == ".sqlite3" and Path(name).is_file():
        return Record(Path(name).stem, Path(name))
    runs = state / "runs"
    folder = find_run(runs, name, list(ledgers))
    if not folder.is_complete:
        raise LedgerError("the run was interrupted and is not to be believed", where=str(folder.path))
    return Record(folder.run_id, folder.path / LEDGER, folder)


def _default_name(ledgers: Iterable[str], runs: Path) -> str:
    names = sorted(ledgers)
    if "paper" in names:
        return "paper"
    return LATEST if not names or has_runs(runs) else names[0]


def all_records(state: Path) -> list[Record]:
    """List the forward ledgers by name, then the complete runs, the newest first."""
    ledgers = [Record(path.stem, path) for path in sorted((state / "ledgers").glob("*.sqlite3"))]
    return ledgers + [Record(folder.run_id, folder.path / LEDGER, folder) for folder in complete_runs(state / "runs")]
