"""Run the chunks of a sweep on the workers of a Dask cluster. Workers send rows; only the client writes the file."""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, wait
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from bot.core.errors import BotError, ClusterError, ConfigError
from bot.core.install_hint import install_command
from bot.sweep.chunks import Backend, Chunk, run_chunk
from bot.sweep.sweep_file import SweepRow
from bot.sweep.sweep_inputs import SweepInputs
from bot.sweep.worker_identity import require_same, worker_identity
from bot.sweep.worker_progress import WorkerProgress

if TYPE_CHECKING:
    from distributed import Client, Future
    from distributed.security import Security

CONNECT_SECONDS = 5
"""Longest wait for a scheduler."""
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
"""Number of times in a row that the inputs are sent again, without a finished chunk, after workers died."""
_KEPT = "finished chunks are kept: go on with --resume"


@contextmanager
def dask_backend(scheduler: str) -> Iterator[Backend]:
    """Connect to a scheduler and yield a backend that runs chunks on its workers.

    Raises
    ------
    ConfigError
        If the address is invalid, the extra is missing, or TLS lacks its certificates.
    ClusterError
        If the scheduler does not answer within `CONNECT_SECONDS`.
    """
    if not re.fullmatch(r"(tcp|tls)://(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}", scheduler):
        raise ConfigError("is no address", where="--scheduler", expected="tcp://HOST:PORT or tls://…", was=scheduler)
    if find_spec("distributed") is None:
        mend = install_command("cluster")
        raise ConfigError("Dask is not installed", where="--backend dask", mend=mend)
    security = _security(scheduler)
    client = _connected(scheduler, security)
    try:
        backend = _DaskBackend(client, scheduler)
        backend.require_workers()
        yield backend.run
    finally:
        client.close(timeout=2)


def _security(scheduler: str) -> Security:
    """Return the certificates that Dask's own config names."""
    mend = "check distributed.comm.tls in Dask's config: docs/cluster.md"
    try:
        from distributed.security import Security  # the import reads Dask's config, which may be damaged

        security = Security()
        _require_files(security, mend)
        has_certificates = security.get_connection_args("client")["ssl_context"] is not None
    except (OSError, ValueError, TypeError) as problem:
        raise ConfigError(f"Dask's config cannot be used: {problem}", where="--scheduler", mend=mend) from None
    if scheduler.startswith("tls:") and not has_certificates:
        raise ConfigError("no certificates are set", where="--scheduler", was=scheduler, mend="see docs/cluster.md")
    if scheduler.startswith("tcp:") and security.require_encryption:
        raise ConfigError("Dask's config requires TLS", where="--scheduler", expected="tls://…", was=scheduler)
    return security


def _require_files(security: Security, mend: str) -> None:
    """Require the files of certificates and keys that Dask's config names. Raises ConfigError."""
    # By name: the error of OpenSSL for an absent file has none.
    for name in ("tls_ca_file", "tls_client_cert", "tls_client_key"):
        value = getattr(security, name)
        if value and "\n" not in value and not Path(value).is_file():  # else the text of a certificate itself
            raise ConfigError(
                f"there is no file for {name[4:].replace('_', '-')}", where="--scheduler", was=value, mend=mend
            )


def _connected(scheduler: str, security: Security) -> Client:
    # It logs every attempt to reconnect; the error at the end says it in one line.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    from distributed import Client

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # versions are compared below, by name
        try:
            # A client that fails to connect would wait ten seconds more when Python frees it.
            asyncio.run(_greet(scheduler, security))
            options = {"security": security, "set_as_default": False, "direct_to_workers": False}
            return Client(scheduler, timeout=CONNECT_SECONDS, **options)
        except Exception as problem:  # another server's bytes are read as a length, and end in any error
            raise _connection_error(scheduler, problem) from None


