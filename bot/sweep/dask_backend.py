"""Run the chunks of a sweep on the workers of a Dask cluster. Workers send rows; only the client writes the file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager, suppress
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from bot.core.errors import BotError, ClusterError
from bot.sweep.chunks import Backend, Chunk, run_chunk
from bot.sweep.dask_scheduler import CONNECT_SECONDS, DaskScheduler
from bot.sweep.sweep_file import SweepRow
from bot.sweep.sweep_inputs import SweepInputs
from bot.sweep.worker_identity import require_same, worker_identity
from bot.sweep.worker_progress import WorkerProgress

if TYPE_CHECKING:
    from distributed import Client, Future

WORKER_SECONDS = 30
"""Longest wait for a first worker, and for another one after all are lost."""
ANSWER_SECONDS = 30
"""Longest wait for an answer of the scheduler or of a connected worker."""
SEND_SECONDS = 600
"""Longest time to send the inputs, some 50 MB, to all workers."""
_CHECK_SECONDS = 1.0
"""Seconds between two checks of the workers."""
_CHUNKS_A_THREAD = 2
"""Chunks that are submitted for each thread of the workers: one runs, one waits."""
_MOST_LOSSES = 3
"""Number of times in a row that the inputs are sent again, without a finished chunk, after workers were lost."""
_KEPT = "finished chunks are kept: go on with --resume"


@contextmanager
def dask_backend(scheduler: str) -> Iterator[Backend]:
    """Connect to a scheduler and yield a backend that runs chunks on its workers.

    Raises
    ------
    ConfigError
        If the address is invalid, the extra is missing, or TLS lacks its certificates.
    ClusterError
        If the scheduler or a worker fails to answer, or a worker has other versions.
    """
    found = DaskScheduler.at(scheduler)
    client = found.connect()
    try:
        backend = _DaskBackend(client, found)
        backend.require_workers()
        yield backend.run
    finally:
        with suppress(TimeoutError):  # the rows are stored: a scheduler that is slow to say goodbye changes nothing
            client.close(timeout=2)


class _LostConnectionError(ClusterError):
    """A connection that ended although the scheduler answers: a worker died or left."""


class _DaskBackend:
    def __init__(self, client: Client, scheduler: DaskScheduler) -> None:
        self._client, self._scheduler, self._address = client, scheduler, scheduler.address
        self._removed: list[str] = []

    def run(self, inputs: SweepInputs, chunks: Mapping[int, Chunk]) -> Iterator[tuple[int, list[SweepRow]]]:
        """Run chunks. Those of a lost worker run again on another worker."""
        left, losses = dict(chunks), 0
        while left:
            before = len(left)
            try:
                self.require_workers()
                for number, rows in self._run_while_held(inputs, left):
                    del left[number]
                    yield number, rows
            except _LostConnectionError as problem:
                losses = losses + 1 if len(left) == before else 0
                if losses >= _MOST_LOSSES:
                    what = f"workers were lost {_MOST_LOSSES} times in a row"
                    raise ClusterError(what, where=self._address, was=problem.was, mend=_KEPT) from None

    def _run_while_held(self, inputs: SweepInputs, chunks: Mapping[int, Chunk]) -> Iterator[tuple[int, list[SweepRow]]]:
        """Send the inputs once and run chunks until all are done or the last worker with the inputs is lost."""
        expected, data, run = worker_identity(), inputs.sha256, uuid4().hex
        options = {"broadcast": True, "hash": False, "direct": False}
        held: Future = self._call(lambda client: client._scatter(inputs, **options), SEND_SECONDS)
        waiting = list(chunks.items())[::-1]
        submitted: dict[str, tuple[int, Future]] = {}
        finished: Queue[Future] = Queue()
        progress, next_check, most = WorkerProgress(), 0.0, 0
        while waiting or submitted:
            if (now := time.monotonic()) >= next_check:
                most = self._check_workers(progress, now)
                next_check = time.monotonic() + _CHECK_SECONDS
            while waiting and len(submitted) < most:
                number, chunk = waiting.pop()
                key = f"chunk-{number}-{run}"
                future = self._client.submit(_run_on_worker, held, chunk, expected, data, key=key, pure=False)
                submitted[key] = number, future
                progress.begin([key], now)
                future.add_done_callback(finished.put)
            try:
                done = finished.get(timeout=_CHECK_SECONDS)
            except Empty:
                continue
            number, _ = submitted.pop(done.key)
            rows = self._rows_of(done, number)
            progress.end(done.key, time.monotonic())
            yield number, rows

    def _check_workers(self, progress: WorkerProgress, now: float) -> int:
        """Remove frozen workers and wait for at least one. Returns the largest number of chunks to submit."""
        workers = self._wait_for_workers()
        silent = progress.silent({worker: found["last_seen"] for worker, found in workers.items()}, now)
        overdue = progress.overdue(now)
        if silent or overdue:
            of_worker = self._call(lambda client: client.scheduler.processing())
            stuck = silent | {worker for worker, chunks in of_worker.items() if overdue & set(chunks)}
            # The scheduler runs their chunks on other workers: the time of these chunks starts again.
            progress.begin([chunk for worker in stuck for chunk in of_worker.get(worker, ())], now)
            self._remove(stuck)
            workers = self._wait_for_workers()
        return _CHUNKS_A_THREAD * sum(int(found["nthreads"]) for found in workers.values())

    def _remove(self, workers: set[str]) -> None:
        """Remove workers from the scheduler. A worker under the supervision of `dask worker` is restarted."""
        self._removed += sorted(workers)
        options: dict[str, Any] = {
            "timeout": 10,
            "wait_for_workers": False,
            "on_error": "return",
            "stimulus_id": "sweep-stuck",
        }
        self._call(lambda client: client.scheduler.restart_workers(workers=list(workers), **options))

    def _rows_of(self, future: Future, number: int) -> list[SweepRow]:
        """Return the rows of a chunk. Raises ClusterError."""
        from distributed.scheduler import KilledWorker

        try:
            rows: list[SweepRow] = future.result(timeout=ANSWER_SECONDS)
        except Exception as problem:
            if future.status != "error":  # the chunk is lost, or its rows are
                raise self._lost(problem) from None
            if isinstance(problem, BotError):
                raise
            what = f"chunk {number} failed on a worker: {type(problem).__name__}: {problem}"
            mend = _KEPT
            if isinstance(problem, KilledWorker):
                what = f"chunk {number} was lost with {problem.allowed_failures + 1} workers, which died or stopped"
                mend = f"read the workers' logs; {_KEPT}"
            raise ClusterError(what, where=self._address, mend=mend) from None
        return rows

    def require_workers(self) -> None:
        """Wait for a worker, and compare all workers with this machine. Raises ClusterError."""
        for worker in self._wait_for_workers():
            found = self._identity_of(worker)
            if isinstance(found, Exception):
                raise ClusterError(
                    f"cannot run the project: {type(found).__name__}: {found}",
                    where=f"worker {worker}",
                    mend="install the project there, or let the scheduler reach it, and restart the worker",
                )
            if found is not None:
                require_same(worker, worker_identity(), found)

    def _identity_of(self, worker: str) -> dict[str, str] | Exception | None:
        """Return the versions of a worker, its error if they are unreadable, or None if it has disconnected."""
        # Dask tries for 30 seconds to connect to a worker that died a moment ago. This asks beside it who is left.
        until, answer = time.monotonic() + ANSWER_SECONDS, self._asked(worker)
        while worker in self._workers():
            futures.wait([answer], timeout=_CHECK_SECONDS)
            if answer.done():
                error = answer.exception()
                found = error if isinstance(error, Exception) else answer.result()[worker]
                if not isinstance(found, OSError):
                    return found
                # No connection to the worker: the scheduler notes a death a moment later.
                time.sleep(_CHECK_SECONDS)
                answer = self._asked(worker)
            if time.monotonic() > until:
                answer.cancel()
                what = f"the worker does not answer within {ANSWER_SECONDS} seconds"
                raise ClusterError(what, where=f"worker {worker}", mend=f"restart it, or stop it; {_KEPT}")
        answer.cancel()
        return None

    def _asked(self, worker: str) -> futures.Future[dict[str, dict[str, str] | Exception]]:
        """Ask a worker for its versions. Returns the answer by worker, once it has arrived."""
        asking = self._client._run(worker_identity, workers=[worker], on_error="return")
        return asyncio.run_coroutine_threadsafe(asking, self._client.loop.asyncio_loop)

    def _wait_for_workers(self) -> dict[str, dict[str, Any]]:
        """Wait for a worker and return all workers by address. Raises ClusterError after `WORKER_SECONDS`."""
        until = time.monotonic() + WORKER_SECONDS
        while not (workers := self._workers()):
            if time.monotonic() > until:
                what = f"no worker joined the scheduler within {WORKER_SECONDS} seconds"
                if self._removed:
                    what = f"all workers died or stopped, such as {self._removed[-1]}, and {what}"
                mend = f"start one: dask worker {self._address}"
                raise ClusterError(what, where=self._address, mend=f"{mend}; {_KEPT}" if self._removed else mend)
            time.sleep(0.2)
        return workers

    def _workers(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self._call(lambda client: client.scheduler.identity(n_workers=-1))["workers"]
        return found

    def _call(self, call: Callable[[Client], Any], seconds: float | None = None) -> Any:
        """Ask the scheduler and return its answer, by default within `ANSWER_SECONDS`. Raises ClusterError."""
        seconds = seconds or ANSWER_SECONDS
        until = time.monotonic() + seconds
        if self._client.status != "running":
            raise self._gone()
        try:
            # The client loses its attribute `scheduler` when it gives up, so the call reads it.
            return self._client.sync(call, self._client, callback_timeout=seconds)
        except Exception as problem:
            # Before its time, it is an error that the scheduler met.
            if isinstance(problem, TimeoutError) and time.monotonic() >= until:
                raise self._silent(seconds) from None
            raise self._lost(problem) from None

    def _lost(self, problem: Exception) -> ClusterError:
        """Return the error of a lost connection, which Dask reports by errors of many types."""
        # The client notes a moment later that its scheduler is gone.
        if self._client.status != "running":
            return self._gone()
        try:
            self._scheduler.greet()
        except TimeoutError:
            return self._silent(CONNECT_SECONDS)
        except Exception:  # the address is free, or another server listens there
            return self._gone()
        was = f"{type(problem).__name__}: {problem}"
        return _LostConnectionError("a connection ended", where=self._address, was=was, mend=_KEPT)

    def _gone(self) -> ClusterError:
        return ClusterError("the scheduler has gone away", where=self._address, mend=_KEPT)

    def _silent(self, seconds: float) -> ClusterError:
        what = f"the scheduler, or a worker that it asks, does not answer within {seconds:g} seconds"
        return ClusterError(what, where=self._address, mend=f"restart it; {_KEPT}")


def _run_on_worker(inputs: SweepInputs, chunk: Chunk, expected: Mapping[str, str], data: str) -> list[SweepRow]:
    """Run a chunk in a worker that has the versions and the inputs of the client."""
    from distributed import get_worker

    address = get_worker().address
    require_same(address, expected, worker_identity())
    require_same(address, {"data": data}, {"data": inputs.sha256})
    try:
        return run_chunk(inputs.variations, chunk)
    except BotError:
        raise
    except Exception as problem:
        what = f"failed at sets {chunk[0][0]} to {chunk[-1][0]}: {type(problem).__name__}: {problem}"
        raise ClusterError(what, where=f"worker {address}", mend=_KEPT) from None
