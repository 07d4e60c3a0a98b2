"""Run folders: one a run, never overwritten, marked incomplete until the last file is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from bot.core.errors import LedgerError, did_you_mean
from bot.ledger.projections import project
from bot.ledger.record import Row, read_ledger, verify_ledger, write_ledger

INCOMPLETE = "INCOMPLETE"
LEDGER = "ledger.sqlite3"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A folder that a run writes to, or has written."""

    path: Path

    @property
    def run_id(self) -> str:
        """The run's name: when it started, and a hash of its config and data."""
        return self.path.name

    @property
    def is_complete(self) -> bool:
        """Whether the run wrote its last file."""
        return not (self.path / INCOMPLETE).exists()

    def json(self, name: str) -> dict[str, Any]:
        """A JSON file of the run. Raises LedgerError if it cannot be read."""
        try:
            data: dict[str, Any] = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            raise LedgerError(f"cannot be read: {problem}", where=str(self.path / name)) from None
        return data

    def verify(self) -> int:
        """Check the ledger's chain to its last row, the CSVs against the ledger, the rest against the manifest.

        Returns the number of the ledger's rows. Raises LedgerError that names what was changed, cut off or lost.
        """
        if not self.is_complete:
            raise LedgerError("the run was interrupted and is not to be believed", where=str(self.path))
        rows, head = verify_ledger(self.path / LEDGER)
        self.require_end(rows, head)
        self.require_files()
        return rows

    def require_end(self, rows: int, head: str) -> None:
        """Hold the ledger's number of rows and last hash against the manifest. Raises LedgerError."""
        told = self.json("manifest.json").get("ledger", {})
        if (rows, head) != (told.get("rows"), told.get("head")):
            raise LedgerError(
                "rows are missing at the end, or the ledger is another run's",
                where=str(self.path / LEDGER),
                expected=f"{told.get('rows')} rows",
                was=f"{rows} rows",
            )

    def require_files(self) -> int:
        """Hold the CSVs against the ledger, the other files against the manifest, and return how many there are.

        Raises LedgerError that names what was changed or lost.
        """
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
        manifest: Mapping[str, Any],
        summary: Mapping[str, Any],
        report: str,
    ) -> None:
        """Write every file of a run, the marker's removal last; `tables` are the projections of `rows`.

        The manifest gets the ledger's last hash, and hashes of the summary and the report. Raises LedgerError, leaving
        the marker, if the folder cannot be written.
        """
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
            (self.path / INCOMPLETE).unlink()
        except OSError as problem:
            raise _unwritable(self.path, problem) from None


def new_run_folder(runs: Path, started: datetime, digest: str) -> RunFolder:
    """Make an empty folder, marked incomplete, that no other run has. Raises LedgerError if it cannot."""
    stamp = f"{started:%Y%m%dT%H%M%SZ}-{digest[:8]}"
    for attempt in range(1, 1000):
        path = runs / (stamp if attempt == 1 else f"{stamp}-{attempt}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as problem:
            raise _unwritable(path, problem) from None
        return _marked(path)
    raise LedgerError("a thousand runs began in this second", where=str(runs))


def claim_run_folder(path: Path) -> RunFolder:
    """Make a folder that the user named, marked incomplete. Raises LedgerError if it has anything in it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise LedgerError("the folder is not empty", where=str(path), mend="a run never overwrites another")
    except OSError as problem:
        raise _unwritable(path, problem) from None
    return _marked(path)


def list_runs(runs: Path) -> list[RunFolder]:
    """The runs in a folder, oldest first."""
    folders = [RunFolder(path) for path in sorted(runs.iterdir()) if path.is_dir()] if runs.is_dir() else []
    return [folder for folder in folders if (folder.path / "manifest.json").exists() or not folder.is_complete]


def find_run(runs: Path, run_id: str) -> RunFolder:
    """The run of a name, or the newest complete one for `latest`. Raises LedgerError with the nearest name."""
    known = list_runs(runs)
    complete = [folder for folder in known if folder.is_complete]
    if run_id == "latest" and complete:
        return complete[-1]
    for folder in known:
        if folder.run_id == run_id:
            return folder
    if Path(run_id, "manifest.json").is_file():
        return RunFolder(Path(run_id))
    hint = did_you_mean(run_id, [folder.run_id for folder in known]) or "`bot runs` lists them"
    raise LedgerError(f"there is no run {run_id!r}", where=str(runs), mend=hint)


def _marked(path: Path) -> RunFolder:
    try:
        (path / INCOMPLETE).write_text("This run has not finished; nothing in here is to be believed.\n")
    except OSError as problem:
        raise _unwritable(path, problem) from None
    return RunFolder(path)


def _unwritable(path: Path, problem: OSError) -> LedgerError:
    return LedgerError(
        f"cannot be written: {problem.strerror}",
        where=str(problem.filename or path),
        mend="free some space or name another folder with --out",
    )


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise LedgerError(f"cannot be read: {problem.strerror}", where=str(path)) from None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _csv(table: pd.DataFrame) -> bytes:
    text: str = table.to_csv(index=False, lineterminator="\n")
    return text.encode()


def _json(data: Mapping[str, Any]) -> bytes:
    return (json.dumps(data, indent=2) + "\n").encode()