def _connection_error(scheduler: str, problem: Exception) -> ClusterError:
    """Return the error of a failed connection to a scheduler."""
    cause = problem.__cause__ or problem
    # Dask puts the address of an object in memory before the cause.
    text = str(cause).rpartition(": ")[2] or type(problem).__name__
    was = text if isinstance(problem, OSError) else "the answer of another kind of server"
    of_tls = next((one for one in _causes(problem) if isinstance(one, ssl.SSLError)), None)
    if of_tls is not None:
        mend = "give both sides certificates that one ca-file signed: docs/cluster.md"
        return ClusterError("the TLS connection to the scheduler fails", where=scheduler, was=str(of_tls), mend=mend)
    other = "tls:// if it has TLS" if scheduler.startswith("tcp:") else "tcp:// if it has no TLS"
    mend = f"start it: dask scheduler; its address begins with {other}"
    return ClusterError("the scheduler does not answer", where=scheduler, was=was, mend=mend)


def _causes(problem: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and its causes, the newest first."""
    # Dask wraps an error of TLS once or twice, by the moment at which the scheduler closes the connection, and an
    # unknown authority without naming its cause.
    while problem is not None:
        yield problem
        problem = problem.__cause__ or problem.__context__


async def _greet(scheduler: str, security: Security) -> None:
    """Connect once and exchange greetings, which only a scheduler or a worker can do."""
    from distributed.comm.core import connect

    answered = await connect(scheduler, timeout=CONNECT_SECONDS, **security.get_connection_args("client"))
    answered.abort()


class _DaskBackend:
    def __init__(self, client: Client, scheduler: str) -> None:
        self._client, self._scheduler = client, scheduler
        self._removed: list[str] = []

    def run(self, inputs: SweepInputs, chunks: Mapping[int, Chunk]) -> Iterator[tuple[int, list[SweepRow]]]:
        """Run chunks. Those of a lost worker run again on another worker."""
        left, losses = dict(chunks), 0
        while left:
            self.require_workers()
            before = len(left)
            for number, rows in self._run_while_held(inputs, left):
                del left[number]
                yield number, rows
            losses = losses + 1 if len(left) == before else 0
            if losses >= _MOST_LOSSES:
                raise ClusterError(f"workers died {_MOST_LOSSES} times in a row", where=self._scheduler, mend=_KEPT)

    def _run_while_held(self, inputs: SweepInputs, chunks: Mapping[int, Chunk]) -> Iterator[tuple[int, list[SweepRow]]]:
        """Send the inputs once and run chunks until all are done or the last worker with the inputs is lost."""
        expected, data, run = worker_identity(), inputs.sha256, uuid4().hex
        held = self._sent(inputs)
        if held is None:
            return
        waiting = list(chunks.items())[::-1]
        futures: dict[str, tuple[int, Future]] = {}
        finished: Queue[Future] = Queue()
        progress, next_check, most = WorkerProgress(), 0.0, 0
        while waiting or futures:
            if (now := time.monotonic()) >= next_check:
                most = self._check_workers(progress, now)
                next_check = time.monotonic() + _CHECK_SECONDS
            while waiting and len(futures) < most:
                number, chunk = waiting.pop()
                key = f"chunk-{number}-{run}"
                future = self._client.submit(_run_on_worker, held, chunk, expected, data, key=key, pure=False)
                futures[key] = number, future
                progress.begin([key], now)
                future.add_done_callback(finished.put)
            try:
                done = finished.get(timeout=_CHECK_SECONDS)
            except Empty:
                continue
            number, _ = futures.pop(done.key)
            rows = self._rows_of(done, number)
            if rows is None:
                self._require_scheduler()
                return
            progress.end(done.key, time.monotonic())
            yield number, rows

    def _sent(self, inputs: SweepInputs) -> Future | None:
        """Send the inputs to all workers. Returns None if a worker died meanwhile."""
        before = set(self._workers())
        options = {"broadcast": True, "hash": False, "direct": False}
        try:
            held: Future = self._call(self._client._scatter, inputs, seconds=SEND_SECONDS, **options)
        except ClusterError:
            if before <= set(self._workers()):
                raise
            return None
        return held

    def _check_workers(self, progress: WorkerProgress, now: float) -> int:
        """Remove frozen workers and wait for at least one. Returns the largest number of chunks to submit."""
        workers = self._wait_for_workers()
        silent = progress.silent({worker: found["last_seen"] for worker, found in workers.items()}, now)
        overdue = progress.overdue(now)
        if silent or overdue:
            of_worker = self._call(self._client.scheduler.processing)
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
        self._call(self._client.scheduler.restart_workers, workers=list(workers), **options)

    def _rows_of(self, future: Future, number: int) -> list[SweepRow] | None:
        """Return the rows of a chunk, or None if its worker died and no other has the inputs."""
        from distributed.scheduler import KilledWorker

        if future.status in ("cancelled", "lost"):
            return None
        try:
            rows: list[SweepRow] = future.result(timeout=ANSWER_SECONDS)
        except BotError:
            raise
        except (CancelledError, TimeoutError):  # cancelled, or its worker froze, after the status was read
            return None
        except KilledWorker as problem:
            what = f"chunk {number} was lost with {problem.allowed_failures + 1} workers, which died or stopped"
            raise ClusterError(what, where=self._scheduler, mend=f"read the workers' logs; {_KEPT}") from None
        # A worker can fail before any of the project's code runs, such as by a module that it lacks.
        except Exception as problem:
            what = f"chunk {number} failed on a worker: {type(problem).__name__}: {problem}"
            raise ClusterError(what, where=self._scheduler, mend=_KEPT) from None
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
        asking = self._client._run(worker_identity, workers=[worker], on_error="return")
        answer = asyncio.run_coroutine_threadsafe(asking, self._client.loop.asyncio_loop)
        until = time.monotonic() + ANSWER_SECONDS
        while not answer.done():
            if worker not in self._workers():
                answer.cancel()
                return None
            if time.monotonic() > until:
                answer.cancel()
                what = f"the worker does not answer within {ANSWER_SECONDS} seconds"
                raise ClusterError(what, where=f"worker {worker}", mend=f"restart it, or stop it; {_KEPT}")
            wait([answer], timeout=_CHECK_SECONDS)
        error = answer.exception()
        found = error if isinstance(error, OSError) else answer.result()[worker]
        is_gone = isinstance(found, OSError) and worker not in self._workers()
        return None if is_gone else found

    def _wait_for_workers(self) -> dict[str, dict[str, Any]]:
        """Wait for a worker and return all workers by address. Raises ClusterError after `WORKER_SECONDS`."""
        until = time.monotonic() + WORKER_SECONDS
        while not (workers := self._workers()):
            if time.monotonic() > until:
                what = f"no worker joined the scheduler within {WORKER_SECONDS} seconds"
                if self._removed:
                    what = f"all workers died or stopped, such as {self._removed[-1]}, and {what}"
                mend = f"start one: dask worker {self._scheduler}"
                raise ClusterError(what, where=self._scheduler, mend=f"{mend}; {_KEPT}" if self._removed else mend)
            time.sleep(0.2)
        return workers

    def _workers(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self._call(self._client.scheduler.identity, n_workers=-1)["workers"]
        return found

    def _call(self, call: Callable[..., Any], *values: Any, seconds: float = 0.0, **options: Any) -> Any:
        """Call the scheduler and return its answer, by default within `ANSWER_SECONDS`. Raises ClusterError."""
        seconds = seconds or ANSWER_SECONDS
        self._require_scheduler()
        try:
            return self._client.sync(call, *values, **options, callback_timeout=seconds)
        except TimeoutError:
            what = f"the scheduler, or a worker that it asks, does not answer within {seconds:g} seconds"
            raise ClusterError(what, where=self._scheduler, mend=f"restart it; {_KEPT}") from None
        except OSError as problem:
            # The client notes a lost connection a moment later.
            time.sleep(_CHECK_SECONDS)
            self._require_scheduler()
            raise ClusterError(f"a connection ended: {problem}", where=self._scheduler, mend=_KEPT) from None

    def _require_scheduler(self) -> None:
        if self._client.status != "running":
            raise ClusterError("the scheduler has gone away", where=self._scheduler, mend=_KEPT)


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
