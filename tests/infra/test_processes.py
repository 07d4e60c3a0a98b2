"""Processes that end with the command that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from bot.infra.processes import process_pool

PATIENCE = 20.0
CHILD = """
import os, sys, time
from bot.infra.processes import follow_parent
follow_parent(int(sys.argv[1]))
print(os.getpid(), flush=True)
time.sleep(60)
"""
PARENT = f"""
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {CHILD!r}, str(os.getpid())])
time.sleep(60)
"""


def within(seconds: float, is_so: Callable[[], bool]) -> bool:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not is_so() and time.monotonic() < until:
        time.sleep(0.05)
    return is_so()


def is_running(process: int) -> bool:
    """Return True for a process that runs; an ended one stays in the list until its parent reads its exit code."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_ctrl_c_ends_the_running_work_of_a_pool() -> None:
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), process_pool(2) as pool:
        work = [pool.submit(time.sleep, 60) for _ in range(4)]
        assert within(PATIENCE, work[0].running)
        raise KeyboardInterrupt
    assert time.monotonic() - began < PATIENCE


def test_a_pool_of_which_a_worker_was_killed_ends() -> None:
    with pytest.raises(BrokenProcessPool), process_pool(2) as pool:
        os.kill(pool.submit(os.getpid).result(), signal.SIGKILL)
        list(pool.map(time.sleep, [0.1] * 100))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the state of a process is read from /proc")
def test_a_process_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_running(child)
        parent.kill()
        assert within(PATIENCE, lambda: not is_running(child))
