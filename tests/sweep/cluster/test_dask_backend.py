"""A sweep on a Dask cluster: the table of threads, lost workers, and faults in one line."""

from __future__ import annotations

import logging
import signal
import socket
import subprocess
import sys
import threading
import time

import pandas as pd
import pytest

from bot.core.errors import BotError, ClusterError, ConfigError
from bot.settings.loader import Config
from bot.sweep import dask_backend as dasking
from bot.sweep import dask_scheduler as scheduling
from bot.sweep.sweep import BackendName, SweepOptions, backend_of
from tests.sweep.cluster.cluster_sweeps import Sweeps, require_same
from tests.sweep.cluster.dask_cluster import DaskCluster


@pytest.mark.slow
def test_a_worker_that_is_killed_changes_nothing(
    sweeps: Sweeps, cluster: DaskCluster, on_threads: pd.DataFrame
) -> None:
    victim = cluster.start_worker()
    counts = []

    def kill(done: int, total: int) -> None:
        counts.append(done)
        if done and victim.poll() is None:
            victim.send_signal(signal.SIGKILL)
            victim.wait()

    table = sweeps.run("dask", cluster.address, kill)
    assert victim.poll() == -signal.SIGKILL
    assert 0 < counts[1] < 8
    require_same(table, on_threads)
    assert table["final_equity"].nunique() > 3


@pytest.mark.slow
def test_a_sweep_goes_on_after_all_workers_died(
    sweeps: Sweeps, empty_cluster: DaskCluster, on_threads: pd.DataFrame
) -> None:
    workers = [empty_cluster.start_worker(), empty_cluster.start_worker()]

    def kill(done: int, total: int) -> None:
        if done and workers:
            while workers:
                workers.pop().kill()
            empty_cluster.start_worker()

    require_same(sweeps.run("dask", empty_cluster.address, kill), on_threads)


@pytest.mark.slow
def test_a_stopped_sweep_goes_on_with_the_other_backend(
    sweeps: Sweeps, cluster: DaskCluster, on_threads: pd.DataFrame
) -> None:
    def stop(done: int, total: int) -> None:
        if done >= 3:
            raise KeyboardInterrupt

    for name, first, second in (("one", cluster.address, None), ("two", None, cluster.address)):
        with pytest.raises(KeyboardInterrupt):
            sweeps.run(name, first, stop)
        assert 3 <= sweeps.file(name).count() < 8
        require_same(sweeps.run(name, second, resume=True), on_threads)


KILLED_CLIENT = """
import os, signal, sys
from pathlib import Path
from bot.services.markets import open_market
from bot.settings.loader import load_config
from bot.sweep import sweep as sweeping
from bot.sweep.sweep import run_sweep

def kill(done, total):
    if done >= 4:
        os.kill(os.getpid(), signal.SIGKILL)

sweeping.CHUNK = 1
grid, state, scheduler = sys.argv[1:]
config = load_config(changes={"state": state})
run_sweep(grid, config=config, market="demo", name="killed", backend="dask", scheduler=scheduler, advance=kill)
"""


@pytest.mark.slow
def test_a_client_that_was_killed_goes_on(
    sweeps: Sweeps, options: SweepOptions, config: Config, cluster: DaskCluster, on_threads: pd.DataFrame
) -> None:
    words = [sys.executable, "-c", KILLED_CLIENT, str(options.grid), str(config.state), cluster.address]
    assert subprocess.run(words, check=False, timeout=120).returncode == -signal.SIGKILL
    assert sweeps.file("killed").count() == 4
    require_same(sweeps.run("killed", cluster.address, resume=True), on_threads)


@pytest.mark.slow
def test_a_scheduler_that_goes_away_ends_the_sweep(sweeps: Sweeps, cluster: DaskCluster) -> None:
    def kill(done: int, total: int) -> None:
        if done >= 2:
            cluster.scheduler.kill()

    with pytest.raises(ClusterError, match="the scheduler has gone away; finished chunks are kept"):
        sweeps.run("gone", cluster.address, kill)
    assert 2 <= sweeps.file("gone").count() < 8
    assert not logging.getLogger("distributed.client").isEnabledFor(logging.ERROR)


@pytest.mark.slow
def test_an_absent_scheduler_is_refused_within_ten_seconds(sweeps: Sweeps) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(ClusterError, match="the scheduler does not answer") as caught:
        sweeps.run("absent", f"tcp://127.0.0.1:{port}")
    assert time.monotonic() - began < 10
    assert caught.value.exit_code == 6
    assert not sweeps.file("absent").path.exists()


