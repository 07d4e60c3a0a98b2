"""Run the chunks of a sweep on the workers of a Dask cluster. Workers send rows; the client alone writes the file."""

from __future__ import annotations

import asyncio
import logging
import re
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager
from importlib.util import find_spec
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from bot.core.errors import BotError, ClusterError, ConfigError
from bot.core.install_hint import install_command
from bot.sweep.chunks import Backend, Chunk, run_chunk
from bot.sweep.sweep_file import SweepRow
from bot.sweep.sweep_inputs import SweepInputs
from bot.sweep.worker_identity import require_same, worker_identity

if TYPE_CHECKING:
    from distributed import Client, Future
    from distributed.security import Security

CONNECT_SECONDS = 5
"""Longest wait for a scheduler."""
WORKER_SECONDS = 30
"""Longest wait for a first worker, and for another one after all are lost."""
_LOOK_SECONDS = 1
_MOST_LOSSES = 3
"""Times that the inputs are sent again because all workers that held them died, with no chunk finished between."""
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
    from distributed.security import Security

    security = Security()
    try:
        has_certificates = security.get_connection_args("client")["ssl_context"] is not None
    except OSError as problem:
        mend = "check distributed.comm.tls in Dask's config: docs/cluster.md"
        raise ConfigError(f"TLS cannot be used: {problem}", where="--scheduler", mend=mend) from None
    if scheduler.startswith("tls:") and not has_certificates:
        raise ConfigError("no certificates are set", where="--scheduler", was=scheduler, mend="see docs/cluster.md")
    if scheduler.startswith("tcp:") and security.require_encryption:
        raise ConfigError("Dask's config requires TLS", where="--scheduler", expected="tls://…", was=scheduler)
    return security


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
            # Dask puts the address of an object in memory before the cause.
            text = str(problem.__cause__ or problem).rpartition(": ")[2] or type(problem).__name__
            was = text if isinstance(problem, OSError) else "the answer of another kind of server"
            mend = "start it: dask scheduler"
            raise ClusterError("the scheduler does not answer", where=scheduler, was=was, mend=mend) from None


async def _greet(scheduler: str, security: Security) -> None:
    """Connect once and exchange greetings, which only a scheduler or a worker can do."""
    from distributed.comm.core import connect

    answered = await connect(scheduler, timeout=CONNECT_SECONDS, **security.get_connection_args("client"))
    answered.abort()


class _DaskBackend:
    def __init__(self, client: Client, scheduler: str) -> None:
        self._client, self._scheduler = client, scheduler

    def run(self, inputs: SweepInputs, chunks: Mapping[int, Chunk]) -> Iterator[tuple[int, list[SweepRow]]]:
        """Run chunks; those of a lost worker run again on another."""
        left, losses = dict(chunks), 0
        while left:
            self.require_workers()
            before = len(left)
            for number, rows in self._run_while_held(inputs, left):
                del left[number]
                yield number, rows
            losses = losses + 1 if len(left) == before else 0
            if losses >= _MOST_LOSSES:
                raise ClusterError("all workers died, again and again", where=self._scheduler, mend=_KEPT)

    def _run_while_held(self, inputs: SweepInputs, chunks: Mapping[int, Chunk]) -> Iterator[tuple[int, list[SweepRow]]]:
        """Send the inputs once and run chunks until all are done, or no worker holds the inputs any more."""
        expected, data = worker_identity(), inputs.sha256
        run = uuid4().hex
        held: Any = self._client.scatter(inputs, broadcast=True, hash=False, direct=False)
        futures: dict[str, tuple[int, Future]] = {}
        finished: Queue[Future] = Queue()
        for number, chunk in chunks.items():
            key = f"chunk-{number}-{run}"
            future = self._client.submit(_run_on_worker, held, chunk, expected, data, key=key, pure=False)
            futures[key] = number, future
            future.add_done_callback(finished.put)
        while futures:
            try:
                done = finished.get(timeout=_LOOK_SECONDS)
            except Empty:
                self._wait_for_workers()
                continue
            number, _ = futures[done.key]
            rows = self._rows_of(done, number)
            if rows is None:
                self._require_scheduler()
                return
            del futures[done.key]
            yield number, rows

    def _rows_of(self, future: Future, number: int) -> list[SweepRow] | None:
        """Return the rows of a chunk, or None if its worker died and no other has the inputs."""
        if future.status in ("cancelled", "lost"):
            return None
        try:
            rows: list[SweepRow] = future.result()
        except BotError:
            raise
        except CancelledError:  # it was cancelled after its status was read
            return None
        # A worker can fail before any of the project's code runs, such as by a module that it lacks.
        except Exception as problem:
            what = f"chunk {number} failed on a worker: {type(problem).__name__}: {problem}"
            raise ClusterError(what, where=self._scheduler, mend=_KEPT) from None
        return rows

    def require_workers(self) -> None:
        """Wait for a worker, and compare all workers with this machine. Raises ClusterError."""
        self._wait_for_workers()
        for worker, found in self._client.run(worker_identity, on_error="return").items():
            if isinstance(found, Exception):
                raise ClusterError(
                    f"cannot run the project: {type(found).__name__}: {found}",
                    where=f"worker {worker}",
                    mend="install the project there and restart the worker",
                )
            require_same(worker, worker_identity(), found)

    def _wait_for_workers(self) -> None:
        self._require_scheduler()
        if not self._client.scheduler_info()["workers"]:
            try:
                self._client.wait_for_workers(1, timeout=WORKER_SECONDS)
            except TimeoutError:
                what = f"no worker joined the scheduler within {WORKER_SECONDS} seconds"
                mend = f"start one: dask worker {self._scheduler}"
                raise ClusterError(what, where=self._scheduler, mend=mend) from None

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
