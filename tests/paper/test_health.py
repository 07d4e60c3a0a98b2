"""A daemon tells that it lives, and a health check says what is amiss in one line."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.core.errors import DataError, LedgerError
from bot.core.events import BalanceCause, BalanceDifference, TradingState
from bot.core.notice import Notice
from bot.infra.version import __version__
from bot.paper.daemon import Daemon, Stop
from bot.paper.daemon_status import DaemonStatus, daemon_status
from bot.paper.health_facts import require_health
from bot.paper.heartbeat import Beat, Heartbeat, heartbeat_path, read_beat
from bot.paper.ledgers import acknowledge, archive_ledger, daemon_lock, ledger_path, set_trading_state
from bot.settings.loader import Config
from tests.markets import config_with
from tests.paper.test_notifier import Ledger
from tests.paper.test_tick_notices import BEGUN, BUY, DAY, HELD

NOON = DAY + timedelta(hours=12)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A ledger that decided the day."""
    ledger = Ledger(tmp_path)
    ledger.write(BEGUN, HELD)
    return ledger


def alive(config: Config, at: datetime) -> None:
    """A daemon that told of itself."""
    Heartbeat(heartbeat_path(config, "mine")).beat(at, at + timedelta(hours=6))


class TestHealth:
    def test_a_day_that_is_decided_is_well_with_a_daemon_and_without(self, ledger: Ledger) -> None:
        assert require_health(ledger.config, "mine", NOON) == "mine: decided 2026-03-02; no daemon"
        alive(ledger.config, NOON - timedelta(minutes=4))
        told = require_health(ledger.config, "mine", NOON)
        assert told == "mine: decided 2026-03-02; daemon alive, next tick 2026-03-02T17:56:00Z"

    @pytest.mark.parametrize(("minutes", "is_well"), [(75, True), (76, False)])
    def test_a_day_is_overdue_once_its_decision_would_be_late(
        self, ledger: Ledger, minutes: int, is_well: bool
    ) -> None:
        tomorrow = DAY + timedelta(days=1, minutes=minutes)
        if is_well:
            assert require_health(ledger.config, "mine", tomorrow)
            return
        with pytest.raises(DataError, match="a day is overdue; expected 2026-03-03, was 2026-03-02"):
            require_health(ledger.config, "mine", tomorrow)

    def test_a_silent_daemon_is_a_fault_though_its_day_is_decided(self, ledger: Ledger) -> None:
        alive(ledger.config, NOON - timedelta(minutes=6))
        with pytest.raises(DataError, match="daemon stale since 2026-03-02T11:54:00Z") as caught:
            require_health(ledger.config, "mine", NOON)
        assert caught.value.exit_code == 3

    def test_a_ledger_that_its_user_stopped_is_well(self, ledger: Ledger) -> None:
        set_trading_state(ledger.config, "mine", TradingState.STOPPED, ledger.clock)
        assert "stopped by its user" in require_health(ledger.config, "mine", NOON + timedelta(days=9))

    def test_before_its_first_row_a_ledger_is_well_while_its_daemon_lives(self, tmp_path: Path) -> None:
        new = Ledger(tmp_path)
        with pytest.raises(LedgerError, match="there is no such ledger"):
            require_health(new.config, "mine", NOON)
        alive(new.config, NOON)
        assert "no decision yet; daemon alive" in require_health(new.config, "mine", NOON)
        new.write()  # the file is made before prices come
        assert "no decision yet; daemon alive" in require_health(new.config, "mine", NOON)

    def test_a_new_ledger_is_well_until_its_first_decision_would_be_late(self, tmp_path: Path) -> None:
        new = Ledger(tmp_path)
        new.write(BEGUN)
        assert require_health(new.config, "mine", NOON) == "mine: no decision yet; no daemon"
        with pytest.raises(DataError, match="expected 2026-03-03, was none decided"):
            require_health(new.config, "mine", NOON + timedelta(days=1))

    def test_an_order_that_was_left_open_is_a_fault_but_while_a_tick_is_about_it(self, ledger: Ledger) -> None:
        ledger.write(BUY)
        told = "1 order waits to be filled; bot paper tick --ledger mine looks it up"
        with pytest.raises(DataError, match=told):
            require_health(ledger.config, "mine", NOON)
        Heartbeat(heartbeat_path(ledger.config, "mine")).beat(NOON, NOON)
        assert require_health(ledger.config, "mine", NOON).endswith("daemon alive, ticking")
        alive(ledger.config, NOON)
        with pytest.raises(DataError, match=told):
            require_health(ledger.config, "mine", NOON)

    def test_an_account_that_changed_without_a_reason_is_a_fault_until_it_is_acknowledged(self, ledger: Ledger) -> None:
        ledger.write(BalanceDifference(NOON, "ETH", Decimal(2), Decimal(1), BalanceCause.UNKNOWN))
        with pytest.raises(
            DataError, match=r"unexplained change of the testnet balance: ETH.*bot paper acknowledge --ledger mine"
        ):
            require_health(ledger.config, "mine", NOON)
        acknowledge(ledger.config, "mine", ledger.clock)
        assert require_health(ledger.config, "mine", NOON)

    def test_a_damaged_ledger_is_no_good_health(self, ledger: Ledger) -> None:
        alive(ledger.config, NOON)
        ledger_path(ledger.config, "mine").write_bytes(b"no database" * 100)
        with pytest.raises(LedgerError):
            require_health(ledger.config, "mine", NOON)

    def test_half_a_heartbeat_is_none(self, ledger: Ledger) -> None:
        heartbeat_path(ledger.config, "mine").write_text('{"pid": 7')
        assert daemon_status(ledger.config, "mine", NOON).to_dict() == {"state": "none"}


