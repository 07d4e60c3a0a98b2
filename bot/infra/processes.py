"""Processes that end with the command that started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.synchronize import Semaphore
from threading import Thread

_CHECK_SECONDS = 1.0
"""Seconds between two looks at the parent of a process."""


@contextmanager
def process_pool(workers: int | None = None) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool of processes, one a core by default; an error or Ctrl-C ends its running work at once."""
    count = workers or os.cpu_count() or 1
    # A semaphore: an event would wait forever for a worker that was killed.
    stops = multiprocessing.Semaphore(0)
    pool = ProcessPoolExecutor(count, initializer=_follow_the_pool, initargs=(stops,))
    try:
        yield pool
    except BaseException:
        for _ in range(count):
            stops.release()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def follow_parent(number: int) -> None:
    """Exit when the parent of this process, known by its process number, has ended."""

    def wait_for_its_end() -> None:
        while os.getppid() == number:
            time.sleep(_CHECK_SECONDS)

    _exit_after(wait_for_its_end)


def _follow_the_pool(stops: Semaphore) -> None:
    """Ignore interrupts, which the parent handles, and exit when the pool ends or its parent is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _exit_after(stops.acquire)
    parent = multiprocessing.parent_process()
    if parent is not None:
        _exit_after(parent.join)


def _exit_after(wait: Callable[[], object]) -> None:
    """Start a thread that waits and ends the process."""

    def run() -> None:
        wait()
        os._exit(1)  # sys.exit would end this thread only

    Thread(target=run, daemon=True).start()
