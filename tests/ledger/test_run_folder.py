"""Run folders are never overwritten, and one that was not finished says so."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.core.decision import Decision
from bot.core.errors import LedgerError
from bot.core.events import Episode, Event, Valuation
from bot.core.orders import Fill, OrderResult, OrderStatus, Settlement, SettlementCause, Side
from bot.ledger.projections import project
from bot.ledger.record import as_rows
from bot.ledger.run_folder import (
    INCOMPLETE,
    RunFolder,
    claim_run_folder,
    complete_runs,
    find_run,
    list_runs,
    new_run_folder,
    removed_on_error,
)
from bot.ledger.typed_tables import TypedTables

D = Decimal
AT = datetime(2024, 3, 1, tzinfo=UTC)
STARTED = datetime(2026, 3, 18, 12, 30, 5, tzinfo=UTC)
EVENTS: list[Event] = [
    Episode(
        "breakout",
        date(2024, 2, 5),
        datetime(2024, 2, 5, 21, tzinfo=UTC),
        101.0,
        100.0,
        23,
        "STABLE",
        "vetoed",
        None,
        ("credit", "volatility"),
        None,
        None,
        AT,
        ("vetoed",),
        {"eth_21": 0.1, "eth_42": None, "eth_63": -0.25, "btc_63": 0.0},
    ),
    Decision(AT, "ETH", "ARMED", {"ETH": D("0.49")}, ("confirmed", "entered_eth"), readings={"credit": {"value": 1.0}}),
    OrderResult("r-1", AT, "ETH", Side.BUY, D("2.45"), OrderStatus.FILLED, "confirmed"),
    Fill("r-1", AT, "ETH", Side.BUY, D("2.45"), D("2102.10"), D("2100"), D("5.150145"), "confirmed"),
    Settlement(AT, "A", D(10), D("0.5"), SettlementCause.DEAD),
    Valuation(
        date(2024, 3, 1),
        D("9744.704855"),
        D("4844.704855"),
        "ETH",
        {"ETH": D("2.45")},
        benchmarks={"btc": D(1), "eth": D(2)},
    ),
]
ROWS = as_rows(EVENTS)
TABLES = project(ROWS)

# The table of the issue, in its words: names and columns are an interface; more may follow.
PROMISED = {
    "equity": "date, equity, cash, stage",
    "decisions": "at, stage, previous_stage, weights, reasons, readings",
    "orders": "order_id, decision_at, symbol, side, quantity, status, reason",
    "fills": "order_id, at, symbol, side, quantity, price, reference_price, fee, slippage_bps, reason",
    "settlements": "at, symbol, quantity, price, cause",
    "trades": "symbol, entry_at, exit_at, quantity, entry_price, exit_price, fees, pnl, return, days, entry_reason, "
    "exit_reason",
    "episodes": "session, known_at, close, level, base_sessions, outcome, confirmed_session, vetoes, eth_at, alts_at, "
    "exit_at, exit_reason, eth_21, eth_42, eth_63, btc_63",
}


def write(folder: RunFolder) -> None:
    folder.write(ROWS, TABLES, {"run_id": folder.run_id}, {"warnings": []}, "<html></html>")


class TestNames:
    def test_a_run_is_named_by_its_start_and_a_short_hash(self, tmp_path: Path) -> None:
        assert new_run_folder(tmp_path, STARTED, "abcdef0123456789").run_id == "20260318T123005Z-abcdef01"

    def test_runs_of_one_second_never_share_a_folder(self, tmp_path: Path) -> None:
        names = [new_run_folder(tmp_path, STARTED, "abcdef01").run_id for _ in range(3)]
        assert len(set(names)) == 3

    def test_a_folder_with_anything_in_it_is_not_claimed(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("mine")
        with pytest.raises(LedgerError, match="not empty"):
            claim_run_folder(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]

    def test_a_folder_is_claimed_with_the_folders_above_it(self, tmp_path: Path) -> None:
        claimed = claim_run_folder(tmp_path / "a" / "b")
        assert [path.name for path in claimed.path.iterdir()] == ["INCOMPLETE"]

    def test_a_finished_run_is_not_claimed_again(self, tmp_path: Path) -> None:
        write(claim_run_folder(tmp_path / "run"))
        with pytest.raises(LedgerError, match="not empty"):
            claim_run_folder(tmp_path / "run")

    def test_a_link_to_a_missing_folder_in_the_way_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "logs").symlink_to("gone/disk")
        with pytest.raises(LedgerError, match="is a link to gone/disk, which is missing"):
            new_run_folder(tmp_path / "logs/runs", STARTED, "ab")

    def test_a_file_in_the_way_is_told_in_one_line(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        for make in (
            lambda: claim_run_folder(tmp_path / "file"),
            lambda: new_run_folder(tmp_path / "file", STARTED, "ab"),
        ):
            with pytest.raises(LedgerError, match="cannot be written") as caught:
                make()
            assert caught.value.exit_code == 5
            assert "\n" not in str(caught.value)


class TestIncomplete:
    def test_a_new_folder_is_marked_until_the_last_file_is_written(self, tmp_path: Path) -> None:
        folder = new_run_folder(tmp_path, STARTED, "abcdef01")
        assert not folder.is_complete
        write(folder)
        assert folder.is_complete
        assert folder.verify() == len(ROWS)

    @pytest.mark.parametrize(
        "blocked", ["equity.csv", "episodes.csv", "summary.json", "report.html", "manifest.json", "ledger.sqlite3"]
    )
    def test_the_mark_stays_when_any_file_cannot_be_written(self, tmp_path: Path, blocked: str) -> None:
        folder = new_run_folder(tmp_path, STARTED, "abcdef01")
        (folder.path / blocked).mkdir()  # a folder where the file should go, for a disk that is full
        with pytest.raises(LedgerError) as caught:
            write(folder)
        assert caught.value.exit_code == 5
        assert blocked in str(caught.value)
        assert not folder.is_complete

    @pytest.mark.parametrize("existed", [True, False])
    def test_a_failed_run_without_a_file_keeps_only_a_folder_that_existed_before(
        self, tmp_path: Path, existed: bool
    ) -> None:
        path = tmp_path / "mine"
        if existed:
            path.mkdir()
        folder = claim_run_folder(path)
        with pytest.raises(LedgerError), removed_on_error(folder, existed):
            raise LedgerError("the strategy failed")
        assert path.is_dir() == existed
        assert not existed or not list(path.iterdir())

    def test_a_ledger_that_lost_its_last_rows_is_found_out(self, tmp_path: Path) -> None:
        folder = new_run_folder(tmp_path, STARTED, "abcdef01")
        write(folder)
        with closing(sqlite3.connect(folder.path / "ledger.sqlite3")) as connection, connection:
            connection.execute("DROP TRIGGER events_are_never_deleted")
            connection.execute("DELETE FROM events WHERE sequence > 3")
        with pytest.raises(LedgerError):
            folder.verify()

    @pytest.mark.parametrize(
        ("name", "told"), [("fills.csv", "not what the ledger says"), ("summary.json", "changed after the run")]
    )
    def test_a_file_that_was_edited_is_named(self, tmp_path: Path, name: str, told: str) -> None:
        folder = new_run_folder(tmp_path, STARTED, "abcdef01")
        write(folder)
        with (folder.path / name).open("a") as file:
            file.write(" ")
        with pytest.raises(LedgerError, match=f"{name}.* {told}|{name} was {told}"):
            folder.verify()

    def test_an_interrupted_run_is_not_believed(self, tmp_path: Path) -> None:
        folder = new_run_folder(tmp_path, STARTED, "abcdef01")
        with pytest.raises(LedgerError, match="interrupted"):
            folder.verify()


class TestFinding:
    def runs(self, runs: Path) -> list[str]:
        names = []
        for second in (1, 2, 3):
            folder = new_run_folder(runs, STARTED.replace(second=second), "abcdef01")
            names.append(folder.run_id)
            if second != 3:
                write(folder)
        return names

    def test_runs_are_listed_from_the_newest_on_with_the_interrupted_ones(self, tmp_path: Path) -> None:
        names = self.runs(tmp_path)
        assert [(run.run_id, run.is_complete) for run in list_runs(tmp_path)] == list(
            zip(names[::-1], (False, True, True), strict=True)
        )

    def test_the_latest_is_the_newest_that_is_complete(self, tmp_path: Path) -> None:
        names = self.runs(tmp_path)
        assert find_run(tmp_path, "latest").run_id == names[1]

    def test_a_misspelt_run_gets_the_nearest_name(self, tmp_path: Path) -> None:
        names = self.runs(tmp_path)
        with pytest.raises(LedgerError, match=f"did you mean '{names[0]}'"):
            find_run(tmp_path, names[0][:-1] + "x")

    def test_no_runs_at_all_are_no_fault(self, tmp_path: Path) -> None:
        assert list_runs(tmp_path / "nothing") == []
        with pytest.raises(LedgerError, match="there is no complete run yet; make one with: bot backtest"):
            find_run(tmp_path, "latest")

    def test_an_interrupted_run_is_not_the_latest(self, tmp_path: Path) -> None:
        new_run_folder(tmp_path, STARTED, "abcdef01")
        with pytest.raises(LedgerError, match="there is no complete run yet"):
            find_run(tmp_path, "latest")

    def test_a_json_file_that_is_spoilt_is_named(self, tmp_path: Path) -> None:
        folder = new_run_folder(tmp_path, STARTED, "abcdef01")
        (folder.path / "summary.json").write_text("{")
        with pytest.raises(LedgerError, match=r"summary\.json: cannot be read"):
            folder.json("summary.json")


class TestFiles:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        made = claim_run_folder(tmp_path / "run")
        write(made)
        return made.path

    def rows(self, folder: Path, name: str) -> list[dict[str, str]]:
        with (folder / f"{name}.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    @pytest.mark.parametrize("name", list(PROMISED))
    def test_every_table_begins_with_the_columns_of_the_interface(self, folder: Path, name: str) -> None:
        header = (folder / f"{name}.csv").read_text().splitlines()[0].split(",")
        promised = PROMISED[name].split(", ")
        assert header[: len(promised)] == promised

    def test_equity_has_a_column_for_each_benchmark(self, folder: Path) -> None:
        (row,) = self.rows(folder, "equity")
        assert row == {
            "date": "2024-03-01",
            "equity": "9744.704855",
            "cash": "4844.704855",
            "stage": "ETH",
            "btc": "1",
            "eth": "2",
        }

    def test_weights_and_readings_are_json_and_reasons_are_joined(self, folder: Path) -> None:
        (row,) = self.rows(folder, "decisions")
        assert json.loads(row["weights"]) == {"ETH": "0.49"}
        assert json.loads(row["readings"]) == {"credit": {"value": 1.0}}
        assert (row["at"], row["reasons"]) == ("2024-03-01T00:00:00Z", "confirmed;entered_eth")

    def test_what_an_episode_does_not_know_is_blank(self, folder: Path) -> None:
        (row,) = self.rows(folder, "episodes")
        assert (row["confirmed_session"], row["eth_at"], row["eth_42"]) == ("", "", "")
        assert (row["vetoes"], row["eth_63"], row["session"]) == ("credit;volatility", "-0.25", "2024-02-05")

    def test_money_has_no_exponent_and_no_float_noise(self, folder: Path) -> None:
        (fill,) = self.rows(folder, "fills")
        assert (fill["quantity"], fill["price"], fill["fee"]) == ("2.45", "2102.1", "5.150145")

    def test_json_is_indented_by_two_spaces_and_ends_with_a_line(self, folder: Path) -> None:
        assert (folder / "summary.json").read_bytes() == b'{\n  "warnings": []\n}\n'

    def test_lines_end_as_on_every_machine(self, folder: Path) -> None:
        assert all(b"\r" not in path.read_bytes() for path in folder.glob("*.csv"))

    def test_the_same_events_give_the_same_bytes(self, folder: Path, tmp_path: Path) -> None:
        again = claim_run_folder(tmp_path / "again")
        again.write(ROWS, project(as_rows(EVENTS)), {}, {}, "")
        for path in folder.glob("*.csv"):
            assert path.read_bytes() == (again.path / path.name).read_bytes()

    def test_tables_without_rows_keep_their_headers(self) -> None:
        empty = project([])
        for name, promised in PROMISED.items():
            assert list(empty[name].columns)[: len(promised.split(", "))] == promised.split(", ")

    def test_typed_tables_have_dates_and_numbers(self) -> None:
        tables = TypedTables(project(ROWS))
        assert tables["equity"].index[0] == datetime(2024, 3, 1)  # noqa: DTZ001
        assert tables["equity"]["equity"].iloc[0] == pytest.approx(9744.704855)
        assert tables["fills"]["at"].iloc[0] == AT
        assert tables["decisions"]["weights"].iloc[0] == {"ETH": "0.49"}
        assert tables["episodes"]["eth_42"].isna().all()


class TestCompleteRuns:
    def test_are_listed_newest_first_and_followed_when_they_change(self, tmp_path: Path) -> None:
        for name in ("20240101T000000Z-aa", "20240102T000000Z-bb", "20240103T000000Z-cc"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "manifest.json").write_text("{}")
            os.utime(tmp_path / name, ns=(0, 0))  # earlier than the changes below by more than the clock's resolution
        (tmp_path / "20240103T000000Z-cc" / INCOMPLETE).write_text("")
        assert [run.run_id for run in complete_runs(tmp_path)] == ["20240102T000000Z-bb", "20240101T000000Z-aa"]
        (tmp_path / "20240103T000000Z-cc" / INCOMPLETE).unlink()
        (tmp_path / "20240101T000000Z-aa" / "manifest.json").unlink()
        assert [run.run_id for run in complete_runs(tmp_path)] == ["20240103T000000Z-cc", "20240102T000000Z-bb"]

    def test_of_a_missing_folder_are_none(self, tmp_path: Path) -> None:
        assert complete_runs(tmp_path / "runs") == []
