"""What verification finds in a ledger whose chain is whole and whose story is not."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.events import Event
from bot.core.orders import Fill, OrderIntent, OrderResult
from bot.ledger.projections import project
from bot.ledger.record import as_rows
from bot.ledger.run_folder import claim_run_folder
from bot.review.integrity.verify import verify
from bot.review.recording import find_record
from tests.cli.running import bot, error_of
from tests.review.records import D, order, record, story, valued


def faults(tmp_path: Path, events: Sequence[Event]) -> dict[str, str]:
    """What each check says that fails."""
    checks = verify(record(tmp_path, events))
    return {check.name: check.message for check in checks if check.fault is not None}


def changed(number: int, event: Event) -> list[Event]:
    """The story with another event in a row's place."""
    return [event if i == number else old for i, old in enumerate(story(), start=1)]


def test_a_story_that_adds_up_is_whole(tmp_path: Path) -> None:
    checks = verify(record(tmp_path, story()))
    assert [(check.name, check.fault) for check in checks] == [("chain", None), ("orders", None), ("books", None)]
    assert "2 sent, each ended once; 2 fills; 0 never sent" in checks[1].message


@pytest.mark.parametrize(
    ("number", "event", "told"),
    [
        (6, valued(0, "949.00000001", "499", {"ETH": "45"}, ETH="10"), "has an equity that does not add up"),
        (6, valued(0, "949.1", "499.1", {"ETH": "45"}, ETH="10"), "has another cash than the fills make"),
        (6, valued(0, "904", "499", {"ETH": "45"}, ETH="9"), "has other holdings than the fills make"),
        (6, valued(0, "949", "499", {"BTC": "45"}, ETH="10"), "has no mark of ETH"),
        (4, order(0, "buy", "ETH", "30", "50", "1", reference="49.5")[1], "neither may be below zero"),
    ],
)
def test_books_that_do_not_balance_are_told_with_their_row(
    tmp_path: Path, number: int, event: Event, told: str
) -> None:
    found = faults(tmp_path, changed(number, event))["books"]
    assert f"row {number} (" in found
    assert told in found


def test_a_valuation_without_marks_is_not_added_up_and_that_is_told(tmp_path: Path) -> None:
    checks = verify(record(tmp_path, changed(6, valued(0, "950", "499", ETH="10"))))
    assert checks[2].fault is None
    assert "1 have no marks" in checks[2].message


def _fill(quantity: str) -> Fill:
    fill = story()[3]
    assert isinstance(fill, Fill)
    return replace(fill, quantity=D(quantity))


class TestOrders:
    def test_a_fill_above_its_order(self, tmp_path: Path) -> None:
        assert faults(tmp_path, changed(4, _fill("11")))["orders"].startswith("row 4 (fill")

    def test_fills_that_are_not_what_the_end_says(self, tmp_path: Path) -> None:
        told = faults(tmp_path, changed(4, _fill("9")))["orders"]
        assert "row 5 (order_result" in told
        assert "ended as filled, and its fills add up to 9 of 10" in told

    def test_an_order_that_ends_twice(self, tmp_path: Path) -> None:
        events = story()
        assert "row 6 (order_result" in faults(tmp_path, [*events[:5], events[4], *events[5:]])["orders"]

    def test_a_fill_of_no_order(self, tmp_path: Path) -> None:
        events = [event for event in story() if not isinstance(event, OrderIntent)]
        assert "is a fill of no open order" in faults(tmp_path, events)["orders"]

    def test_an_order_of_no_decision(self, tmp_path: Path) -> None:
        events = story()
        assert "is an order of no decision" in faults(tmp_path, [events[0], *events[2:]])["orders"]

    def test_an_order_that_is_still_open_is_no_fault_and_is_told(self, tmp_path: Path) -> None:
        checks = verify(record(tmp_path, [event for event in story()[:9] if not isinstance(event, OrderResult)]))
        assert checks[1].fault is None
        assert "2 still open" in checks[1].message or "1 still open" in checks[1].message


class TestCommand:
    def test_a_changed_row_ends_in_one_line_that_names_it(self, tmp_path: Path) -> None:
        path = record(tmp_path, story()).path
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DROP TRIGGER events_are_never_changed")
            connection.execute("UPDATE events SET body = replace(body, '\"50\"', '\"49\"') WHERE sequence = 4")
        for command in ("verify", "trades", "orders"):
            assert "row 4 (fill at 2024-03-01" in error_of(bot("review", command, cwd=tmp_path), 5)

    def test_as_json_every_check_is_told(self, tmp_path: Path) -> None:
        record(tmp_path, story())
        record(tmp_path, changed(6, valued(0, "9", "499", {"ETH": "45"}, ETH="10")), "wrong")
        done = bot("review", "verify", "--all", "--json", cwd=tmp_path)
        told = json.loads(done.stdout)
        assert done.returncode == 5
        assert {one["record"]: [check["whole"] for check in one["checks"]] for one in told["verified"]} == {
            "paper": [True, True, True],
            "wrong": [True, True, False],
        }
        assert told["error"]["exit_code"] == 5

    def test_a_runs_own_files_are_checked_too(self, tmp_path: Path) -> None:
        rows = as_rows(story()[1:])
        folder = claim_run_folder(tmp_path / "runs" / "one")
        folder.write(rows, project(rows), {"config": {"start_equity": "1000"}}, {}, "report")
        found = find_record(tmp_path, None)
        assert [check.fault for check in verify(found)] == [None] * 4
        shutil.copy(folder.path / "fills.csv", folder.path / "trades.csv")
        (fault,) = [check for check in verify(found) if check.fault is not None]
        assert (fault.name, fault.message) == ("files", "trades.csv is not what the ledger says")
