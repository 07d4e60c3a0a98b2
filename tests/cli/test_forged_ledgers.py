"""Ledgers with right hashes and wrong rows: every command ends in one line, and names the row."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.ledger.event_fields import EVENT_FIELDS
from bot.ledger.record import as_rows
from tests.cli.running import bot, error_of
from tests.ledger.forgeries import READERS, Forgery, every_kind, some_forgeries, write_forgery

pytestmark = pytest.mark.slow

COUNT, SEED = int(os.environ.get("FORGERIES", "20")), 11


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A folder with the valid ledger `good`."""
    write_forgery(tmp_path / "logs/ledgers/good.sqlite3", None)
    return tmp_path


def _forge(state: Path, forged: Forgery | None) -> Path:
    path = state / "logs/ledgers/paper.sqlite3"
    write_forgery(path, forged)
    return path


def _of_kind(kind: str, body: str) -> Forgery:
    row = next(row for row in as_rows(every_kind()) if row.kind == kind)
    return Forgery(kind, row.sequence, kind, row.at, body)


def test_the_ledger_before_the_forgery_is_valid_and_has_every_kind(state: Path) -> None:
    assert {row.kind for row in as_rows(every_kind())} == {fields.kind for fields in EVENT_FIELDS.values()}
    _forge(state, None)
    for command in READERS:
        done = bot(*command.split(), cwd=state)
        assert done.returncode == 0, (command, done.stderr)


@pytest.mark.parametrize("forged", some_forgeries(COUNT, SEED), ids=lambda forged: forged.name[:60])
def test_no_command_fails_at_a_forged_row_with_a_traceback(state: Path, forged: Forgery) -> None:
    for command in READERS:
        _forge(state, forged)
        done = bot(*command.split(), cwd=state)
        assert done.returncode in (0, 2, 3, 4, 5), (command, done.stderr)
        assert "Traceback" not in done.stderr + done.stdout
        assert "\x1b" not in done.stderr + done.stdout


@pytest.mark.parametrize("kind", sorted(fields.kind for fields in EVENT_FIELDS.values()))
def test_verify_decodes_every_kind_and_names_the_row(state: Path, kind: str) -> None:
    forged = _of_kind(kind, '{"nothing": NaN')
    _forge(state, forged)
    told = error_of(bot("review", "verify", "--run", "paper", cwd=state), 5)
    assert f"row {forged.sequence} ({kind} at " in told


def test_the_list_marks_the_forged_ledger_and_goes_on(state: Path) -> None:
    _forge(state, _of_kind("epoch", "[]"))
    done = bot("paper", "list", "--json", cwd=state)
    told = json.loads(done.stdout)
    assert done.returncode == 5
    assert [one["ledger"] for one in told["ledgers"]] == ["good"]
    assert [one["ledger"] for one in told["damaged"]] == ["paper"]
    assert "row 1 (epoch at 2024-03-01T00:00:00Z)" in told["damaged"][0]["error"]["message"]


def test_the_status_is_of_the_rows_that_it_reads_and_verify_names_a_malformed_older_one(state: Path) -> None:
    forged = _of_kind("fill", "[]")
    _forge(state, forged)
    assert json.loads(bot("paper", "status", "--json", cwd=state).stdout)["rows"] == len(every_kind())
    assert "row 6 (fill at " in error_of(bot("review", "verify", "--run", "paper", cwd=state), 5)


@pytest.mark.parametrize("amount", ["1E+99999999", "NaN", "-Infinity", "0x10", " 7", "1_000", "9" * 5000])
def test_money_is_plain_decimal_text(state: Path, amount: str) -> None:
    body = json.dumps({"symbol": "ETH", "side": "buy", "order_id": "r-1", "quantity": amount, "reason": ""})
    _forge(state, _of_kind("order", body))
    assert "row 5 (order at " in error_of(bot("review", "verify", "--run", "paper", cwd=state), 5)


def test_a_foreign_trigger_is_refused_before_it_can_run(state: Path) -> None:
    path = _forge(state, None)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TRIGGER x AFTER INSERT ON events BEGIN INSERT INTO events SELECT * FROM events; END")
    for command in ("paper list", "review verify --run paper", "paper backup", "paper reduce-only"):
        assert "paper.sqlite3, x: has a trigger that no ledger has" in error_of(bot(*command.split(), cwd=state), 5)


@pytest.mark.parametrize(
    "change",
    [
        "CREATE VIEW events AS SELECT * FROM hidden",
        "CREATE VIEW events AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT i AS sequence, 'fill' AS kind, '' AS at, '{}' AS body, '' AS hash FROM n",
        "CREATE TABLE events (sequence INTEGER PRIMARY KEY, kind, at, body, hash)",
        "CREATE VIRTUAL TABLE events USING fts5(sequence, kind, at, body, hash)",
    ],
)
def test_a_view_or_another_table_in_the_place_of_the_events_is_refused(state: Path, change: str) -> None:
    path = _forge(state, None)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE events RENAME TO hidden")
        connection.execute(change)
    for command in ("paper list", "review verify --run paper", "paper backup", "review trades --run paper"):
        assert "has no table of events" in error_of(bot(*command.split(), cwd=state), 5)
