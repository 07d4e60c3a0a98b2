"""The daemon ticks at its times, tries again where it could not, and ends when it is told to."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.core.ports import Clock
from bot.ledger import record
from bot.ledger.chain_check import quick_chain_end
from bot.ledger.record import verify_ledger
from bot.ledger.row import Row
from bot.paper.daemon import Daemon, Stop, next_time
from bot.paper.ledgers import ledger_path
from bot.services.vendors import VendorSessions
from bot.settings.loader import Config
from tests.cli.running import ROOT
from tests.markets import default_config
from tests.paper.test_tick import FIRST_TICK, fills, rows, world
from tests.servers.loopback import dropped
from tests.servers.world import World, extended

__all__ = ["world"]  # a fixture

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (MIDNIGHT + timedelta(minutes=15, seconds=20), MIDNIGHT + timedelta(days=1, minutes=15)),
        (MIDNIGHT + timedelta(minutes=3), MIDNIGHT + timedelta(minutes=15)),
        (MIDNIGHT + timedelta(hours=23, minutes=59), MIDNIGHT + timedelta(days=1, minutes=15)),
    ],
)
def test_a_day_that_is_decided_waits_for_the_next_decision_time(now: datetime, expected: datetime) -> None:
    assert next_time(default_config(), now, decided=True) == expected


def test_a_day_that_could_not_be_decided_is_tried_again_soon() -> None:
    assert next_time(default_config(), MIDNIGHT, decided=False) == MIDNIGHT + timedelta(minutes=10)


class Life(Stop):
    """Waits that pass at once; what happens meanwhile happens to the clock and the vendors at its time."""

    def __init__(self, world: World, ends: datetime, happenings: Mapping[datetime, Callable[[], None]]) -> None:
        self.world, self.ends, self.happenings, self.waits = world, ends, dict(happenings), 0

    def wait(self, seconds: float) -> bool:
        assert 0 < seconds <= 60
        self.waits += 1
        self.world.clock.sleep(seconds)
        for due in sorted(self.happenings):
            if due <= self.world.clock.now():
                self.happenings.pop(due)()
        now = self.world.clock.now()
        for server in self.world.servers.each:
            if server.date is not None and server.date.date() != now.date():
                extended(self.world, now.date())
            server.date = now
        return now >= self.ends or self.waits > 8000


def lived(world: World, ends: datetime, happenings: Mapping[datetime, Callable[[], None]]) -> list[str]:
    """A daemon's life until a moment, and all that it said."""
    said: list[str] = []

    def opened(config: Config, clock: Clock) -> AbstractContextManager[VendorSessions]:
        return world.sessions(tries=1)

    daemon = Daemon(world.config, "paper", world.clock, said.append, opened=opened)
    daemon.run(Life(world, ends, happenings))
    assert said.pop().startswith("Stopped.")
    return said


def decided(said: list[str]) -> list[str]:
    """The days that a daemon said to have decided."""
    return [line.partition("  decided ")[2][:10] for line in said if "  decided " in line]


def test_a_machine_that_slept_for_three_days_decides_them_late_and_trades_on_todays_price_only(world: World) -> None:
    def wakes() -> None:
        world.clock.sleep(timedelta(days=3, hours=5).total_seconds())

    said = lived(world, FIRST_TICK + timedelta(days=3, hours=9), {FIRST_TICK + timedelta(hours=2): wakes})
    assert decided(said) == ["2025-12-02", "2025-12-03", "2025-12-04", "2025-12-05"]
    late = [(row.at[:10], row.body["missed"]) for row in rows(world) if row.kind == "late"]
    assert late == [("2025-12-03", True), ("2025-12-04", True), ("2025-12-05", False)]
    assert {fill.at.date() for fill in fills(world)} <= {date(2025, 12, 2), date(2025, 12, 5)}