@pytest.mark.slow
def test_a_server_of_another_kind_is_refused(sweeps: Sweeps) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 4)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(ClusterError, match="was the answer of another kind of server"):
            sweeps.run("web", f"tcp://127.0.0.1:{server.getsockname()[1]}")
        thread.join()


@pytest.mark.slow
def test_a_scheduler_without_workers_is_refused(
    sweeps: Sweeps, empty_cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dasking, "WORKER_SECONDS", 1)
    with pytest.raises(ClusterError, match="no worker joined the scheduler within 1 seconds; start one: dask worker"):
        sweeps.run("alone", empty_cluster.address)
    assert not sweeps.file("alone").path.exists()


PATCH_IDENTITY = """
from bot.sweep import worker_identity
made = worker_identity.worker_identity()
made[{name!r}] = {value!r}
"""
PATCH_DATA = """
from bot.sweep.sweep_inputs import SweepInputs
SweepInputs.sha256 = "0" * 64
"""
RAISES = """
from bot.sweep.variation import Variations
def figures_of(self, sets):
    raise MemoryError("too\\nlarge")
Variations.figures_of = figures_of
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("preload", "message"),
    [
        (PATCH_IDENTITY.format(name="small-cap-rotation", value="9.9"), r"another small-cap-rotation .* was 9\.9;"),
        (PATCH_IDENTITY.format(name="code", value="ab" * 32), "another code than this machine; expected"),
        (PATCH_IDENTITY.format(name="python", value="3.99"), r"another python .* was 3\.99;"),
        (PATCH_IDENTITY.format(name="numpy", value="0.1"), r"another numpy .* was 0\.1;"),
        (PATCH_DATA, "another data than this machine.* was 000000000000;"),
        (RAISES, r"failed at sets (\d) to \1: MemoryError: too large; finished chunks are kept"),
        ("import sys\nsys.modules['bot.sweep'] = None", "cannot run the project"),
    ],
    ids=["version", "code", "python", "library", "data", "raises", "no project"],
)
def test_a_worker_that_differs_or_raises_is_named(
    sweeps: Sweeps, empty_cluster: DaskCluster, preload: str, message: str
) -> None:
    empty_cluster.start_worker(preload)
    with pytest.raises(ClusterError, match=message) as caught:
        sweeps.run("differs", empty_cluster.address)
    assert str(caught.value).startswith("worker tcp://127.0.0.1:")
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_worker_that_joins_later_is_compared_too(sweeps: Sweeps, empty_cluster: DaskCluster) -> None:
    good = empty_cluster.start_worker()

    def replace(done: int, total: int) -> None:
        if done == 2:
            empty_cluster.start_worker(PATCH_IDENTITY.format(name="python", value="3.99"))
            good.kill()

    with pytest.raises(ClusterError, match=r"another python .* was 3\.99;"):
        sweeps.run("later", empty_cluster.address, replace)
    assert sweeps.file("later").count() >= 2


@pytest.mark.parametrize(
    ("backend", "scheduler", "message"),
    [
        ("threads", "tcp://127.0.0.1:8786", "^--scheduler: needs --backend dask$"),
        ("dask", None, "^--backend dask: needs --scheduler tcp://HOST:PORT$"),
        ("dask", "127.0.0.1:8786", "is no address; expected tcp://HOST:PORT"),
        ("dask", "tcp://:8786", "is no address"),
        ("dask", "tcp://127.0.0.1:65536", "is no address"),
        ("dask", "tls://127.0.0.1:8786", "no certificates are set"),
    ],
)
def test_contradictory_options_are_refused(backend: BackendName, scheduler: str | None, message: str) -> None:
    with pytest.raises(ConfigError, match=message), backend_of(backend, scheduler):
        pass


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "find_spec", lambda name: None)
    message = "Dask is not installed; (pip install .*distributed|install the project with its extra 'cluster')"
    with pytest.raises(ConfigError, match=message), backend_of("dask", "tcp://127.0.0.1:8786"):
        pass


def test_an_error_of_a_worker_is_whole_on_the_client() -> None:
    import pickle

    error: BotError = pickle.loads(pickle.dumps(ClusterError("fails", where="here", was="a", mend="b")))
    assert (str(error), error.mend, error.exit_code) == ("here: fails; was a; b", "b", 6)
