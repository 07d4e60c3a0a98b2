"""Whole commands, each a process of its own: seconds and peak memory as the operating system counts them."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def whole_process(arguments: Sequence[str], rounds: int, folder: Path | None = None) -> dict[str, float]:
    """Median wall and CPU seconds and largest resident megabytes of `bot ARGUMENTS` over some rounds.

    Each round runs in a new folder, or all of them in `folder`.
    """
    seconds, cpu, megabytes = [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as empty:
            began = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, "-m", "bot", *arguments],
                cwd=folder or empty,
                stdout=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds.append(time.perf_counter() - began)
            cpu.append(usage.ru_utime + usage.ru_stime)
            megabytes.append(usage.ru_maxrss / 1024)
            if status != 0:
                raise AssertionError(f"bot {' '.join(arguments)} ended with status {status}")
    return {"seconds": statistics.median(seconds), "cpu": statistics.median(cpu), "megabytes": max(megabytes)}
