"""`bot paper status` of a long ledger, against one full read of the same ledger."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.million import grow
from benchmarks.process import ROOT, whole_process
from bot.ledger.record import read_ledger

ROWS = 100_000


def status_time(rows: int = ROWS) -> dict[str, float]:
    """CPU seconds and megabytes of the command, and of a full read of its ledger: every row decoded once."""
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own: the peak of a child counts the memory of the process that it was forked from.
        grown = [sys.executable, "-m", "benchmarks.status", folder, str(rows)]
        path = Path(subprocess.run(grown, check=True, cwd=ROOT, capture_output=True, text=True).stdout.strip())
        took = whole_process(["paper", "status", "--ledger", "grown"], rounds=3, folder=Path(folder))
        began = time.process_time()
        read = sum(1 for _ in read_ledger(path))
        full = time.process_time() - began
    if read != rows:
        raise AssertionError(f"{read} rows")
    return {**took, "rows": rows, "full_read": full, "ratio": full / took["cpu"]}


if __name__ == "__main__":
    if sys.argv[1:]:
        print(grow(Path(sys.argv[1]), int(sys.argv[2])))
        sys.exit()
    took = status_time()
    print(
        f"bot paper status of {took['rows']:,.0f} rows: {took['seconds']:.2f} s, {took['cpu']:.2f} CPU s, "
        f"{took['megabytes']:.0f} MB; a full read takes {took['ratio']:.1f} times as long"
    )
