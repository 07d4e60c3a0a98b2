"""Bad disks and bad machines: no day is decided on them, one line says why, and the ledger is as it was."""

from __future__ import annotations

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.errors import DataError, LedgerError
from bot.core.events import Drift, Event, TradingState, TradingStateChange
from bot.core.moments import midnight
from bot.ledger.record import verify_ledger
from bot.ledger.writer import LedgerWriter
from bot.paper import ledgers
from tests.cli.running import ROOT, bot, error_of
from tests.clocks import FakeClock
from tests.paper.test_tick import FIRST_TICK, at, rows, tick, world
from tests.servers.world import World

pytestmark = pytest.mark.slow

__all__ = ["world"]  # a fixture
AT = datetime(2026, 3, 1, tzinfo=UTC)


def events(count: int) -> list[Event]:
    """Something to write down."""
    return [TradingStateChange(AT + timedelta(minutes=minute), TradingState.ON) for minute in range(count)]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """The ledger `paper` of a user whose folder is `tmp_path`."""
    assert bot("paper", "new", cwd=tmp_path).returncode == 0
    path = tmp_path / "logs" / "ledgers" / "paper.sqlite3"
    with LedgerWriter.open(path) as journal:
        journal.append(events(30))
    return path


@contextmanager
def full_from(size: int) -> Iterator[None]:
    """No file of this process can grow beyond so many bytes, as on a disk that is full there."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class TestAFullDisk:
    def test_wherever_it_is_full_an_append_is_whole_or_nothing(self, ledger: Path, tmp_path: Path) -> None:
        before, size = verify_ledger(ledger), ledger.stat().st_size
        failed = done = 0
        for limit in range(600, size + 60_000, 2_000):
            path = tmp_path / "tried.sqlite3"
            shutil.copy(ledger, path)
            with LedgerWriter.open(path) as journal:
                try:
                    with full_from(limit):
                        journal.append(events(200))
                except LedgerError as problem:
                    assert problem.exit_code == 5
                    assert len(journal.rows) == before[0]
                    failed += 1
                    assert verify_ledger(path) == before
                    journal.append(events(1))  # and it goes on when there is room again
                    assert verify_ledger(path) == (before[0] + 1, journal.head)
                else:
                    done += 1
                    assert verify_ledger(path) == (before[0] + 200, journal.head)
        assert failed > 5
        assert done > 5

    def test_a_ledger_that_is_to_begin_there_does_not(self, tmp_path: Path) -> None:
        path = tmp_path / "new.sqlite3"
        with LedgerWriter.open(path) as journal, full_from(100), pytest.raises(LedgerError):
            journal.append(events(1))
        with LedgerWriter.open(path) as journal:
            assert journal.rows == []
            journal.append(events(1))
        assert verify_ledger(path)[0] == 1

    def test_a_tick_that_cannot_write_its_decision_sends_nothing_and_decides_the_day_when_there_is_room(
        self, world: World
    ) -> None:
        tick(world)
        path, store = ledgers.ledger_path(world.config, "paper"), world.config.state / "market.sqlite3"
        with LedgerWriter.open(path) as journal:  # so that the ledger is the larger file, and the first to be full
            journal.append([Drift(midnight(FIRST_TICK.date()), "x" * 2 * store.stat().st_size, "")])
        before = verify_ledger(path)
        at(world, FIRST_TICK + timedelta(days=1))
        asked = len(depth_requests(world))
        with full_from(path.stat().st_size), pytest.raises(LedgerError):
            while True:  # what was free inside of its pages is used up first
                tick(world)
                at(world, world.clock.now() + timedelta(days=1))
                before, asked = verify_ledger(path), len(depth_requests(world))
        assert verify_ledger(path) == before
        assert len(depth_requests(world)) == asked
        assert tick(world).decided == (world.clock.now().date(),)


def depth_requests(world: World) -> list[str]:
    """Every request for an order book so far."""
    return [asked.path for asked in world.servers.exchange.asked if asked.path.endswith("/depth")]


@dataclass
class Mounted:
    """What was said on a small disk of its own."""

    code: int
    told: str


def on_a_disk(ledger: Path, then: str, *command: str) -> Mounted:
    """Run a command in a folder that is a disk of 256 KB with the ledger on it, after a line of shell there."""
    if not shutil.which("unshare"):
        pytest.skip("there is no unshare here")
    disk = ledger.parents[2] / "disk"
    disk.mkdir()
    script = (
        f"mount -t tmpfs -o size=256k tmpfs {disk} || exit 77; mkdir -p {disk}/logs/ledgers; "
        f'cp {ledger} {disk}/logs/ledgers/; cd {disk}; {then}; shift; exec "$@"'
    )
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", "-", *command],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this machine lets no user mount a disk")
    return Mounted(done.returncode, done.stderr + done.stdout)


FILLING = """
from pathlib import Path
from bot.core.errors import LedgerError
from bot.ledger.writer import LedgerWriter
from bot.ledger.record import verify_ledger
from tests.paper.test_bad_machines import events

