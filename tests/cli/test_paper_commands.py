"""`bot paper` as a user types it; none of these reaches a network."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.running import bot, error_of

SHORT = ["--start", "2102-02-01", "--end", "2102-12-31"]


@pytest.fixture
def replayed(tmp_path: Path) -> Path:
    """A folder in which a year of the demo was replayed."""
    done = bot("paper", "replay", *SHORT, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "334 ticks, each row the same as in the backtest" in done.stdout
    return tmp_path


def test_a_replay_leaves_a_ledger_that_tells_where_it_stands(replayed: Path) -> None:
    told = json.loads(bot("paper", "status", "-l", "replay", "--json", cwd=replayed).stdout)
    assert (told["begun"], told["last_day"], told["open_orders"]) == ("2102-02-01", "2102-12-31", 0)
    assert "replay " in bot("paper", "list", cwd=replayed).stdout
    assert [row["ledger"] for row in json.loads(bot("paper", "list", "--json", cwd=replayed).stdout)["ledgers"]] == [
        "replay"
    ]


def test_a_ledger_is_never_overwritten_and_can_be_put_away(replayed: Path) -> None:
    assert "the ledger exists already" in error_of(bot("paper", "replay", *SHORT, cwd=replayed), 5)
    assert bot("paper", "archive", "replay", cwd=replayed).returncode == 0
    assert "There is no ledger yet" in bot("paper", "list", cwd=replayed).stdout
    assert len(list((replayed / "logs" / "ledgers" / "archive").glob("replay-*.sqlite3"))) == 1


def test_an_unknown_ledger_gets_the_nearest(replayed: Path) -> None:
    assert "did you mean 'replay'?" in error_of(bot("paper", "status", "-l", "repaly", cwd=replayed), 5)


def test_a_tampered_ledger_is_named(replayed: Path) -> None:
    with closing(sqlite3.connect(replayed / "logs" / "ledgers" / "replay.sqlite3")) as ledger, ledger:
        ledger.executescript("DROP TRIGGER events_are_never_changed; UPDATE events SET at = 'x' WHERE sequence = 9;")
    assert "row 9" in error_of(bot("paper", "status", "-l", "replay", cwd=replayed), 5)


@pytest.mark.parametrize("name", ["../up", "a b", "", "x" * 50])
def test_a_ledgers_name_is_a_name(tmp_path: Path, name: str) -> None:
    assert "is no name for a ledger" in error_of(bot("paper", "status", "--ledger", name, cwd=tmp_path), 2)
    assert not (tmp_path / "logs").exists()


def test_without_a_ledger_it_says_how_to_begin_one(tmp_path: Path) -> None:
    assert "begin one with: bot paper tick" in error_of(bot("paper", "status", cwd=tmp_path), 5)


def test_a_rehearsal_trades_on_a_venue_of_its_own_and_its_account_is_what_the_ledger_says(tmp_path: Path) -> None:
    done = bot("paper", "rehearse", "--market", "demo", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["orders"] > 10
    assert told["difference"] == ""
    assert told["open_orders"] == 0
