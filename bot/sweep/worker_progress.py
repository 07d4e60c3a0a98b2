"""Progress of the workers of a cluster: which of them, or which of their chunks, have stopped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

SILENT_SECONDS = 60.0
"""Longest time between two heartbeats of a worker. Dask sends one every 0.5 to 2 seconds, and waits for 5 minutes."""
CHUNK_SECONDS = 1800.0
"""Least limit of a chunk. One whose 250 sets all need new windows takes minutes, and the threads of a worker prepare
them one after the other."""
TIMES_THE_SLOWEST = 4.0
"""Limit of a chunk, as a multiple of the slowest finished one."""


class WorkerProgress:
    """Times of the chunks under way and of the workers' heartbeats.

    All times are seconds of one monotonic clock of this machine. The clocks of other machines may differ, so a
    heartbeat counts as new if it differs from the one before.
    """

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        self._slowest = 0.0
        self._heartbeats: dict[str, tuple[float, float]] = {}

    @property
    def limit(self) -> float:
        """Longest time of a chunk, in seconds from its submission."""
        return max(CHUNK_SECONDS, TIMES_THE_SLOWEST * self._slowest)

    def begin(self, chunks: Iterable[str], now: float) -> None:
        """Note that chunks were submitted, or moved to another worker."""
        self._began.update(dict.fromkeys(chunks, now))

    def end(self, chunk: str, now: float) -> None:
        """Note that a chunk is finished."""
        self._slowest = max(self._slowest, now - self._began.pop(chunk))

    def overdue(self, now: float) -> set[str]:
        """Return the chunks that took longer than the limit."""
        return {chunk for chunk, began in self._began.items() if now - began > self.limit}

    def silent(self, heartbeats: Mapping[str, float], now: float) -> set[str]:
        """Return the workers whose newest heartbeat is older than `SILENT_SECONDS`.

        Parameters
        ----------
        heartbeats
            Time of the newest heartbeat by worker, on the clock of the scheduler.
        now
            Time of this machine, in seconds.
        """
        for worker, beat in heartbeats.items():
            if self._heartbeats.get(worker, (None, now))[0] != beat:
                self._heartbeats[worker] = beat, now
        return {worker for worker in heartbeats if now - self._heartbeats[worker][1] > SILENT_SECONDS}
