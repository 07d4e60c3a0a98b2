"""Workers and schedulers that stop: frozen or deaf processes, chunks without an end, deaths while they are asked."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bot.core.errors import ClusterError
from bot.sweep import dask_backend as dasking
from bot.sweep import worker_progress as progressing
from tests.sweep.cluster.cluster_sweeps import Sweeps, require_same
from tests.sweep.cluster.dask_cluster import DaskCluster, dask_cluster

ENDLESS = """
import time
from bot.sweep.variation import Variations
def figures_of(self, sets):
    time.sleep(600)
Variations.figures_of = figures_of
"""
DEAF = """
async def dask_setup(worker):
    worker.listeners[0].stop()
"""
"""A worker that the scheduler lists but cannot reach, as in the moment after its death or behind a firewall."""


@pytest.fixture
def impatient_cluster(tmp_path: Path) -> Iterator[DaskCluster]:
    """A cluster whose scheduler tries for two seconds, not for thirty, to reach a worker."""
    with dask_cluster(tmp_path, 0, {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "2s"}) as made:
        yield made


@contextmanager
def killed_after(seconds: float, process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill a process while the block runs."""
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def worker_under(supervisor: int) -> int | None:
    """Return the process number of a supervisor's worker; its other child cleans up shared memory."""
    lists = Path(f"/proc/{supervisor}/task").glob("*/children")
    children = [number for file in lists for number in file.read_text().split()]
    workers = [number for number in children if "resource_tracker" not in Path(f"/proc/{number}/cmdline").read_text()]
    return int(workers[0]) if workers else None


