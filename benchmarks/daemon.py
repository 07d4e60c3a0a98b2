"""The daemon's memory and time over years of days: its process alone, vendors in another one on the loopback.

`python -m benchmarks.daemon [TICKS [ROWS]]`; with ROWS the ledger has about so many before the first tick. A store with
ten years of twenty coins, an exchange that lists 1,500 pairs, a strategy that trades every day, and a clock that jumps
from one decision time to the next.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bot.core.events import ConfigPeriod
from bot.core.moments import midnight
from bot.core.ports import Clock
from bot.core.window import Window
from bot.data.store.store import Store
from bot.data.vendors.raw_bars import RawBars
from bot.infra.garbage import collect_rarely
from bot.infra.version import __version__
from bot.paper.daemon import Daemon, Stop
from bot.paper.ledger_benchmarks import LedgerBenchmarks
from bot.paper.ledgers import ledger_path
from bot.paper.replay import replay
from bot.services.markets import store_path, stored_market
from bot.services.plans import planned_run
from bot.services.run_key import period_hash
from bot.services.vendors import VendorSessions
from bot.settings.loader import Config, load_config
from tests.clocks import FakeClock
from tests.servers.made_up import Row, rows
from tests.servers.wired import Servers, all_servers, loopback_sessions
from tests.servers.yahoo import Chart

ROOT = Path(__file__).resolve().parent.parent
STARTED = datetime(2022, 1, 4, 0, 20, tzinfo=UTC)
YEARS_BEFORE, COINS, FILLERS = 10, 20, 1480
STRATEGY = """
from decimal import Decimal

from bot.core.decision import Decision, Trade


class Swaying:
    name = "sways between two shares of ETH"

    def decisions(self, market):
        eth = market.roles.eth
        return [
            Decision(at, "ETH", "ETH", {eth: Decimal(3 + at.toordinal() % 4) / 10}, ("sways",), Trade.NOW)
            for at in market.decision_moments
        ]


strategy = Swaying
"""


class Usage(NamedTuple):
    """Megabytes now and at their peak, wall and CPU seconds since the start of a daemon's process."""

    megabytes: float
    peak: float
    seconds: float
    cpu: float


