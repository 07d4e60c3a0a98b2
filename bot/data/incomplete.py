"""Marks of an export or import that was stopped: it must be resumed before its data are read."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.core.errors import DataError, StoreError
from bot.infra.write_access import write_error

MARK = "INCOMPLETE"
"""Name of the mark in a folder of an export; the mark lists the files of the export."""
_STORE_MARK = ".incomplete"


@contextmanager
def marked_export(folder: Path, files: Sequence[str]) -> Iterator[None]:
    """Mark a folder as incomplete while an export writes it; an export that was stopped is resumed.

    Files of the stopped export are removed first. The mark stays if the block raises an error or the process ends.

    Raises
    ------
    DataError
        The folder has other files in it, another process exports to it, or it cannot be written.
    """
    mark = folder / MARK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not mark.exists() and any(folder.iterdir()):
            raise _not_empty(folder)
        descriptor = os.open(mark, os.O_CREAT | os.O_RDWR, 0o666)
        try:
            _take(descriptor, folder)
            ours = os.read(descriptor, 10**7).decode(errors="replace").splitlines()
            if {path.name for path in folder.iterdir()} - {MARK, *ours}:
                if not ours:
                    mark.unlink()
                raise _not_empty(folder)
            for name in ours:
                (folder / name).unlink(missing_ok=True)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, "\n".join(files).encode() + b"\n", 0)
            os.fsync(descriptor)
            yield
            mark.unlink()
        finally:
            os.close(descriptor)
    except OSError as problem:
        raise write_error(DataError, folder, problem) from None


def require_complete_folder(folder: Path) -> None:
    """Raise DataError if a folder is an export that was stopped."""
    if (folder / MARK).exists():
        raise DataError(
            "is an export that was not finished: files are missing or cut off",
            where=str(folder),
            mend=f"finish it with the same command: bot data export {folder}",
        )


@contextmanager
def marked_import(store: Path, folder: Path) -> Iterator[None]:
    """Mark a store as incomplete while a folder is imported; the mark stays if the block is left early.

    The write lock of the store must be held. Raises StoreError if the mark cannot be written.
    """
    mark, name = _mark_of(store), str(folder.absolute())
    others = [one for one in _unfinished(store) if one != name]
    try:
        _write(mark, [*others, name])
        yield
        if others:
            _write(mark, others)
        else:
            mark.unlink()
    except OSError as problem:
        raise write_error(StoreError, mark, problem) from None


def require_complete_store(store: Path) -> None:
    """Raise StoreError if an import into a store was stopped."""
    if unfinished := _unfinished(store):
        raise StoreError(
            "an import was not finished: series are missing",
            where=str(store),
            mend=f"finish it with: bot data import {unfinished[0]}; or keep what is there: delete {_mark_of(store)}",
        )


def _take(descriptor: int, folder: Path) -> None:
    """Lock the mark. Raises DataError while another export holds it, or if that has just ended."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise DataError("another process exports to this folder", where=str(folder), mend="name another") from None
    if not os.fstat(descriptor).st_nlink:
        raise _not_empty(folder)


def _not_empty(folder: Path) -> DataError:
    return DataError("is not empty", where=str(folder), mend="name a new folder: no file is overwritten")


def _mark_of(store: Path) -> Path:
    return store.with_name(f"{store.name}{_STORE_MARK}")


def _unfinished(store: Path) -> list[str]:
    """Return the folders whose import into a store was stopped."""
    try:
        return _mark_of(store).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except OSError as problem:
        raise StoreError(f"cannot be read: {problem.strerror}", where=str(_mark_of(store))) from None


def _write(mark: Path, folders: Sequence[str]) -> None:
    with mark.open("w", encoding="utf-8") as opened:
        opened.write("\n".join(folders) + "\n")
        opened.flush()
        os.fsync(opened.fileno())
