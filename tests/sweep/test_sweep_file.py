"""The file of a sweep: damage, a full disk, and plans that differ."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.core.errors import ConfigError, LedgerError
from bot.infra.sqlite import connect
from bot.sweep import sweep_file
from bot.sweep.run_figures import FIGURES, MONTHLY
from bot.sweep.sweep_file import SweepFile, SweepRow
from tests.sweep.small_grid import COMPARISON

PLAN = {
    **{key: key for key in ("grid", "config", "data", "version", "code", "market")},
    **{"sampler": "grid", "count": 500, "days": ["2104-01-01", "2104-12-31"]},
}


def rows(first: int, count: int) -> list[SweepRow]:
    figures = {**dict.fromkeys(FIGURES, 1.0), "trades": 1, "episodes": 1, MONTHLY: bytes(4 * 120)}
    return [(first + number, {"sizing.band": 0.01 * number}, figures) for number in range(count)]


@pytest.fixture
def file(tmp_path: Path) -> SweepFile:
    file = SweepFile(tmp_path / "sweeps" / "one.sqlite3")
    file.begin(PLAN, resume=False)
    file.add(0, rows(0, 250))
    return file


@pytest.mark.parametrize("key", ["grid", "config", "data", "version", "code"])
def test_a_plan_that_differs_is_not_resumed(file: SweepFile, key: str) -> None:
    with pytest.raises(LedgerError, match=f"begun with another {key}; start a new one with --name"):
        file.begin({**PLAN, key: "other"}, resume=True)
    assert file.count() == 250


@pytest.mark.parametrize("name", ["../one", "a/b", "", "-x", "x" * 41, "a.b"])
def test_a_name_that_makes_no_plain_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="--name: is no valid name"):
        SweepFile.named(tmp_path, name)


@pytest.mark.parametrize("at", [0, 100, 4096, 8192])
def test_a_damaged_file_is_one_error(file: SweepFile, at: int) -> None:
    content = bytearray(file.path.read_bytes())
    content[at : at + 3000] = b"\xa5" * len(content[at : at + 3000])
    file.path.write_bytes(bytes(content))
    with pytest.raises(LedgerError) as caught:
        file.begin(PLAN, resume=True)
        file.done()
        file.table()
    assert "one.sqlite3" in str(caught.value) and "run the sweep again under another name" in str(caught.value)


def test_a_changed_figure_is_damage(file: SweepFile) -> None:
    with sqlite3.connect(file.path) as connection:
        connection.execute("UPDATE sets SET final_equity = 9.0 WHERE number = 17")
    for read in (file.table, file.monthly_returns):
        with pytest.raises(LedgerError, match=r"is damaged.*its sets are not those that were written"):
            read()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("UPDATE plan SET body = '{'", "a cell is no JSON object"),
        ("UPDATE plan SET body = '[1]'", "a cell is no JSON object"),
        ("UPDATE plan SET body = '{}'", "its plan is not the one"),
        ("UPDATE plan SET body = replace(body, '2104-12-31', 'soon')", "its plan is not the one"),
        ("DELETE FROM plan", "it has no plan"),
        ("UPDATE comparison SET body = '{'", "a cell is no JSON object"),
        ("UPDATE comparison SET body = '{}'", "its comparison is not the one"),
        ("PRAGMA user_version = 9", "made by a newer version; update the bot"),
        ("PRAGMA user_version = 0", "is no sweep"),
    ],
)
def test_a_changed_plan_or_comparison_is_one_error(file: SweepFile, change: str, message: str) -> None:
    file.keep_comparison(COMPARISON)
    assert file.comparison() == COMPARISON
    with sqlite3.connect(file.path) as connection:
        connection.execute(change)
    with pytest.raises(LedgerError, match=message):
        file.plan()
        file.comparison()
    if "comparison" not in change:
        with pytest.raises(LedgerError, match=message):
            file.begin(PLAN, resume=True)


@pytest.mark.parametrize("change", ["DELETE FROM chunks", "DELETE FROM sets WHERE number = 17"])
def test_a_sweep_with_missing_rows_is_not_resumed(file: SweepFile, change: str) -> None:
    with sqlite3.connect(file.path) as connection:
        connection.execute(change)
    with pytest.raises(LedgerError, match="its sets are not those that were written"):
        file.begin(PLAN, resume=True)


def test_another_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="is no sweep"):
        SweepFile(path).begin(PLAN, resume=True)
    assert path.read_bytes() == before


def test_the_sets_of_a_chunk_are_added_in_any_order(file: SweepFile) -> None:
    file.add(1, rows(250, 250)[::-1])
    assert file.table()["set"].tolist() == list(range(500))


def test_a_file_of_something_else_is_no_sweep(tmp_path: Path) -> None:
    (tmp_path / "one.sqlite3").write_text("set,final_equity\n" * 500)
    with pytest.raises(LedgerError, match=r"is damaged or no database.*run the sweep again under another name"):
        SweepFile(tmp_path / "one.sqlite3").table()


def test_a_full_disk_keeps_the_finished_chunks(file: SweepFile, monkeypatch: pytest.MonkeyPatch) -> None:
    def small(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        # No page may be added: SQLite then reports a full disk of its own accord.
        connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")
        return connection

    monkeypatch.setattr(sweep_file, "connect", small)
    with pytest.raises(LedgerError, match="the disk is full; what was stored before is kept; make room"):
        file.add(1, rows(250, 250))
    monkeypatch.undo()
    assert file.done() == {0} and file.count() == 250
    file.add(1, rows(250, 250))
    assert file.done() == {0, 1} and file.count() == 500


def test_a_failing_disk_is_one_error_with_what_is_kept(file: SweepFile, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(path: Path) -> sqlite3.Connection:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(sweep_file, "connect", failing)
    with pytest.raises(LedgerError, match=r"\(disk I/O error\); what was stored before is kept; make room, or check"):
        file.add(1, rows(250, 250))