class Sleeper(Stop):
    """Sleeps on a clock that is driven, looks at what the daemon tells meanwhile, and stops it in the end."""

    def __init__(self, ledger: Ledger, sleeps: int) -> None:
        self.ledger, self.sleeps = ledger, sleeps
        self.seen: list[str] = []
        self.notices: list[Notice] = []

    def wait(self, seconds: float) -> bool:
        now, path = self.ledger.clock.now(), heartbeat_path(self.ledger.config, "mine")
        found = read_beat(path)
        assert found is not None
        assert (found.pid, found.at) == (os.getpid(), now)
        self.seen.append(DaemonStatus(found, now).line)
        self.ledger.clock.sleep(seconds)
        self.sleeps -= 1
        return self.sleeps == 0


@pytest.fixture
def failing(ledger: Ledger) -> Ledger:
    """A ledger whose every tick fails at once: its clock stands before its last day."""
    ledger.clock.set(DAY - timedelta(days=1))
    return ledger


def run(ledger: Ledger, sleeps: int, problem: str = "") -> Sleeper:
    """The daemon, until it has slept so often."""
    sleeper = Sleeper(ledger, sleeps)

    def post(notices: list[Notice]) -> list[str]:
        sleeper.notices += notices
        return [problem] if problem else []

    Daemon(ledger.config, "mine", ledger.clock, ledger.said.append, post=post).run(sleeper)
    return sleeper