@pytest.mark.slow
def test_the_chunks_of_a_frozen_worker_run_on_another(
    sweeps: Sweeps, cluster: DaskCluster, on_threads: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen: list[float] = []
    victim = cluster.workers[0]

    def freeze(done: int, total: int) -> None:
        if done and not frozen:
            monkeypatch.setattr(progressing, "SILENT_SECONDS", 8.0)
            victim.send_signal(signal.SIGSTOP)
            frozen.append(time.monotonic())

    require_same(sweeps.run("frozen", cluster.address, freeze), on_threads)
    assert victim.poll() is None
    assert time.monotonic() - frozen[0] < 60


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the children of a process are read from /proc")
def test_a_frozen_worker_under_supervision_is_restarted(
    sweeps: Sweeps, empty_cluster: DaskCluster, on_threads: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = empty_cluster.start_worker(is_supervised=True)
    frozen: list[int] = []

    def freeze(done: int, total: int) -> None:
        worker = worker_under(supervisor.pid)
        if done and not frozen and worker is not None:
            monkeypatch.setattr(progressing, "SILENT_SECONDS", 8.0)
            os.kill(worker, signal.SIGSTOP)
            frozen.append(worker)

    require_same(sweeps.run("restarted", empty_cluster.address, freeze), on_threads)
    assert frozen
    assert worker_under(supervisor.pid) not in (None, *frozen)


@pytest.mark.slow
def test_a_chunk_without_an_end_runs_on_another_worker(
    sweeps: Sweeps, empty_cluster: DaskCluster, on_threads: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progressing, "CHUNK_SECONDS", 15.0)
    empty_cluster.start_worker(ENDLESS)
    empty_cluster.start_worker()
    require_same(sweeps.run("endless", empty_cluster.address), on_threads)


@pytest.mark.slow
def test_a_sweep_whose_workers_all_stop_ends_and_goes_on_later(
    sweeps: Sweeps, empty_cluster: DaskCluster, on_threads: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = empty_cluster.start_worker()

    def freeze(done: int, total: int) -> None:
        if done == 2:
            monkeypatch.setattr(progressing, "SILENT_SECONDS", 8.0)
            monkeypatch.setattr(dasking, "WORKER_SECONDS", 2)
            worker.send_signal(signal.SIGSTOP)

    message = "all workers died or stopped, such as tcp://127.0.0.1:.* finished chunks are kept: go on with --resume"
    with pytest.raises(ClusterError, match=message) as caught:
        sweeps.run("stopped", empty_cluster.address, freeze)
    assert caught.value.exit_code == 6
    assert 2 <= sweeps.file("stopped").count() < 8
    require_same(sweeps.run("stopped", resume=True), on_threads)


@pytest.mark.slow
def test_a_worker_that_is_frozen_at_the_start_is_named(
    sweeps: Sweeps, cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.wait_for_workers(2)
    monkeypatch.setattr(dasking, "ANSWER_SECONDS", 8)
    cluster.workers[1].send_signal(signal.SIGSTOP)
    with pytest.raises(ClusterError, match=r"^worker tcp://127.0.0.1:\d+: the worker does not answer within 8 seconds"):
        sweeps.run("start", cluster.address)
    assert not sweeps.file("start").path.exists()


@pytest.mark.slow
def test_a_worker_that_dies_before_it_is_asked_is_left_out(
    sweeps: Sweeps, cluster: DaskCluster, on_threads: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.wait_for_workers(2)
    wait_for_workers = dasking._DaskBackend._wait_for_workers

    def list_of_before(backend: dasking._DaskBackend) -> dict[str, dict[str, Any]]:
        """Return the workers of a moment before one of them died, the dead one first."""
        listed = wait_for_workers(backend)
        if (victim := cluster.workers[0]).poll() is None:
            victim.kill()
            while len(left := backend._workers()) > 1:
                time.sleep(0.1)
            listed = {**{worker: listed[worker] for worker in listed if worker not in left}, **left}
        return listed

    monkeypatch.setattr(dasking._DaskBackend, "_wait_for_workers", list_of_before)
    began = time.monotonic()
    require_same(sweeps.run("dying", cluster.address), on_threads)
    assert time.monotonic() - began < dasking.ANSWER_SECONDS


@pytest.mark.slow
def test_a_worker_that_cannot_be_reached_is_named(
    sweeps: Sweeps, empty_cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty_cluster.start_worker(DEAF)
    monkeypatch.setattr(dasking, "ANSWER_SECONDS", 8)
    with pytest.raises(ClusterError, match=r"^worker tcp://127.0.0.1:\d+: the worker does not answer within 8 seconds"):
        sweeps.run("deaf", empty_cluster.address)


@pytest.mark.slow
def test_inputs_are_sent_again_if_a_worker_dies_while_it_receives_them(
    sweeps: Sweeps, impatient_cluster: DaskCluster, on_threads: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = impatient_cluster.start_worker(DEAF)
    impatient_cluster.wait_for_workers(1)
    monkeypatch.setattr(dasking._DaskBackend, "_identity_of", lambda *_: None)
    with killed_after(1, dying):
        impatient_cluster.start_worker()
        require_same(sweeps.run("sent", impatient_cluster.address), on_threads)


@pytest.mark.slow
def test_a_scheduler_that_is_frozen_at_the_start_is_refused(
    sweeps: Sweeps, cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.scheduler.send_signal(signal.SIGSTOP)
    with pytest.raises(ClusterError, match="the scheduler does not answer; was no answer in time; start it"):
        sweeps.run("start", cluster.address)
    assert not sweeps.file("start").path.exists()


@pytest.mark.slow
def test_a_frozen_scheduler_ends_the_sweep(
    sweeps: Sweeps, cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def freeze(done: int, total: int) -> None:
        if done == 2:
            monkeypatch.setattr(dasking, "ANSWER_SECONDS", 8)
            cluster.scheduler.send_signal(signal.SIGSTOP)

    with pytest.raises(ClusterError, match=r"does not answer within \d seconds; restart it; finished chunks are kept"):
        sweeps.run("frozen", cluster.address, freeze)
    assert 2 <= sweeps.file("frozen").count() < 8