path = Path("logs/ledgers/paper.sqlite3")
with LedgerWriter.open(path) as writer:
    try:
        while True:
            writer.append(events(50))
    except LedgerError as problem:
        assert verify_ledger(path) == (len(writer.rows), writer.head)
        print(problem)
"""


def test_a_disk_that_is_really_full_is_said_to_be(ledger: Path) -> None:
    found = on_a_disk(ledger, ":", sys.executable, "-c", FILLING)
    assert "the disk is full; what was stored before is kept; make room" in found.told


def test_a_ledger_on_a_disk_that_is_read_only_is_read_and_not_written(ledger: Path) -> None:
    told = json.loads(on_a_disk(ledger, "mount -o remount,ro .", sys.executable, "-c", ASKING).told)
    assert told["status"] == [0, ""]
    for command in ("tick", "stop"):
        assert told[command] == [
            5,
            "Error: logs/ledgers/paper.lock: cannot be written: Read-only file system; mount it for writing\n",
        ]


ASKING = """
import json
from pathlib import Path
from tests.cli.running import bot

done = {command: bot("paper", command, cwd=Path()) for command in ("status", "tick", "stop")}
print(json.dumps({command: [one.returncode, one.stderr] for command, one in done.items()}))
"""

Spoil = Callable[[Path], object]


def tampered(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript("DROP TRIGGER events_are_never_changed; UPDATE events SET at = 'x' WHERE sequence = 7")


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 9")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (tampered, "row 7 (switched at x) was changed after it was written"),
        (newer, "is a ledger of a newer version; expected version 2 or older, was version 9; update the bot"),
        (a_folder, "is a folder, not a file; move it away"),
        (cut, "is damaged or no database"),
    ],
)
@pytest.mark.parametrize("command", ["tick", "backup"])
def test_a_ledger_that_cannot_be_trusted_is_told_in_one_line_and_left_as_it_is(
    ledger: Path, tmp_path: Path, spoil: Spoil, told: str, command: str
) -> None:
    spoil(ledger)
    before = ledger.read_bytes() if ledger.is_file() else b""
    assert told in error_of(bot("paper", command, cwd=tmp_path), 5)
    assert (ledger.read_bytes() if ledger.is_file() else b"") == before
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("spoil", [tampered, cut])
def test_a_backup_of_a_damaged_ledger_names_the_ledger(ledger: Path, tmp_path: Path, spoil: Spoil) -> None:
    spoil(ledger)
    told = error_of(bot("paper", "backup", "--to", "copy", cwd=tmp_path), 5)
    assert told.startswith("Error: logs/ledgers/paper.sqlite3: ")


HOLDING = """
import sys, time
from pathlib import Path
from bot.infra.clock import SystemClock
from bot.data.store.write_lock import write_lock

with write_lock(Path(sys.argv[1]), SystemClock()):
    print("holds", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_refused_and_the_lock_of_a_killed_one_is_free(ledger: Path, tmp_path: Path) -> None:
    before = verify_ledger(ledger)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(ledger)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "holds\n"
        found = error_of(bot("paper", "tick", cwd=tmp_path), 5)
        assert f"is in use by process {holder.pid}; try again when it is done" in found
        assert verify_ledger(ledger) == before
        holder.kill()
        holder.wait(10)
    assert bot("paper", "stop", cwd=tmp_path).returncode == 0
    assert verify_ledger(ledger)[0] == before[0] + 1


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_clock_two_hours_off_records_nothing(world: World, hours: int) -> None:
    tick(world)
    before = rows(world)
    at(world, FIRST_TICK + timedelta(days=1))
    world.clock = FakeClock(world.clock.now() + timedelta(hours=hours))
    with pytest.raises(DataError, match="this machine's clock") as caught:
        tick(world)
    assert caught.value.exit_code == 3
    assert rows(world) == before


def test_a_clock_before_a_day_that_was_decided_decides_nothing(world: World) -> None:
    tick(world)
    before = rows(world)
    world.set_time(FIRST_TICK - timedelta(days=1))
    with pytest.raises(DataError, match="clock says 2025-12-01, and the ledger stands at 2025-12-02") as caught:
        tick(world)
    assert caught.value.exit_code == 3
    assert rows(world) == before


def test_a_store_without_a_new_row_decides_nothing(world: World) -> None:
    tick(world)
    before = rows(world)
    world.set_time(FIRST_TICK + timedelta(days=2))  # time goes on, and no vendor has a new day
    with pytest.raises(DataError, match="ETH has no row of the day before 2025-12-04: no day is decided") as caught:
        tick(world)
    assert caught.value.exit_code == 3
    assert rows(world) == before