def daemon_usage(ticks: int, told_after: tuple[int, ...] = (1, 100, 1000), rows: int = 0) -> dict[int, Usage]:
    """Usage of a daemon's process after so many ticks, 0 before any, on a ledger that has so many rows at its start."""
    with tempfile.TemporaryDirectory() as folder, all_servers() as servers:
        config = _config(folder, [])
        coins = ["BTC", "ETH", *[coin for coin in config.altcoin_universe if coin not in ("BTC", "ETH")][: COINS - 2]]
        full = _fill(config, servers, coins, ticks)
        job: dict[str, Any] = {
            "folder": folder,
            "coins": coins,
            "ticks": ticks,
            "rows": rows,
            "urls": servers.urls,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.daemon", "--child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        found: dict[int, Usage] = {}
        with ExitStack() as stack:
            stack.callback(process.kill)
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            began = time.perf_counter()
            for line in process.stdout:
                if line.startswith("at "):
                    _move(servers, full, datetime.fromisoformat(line.removeprefix("at ").strip()))
                    process.stdin.write("\n")
                    process.stdin.flush()
                else:
                    done = int(line)
                    if done == 0 or done in told_after:
                        found[done] = _usage(process.pid, time.perf_counter() - began)
        if process.wait() != 0:
            raise AssertionError("the daemon ended early")
    return found


def _config(folder: str, coins: list[str]) -> Config:
    """The default config without pauses, with a strategy that trades, asking for RUT and some coins only."""
    file = Path(folder) / "swaying.py"
    file.write_text(STRATEGY)
    pauses = {"yahoo": {"pause": 0.0}, "fred": {"pause": 0.0}, "exchange": {"pause": 0.0, "venues": ["binance"]}}
    config = load_config(changes={"state": folder, "sources": pauses, "strategy": {"file": str(file)}})
    sources = config.sources
    yahoo = sources.yahoo.model_copy(update={"symbols": {"RUT": "^RUT"}, "aggregates": {}})
    fred = sources.fred.model_copy(update={"symbols": {}})
    sources = sources.model_copy(update={"yahoo": yahoo, "fred": fred})
    return config.model_copy(update={"sources": sources, "altcoin_universe": coins or config.altcoin_universe})


def _fill(config: Config, servers: Servers, coins: list[str], ticks: int) -> dict[str, dict[date, Row]]:
    """Fill a store with the years before, list what there is, and return all rows of what is yet to come too."""
    first = date(STARTED.year - YEARS_BEFORE, 1, 3)
    last, before = STARTED.date() + timedelta(days=ticks + 1), STARTED.date() - timedelta(days=2)
    full = {coin: rows(first, last, 50.0 + number) for number, coin in enumerate(coins)}
    full["RUT"] = rows(first, last, 2400, weekdays_only=True)
    with Store.writing(store_path(config)) as store:
        for symbol, found in full.items():
            days = [day for day in found if day <= before]
            columns = np.array(
                [[getattr(found[day], n) for n in ("open", "high", "low", "close", "volume")] for day in days]
            )
            dates = np.array(days, "datetime64[D]")
            known, final = (dates + 1).astype("datetime64[s]"), np.ones(len(days), bool)
            seen_at = STARTED - timedelta(days=1)
            source = "yahoo ^RUT" if symbol == "RUT" else f"binance {symbol}/USDT"
            store.append(RawBars(symbol, source, dates, *columns.T.copy()), known, final, seen_at)
    recent = {
        s: {day: row for day, row in found.items() if before - timedelta(days=40) < day <= before}
        for s, found in full.items()
    }
    servers.yahoo.charts["^RUT"] = Chart(recent["RUT"], kind="INDEX")
    for coin in coins:
        servers.exchange.list(coin, "USDT", recent[coin])
    for number in range(FILLERS):
        servers.exchange.list(f"FILLER{number}", "BTC", {})
    return full


def _move(servers: Servers, full: dict[str, dict[date, Row]], now: datetime) -> None:
    """Let vendors know the days until now."""
    served = {"RUT": servers.yahoo.charts["^RUT"].rows}
    served |= {name.removesuffix("USDT"): pair.rows for name, pair in servers.exchange.pairs.items() if pair.rows}
    for symbol, known in served.items():
        day = max(known) + timedelta(days=1)
        while day <= now.date():
            if day in full[symbol]:
                known[day] = full[symbol][day]
            day += timedelta(days=1)
        while len(known) > 60:
            del known[min(known)]
    for server in (servers.yahoo, servers.fred, servers.exchange):
        server.date = now
        server.asked.clear()


def _usage(pid: int, seconds: float) -> Usage:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    resident, peak = (int(status[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return Usage(resident, peak, seconds, sum(map(int, times)) / os.sysconf("SC_CLK_TCK"))


class _Days(Stop):
    """Lets days go by instead of waiting, and stops after some ticks."""

    def __init__(self, clock: FakeClock, ticks: int) -> None:
        self.clock, self.left = clock, ticks

    def wait(self, seconds: float) -> bool:
        self.clock.sleep(seconds)
        self.clock.sleeps.clear()
        if self.clock.now().minute % 5 == 0:  # ticks come at no other time
            _tell(f"at {self.clock.now().isoformat()}")
            sys.stdin.readline()
        return self.left == 0


def _tell(what: object) -> None:
    print(what, flush=True)


def _begin_ledger(config: Config, rows: int) -> None:
    """Replay the days before the first tick and their benchmarks into a ledger of about `rows` rows, five a day."""
    last = STARTED.date() - timedelta(days=2)  # the last row of the store
    window = Window(last - timedelta(days=rows // 5), last)
    run = planned_run(config, stored_market(config).as_of(midnight(last) + timedelta(days=1)), window, "key")
    period = ConfigPeriod(
        midnight(window.start), 1, "new", "key", period_hash(config), __version__, "simulated", run.plan.cash
    )
    replay(run.plan, period, ledger_path(config, "paper"), LedgerBenchmarks(run, last, config).beside)


def _child() -> None:
    collect_rarely()  # as `bot paper run` does
    job = json.loads(sys.stdin.readline())
    clock, ticks = FakeClock(STARTED), job["ticks"]
    days = _Days(clock, ticks)
    _tell(f"at {clock.now().isoformat()}")
    sys.stdin.readline()
    _tell(0)

    def say(what: str) -> None:
        if "  decided " in what:
            days.left -= 1
            _tell(ticks - days.left)
        else:
            print(what, file=sys.stderr)

    config = _config(job["folder"], job["coins"])
    if job["rows"]:
        _begin_ledger(config, job["rows"])
    opened = partial(_loopback, job["urls"])
    Daemon(config, "paper", clock, say, opened=opened).run(days)


def _loopback(urls: dict[str, str], config: Config, clock: Clock) -> AbstractContextManager[VendorSessions]:
    return loopback_sessions(urls, clock, pause=0.0)


if __name__ == "__main__":
    if sys.argv[1:] == ["--child"]:
        _child()
    else:
        count, begun = ([int(text) for text in sys.argv[1:]] + [1000, 0][len(sys.argv) - 1 :])[:2]
        for done, used in daemon_usage(count, (1, 10, 30, 100, 300, 1000, count), begun).items():
            each = f", {used.cpu / done:.2f} CPU s a tick" if done else ""
            print(f"after {done} ticks: {used.megabytes:.0f} MB, at most {used.peak:.0f}, {used.seconds:.0f} s{each}")
