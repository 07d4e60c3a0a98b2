"""A Dask scheduler and its workers as processes of this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 60


class DaskCluster:
    """A scheduler without workers at first."""

    def __init__(self, folder: Path, protocol: str = "tcp", settings: Mapping[str, str] | None = None) -> None:
        self._folder, self._settings = folder, {**os.environ, **(settings or {})}
        self._processes: list[subprocess.Popen[bytes]] = []
        self.workers: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        address = ("--host", "127.0.0.1", "--port", "0", "--protocol", protocol)
        self.scheduler = self._start("scheduler", *address, "--scheduler-file", str(file))
        self.address = _address_in(file)

    def start_worker(self, preload: str = "", is_supervised: bool = False) -> subprocess.Popen[bytes]:
        """Start a worker that runs some Python first. A supervised one is a child of the process."""
        options: tuple[str, ...] = ("--nanny" if is_supervised else "--no-nanny",)
        if preload:
            file = self._folder / f"preload{len(self._processes)}.py"
            file.write_text(preload)
            options += ("--preload", str(file))
        self.workers.append(self._start("worker", self.address, "--nthreads", "1", *options))
        return self.workers[-1]

    def wait_for_workers(self, count: int) -> None:
        """Wait until a number of workers have joined."""
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=PATIENCE)

    def close(self) -> None:
        """Kill all processes."""
        for process in self._processes:
            process.kill()
            process.wait()

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *words, "--no-dashboard"]
        log = self._folder / f"{words[0]}{len(self._processes)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=self._folder, env=self._settings, stdout=output, stderr=output)
        self._processes.append(process)
        return process


@contextmanager
def dask_cluster(folder: Path, workers: int = 2, settings: Mapping[str, str] | None = None) -> Iterator[DaskCluster]:
    """Run a scheduler with workers."""
    cluster = DaskCluster(folder, settings=settings)
    try:
        for _ in range(workers):
            cluster.start_worker()
        yield cluster
    finally:
        cluster.close()


def _address_in(file: Path) -> str:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            address: str = json.loads(file.read_text())["address"]
        except (OSError, ValueError):
            time.sleep(0.1)
        else:
            return address
    raise TimeoutError(file)
