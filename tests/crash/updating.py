"""A process that updates stores on demand, each in a child of its own that can be killed.

Its first line of input is JSON: the servers' addresses and the moment that it is to believe. Every further line is a
state folder: it forks, tells the child's number, and then how the child ended.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import ccxt  # noqa: F401 - loaded before the first fork, so that a child spends its life updating
import yfinance  # noqa: F401

from bot.data.store.store import FILE_NAME, Store
from bot.services.data_update import update_store
from bot.services.vendors import updater
from bot.settings.loader import Config
from tests.clocks import FakeClock
from tests.markets import config_with
from tests.servers.wired import loopback_sessions

SYMBOLS = ("RUT", "IWM", "IWM_RAW", "WALCL", "ETH", "BTC", "SOL")


def config_of(folder: str) -> Config:
    """The config of a state folder."""
    no_pause = {name: {"pause": 0.0} for name in ("yahoo", "fred", "exchange")}
    venues = {"exchange": {"venues": ["binance"], "pause": 0.0}}
    return config_with({"state": folder, "sources": {**no_pause, **venues}})


def update(folder: str, urls: Mapping[str, str], now: datetime) -> None:
    """One update of all symbols, at a moment that stands still."""
    clock = FakeClock(now)
    with loopback_sessions(urls, clock, pause=0.0) as sessions:
        update_store(config_of(folder), sessions, clock, SYMBOLS)


def prepare(now: datetime) -> None:
    """Read the config and make the calendar, which every update needs, before the first fork."""
    with TemporaryDirectory() as folder, Store.writing(Path(folder) / FILE_NAME) as store:
        updater(config_of(folder), store, FakeClock(now))
    gc.freeze()


def main() -> None:
    """Serve until the input ends."""
    told = json.loads(sys.stdin.readline())
    now = datetime.fromisoformat(told["now"])
    prepare(now)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            update(line.strip(), told["urls"], now)
            os._exit(0)
        print(child, flush=True)
        _, ended = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(ended), flush=True)


if __name__ == "__main__":
    main()
