"""The error of a scheduler that is gone has one line and its address, for each error of a lost connection."""

from __future__ import annotations

import asyncio
import socket
import threading
from pkgutil import resolve_name
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest

from bot.core.errors import ClusterError
from bot.sweep import dask_scheduler as scheduling
from bot.sweep.dask_backend import _DaskBackend
from bot.sweep.dask_scheduler import DaskScheduler
from tests.sweep.cluster.cluster_sweeps import Sweeps, require_same
from tests.sweep.cluster.dask_cluster import DaskCluster

ERRORS = [
    "distributed.comm.core.CommClosedError",
    "distributed.client.ClosedClientError",
    "builtins.AttributeError",
    "concurrent.futures.CancelledError",
]


class LostFuture:
    """A finished chunk whose rows are still with the scheduler."""

    status = "finished"

    def __init__(self, error: Exception) -> None:
        self._error = error

    def result(self, timeout: float) -> None:
        raise self._error


class LateClient:
    """A client that has yet to note that its scheduler is gone."""

    status = "running"

    def __init__(self, error: Exception) -> None:
        self._error = error

    def sync(self, *_: Any, **__: Any) -> None:
        raise self._error


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.fixture(autouse=True)
def short_wait(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "slow" not in request.keywords:
        monkeypatch.setattr(scheduling, "CONNECT_SECONDS", 0.2)


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_of_a_lost_connection_names_the_scheduler(name: str, free_port: int) -> None:
    client = LateClient(resolve_name(name)("Connection reset by peer"))
    backend = _DaskBackend(cast(Any, client), DaskScheduler.at(f"tcp://127.0.0.1:{free_port}"))
    with pytest.raises(ClusterError, match="the scheduler has gone away; finished chunks are kept"):
        backend._workers()


@pytest.mark.parametrize("name", [*ERRORS, "builtins.TimeoutError"])
def test_rows_that_are_lost_with_the_scheduler_name_the_scheduler(name: str, free_port: int) -> None:
    error = resolve_name(name)("Connection reset by peer")
    backend = _DaskBackend(cast(Any, LateClient(error)), DaskScheduler.at(f"tcp://127.0.0.1:{free_port}"))
    with pytest.raises(ClusterError, match="the scheduler has gone away; finished chunks are kept"):
        backend._rows_of(cast(Any, LostFuture(error)), 1)


def test_a_sweep_whose_inputs_are_lost_again_and_again_ends(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(DaskScheduler, "greet", lambda scheduler: asked.append(scheduler.address))
    monkeypatch.setattr(_DaskBackend, "require_workers", lambda _: None)
    client = LateClient(TimeoutError("No valid workers found"))
    backend = _DaskBackend(cast(Any, client), DaskScheduler.at(f"tcp://127.0.0.1:{free_port}"))
    message = "workers were lost 3 times in a row; was TimeoutError: No valid workers found; finished chunks are kept"
    with pytest.raises(ClusterError, match=message):
        list(backend.run(cast(Any, SimpleNamespace(sha256="ab")), {0: []}))
    assert len(asked) == 3


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["closes", "no TLS"])
def test_a_connection_that_ends_before_tls_is_a_fault_of_tls(sent: bytes) -> None:
    security = resolve_name("distributed.security.Security").temporary()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(sent)
                connection.recv(4096)

        thread = threading.Thread(target=answer)
        thread.start()
        scheduler = DaskScheduler(f"tls://127.0.0.1:{server.getsockname()[1]}", security)
        with pytest.raises(ClusterError, match="the TLS connection to the scheduler fails; was "):
            scheduler.require_answer()
        thread.join()


@pytest.mark.slow
def test_a_notebook_reaches_the_scheduler_from_its_own_event_loop(
    sweeps: Sweeps, cluster: DaskCluster, on_threads: pd.DataFrame
) -> None:
    async def cell() -> pd.DataFrame:
        return sweeps.run("notebook", cluster.address)

    require_same(asyncio.run(cell()), on_threads)
