"""New files that are whole or absent: written under a temporary name of their own, and renamed when they are done."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{16}\.part")


@contextmanager
def temporary_beside(target: Path) -> Iterator[Path]:
    """Yield an empty temporary file beside a target, and remove it afterwards unless it was renamed.

    Temporary files of processes that were killed are removed. Raises FileNotFoundError if the folder is missing.
    """
    path = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
    with _locked(target.parent):  # so that no other process sees the file before it is locked
        _remove_abandoned(target.parent)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
        _lock(descriptor)
    try:
        yield path
    finally:
        for rest in (path, path.with_name(f"{path.name}-journal")):
            rest.unlink(missing_ok=True)
        os.close(descriptor)


def place_new(temporary: Path, target: Path, numbered: bool = False) -> Path:
    """Rename a finished temporary file to its target and return the new path.

    Parameters
    ----------
    temporary, target
        File, and its new name in the same folder.
    numbered
        Add -2, -3 and so on to a name that is taken.

    Raises
    ------
    FileExistsError
        The name is taken; the file that has it is left as it is.
    """
    with _locked(target.parent):
        free, number = target, 1
        while numbered and free.exists():
            number += 1
            free = target.with_name(f"{target.stem}-{number}{target.suffix}")
        if free.exists() or free.is_symlink():
            raise FileExistsError(free)
        temporary.rename(free)
        _flush(target.parent)
    return free


def write_whole(target: Path, content: bytes) -> None:
    """Write a file in one step: a stop leaves the old state."""
    with temporary_beside(target) as temporary:
        with temporary.open("wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        temporary.replace(target)


def _remove_abandoned(folder: Path) -> None:
    """Remove the temporary files of processes that are gone: the system has released their locks."""
    for path in folder.glob(".*.part"):
        if _TEMPORARY.fullmatch(path.name) is None:
            continue
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
                path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
            finally:
                os.close(descriptor)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, for the moment of a check and a rename."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    with suppress(OSError):  # some network file systems lock no folders
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _flush(folder: Path) -> None:
    """Write the new name to the disk, so that it survives a power cut."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
