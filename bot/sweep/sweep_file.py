"""The file of a sweep: a row a parameter set, a transaction a chunk."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bot.core.errors import LedgerError, did_you_mean
from bot.core.market import Floats
from bot.infra.sqlite import FileErrors, connect, connect_to_read, migrate
from bot.sweep.run_figures import FIGURES, MONTHLY, SetFigures
from bot.sweep.run_name import require_name

FAULTS = FileErrors(LedgerError, "run the sweep again under another name")
_SCHEMA = f"""
CREATE TABLE plan (body TEXT NOT NULL) STRICT;
CREATE TABLE chunks (number INTEGER PRIMARY KEY, sha256 TEXT NOT NULL) STRICT;
CREATE TABLE sets (
    number INTEGER PRIMARY KEY, chunk INTEGER NOT NULL, changes TEXT NOT NULL,
    {", ".join(f"{name} REAL" for name in FIGURES)}
) STRICT;
"""
_RETURNS = f"""
ALTER TABLE sets ADD COLUMN {MONTHLY} BLOB;
CREATE TABLE comparison (body TEXT NOT NULL) STRICT;
"""
_FOLDER = "sweeps"
_MIGRATIONS = (_SCHEMA, _RETURNS)
_STORED = (*FIGURES, MONTHLY)
_COMPARED = {"default": ("total_return",), "random_timing": ("low", "median", "high", "at_least_as_well", "shifts")}
"""Figures of the comparison, by its parts."""
_COUNT_COMPARED = sum(map(len, _COMPARED.values()))

SweepRow = tuple[int, Mapping[str, object], SetFigures]
"""Number of a set, its changes by config key, and its figures."""


class SweepFile:
    """A sweep on the disk. Every method raises LedgerError if the file cannot be read or written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def named(cls, state: Path, name: str) -> SweepFile:
        """Return the sweep of a name in a state folder. Raises ConfigError for an invalid name."""
        require_name(name)
        return cls(state / _FOLDER / f"{name}.sqlite3")

    @property
    def name(self) -> str:
        """Name of the sweep."""
        return self.path.stem

    def begin(self, plan: Mapping[str, Any], resume: bool) -> None:
        """Create the file for a plan, or go on with it.

        Raises
        ------
        LedgerError
            If the file exists and is not to be resumed, is damaged, or belongs to another plan, data or version.
        """
        with FAULTS.translate(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not self.path.exists() or not self.path.stat().st_size
        if not is_new and not resume:
            mend = "go on with --resume, or name another with --name"
            raise LedgerError("the sweep exists already", where=str(self.path), mend=mend)
        with self._writing() as connection:
            with FAULTS.translate(self.path):
                migrate(connection, self._version(connection), _MIGRATIONS)
            with FAULTS.transaction(connection, self.path):
                # Sets whose plan is gone may be those of another one.
                kept = "SELECT (SELECT count(*) FROM plan) + (SELECT count(*) FROM sets)"
                if not connection.execute(kept).fetchone()[0]:
                    connection.execute("INSERT INTO plan VALUES (?)", (json.dumps(dict(plan), sort_keys=True),))
        self._sets()
        begun = self.plan()
        changed = [key for key in plan if begun.get(key) != plan[key]]
        if changed:
            what = f"the sweep was begun with another {' and '.join(changed)}"
            raise LedgerError(what, where=str(self.path), mend="start a new one with --name")

    def plan(self) -> dict[str, Any]:
        """Return the plan that the sweep was begun with."""
        with self._reading() as connection:
            rows = connection.execute("SELECT body FROM plan").fetchall()
        if not rows:
            raise LedgerError("is no sweep: it has no plan", where=str(self.path))
        plan = self._parsed(rows[0][0])
        days = plan.get("days")
        is_whole = isinstance(plan.get("count"), int) and isinstance(plan.get("sampler"), str)
        if not is_whole or not isinstance(days, list) or len(days) != 2 or not all(map(_is_day, days)):
            raise FAULTS.damaged(self.path, "its plan is not the one that was written")
        return plan

    def done(self) -> set[int]:
        """Return the numbers of the finished chunks."""
        with self._reading() as connection:
            return {number for (number,) in connection.execute("SELECT number FROM chunks")}

    def add(self, chunk: int, rows: Sequence[SweepRow]) -> None:
        """Write a finished chunk in one transaction."""
        # By number, as the file is read: the hash of a chunk depends on the order of its sets.
        ordered = sorted(rows, key=lambda row: row[0])
        cells = [(number, chunk, _text(changes), *_stored(figures)) for number, changes, figures in ordered]
        marks = ", ".join("?" * (3 + len(_STORED)))
        with self._writing() as connection, FAULTS.transaction(connection, self.path):
            connection.execute("INSERT INTO chunks VALUES (?, ?)", (chunk, _digest(cells)))
            connection.executemany(f"INSERT INTO sets VALUES ({marks})", cells)

    def count(self) -> int:
        """Count the sets that were run: the number of trials."""
        with self._reading() as connection:
            count: int = connection.execute("SELECT count(*) FROM sets").fetchone()[0]
        return count

    def table(self) -> pd.DataFrame:
        """Return the sets in order: number, every varied key, and the figures; a list of values is one text."""
        rows = self._sets()
        keys = pd.DataFrame([{key: _cell(value) for key, value in json.loads(row[2]).items()} for row in rows])
        figures = pd.DataFrame([row[3:-1] for row in rows], columns=list(FIGURES))
        figures[["trades", "episodes"]] = figures[["trades", "episodes"]].astype("int64")
        numbers = pd.DataFrame({"set": [row[0] for row in rows]})
        return pd.concat([numbers, keys, figures], axis=1)

    def monthly_returns(self) -> Floats:
        """Return the simple return of each calendar month of every set, in the order of `table`.

        Returns
        -------
        Floats
            Shape (months, sets). A set that starts later has zeros before: it is cash until then.
        """
        columns = [np.frombuffer(row[-1], "<f4") for row in self._sets()]
        returns = np.zeros((max(map(len, columns), default=0), len(columns)))
        for number, column in enumerate(columns):
            returns[len(returns) - len(column) :, number] = column
        return returns

    def _sets(self) -> list[tuple[Any, ...]]:
        """Return the cells of every set in order. Raises LedgerError if those of a chunk do not match its hash."""
        columns = ", ".join(("number", "chunk", "changes", *_STORED))
        with self._reading() as connection:
            hashes = dict(connection.execute("SELECT number, sha256 FROM chunks").fetchall())
            rows = connection.execute(f"SELECT {columns} FROM sets ORDER BY number").fetchall()
        by_chunk: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for row in rows:
            by_chunk[row[1]].append(row)
        if any(hashes.get(chunk) != _digest(by_chunk[chunk]) for chunk in {*hashes, *by_chunk}):
            raise FAULTS.damaged(self.path, "its sets are not those that were written")
        return rows

    def keep_comparison(self, comparison: Mapping[str, Any]) -> None:
        """Keep the figures of the unchanged config and of random timing, beside the sets."""
        with self._writing() as connection, FAULTS.transaction(connection, self.path):
            connection.execute("DELETE FROM comparison")
            connection.execute("INSERT INTO comparison VALUES (?)", (json.dumps(dict(comparison), sort_keys=True),))

    def comparison(self) -> dict[str, Any] | None:
        """Return the figures of the unchanged config and of random timing, once the sweep has ended."""
        with self._reading() as connection:
            row = connection.execute("SELECT body FROM comparison").fetchone()
        if row is None:
            return None
        found = self._parsed(row[0])
        parts = {part: found.get(part) for part in _COMPARED}
        figures = [own.get(n) for part, own in parts.items() if isinstance(own, dict) for n in _COMPARED[part]]
        if len(figures) < _COUNT_COMPARED or not all(isinstance(figure, int | float) for figure in figures):
            raise FAULTS.damaged(self.path, "its comparison is not the one that was written")
        return found

    def _parsed(self, text: str) -> dict[str, Any]:
        """Parse the object that a cell has. Raises LedgerError."""
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise FAULTS.damaged(self.path, "a cell is no JSON object")
        return body

    def _version(self, connection: sqlite3.Connection) -> int:
        """Return the version of the file, 0 for a new one. Raises LedgerError for another database or version."""
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if not version and connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            raise LedgerError("is no sweep", where=str(self.path), mend=FAULTS.mend_damage)
        if version > len(_MIGRATIONS):
            raise LedgerError("the sweep was made by a newer version", where=str(self.path), mend="update the bot")
        if 0 < version < len(_MIGRATIONS):
            mend = "run the sweep again under another name"
            raise LedgerError("the sweep was made by an older version", where=str(self.path), mend=mend)
        return version

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if not self.path.is_file():
            raise LedgerError("there is no such sweep", where=str(self.path), mend="bot sweep list")
        with FAULTS.translate(self.path), closing(connect_to_read(self.path)) as connection:
            if not self._version(connection):
                raise LedgerError("the file is empty", where=str(self.path), mend="go on with --resume")
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with FAULTS.translate(self.path), closing(connect(self.path)) as connection:
            yield connection


def sweeps_in(state: Path) -> list[SweepFile]:
    """List the sweeps of a state folder by name."""
    return [SweepFile(path) for path in sorted((state / _FOLDER).glob("*.sqlite3"))]


def find_sweep(state: Path, name: str) -> SweepFile:
    """Find a sweep by name. Raises LedgerError that names the nearest."""
    known = {sweep.name: sweep for sweep in sweeps_in(state)}
    if name not in known:
        hint = did_you_mean(name, known) or "bot sweep list"
        raise LedgerError(f"there is no sweep {name!r}", where=str(state / _FOLDER), mend=hint)
    return known[name]


def _stored(figures: SetFigures) -> list[float | bytes | None]:
    """Return the stored figures of a set as SQLite gives them back: numbers as floats."""
    found = map(figures.get, _STORED)
    return [value if value is None or isinstance(value, bytes) else float(value) for value in found]


def _digest(cells: Sequence[Sequence[Any]]) -> str:
    return hashlib.sha256(json.dumps(cells, default=bytes.hex).encode()).hexdigest()


def _cell(value: object) -> object:
    """Return a value of a key as a cell; a list as text, which pandas can compare."""
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else value


def _is_day(text: object) -> bool:
    try:
        return isinstance(text, str) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _text(changes: Mapping[str, object]) -> str:
    return json.dumps(dict(changes), sort_keys=True)
