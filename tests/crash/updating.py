"""A process that updates stores on demand, each in a child of its own that can be killed.

Its first line of input is JSON: the servers' addresses and the moment that it is to believe. Every further line is a
state folder: it forks, tells the child's number, and then how the child ended.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from datetime import datetime

import ccxt  # noqa: F401 - loaded before the first fork, so that a child spends its life updating
import yfinance  # noqa: F401

from bot.updating import update_store
from tests.clocks import FakeClock
from tests.markets import config_with
from tests.servers.wired import loopback_sessions

SYMBOLS = ("RUT", "IWM", "IWM_RAW", "WALCL", "ETH", "BTC", "SOL")


def update(folder: str, urls: Mapping[str, str], now: datetime) -> None:
    """One update of all symbols, at a moment that stands still."""
    no_pause = {name: {"pause": 0.0} for name in ("yahoo", "fred", "exchange")}
    venues = {"exchange": {"venues": ["binance"], "pause": 0.0}}
    config = config_with({"state": folder, "sources": {**no_pause, **venues}})
    clock = FakeClock(now)
    with loopback_sessions(urls, clock, pause=0.0) as sessions:
        update_store(config, sessions, clock, SYMBOLS)


def main() -> None:
    """Serve until the input ends."""
    told = json.loads(sys.stdin.readline())
    now = datetime.fromisoformat(told["now"])
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
