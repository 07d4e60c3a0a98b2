"""`bot paper notify` and the health of a ledger, as a user types them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.infra.clock import SystemClock
from bot.paper.heartbeat import Heartbeat, heartbeat_path
from tests.cli.running import bot, error_of
from tests.paper.test_notifier import Ledger
from tests.paper.test_tick_notices import BEGUN, BUY, FILLED, HELD
from tests.servers.loopback import status
from tests.servers.phone import Phone


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A ledger in logs that decided one day, long ago."""
    monkeypatch.delenv("BOT_NOTIFY_URLS", raising=False)
    ledger = Ledger(tmp_path / "logs")
    ledger.write(BEGUN, HELD, BUY)
    return ledger


def test_a_dry_run_prints_the_notices_of_the_last_day(ledger: Ledger, tmp_path: Path) -> None:
    done = bot("paper", "notify", "-l", "mine", "--dry-run", cwd=tmp_path)
    assert done.returncode == 0
    assert "Notice (decision): mine: ETH, 2026-03-02\n  No change" in done.stdout
    assert "Notice (head): mine: the record of 2026-03-02" in done.stdout
    assert done.stdout.endswith("2 notices printed.\n")


def test_without_an_address_it_says_where_one_would_come_from(ledger: Ledger, tmp_path: Path) -> None:
    told = error_of(bot("paper", "notify", "-l", "mine", cwd=tmp_path), 2)
    assert told.startswith("Error: BOT_NOTIFY_URLS: has no address to send to")


def test_addresses_are_tried_and_one_that_is_not_reached_is_an_error_without_its_name(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Phone() as phone, Phone() as broken:
        broken.fail(*[status(500)] * 6)  # two notices, three tries each
        monkeypatch.setenv("BOT_NOTIFY_URLS", f"{phone.address} {broken.address}")
        told = error_of(bot("paper", "notify", "-l", "mine", cwd=tmp_path), 3)
        assert [title for title, _ in phone.messages] == ["mine: ETH, 2026-03-02", "mine: the record of 2026-03-02"]
    assert told == "Error: notices: address 2 of 2 did not take 2 of 2"


def test_a_wrong_address_ends_a_tick_before_it_begins(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOT_NOTIFY_URLS", "jsons://s3cret@api.kraken.com/0/private")
    told = error_of(bot("paper", "tick", "-l", "mine", cwd=tmp_path), 2)
    assert "address 1 is one of an exchange, where no notice is sent" in told
    assert "s3cret" not in told


def test_the_error_of_a_tick_is_told_in_a_dry_run(ledger: Ledger, tmp_path: Path) -> None:
    future = SystemClock().now() + timedelta(days=2)
    ledger.write(replace(HELD, at=future))
    done = bot("paper", "tick", "-l", "mine", "--notify-dry-run", cwd=tmp_path)
    assert "and the ledger stands at" in error_of(done, 3)
    assert "Notice (error): mine: not decided, or not in full\n  " in done.stdout


def test_a_tick_of_a_ledger_that_its_user_stopped_is_no_error(ledger: Ledger, tmp_path: Path) -> None:
    ledger.write(FILLED)
    bot("paper", "stop", "-l", "mine", cwd=tmp_path)
    done = bot("paper", "tick", "-l", "mine", "--notify-dry-run", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Stopped. Resume with: bot paper resume --ledger mine\n")
    assert "Notice" not in done.stdout


def test_the_status_tells_of_the_daemon_and_a_check_of_what_is_amiss(ledger: Ledger, tmp_path: Path) -> None:
    assert "Daemon   no daemon\n" in bot("paper", "status", "-l", "mine", cwd=tmp_path).stdout
    now = SystemClock().now()
    Heartbeat(heartbeat_path(ledger.config, "mine")).beat(now, now + timedelta(hours=5))
    assert "Daemon   alive, next tick 2" in bot("paper", "status", "-l", "mine", cwd=tmp_path).stdout
    told = json.loads(bot("paper", "status", "-l", "mine", "--json", cwd=tmp_path).stdout)
    assert (told["daemon"]["state"], told["stage"]) == ("alive", "ETH")
    ledger.write(FILLED)
    assert "a day is overdue" in error_of(bot("paper", "status", "-l", "mine", "--check", cwd=tmp_path), 3)


def test_a_check_is_one_line_where_all_is_well(tmp_path: Path) -> None:
    now, new = SystemClock().now(), Ledger(tmp_path / "logs")
    Heartbeat(heartbeat_path(new.config, "mine")).beat(now, now + timedelta(hours=5))
    done = bot("paper", "status", "-l", "mine", "--check", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("mine: no decision yet; daemon alive, next tick")
    assert done.stdout.count("\n") == 1
    assert json.loads(bot("paper", "status", "-l", "mine", "--check", "--json", cwd=tmp_path).stdout)["well"]