class TestTheDaemon:
    def test_tells_each_minute_that_it_lives_and_ends_without_a_trace(self, failing: Ledger) -> None:
        sleeper = run(failing, 12)
        assert len(failing.clock.sleeps) == 12
        assert max(failing.clock.sleeps) == 60
        assert sleeper.seen[:10] == ["alive, next tick 2026-03-01T00:10:00Z"] * 10
        assert sleeper.seen[10] == "alive, next tick 2026-03-01T00:20:00Z"
        assert not heartbeat_path(failing.config, "mine").exists()

    def test_goes_on_where_its_heartbeat_cannot_be_written(self, failing: Ledger) -> None:
        (heartbeat_path(failing.config, "mine").with_suffix(".alive-new")).mkdir()
        sleeps = [0]

        class Blind(Stop):
            def __init__(self) -> None: ...

            def wait(self, seconds: float) -> bool:
                sleeps[0] += 1
                return sleeps[0] == 2

        Daemon(failing.config, "mine", failing.clock, failing.said.append).run(Blind())
        assert "Stopped." in failing.said[-1]
        assert "the heartbeat cannot be written" in (failing.config.state / "bot.log").read_text()

    def test_without_a_log_it_does_not_begin(self, failing: Ledger) -> None:
        (failing.config.state / "bot.log").mkdir()
        with pytest.raises(LedgerError, match=r"bot.log: cannot be written"):
            run(failing, 1)

    def test_writes_and_says_that_a_notice_was_not_delivered(self, failing: Ledger) -> None:
        run(failing, 1, problem="address 1 of 1 did not answer")
        assert "2026-03-01T00:00:00Z  address 1 of 1 did not answer" in failing.said
        assert "| WARNING  | address 1 of 1 did not answer\n" in (failing.config.state / "bot.log").read_text()

    def test_logs_one_object_a_line_where_the_config_says_so(self, failing: Ledger) -> None:
        failing.config = config_with({"state": str(failing.config.state), "paper": {"log": "json"}})
        run(failing, 1)
        lines = [json.loads(line) for line in (failing.config.state / "bot.log").read_text().splitlines()]
        assert {tuple(line) for line in lines} == {("time", "level", "message", "ledger")}
        assert [(line["level"], line["ledger"]) for line in lines] == [
            ("WARNING", "mine"),
            ("INFO", "mine"),
            ("INFO", "mine"),
        ]
        assert datetime.fromisoformat(lines[0]["time"]).tzinfo is not None

    @pytest.mark.parametrize("form", ["text", "json"])
    def test_writes_no_secret_of_the_environment_though_an_error_holds_it(
        self, failing: Ledger, form: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        secrets = {
            "BINANCE_TESTNET_API_KEY": "k3y-of-binance",
            "BINANCE_TESTNET_API_SECRET": "s3cret-of-binance",
            "BYBIT_TESTNET_API_KEY": "k3y-of-bybit",
            "BYBIT_TESTNET_API_SECRET": "s3cret-of-bybit",
            "GATE_TESTNET_API_KEY": "k3y-of-gate",
            "GATE_TESTNET_API_SECRET": "s3cret-of-gate",
            "BOT_NOTIFY_URLS": "json://me:s3cret@127.0.0.1/one tgram://s3cret-too/two",
        }
        for name, value in secrets.items():
            monkeypatch.setenv(name, value)
        failing.config = config_with({"state": str(failing.config.state), "paper": {"log": form}})
        run(failing, 1, problem=f"this holds them all: {' '.join(secrets.values())}!")
        log = (failing.config.state / "bot.log").read_text()
        assert log.count("(hidden)") == 8
        assert "this holds them all" in log
        words = [word for value in secrets.values() for word in value.split()]
        assert not [word for word in words if word in log or word in " ".join(failing.said)]

    def test_tells_once_that_its_user_stopped_it_and_looks_again_at_the_next_decision_time(
        self, ledger: Ledger
    ) -> None:
        set_trading_state(ledger.config, "mine", TradingState.STOPPED, ledger.clock)
        sleeper = run(ledger, 20)
        told = "2026-03-02T00:00:00Z  stopped by its user: no day is decided until bot paper resume --ledger mine"
        assert ledger.said == [told, "Stopped. Open positions are kept. Restart to continue."]
        assert sleeper.seen[0] == "alive, next tick 2026-03-02T00:15:00Z"
        assert sleeper.seen[-1] == "alive, next tick 2026-03-03T00:15:00Z"
        assert sleeper.notices == []

    def test_a_line_of_the_log_tells_the_time_once(self, failing: Ledger) -> None:
        run(failing, 1)
        lines = (failing.config.state / "bot.log").read_text().splitlines()
        assert "| WARNING  | not decided: " in lines[0]

    def test_a_second_one_is_refused_and_touches_nothing_of_the_first(self, failing: Ledger) -> None:
        alive(failing.config, DAY)
        before = heartbeat_path(failing.config, "mine").read_bytes()
        with daemon_lock(failing.config, "mine", failing.clock):
            with pytest.raises(LedgerError, match=rf"a daemon trades it, process {os.getpid()}; end that one first"):
                run(failing, 1)
            with pytest.raises(LedgerError, match="a daemon trades it"):
                archive_ledger(failing.config, "mine", failing.clock)
        assert heartbeat_path(failing.config, "mine").read_bytes() == before
        run(failing, 1)

    def test_a_damaged_ledger_is_put_away(self, ledger: Ledger) -> None:
        path = ledger_path(ledger.config, "mine")
        path.write_bytes(b"no database" * 100)
        assert archive_ledger(ledger.config, "mine", ledger.clock).read_bytes() == b"no database" * 100
        assert not path.exists()


def test_a_heartbeat_between_two_ticks_changes_the_time_of_its_file_alone(tmp_path: Path) -> None:
    path = heartbeat_path(config_with({"state": str(tmp_path)}), "mine")
    heartbeat, due = Heartbeat(path), NOON + timedelta(hours=1)
    heartbeat.beat(NOON, due)
    written = path.stat().st_ino, path.read_bytes()
    heartbeat.beat(NOON + timedelta(seconds=60), due)
    assert (path.stat().st_ino, path.read_bytes()) == written
    assert read_beat(path) == Beat(os.getpid(), NOON + timedelta(seconds=60), due, __version__)
    path.unlink()
    heartbeat.beat(NOON + timedelta(seconds=120), due)
    assert read_beat(path) == Beat(os.getpid(), NOON + timedelta(seconds=120), due, __version__)
    heartbeat.beat(NOON + timedelta(seconds=180), due + timedelta(days=1))
    assert read_beat(path) == Beat(os.getpid(), NOON + timedelta(seconds=180), due + timedelta(days=1), __version__)


def test_a_heartbeat_is_read_as_it_was_written(tmp_path: Path) -> None:
    config = config_with({"state": str(tmp_path)})
    Heartbeat(heartbeat_path(config, "mine")).beat(NOON, NOON + timedelta(hours=1))
    found = read_beat(heartbeat_path(config, "mine"))
    assert found is not None
    assert (found.at, found.next_tick) == (NOON, NOON + timedelta(hours=1))
    assert DaemonStatus(found, NOON + timedelta(hours=2)).line.startswith("stale since 2026-03-02T12:00:00Z")
    assert DaemonStatus(replace(found, next_tick=NOON), NOON).line == "alive, ticking"
    assert list(tmp_path.joinpath("ledgers").iterdir()) == [heartbeat_path(config, "mine")]
