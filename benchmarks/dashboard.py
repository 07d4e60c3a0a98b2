"""The dashboard's pages on a ledger of ten years: the time from a request to the last byte."""

from __future__ import annotations

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

PAGES = ("/", "/portfolio", "/trades", "/episodes", "/runs", "/health")
_ROUNDS = 5


def page_times(prices: str, start: str, end: str) -> dict[str, float]:
    """Seconds of each page, the slowest of some rounds; the first round is a process that has shown none yet."""
    with ExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        config = load_config(changes={"state": str(state)})
        run = run_backtest(config, prices, start, end, save=True)
        server = stack.enter_context(DashboardServer(site_of(config, SystemClock())))
        return {
            page: max(_seconds(server.url + page) for _ in range(_ROUNDS)) for page in (*PAGES, f"/runs/{run.run_id}")
        }


def _seconds(url: str) -> float:
    started = time.perf_counter()
    with urllib.request.urlopen(url, timeout=30) as answer:
        answer.read()
    return time.perf_counter() - started
