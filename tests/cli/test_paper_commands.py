"""`bot paper` as a user types it; none of these reaches a network."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
import typer
from rich.console import Console

from bot.cli.console import console, progress
from bot.cli.paper.paper_commands import print_tick
from bot.core.market import Market
from bot.core.moments import midnight
from bot.core.orders import Fill, Side
from bot.infra.clock import SystemClock
from bot.paper.heartbeat import Heartbeat, heartbeat_path
from bot.paper.ledgers import daemon_lock, next_decision, status_of
from bot.paper.tick_result import TickResult
from bot.venue.matching.exchange import KEY
from tests.cli.running import bot, bot_process, error_of
from tests.paper.test_notifier import Ledger
from tests.paper.test_rehearsal import FIRST, running
from tests.paper.test_tick_notices import BEGUN, BUY, HELD

pytestmark = pytest.mark.slow

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
    assert bot("paper", "archive", "-l", "replay", cwd=replayed).returncode == 0
    assert "No ledger yet" in bot("paper", "list", cwd=replayed).stdout
    assert len(list((replayed / "logs" / "ledgers" / "archive").glob("replay-*.sqlite3"))) == 1


def test_an_unknown_ledger_gets_the_nearest(replayed: Path) -> None:
    assert "did you mean 'replay'?" in error_of(bot("paper", "status", "-l", "repaly", cwd=replayed), 5)


def test_a_tampered_ledger_is_named(replayed: Path) -> None:
    with closing(sqlite3.connect(replayed / "logs" / "ledgers" / "replay.sqlite3")) as ledger, ledger:
        ledger.executescript("DROP TRIGGER events_are_never_changed; UPDATE events SET at = 'x' WHERE sequence = 9;")
    assert "row 9" in error_of(bot("paper", "status", "-l", "replay", cwd=replayed), 5)


@pytest.mark.parametrize("name", ["../up", "a b", "", "x" * 41, "Käse", "٣"])
def test_a_ledgers_name_is_a_name(tmp_path: Path, name: str) -> None:
    told = error_of(bot("paper", "status", "--ledger", name, cwd=tmp_path), 2)
    assert "is no valid ledger name; expected at most 40 of A-Z, a-z, 0-9, - and _" in told
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


def test_the_list_tells_of_each_ledger_and_marks_one_that_is_damaged(tmp_path: Path) -> None:
    names = ["one", "two", "x" * 40]
    for name in names:
        assert bot("paper", "new", "--ledger", name, cwd=tmp_path).returncode == 0
    assert [line.split()[0] for line in bot("paper", "list", cwd=tmp_path).stdout.split("\n")[3:6]] == names
    (tmp_path / "logs" / "ledgers" / "two.sqlite3").write_bytes(b"no database" * 100)
    done = bot("paper", "list", cwd=tmp_path)
    assert "two.sqlite3: is damaged or no database" in error_of(done, 5)
    assert [line.split() for line in done.stdout.splitlines() if line.startswith(" two ")] == [["two", "damaged"]]
    assert "\n one " in done.stdout
    assert done.stdout.count("x") == 40
    told = json.loads(bot("paper", "list", "--json", cwd=tmp_path).stdout)
    assert [one["ledger"] for one in told["ledgers"]] == ["one", "x" * 40]
    assert ([one["ledger"] for one in told["damaged"]], told["error"]["exit_code"]) == (["two"], 5)


def test_flat_says_when_it_sells(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "logs")
    today = SystemClock().now().date()
    ledger.write(BEGUN, replace(HELD, at=midnight(today - timedelta(days=1))))
    told = bot("paper", "flat", "-l", "mine", cwd=tmp_path).stdout
    assert told.endswith("and buying stops. That is the next tick: today is not decided yet.\n")
    assert bot("paper", "flat", "-l", "mine", cwd=tmp_path).stdout == "mine is already flat.\n"
    ledger.write(replace(HELD, at=midnight(today)))
    when = f"{today + timedelta(days=1)} 00:15 UTC: today is decided, and no command sells sooner"
    assert next_decision(ledger.config, "mine", midnight(today) + timedelta(hours=23)) == when


def test_resume_says_that_a_ledger_is_on_already(tmp_path: Path) -> None:
    assert bot("paper", "new", cwd=tmp_path).returncode == 0
    assert bot("paper", "resume", cwd=tmp_path).stdout == "paper is already on.\n"


def test_a_ledger_that_has_not_begun_is_awaited_while_its_daemon_lives(tmp_path: Path) -> None:
    new, now = Ledger(tmp_path / "logs"), SystemClock().now()
    Heartbeat(heartbeat_path(new.config, "mine")).beat(now, now + timedelta(hours=5))
    done = bot("paper", "status", "-l", "mine", cwd=tmp_path)
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)
    assert done.stdout.startswith("mine begins with the first day that can be decided. Daemon alive")
    assert json.loads(bot("paper", "status", "-l", "mine", "--json", cwd=tmp_path).stdout)["daemon"]["state"] == "alive"


def test_amounts_are_short_for_people_and_whole_for_machines(tmp_path: Path) -> None:
    ledger, quantity = Ledger(tmp_path / "logs"), Decimal("0.123456789012")
    coins = [f"COIN{number}" for number in range(9)]
    ledger.write(BEGUN, *[bought(coin, quantity) for coin in coins], bought("DUST", Decimal("1234567890.5")))
    lines = bot("paper", "status", "-l", "mine", cwd=tmp_path).stdout.splitlines()
    assert lines[1] == "Stage    No decision yet."
    first = next(i for i, line in enumerate(lines) if line.startswith("Holds"))
    held = lines[first : next(i for i, line in enumerate(lines) if line.startswith("Open"))]
    assert len(held) > 2
    assert max(map(len, held)) <= 80
    assert "0.12345679 COIN0, " in held[0]
    assert held[-1].endswith("1,234,567,890 DUST")
    told = json.loads(bot("paper", "status", "-l", "mine", "--json", cwd=tmp_path).stdout)
    assert told["holdings"]["COIN0"] == "0.123456789012"


def bought(coin: str, quantity: Decimal) -> Fill:
    return Fill("id", BEGUN.at, coin, Side.BUY, quantity, Decimal("1e-7"), Decimal(1), Decimal(0), "why")


@pytest.mark.parametrize("as_json", [False, True])
def test_a_tick_that_leaves_an_order_open_ends_with_code_4_after_all_is_said(
    tmp_path: Path, as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(BEGUN, HELD, BUY)
    ticked = TickResult((HELD.at.date(),), (), (), (BUY,))
    with pytest.raises(typer.Exit) as ended:
        print_tick(console(to_error=as_json), ticked, status_of(ledger.config, "mine"), ledger.config, as_json)
    said = capsys.readouterr()
    assert ended.value.exit_code == 4
    mend = "tick again in a minute: it looks them up first"
    assert said.err.endswith(f"mine: 1 order has an unknown status; {mend}\n")
    assert "Decided: 2026-03-02. Orders carried out: 0." in (said.err if as_json else said.out)
    if as_json:
        assert json.loads(said.out)["error"]["type"] == "OutcomeUnknown"


def test_a_bugs_traceback_is_kept_where_the_config_says_and_holds_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BINANCE_TESTNET_API_KEY", "k3y-of-binance")
    ledger, config = Ledger(tmp_path / "elsewhere"), tmp_path / "mine.yaml"
    config.write_text("extends: default.yaml\nstate: elsewhere\n")
    ledger.write(BEGUN)

    def bug(path: Path) -> tuple[int, str]:
        raise ValueError("'k3y-of-binance' is a secret that a bug shows")

    monkeypatch.setattr("bot.paper.ledgers.verify_changed", bug)
    told = error_of(bot("paper", "status", "-l", "mine", "--config", str(config), cwd=tmp_path), 1)
    assert told == "Error: this is a bug in the bot, not in what you did; please report it with elsewhere/bot.log"
    log = (tmp_path / "elsewhere" / "bot.log").read_text()
    assert "ValueError: '(hidden)' is a secret that a bug shows" in log
    assert "k3y-of-binance" not in log
    assert not (tmp_path / "logs").exists()


def test_a_rehearsal_whose_account_is_not_what_the_ledger_says_ends_with_code_5(tmp_path: Path, demo: Market) -> None:
    with running(demo) as (server, port):
        words = ["paper", "rehearse", "--market", "demo", "--venue-port", str(port), "--start", str(FIRST)]
        assert bot(*words, "--end", str(FIRST), cwd=tmp_path).returncode == 0
        server.exchange.account(KEY).balances["USDT"].receive(Decimal(5))
        done = bot(*words, "--end", str(FIRST), "--json", cwd=tmp_path)
    assert "the venue's account differs from the ledger; was USDT: ledger" in error_of(done, 5)
    told = json.loads(done.stdout)
    assert told["error"]["was"] == told["difference"] != ""
    assert "Account and ledger: USDT: ledger" in done.stderr


def test_a_second_daemon_ends_at_once_and_an_archive_is_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "logs")
    ledger.write(BEGUN)
    told = "Error: logs/ledgers/mine.sqlite3: a daemon trades it, process "
    with daemon_lock(ledger.config, "mine", ledger.clock):
        assert error_of(bot_process("paper", "run", "-l", "mine", cwd=tmp_path), 5).startswith(told)
        assert error_of(bot("paper", "archive", "-l", "mine", cwd=tmp_path), 5).startswith(told)
    assert not heartbeat_path(ledger.config, "mine").exists()
    assert bot("paper", "archive", "-l", "mine", cwd=tmp_path).returncode == 0


def test_the_broker_is_held_against_the_ledgers_before_a_key_is_asked_for(tmp_path: Path) -> None:
    assert bot("paper", "new", cwd=tmp_path).returncode == 0
    told = error_of(bot("paper", "tick", "--broker", "testnet", cwd=tmp_path), 2)
    assert "trades with another broker; expected simulated, was binance testnet" in told


@pytest.mark.parametrize("is_watched", [True, False])
def test_what_is_asked_is_shown_to_who_watches_only(is_watched: bool) -> None:
    screen = Console(file=StringIO(), force_terminal=is_watched, _environ={})
    with progress(screen) as advance:
        advance("ETH", 1, 3)
    assert isinstance(screen.file, StringIO)
    assert ("Fetching ETH" in screen.file.getvalue()) is is_watched
