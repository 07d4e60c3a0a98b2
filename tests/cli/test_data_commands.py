"""The commands that look after the store, as a user types them; none of these reaches a network."""

from __future__ import annotations

import io
import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from unittest import mock

import pytest
from rich.console import Console

from bot.cli.console import progress
from tests.cli.running import bot, error_of

RUT = ["date,close", *(f"2024-01-{day:02d},{2000 + day}" for day in (2, 3, 4, 5, 8, 9, 10))]
COIN = ["date,open,high,low,close,volume", *(f"2024-01-{day:02d},10,12,9,11,1000" for day in range(1, 11))]


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """A folder in which somebody has a few prices."""
    prices = tmp_path / "prices"
    prices.mkdir()
    for symbol, lines in {"RUT": RUT, "ETH": COIN, "BTC": COIN}.items():
        (prices / f"{symbol}.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.fixture
def stored(user: Path) -> Path:
    """The same with the prices in a store."""
    assert bot("data", "import", "prices", cwd=user).returncode == 0
    return user


@pytest.mark.parametrize("command", [("data", "update"), ("paper", "tick")])
def test_without_a_network_a_command_that_fetches_ends_with_one_line(
    command: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "create_connection", mock.Mock(side_effect=OSError("Name or service not known")))
    assert error_of(bot(*command, cwd=tmp_path), 3) == (
        "Error: No network: Yahoo, FRED and Binance could not be reached; connect and run the same command again, "
        "or import files with: bot data import FOLDER"
    )


def test_an_import_tells_what_came_and_a_list_what_is_there(user: Path) -> None:
    done = bot("data", "import", "prices", "--json", cwd=user)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["series"]
    assert {row["symbol"]: row["new"] for row in told} == {"RUT": 7, "ETH": 10, "BTC": 10}
    listed = json.loads(bot("data", "list", "--json", cwd=user).stdout)["series"]
    assert [(row["symbol"], row["first"], row["last"], row["rows"]) for row in listed] == [
        ("BTC", "2024-01-01", "2024-01-10", 10),
        ("ETH", "2024-01-01", "2024-01-10", 10),
        ("RUT", "2024-01-02", "2024-01-10", 7),
    ]


def test_an_import_of_which_a_part_failed_ends_with_exit_code_3(user: Path) -> None:
    (user / "prices/RUT.csv").write_text("date,close\n2024-01-06,2000\n2024-01-07,2001\n")  # a weekend
    done = bot("data", "import", "prices", "--json", cwd=user)
    assert "1 of 3 series failed: RUT; the others are stored" in error_of(done, 3)
    told = json.loads(done.stdout)
    assert [row["symbol"] for row in told["series"] if row["problem"]] == ["RUT"]
    assert told["error"]["exit_code"] == 3
    listed = json.loads(bot("data", "list", "--json", cwd=user).stdout)["series"]
    assert [row["symbol"] for row in listed] == ["BTC", "ETH"]


def test_the_list_fits_eighty_columns(stored: Path) -> None:
    shown = bot("data", "list", cwd=stored).stdout
    assert "RUT.csv" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_store_is_what_backtest_and_signal_read_when_no_folder_is_named(stored: Path) -> None:
    shown = bot("signal", cwd=stored)
    assert shown.returncode == 3, shown.stderr  # its newest decision is years old
    assert "Market: store" in shown.stdout
    assert "Market: demo" in bot("signal", "--market", "demo", cwd=stored).stdout


def test_without_a_store_asking_for_it_says_how_to_make_one(user: Path) -> None:
    assert "there is no market store; make one with: bot data update" in error_of(
        bot("signal", "--market", "store", cwd=user), 5
    )


@pytest.mark.parametrize("command", [["list"], ["export", "out"], ["backup"]])
def test_commands_on_a_store_that_is_not_there_say_so(user: Path, command: list[str]) -> None:
    assert "there is no market store" in error_of(bot("data", *command, cwd=user), 5)


def test_an_export_is_a_folder_that_imports_again(stored: Path) -> None:
    assert bot("data", "export", "out", cwd=stored).returncode == 0
    assert (stored / "out" / "ETH.csv").read_text().splitlines()[1] == "2024-01-01,10.0,12.0,9.0,11.0,1000.0"
    assert "is not empty" in error_of(bot("data", "export", "out", cwd=stored), 3)


def test_a_backup_is_a_store(stored: Path) -> None:
    assert bot("data", "backup", "copies/one.sqlite3", cwd=stored).returncode == 0
    with closing(sqlite3.connect(stored / "copies" / "one.sqlite3")) as copy:
        assert copy.execute("SELECT count(*) FROM bars").fetchone() == (27,)
    assert "exists already" in error_of(bot("data", "backup", "copies/one.sqlite3", cwd=stored), 5)


def test_a_symbol_without_a_vendor_gets_the_nearest(user: Path) -> None:
    assert "did you mean 'IWM'?" in error_of(bot("data", "update", "IWMM", cwd=user), 2)


def test_progress_off_a_terminal_is_a_line_each_ten_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter((100.0, 101.0, 109.9, 110.0))
    monkeypatch.setattr("bot.cli.console.time.monotonic", lambda: next(seconds))
    with progress(Console(file=io.StringIO())) as advance:
        for done, symbol in enumerate(("RUT", "ETH", "BTC", "SPX")):
            advance(symbol, done, 220)
    assert capsys.readouterr().err == "Fetching RUT, 1 of 220\nFetching SPX, 4 of 220\n"


def test_a_store_of_another_program_is_told(user: Path) -> None:
    (user / "logs").mkdir()
    with closing(sqlite3.connect(user / "logs" / "market.sqlite3")) as other:
        other.execute("CREATE TABLE mine (x)")
    assert "is another program's database" in error_of(bot("data", "import", "prices", cwd=user), 5)


def test_a_state_folder_that_cannot_be_written_is_told(user: Path) -> None:
    (user / "logs").write_text("a file where a folder should be")
    assert "cannot be written" in error_of(bot("data", "import", "prices", cwd=user), 5)


def test_a_bad_file_keeps_the_whole_folder_out(user: Path) -> None:
    (user / "prices" / "ETH.csv").write_text("date,close\n2024-01-01,minus\n")
    assert "ETH.csv line 2: close is not a number" in error_of(bot("data", "import", "prices", cwd=user), 3)
    assert "there is no market store" in error_of(bot("data", "list", cwd=user), 5)


def test_a_check_without_a_fault_ends_well(stored: Path) -> None:
    done = bot("data", "check", "--json", cwd=stored)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["verdicts"].keys() == {"RUT", "ETH", "BTC"}
    assert told["barred"] == {}


def test_a_redenomination_is_barred_from_the_day_it_shows_and_can_be_admitted(user: Path) -> None:
    lines = ["date,close", *(f"2024-01-{day:02d},{1 if day < 6 else 10}" for day in range(1, 11))]
    (user / "prices" / "SOL.csv").write_text("\n".join(lines) + "\n")
    done = bot("data", "check", "--data-dir", "prices", cwd=user)
    assert "1 series quarantined: SOL" in error_of(done, 3)
    assert "SOL is quarantined from 2024-01-07 00:00 UTC on" in done.stdout
    assert bot("data", "check", "--data-dir", "prices", "--set", "quality.allow=[SOL]", cwd=user).returncode == 0


def test_a_check_begins_with_the_verdict_and_counts_faults_by_kind(user: Path) -> None:
    lines = ["date,close", *(f"2024-01-{day:02d},{1 if day < 6 else 10}" for day in range(1, 11))]
    (user / "prices" / "SOL.csv").write_text("\n".join(lines) + "\n")
    shown = bot("data", "check", "--data-dir", "prices", cwd=user).stdout.splitlines()
    assert shown[0].startswith("4 series: 1 quarantined, ")
    [row] = [line.split() for line in shown if line.startswith(" power of ten")]
    assert row == ["power", "of", "ten", "1", "1", "SOL"]
    assert shown[-1] == "Details: bot data check SOL, or all with --all."
    assert max(map(len, shown)) <= 80


def test_a_check_of_one_series_lists_each_of_its_faults(user: Path) -> None:
    lines = ["date,close", *(f"2024-01-{day:02d},{1 if day < 6 else 10}" for day in range(1, 11))]
    (user / "prices" / "SOL.csv").write_text("\n".join(lines) + "\n")
    shown = bot("data", "check", "SOL", "--data-dir", "prices", cwd=user).stdout
    assert "1 series: 1 quarantined, 0 used with a warning, 0 ok." in shown
    assert "2024-01-06  2024-01-06" in shown
    done = bot("data", "check", "ETH", "--data-dir", "prices", "--json", cwd=user)
    assert (done.returncode, list(json.loads(done.stdout)["verdicts"])) == (0, ["ETH"])
    assert "did you mean 'SOL'?" in error_of(bot("data", "check", "SOLL", "--data-dir", "prices", cwd=user), 2)


def test_a_revision_is_listed(stored: Path) -> None:
    text = (stored / "prices" / "RUT.csv").read_text()
    (stored / "prices" / "RUT.csv").write_text(text.replace("2024-01-09,2009", "2024-01-09,2000"))
    assert bot("data", "import", "prices", cwd=stored).returncode == 0
    assert "1 revision of a close, 0 of other columns." in bot("data", "check", cwd=stored).stdout
    shown = bot("data", "check", "--all", cwd=stored).stdout
    assert "RUT 2024-01-09: close 2009 became 2000, seen " in shown
    assert "2024-01-09,,,,2009.0" in exported(stored, "first")
    assert "2024-01-09,,,,2000.0" in exported(stored, "now", "--set", "sources.reading=latest")


def exported(folder: Path, name: str, *options: str) -> str:
    """RUT.csv as it is exported."""
    assert bot("data", "export", name, *options, cwd=folder).returncode == 0
    return (folder / name / "RUT.csv").read_text()


def test_a_check_names_the_files_that_were_not_read(user: Path) -> None:
    (user / "prices/ETHH.csv").write_text("\n".join(COIN) + "\n")
    done = bot("data", "check", "--data-dir", "prices", cwd=user)
    assert "1 file is not in the symbol table and not read: ETHH." in done.stdout
