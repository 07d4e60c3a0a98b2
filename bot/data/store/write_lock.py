"""Lock file that lets one process at a time write a store or a ledger."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from bot.core.errors import InUse, StoreError
from bot.infra.write_access import write_error

if TYPE_CHECKING:
    from bot.core.ports import Clock

_POLL = 0.2
"""Seconds between two attempts to take the lock."""


@contextmanager
def write_lock(
    target: Path, clock: Clock, patience: float = 60.0, waiting: Callable[[str], None] = print
) -> Iterator[None]:
    """Hold the write lock of a store or ledger.

    Parameters
    ----------
    target
        The file to write; the lock is a file beside it with the suffix .lock.
    patience
        Seconds to wait for another process.
    waiting
        Called once with a sentence when the wait begins.

    Raises
    ------
    InUse
        Another process still holds the lock after `patience` seconds.
    StoreError
        The lock file fails to be written.
    """
    path = target.with_suffix(".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("a+", encoding="utf-8")
    except OSError as problem:
        raise write_error(StoreError, path, problem) from None
    with lock:
        began = clock.now()
        is_announced = False
        while not _take(lock.fileno()):
            lock.seek(0)
            holder = f"process {lock.read().strip() or 'unknown'}"
            if (clock.now() - began).total_seconds() >= patience:
                raise InUse(holder, where=str(target), mend="try again when it is done")
            if not is_announced:
                waiting(f"{target.name} is in use by {holder}: waiting up to {patience:g} s for it.")
                is_announced = True
            clock.sleep(_POLL)
        _write_process_id(lock, path)
        yield


def _write_process_id(lock: TextIO, path: Path) -> None:
    """Name the holder, for the message of a process that waits."""
    try:
        os.ftruncate(lock.fileno(), 0)
        # Past the stream: text that it still buffers would raise the error again when the file is closed.
        os.write(lock.fileno(), str(os.getpid()).encode())
    except OSError as problem:
        raise write_error(StoreError, path, problem) from None


def _take(descriptor: int) -> bool:
    # flock belongs to the process: the system releases it when the process dies, so no stale lock is left.
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
