"""Run folders: one new folder per run, marked incomplete until the last file is written."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from bot.core.errors import BotError, LedgerError, did_you_mean
from bot.core.text import csv_cell
from bot.infra.write_access import write_error

# A list of runs reads two JSON files a run: the ledger's modules, NumPy and pandas are imported at their use.
if TYPE_CHECKING:
    import pandas as pd

    from bot.ledger.row import Row

INCOMPLETE = "INCOMPLETE"
LEDGER = "ledger.sqlite3"


class MissingKey(LedgerError, KeyError):
    """A file of a run lacks a key."""


class _JsonObject(dict[str, Any]):
    """An object of a run's file; the error of a key that it lacks names the file."""

    def __init__(self, file: Path, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self._file = file

    def __missing__(self, key: str) -> NoReturn:
        raise MissingKey(f"lacks the key {key!r}", where=str(self._file))


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of a run, complete or being written."""

    path: Path

    @property
    def run_id(self) -> str:
        """Name of the run: its start (UTC), and a hash of its config and data."""
        return self.path.name

    @property
    def is_complete(self) -> bool:
        """True if the run wrote its last file."""
        return not os.path.exists(f"{self.path}/{INCOMPLETE}")  # noqa: PTH110 - pathlib takes five times as long

    def json(self, name: str) -> dict[str, Any]:
        """Read a JSON file of the run. Raises LedgerError if it is missing or invalid, MissingKey at a key it lacks."""
        try:
            text = (self.path / name).read_text(encoding="utf-8")
            data = json.loads(text, object_hook=lambda found: _JsonObject(self.path / name, found))
        except (OSError, ValueError, RecursionError) as problem:
            raise LedgerError(f"cannot be read: {problem}", where=str(self.path / name)) from None
        if not isinstance(data, dict):
            raise LedgerError("cannot be read: it is no JSON object", where=str(self.path / name))
        return data

    def verify(self) -> int:
        """Check the ledger's chain to its last row, the CSVs against the ledger, the rest against the manifest.

        Returns
        -------
        int
            Number of the ledger's rows.

        Raises
        ------
        LedgerError
            If a row or a file was changed or is missing; the message names it.
        """
        if not self.is_complete:
            raise LedgerError("the run was interrupted; its files are incomplete", where=str(self.path))
        from bot.ledger.record import verify_ledger

        rows, head = verify_ledger(self.path / LEDGER)
        self.require_end(rows, head)
        self.require_files()
        return rows

    def require_end(self, rows: int, head: str) -> None:
        """Compare the ledger's number of rows and last hash with the manifest. Raises LedgerError."""
        recorded = self.json("manifest.json").get("ledger", {})
        if (rows, head) != (recorded.get("rows"), recorded.get("head")):
            raise LedgerError(
                "rows are missing at the end, or the ledger is another run's",
                where=str(self.path / LEDGER),
                expected=f"{recorded.get('rows')} rows",
                was=f"{rows} rows",
            )

    def require_files(self) -> int:
        """Compare the CSVs with the ledger, and the other files with the manifest.

        Returns
        -------
        int
            Number of files.

        Raises
        ------
        LedgerError
            If a file was changed or is missing; the message names it.
        """
        from bot.ledger.projections import project
        from bot.ledger.record import read_ledger

        tables, sealed = project(read_ledger(self.path / LEDGER)), self.json("manifest.json").get("files", {})
        for name, table in tables.items():
            if _read_bytes(self.path / f"{name}.csv") != _csv(table):
                raise LedgerError(f"{name}.csv is not what the ledger says", where=str(self.path))
        for name, digest in sealed.items():
            if _sha256(_read_bytes(self.path / name)) != digest:
                raise LedgerError(f"{name} was changed after the run", where=str(self.path))
        return len(tables) + len(sealed)

    def write(
        self,
        rows: Sequence[Row],
        tables: Mapping[str, pd.DataFrame],
        manifest: Mapping[str, object],
        summary: Mapping[str, object],
        report: str,
    ) -> None:
        """Write every file of a run, then remove the marker.

        Parameters
        ----------
        rows
            All rows of the run's ledger.
        tables
            Projections of `rows`, one CSV file each.
        manifest
            Facts about the run. The ledger's last hash, and hashes of the summary and the report, are added.
        summary
            Figures of the run.
        report
            The report as HTML.

        Raises
        ------
        LedgerError
            If a file cannot be written; the folder stays marked as incomplete.
        """
        from bot.ledger.record import write_ledger

        try:
            head = write_ledger(self.path / LEDGER, rows)
            for name, table in tables.items():
                (self.path / f"{name}.csv").write_bytes(_csv(table))
            files = {"summary.json": _json(summary), "report.html": report.encode()}
            for name, content in files.items():
                (self.path / name).write_bytes(content)
            seals = {name: _sha256(content) for name, content in files.items()}
            sealed = {**manifest, "ledger": {"rows": len(rows), "head": head}, "files": seals}
            (self.path / "manifest.json").write_bytes(_json(sealed))
            # Last: a kill at any earlier moment leaves the folder marked as incomplete.
            (self.path / INCOMPLETE).unlink()
        except OSError as problem:
            raise _unwritable(self.path, problem) from None


def new_run_folder(runs: Path, started: datetime, digest: str) -> RunFolder:
    """Create a new empty folder, marked incomplete, for one run. Raises LedgerError if that fails."""
    stamp = f"{started:%Y%m%dT%H%M%SZ}-{digest[:8]}"
    try:
        runs.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise _unwritable(runs / stamp, problem) from None
    # Two runs of one config may start in the same second: the second one gets a number.
    for attempt in range(1, 1000):
        path = runs / (stamp if attempt == 1 else f"{stamp}-{attempt}")
        try:
            path.mkdir()
        except FileExistsError:
            continue
        except OSError as problem:
            raise _unwritable(path, problem) from None
        return _marked(path)
    raise LedgerError("a thousand runs began in this second", where=str(runs))


def claim_run_folder(path: Path) -> RunFolder:
    """Create a folder that the user named, marked incomplete. Raises LedgerError if it has content."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise LedgerError("the folder is not empty", where=str(path), mend="name an empty or a new one")
    except OSError as problem:
        raise _unwritable(path, problem) from None
    return _marked(path)


def list_runs(runs: Path) -> list[RunFolder]:
    """List the runs in a folder, the newest first."""
    return list(_newest_first(runs))


def remove_run(folder: RunFolder) -> None:
    """Remove the folder of a run with all its files. Raises LedgerError; the folder is then marked incomplete."""
    try:
        # Marked first: a removal that is interrupted leaves no run that looks complete.
        _marked(folder.path)
        shutil.rmtree(folder.path)
    except OSError as problem:
        raise _unwritable(folder.path, problem) from None


@contextmanager
def removed_on_error(folder: RunFolder | None, existed: bool) -> Iterator[None]:
    """Remove the folder of a run that fails before its first file. A folder that existed stays, empty."""
    # The command prints the error; a list of runs would show the folder as an interrupted run.
    try:
        yield
    except BotError:
        if folder is not None:
            with suppress(OSError):  # the error of the run is the one to report
                (folder.path / INCOMPLETE).unlink()
                if not existed:
                    folder.path.rmdir()
        raise


def _newest_first(runs: Path) -> Iterator[RunFolder]:
    """Yield the runs in a folder, each looked at when it is reached."""
    if not runs.is_dir():
        return
    with os.scandir(runs) as found:
        names = [entry.name for entry in found if entry.is_dir()]
    # Names begin with the start time, so that their order is that of time.
    for name in sorted(names, reverse=True):
        folder = RunFolder(runs / name)
        # A page of the dashboard lists thousands of runs.
        if os.path.exists(f"{runs}/{name}/manifest.json") or not folder.is_complete:  # noqa: PTH110
            yield folder


_COMPLETE: dict[Path, dict[str, tuple[tuple[int, int], RunFolder]]] = {}
"""Complete runs by folder and name, with the inode and time of change of each; a complete run stays complete."""


def complete_runs(runs: Path) -> list[RunFolder]:
    """List the complete runs in a folder, the newest first."""
    stamps: dict[str, tuple[int, int]] = {}
    if runs.is_dir():
        with os.scandir(runs) as found:
            for entry in found:
                with suppress(OSError):  # a run that is being removed
                    if entry.is_dir():
                        status = entry.stat()
                        stamps[entry.name] = status.st_ino, status.st_mtime_ns
    known, complete = _COMPLETE.get(runs, {}), {}
    for name in sorted(stamps, reverse=True):
        # Adding or removing a file changes the folder's time of change. Only complete runs are kept: the last file of a
        # run may come within the resolution of the clock.
        if name in known and known[name][0] == stamps[name]:
            complete[name] = known[name]
        elif os.path.exists(f"{runs}/{name}/manifest.json") and (folder := RunFolder(runs / name)).is_complete:  # noqa: PTH110
            complete[name] = stamps[name], folder
    _COMPLETE[runs] = complete
    return [folder for _, folder in complete.values()]


def has_runs(runs: Path) -> bool:
    """Return True if a folder has a run, complete or not."""
    return next(_newest_first(runs), None) is not None


def named_runs(runs: Path) -> dict[str, RunFolder]:
    """Return the runs that their user named, by name, the newest first; unreadable manifests are left out."""
    found: dict[str, RunFolder] = {}
    for folder in _newest_first(runs):
        with suppress(LedgerError):
            name = folder.json("manifest.json").get("name")
            if isinstance(name, str) and name:
                found.setdefault(name, folder)
    return found


def find_run(runs: Path, name: str, others: Sequence[str] | None = None) -> RunFolder:
    """Find a run by its id, its name or its path; `latest` is the newest complete one.

    Parameters
    ----------
    runs
        Folder of the runs.
    name
        Id, name, path or `latest`.
    others
        Names of ledgers, where the name may be that of a ledger too: the hint of the error may offer them.

    Raises
    ------
    LedgerError
        If the run is unknown; the message has the nearest name.
    """
    if name == "latest":
        newest = next((folder for folder in _newest_first(runs) if folder.is_complete), None)
        if newest is None:
            raise LedgerError("there is no complete run yet", where=str(runs), mend="make one with: bot backtest")
        return newest
    known = {folder.run_id: folder for folder in list_runs(runs)}
    if name in known:
        return known[name]
    named = named_runs(runs)
    if name in named:
        return named[name]
    # Runs written with --out are outside the state folder: they are named by their path.
    if Path(name, "manifest.json").is_file():
        return RunFolder(Path(name))
    what, where, lists = "run", runs, "`bot runs` lists them"
    if others is not None:
        what, where, lists = "run or ledger", runs.parent, "`bot runs` and `bot paper list` show what there is"
    hint = did_you_mean(name, [*(others or ()), *named, *known]) or lists
    raise LedgerError(f"there is no {what} {name!r}", where=str(where), mend=hint)


def _marked(path: Path) -> RunFolder:
    try:
        (path / INCOMPLETE).write_text("This run has not finished; its files are incomplete.\n")
    except OSError as problem:
        raise _unwritable(path, problem) from None
    return RunFolder(path)


def _unwritable(path: Path, problem: OSError) -> BotError:
    return write_error(LedgerError, Path(problem.filename or path), problem)


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise LedgerError(f"cannot be read: {problem.strerror}", where=str(path)) from None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _csv(table: pd.DataFrame) -> bytes:
    import numpy as np
    from pandas.api.types import is_object_dtype, is_string_dtype

    clean = table.rename(columns=csv_cell)
    for place, column in enumerate(clean.dtypes):
        if is_object_dtype(column) or is_string_dtype(column):
            # Convert to objects at once: pandas would convert the texts of an Arrow column one by one.
            texts = clean.iloc[:, place].to_numpy(dtype=object)
            cells = [csv_cell(cell) if isinstance(cell, str) else cell for cell in texts]
            # As objects, since pandas would make floats of whole numbers beside a blank.
            clean.isetitem(place, np.array(cells, dtype=object))
    text: str = clean.to_csv(index=False, lineterminator="\n")
    return text.encode()


def _json(data: Mapping[str, object]) -> bytes:
    return (json.dumps(data, indent=2) + "\n").encode()
