"""An update that is killed at any instant leaves a store that opens, goes on, and ends as if nothing had been."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.data.store.store import FILE_NAME, Store
from tests.servers.made_up import rows
from tests.servers.wired import Servers, all_servers
from tests.servers.yahoo import Chart

pytestmark = pytest.mark.slow

NOW = datetime(2025, 11, 28, 18, 50, tzinfo=UTC)
LATER = NOW + timedelta(days=4)
KILLS = 20
SERIES = 9


class Updating:
    """A process that forks a child an update."""

    def __init__(self, servers: Servers, now: datetime) -> None:
        root = Path(__file__).resolve().parents[2]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.updating"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
        )
        self._say({"urls": servers.urls, "now": now.isoformat()})

    def update(self, folder: Path, kill_when: Callable[[], object] | None = None) -> int:
        """Update a store, perhaps only until something has happened; the exit code, negative for a signal."""
        self._say(str(folder))
        child = int(self._hear())
        if kill_when is not None:
            kill_when()
            with contextlib.suppress(ProcessLookupError):  # it was done already
                os.kill(child, signal.SIGKILL)
        return int(self._hear())

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=10)

    def _say(self, what: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write((what if isinstance(what, str) else json.dumps(what)) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def told(store: Path) -> dict[str, list[Any]]:
    """Everything that a store says, table by table."""
    queries = {
        "bars": "SELECT symbol, vintage, date, revision, open, high, low, close, volume, sources.name, known_at, "
        "first_seen_at, final FROM bars JOIN sources ON sources.id = bars.source ORDER BY 1, 2, 3, 4",
        "vintages": "SELECT * FROM vintages ORDER BY 1, 2",
        "columns": "SELECT * FROM columns ORDER BY 1",
        "venue_rules": "SELECT * FROM venue_rules ORDER BY 1, 2, 3",
    }
    with closing(sqlite3.connect(store)) as connection:
        return {name: connection.execute(query).fetchall() for name, query in queries.items()}


def requests(servers: Servers) -> int:
    """How many requests the vendors have seen."""
    return sum(len(server.asked) for server in servers.each)


def wait_for(servers: Servers, count: int, seconds: float) -> None:
    """Wait until the vendors have seen so many requests, and a moment more."""
    for _ in range(2000):
        if requests(servers) >= count:
            break
        time.sleep(0.005)
    time.sleep(seconds)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """Vendors that know a year."""
    first, last = date(2025, 1, 2), date(2025, 12, 2)
    with all_servers() as servers:
        servers.yahoo.charts["^RUT"] = Chart(rows(first, last, 2400, weekdays_only=True), kind="INDEX")
        servers.yahoo.charts["IWM"] = Chart(rows(first, last, 240, weekdays_only=True))
        for ticker in ("BTC-USD", "ETH-USD"):
            servers.yahoo.charts[ticker] = Chart(rows(date(2024, 11, 1), last, 4000), "CRYPTOCURRENCY", "UTC")
        servers.fred.series["WALCL"] = {
            str(first + timedelta(days=2 + 7 * week)): str(6_500_000 + week) for week in range(47)
        }
        for coin, price in (("BTC", 90_000.0), ("ETH", 4000.0), ("SOL", 150.0)):
            servers.exchange.list(coin, "USDT", rows(first, last, price))
        yield servers


@pytest.fixture(scope="module")
def before(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the first update, before the vendors change their minds on the past."""
    folder = tmp_path_factory.mktemp("before")
    for server in servers.each:
        server.date = NOW
    with contextlib.closing(Updating(servers, NOW)) as updating:
        assert updating.update(folder) == 0
    yahoo = servers.yahoo.charts
    yahoo["^RUT"].rows[date(2025, 11, 26)] = replace(yahoo["^RUT"].rows[date(2025, 11, 26)], close=2222.22)
    yahoo["IWM"].factors = {day: 0.99 for day in yahoo["IWM"].rows if day < date(2025, 12, 1)}
    servers.exchange.pairs["SOLUSDT"].tick = "0.05000000"
    for server in servers.each:
        server.date = LATER
    return folder


@pytest.mark.parametrize("start", ["from nothing", "from an older store"])
def test_a_killed_update_resumes_to_the_store_of_an_undisturbed_one(
    servers: Servers, before: Path, tmp_path: Path, start: str
) -> None:
    def new_folder(name: str) -> Path:
        folder = tmp_path / name
        if start == "from nothing":
            folder.mkdir()
        else:
            shutil.copytree(before, folder)
        return folder

    chance = random.Random(start)
    halfway = 0
    with contextlib.closing(Updating(servers, LATER)) as updating:
        before_it = requests(servers)
        assert updating.update(new_folder("undisturbed")) == 0
        count = requests(servers) - before_it
        expected = told(tmp_path / "undisturbed" / FILE_NAME)
        assert len(expected["columns"]) == SERIES
        for number in range(KILLS // 2):
            folder = new_folder(str(number))
            enough = requests(servers) + chance.randint(0, count)
            ended = updating.update(folder, lambda enough=enough: wait_for(servers, enough, chance.uniform(0, 0.05)))
            assert ended in (0, -signal.SIGKILL)
            halfway += is_on_its_way(folder / FILE_NAME, expected)
            assert updating.update(folder) == 0
            found = told(folder / FILE_NAME)
            for table in expected:
                assert found[table] == expected[table], f"{table} after kill {number}"
    assert halfway >= 3, "the kills must have hit updates on their way"


def is_on_its_way(store: Path, expected: Mapping[str, list[Any]]) -> bool:
    """Whether a store was left between its beginning and its end; it must open, and be whole."""
    if not store.exists() or not store.stat().st_size:
        return False
    with Store.writing(store) as opened:  # who opens it rolls back what was left half done
        opened.check_integrity()
    return told(store) != expected
