"""The dashboard's pages on a state folder with thousands of runs: CPU seconds of each page."""

from __future__ import annotations

import os
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from bot.backtest.run import run_backtest
from bot.infra.clock import SystemClock
from bot.settings.loader import load_config
from bot.web.dashboard_server import DashboardServer
from bot.web.site_sources import site_of

RUNS = 5_000
PAGES = ("/", "/portfolio", "/trades", "/runs", "/health")
_ROUNDS = 3


def pages_of_many_runs(count: int = RUNS) -> dict[str, float]:
    """CPU seconds of each page with so many runs, the fastest of some rounds after a first one."""
    with ExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        config = load_config(changes={"state": str(state), "demo": {"spread_seeds": 2}})
        run = run_backtest(config, None, "2102-02-01", "2102-04-30", market="demo", save=True)
        made = state / "runs" / run.run_id
        for number in range(count - 1):
            copy = state / "runs" / f"20000101T000000Z-{number:08x}"
            copy.mkdir()
            for file in made.iterdir():
                os.link(file, copy / file.name)
        server = stack.enter_context(DashboardServer(site_of(config, SystemClock())))
        return {page: min([_seconds(server.url + page) for _ in range(_ROUNDS + 1)][1:]) for page in PAGES}


def _seconds(url: str) -> float:
    began = time.process_time()
    with urllib.request.urlopen(url, timeout=60) as answer:
        answer.read()
    return time.process_time() - began


if __name__ == "__main__":
    for page, seconds in pages_of_many_runs(int(sys.argv[1]) if sys.argv[1:] else RUNS).items():
        print(f"{page}: {seconds:.2f} CPU s")
