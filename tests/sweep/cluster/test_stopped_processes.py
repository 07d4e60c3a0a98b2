"""Workers and schedulers that stop without dying: frozen processes, and chunks without an end."""

from __future__ import annotations

import signal
import time

import pandas as pd
import pytest

from bot.core.errors import ClusterError
from bot.sweep import dask_backend as dasking
from bot.sweep import worker_progress as progressing
from tests.sweep.cluster.cluster_sweeps import Sweeps, require_same
from tests.sweep.cluster.dask_cluster import DaskCluster

ENDLESS = """
import time
from bot.sweep.variation import Variations
def figures_of(self, sets):
    time.sleep(600)
Variations.figures_of = figures_of
"""


@pytest.mark.slow
def test_the_chunks_of_a_frozen_worker_run_on_another(
    sweeps: Sweeps, cluster: DaskCluster, on_threads: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progressing, "SILENT_SECONDS", 3.0)
    frozen: list[float] = []
    victim = cluster.workers[0]

    def freeze(done: int, total: int) -> None:
        if done and not frozen:
            victim.send_signal(signal.SIGSTOP)
            frozen.append(time.monotonic())

    require_same(sweeps.run("frozen", cluster.address, freeze), on_threads)
    assert victim.poll() is None
    assert time.monotonic() - frozen[0] < 60


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
    monkeypatch.setattr(progressing, "SILENT_SECONDS", 3.0)
    worker = empty_cluster.start_worker()

    def freeze(done: int, total: int) -> None:
        if done == 2:
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
    monkeypatch.setattr(dasking, "ANSWER_SECONDS", 3)
    cluster.workers[1].send_signal(signal.SIGSTOP)
    with pytest.raises(ClusterError, match=r"^worker tcp://127.0.0.1:\d+: the worker does not answer within 3 seconds"):
        sweeps.run("start", cluster.address)
    assert not sweeps.file("start").path.exists()


@pytest.mark.slow
def test_a_frozen_scheduler_ends_the_sweep(
    sweeps: Sweeps, cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dasking, "ANSWER_SECONDS", 3)

    def freeze(done: int, total: int) -> None:
        if done == 2:
            cluster.scheduler.send_signal(signal.SIGSTOP)

    with pytest.raises(ClusterError, match="does not answer within 3 seconds; restart it; finished chunks are kept"):
        sweeps.run("frozen", cluster.address, freeze)
    assert 2 <= sweeps.file("frozen").count() < 8