def test_the_chain_of_a_ledger_is_checked_once_a_tick(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[int] = []

    def check(connection: sqlite3.Connection, genesis: str) -> tuple[int, str] | None:
        found = quick_chain_end(connection, genesis)
        checked.append(found[0] if found else 0)
        return found

    monkeypatch.setattr(record, "quick_chain_end", check)
    said = lived(world, FIRST_TICK + timedelta(days=2, hours=1), {})
    assert len(decided(said)) == 3
    # The first tick begins the ledger, the second checks and decodes its rows one by one.
    assert len(checked) == 1
    assert 0 < checked[0] < len(rows(world))


def test_each_day_is_told_with_the_orders_that_were_carried_out_for_it(world: World) -> None:
    def wakes() -> None:
        world.clock.sleep(timedelta(days=2).total_seconds())

    pair = world.servers.exchange.pairs["ETHUSDT"]
    pair.asks = [("103.00", "500")]  # too wide: the order is tried again each day
    said = lived(world, FIRST_TICK + timedelta(days=2, minutes=5), {FIRST_TICK + timedelta(minutes=2): wakes})
    told = [line.partition("  decided ")[2] for line in said if "  decided " in line]
    days = [("2025-12-02", 1), ("2025-12-03", 0), ("2025-12-04", 1)]
    assert told == [f"{day}, {count} {'order' if count == 1 else 'orders'} executed" for day, count in days]
    assert sum("Order unfilled: buy ETH, spread_too_wide." in line for line in said) == 2
    assert any("Days made up for: 2025-12-03." in line for line in said)


def test_a_clock_that_is_set_back_decides_no_day_twice_and_goes_on(world: World) -> None:
    before: list[Row] = []

    def set_back() -> None:
        before.extend(rows(world))
        world.clock.sleeps.clear()
        world.clock.set(FIRST_TICK - timedelta(hours=5))

    ends = FIRST_TICK + timedelta(hours=23)
    said = lived(world, ends, {FIRST_TICK + timedelta(hours=2): set_back})
    assert decided(said) == ["2025-12-02"]
    assert rows(world) == before


def test_a_clock_that_ran_ahead_and_is_set_right_is_not_waited_for(world: World) -> None:
    right = FIRST_TICK + timedelta(minutes=3)
    world.clock.set(FIRST_TICK + timedelta(days=365))  # and the vendors' is not
    said = lived(world, right + timedelta(hours=1), {FIRST_TICK: lambda: world.clock.set(right)})
    assert "this machine's clock is" in said[0]
    assert decided(said) == ["2025-12-02"]


def test_a_vendor_that_is_down_for_hours_is_waited_for_and_the_day_is_decided_late(world: World) -> None:
    world.config = world.config.model_copy(
        update={"paper": world.config.paper.model_copy(update={"retry_minutes": 60})}
    )

    def down() -> None:
        world.servers.exchange.fail(*[dropped()] * 500)
        world.second.fail(*[dropped()] * 500)

    def up() -> None:
        world.servers.exchange.faults.clear()
        world.second.faults.clear()

    tomorrow = FIRST_TICK + timedelta(days=1)
    happenings = {FIRST_TICK + timedelta(hours=20): down, tomorrow + timedelta(hours=2, minutes=30): up}
    said = lived(world, tomorrow + timedelta(hours=5), happenings)
    assert [line for line in said if "not decided" in line and "no day is decided, open positions are kept" in line]
    assert decided(said) == ["2025-12-02", "2025-12-03"]
    assert [row.at[:10] for row in rows(world) if row.kind == "late"] == ["2025-12-03"]


DAEMON = """
import json, sys
from datetime import datetime
from bot.paper.daemon import Daemon, Stop
from tests.clocks import FakeClock
from tests.markets import config_with
from tests.servers.wired import loopback_sessions

told = json.loads(sys.stdin.readline())
clock = FakeClock(datetime.fromisoformat(told["now"]))
Daemon(
    config_with(told["changes"]), "paper", clock, lambda line: print(line, flush=True),
    opened=lambda config, clock: loopback_sessions(told["urls"], clock),
).run(Stop())
"""


@pytest.mark.slow
@pytest.mark.parametrize("when", ["while it sleeps", "during a tick"])
def test_a_call_to_stop_ends_it_after_the_tick_that_is_under_way_with_code_0(world: World, when: str) -> None:
    venues = {
        "exchange": {"venues": ["binance"], "pause": 0.0},
        "yahoo": {"pause": 0.0},
        "fred": {"pause": 0.0},
        "defillama": {"pause": 0.0},
    }
    strategy = {"file": str(world.config.strategy.file)}
    changes = {"state": str(world.config.state), "sources": venues, "strategy": strategy}
    told = {"now": FIRST_TICK.isoformat(), "changes": changes, "urls": world.servers.urls}
    with subprocess.Popen(
        [sys.executable, "-c", DAEMON], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as daemon:
        assert daemon.stdin is not None
        assert daemon.stdout is not None
        daemon.stdin.write(json.dumps(told) + "\n")
        daemon.stdin.flush()
        said = ""
        if when == "during a tick":
            while not world.servers.exchange.asked:
                time.sleep(0.005)
        else:
            said = daemon.stdout.readline()
        daemon.terminate()
        said += daemon.stdout.read()
        assert daemon.wait(20) == 0
    assert [line[22:40] for line in said.splitlines() if "decided" in line] == ["decided 2025-12-02"]
    assert said.splitlines()[-1].startswith("Stopped. Open positions are kept.")
    assert verify_ledger(ledger_path(world.config, "paper"))[0] > 3


def test_an_order_that_waits_for_a_quote_is_tried_again_within_the_hour() -> None:
    config = default_config()
    assert next_time(config, MIDNIGHT + timedelta(hours=3), True, waiting=True) == MIDNIGHT + timedelta(
        hours=3, minutes=15
    )
    last = MIDNIGHT + timedelta(hours=24, minutes=10)
    assert next_time(config, last, True, waiting=True) == MIDNIGHT + timedelta(hours=24, minutes=15)


@pytest.mark.slow
@pytest.mark.parametrize("ignored", [False, True])
def test_sighup_ends_a_daemon_like_sigterm_except_under_nohup(ignored: bool) -> None:
    program = (
        "import os, signal\n"
        "from bot.paper.daemon import Stop\n"
        f"signal.signal(signal.SIGHUP, signal.{'SIG_IGN' if ignored else 'SIG_DFL'})\n"
        "stop = Stop()\n"
        "os.kill(os.getpid(), signal.SIGHUP)\n"
        "print(stop.wait(0.2))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.stdout.strip(), done.returncode) == (str(not ignored), 0)
