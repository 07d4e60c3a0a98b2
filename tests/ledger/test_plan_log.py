"""The log of plans: append-only, chained, and a peek before outcomes are shown."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.core.errors import LedgerError
from bot.ledger.plan_log import PlanEntryKind, PlanLog, note_peek, plan_log

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAN = "a" * 64


def log_of_three(path: Path) -> PlanLog:
    log = PlanLog(path)
    log.append(PlanEntryKind.STUDIED, PLAN, {"name": "one"}, AT)
    log.append(PlanEntryKind.REGISTERED, PLAN, {"name": "one"}, AT)
    log.append(PlanEntryKind.PEEK, PLAN, {"command": "bot study"}, AT)
    return log


def test_entries_are_read_as_they_were_written(tmp_path: Path) -> None:
    log = log_of_three(tmp_path / "study" / "plans.jsonl")
    assert [(entry.number, entry.kind, entry.at) for entry in log.entries()] == [
        (1, PlanEntryKind.STUDIED, "2026-03-01T12:00:00Z"),
        (2, PlanEntryKind.REGISTERED, "2026-03-01T12:00:00Z"),
        (3, PlanEntryKind.PEEK, "2026-03-01T12:00:00Z"),
    ]
    registered = log.registered()
    assert registered is not None and registered.number == 2 and registered.day == date(2026, 3, 1)


def test_a_log_that_was_never_written_has_no_entry(tmp_path: Path) -> None:
    assert PlanLog(tmp_path / "plans.jsonl").entries() == []
    assert PlanLog(tmp_path / "plans.jsonl").registered() is None


def changed(lines: list[str]) -> list[str]:
    return [lines[0], lines[1].replace("2026-03-01", "2025-03-01"), lines[2]]


def removed(lines: list[str]) -> list[str]:
    return [lines[0], lines[2]]


def reordered(lines: list[str]) -> list[str]:
    return [lines[1], lines[0], lines[2]]


def rehashed(lines: list[str]) -> list[str]:
    """Change the first entry and give it the hash of the second: the chain starts at nothing that was written."""
    first = json.loads(lines[0]) | {"hash": json.loads(lines[1])["hash"]}
    return [json.dumps(first), *lines[1:]]


@pytest.mark.parametrize("forge", [changed, removed, reordered, rehashed])
def test_a_forged_log_is_refused(tmp_path: Path, forge: object) -> None:
    log = log_of_three(tmp_path / "plans.jsonl")
    lines = log.path.read_text().splitlines()
    log.path.write_text("\n".join(forge(lines)) + "\n")  # type: ignore[operator]
    with pytest.raises(LedgerError, match="chain is broken"):
        log.entries()


@pytest.mark.parametrize("line", ["", "{", "[]", '{"hash": 1}', "null", '{"kind": "odd", "hash": ""}'])
def test_a_line_that_is_no_entry_is_refused(tmp_path: Path, line: str) -> None:
    log = log_of_three(tmp_path / "plans.jsonl")
    log.path.write_text(log.path.read_text() + line + "\n")
    with pytest.raises(LedgerError, match="line 4: is no entry"):
        log.entries()


def test_entries_of_two_writers_are_one_chain(tmp_path: Path) -> None:
    log = PlanLog(tmp_path / "plans.jsonl")

    def write(number: int) -> None:
        log.append(PlanEntryKind.PEEK, PLAN, {"number": number}, AT)

    with ThreadPoolExecutor(4) as writers:
        list(writers.map(write, range(20)))
    assert [entry.number for entry in log.entries()] == list(range(1, 21))


def test_the_same_entry_is_written_once(tmp_path: Path) -> None:
    log = PlanLog(tmp_path / "plans.jsonl")
    for body in ({"session": "2026-01-02"}, {"session": "2026-01-02"}, {"session": "2026-05-04"}):
        log.append_once(PlanEntryKind.EPISODE, PLAN, body, AT)
    assert [entry.body["session"] for entry in log.entries()] == ["2026-01-02", "2026-05-04"]


def test_a_peek_needs_a_registered_plan_and_a_later_day(tmp_path: Path) -> None:
    note_peek(tmp_path, "bot backtest", date(2026, 6, 1), AT)
    assert plan_log(tmp_path).entries() == []
    plan_log(tmp_path).append(PlanEntryKind.REGISTERED, PLAN, {}, AT)
    note_peek(tmp_path, "bot backtest", date(2026, 3, 1), AT)
    assert [entry.kind for entry in plan_log(tmp_path).entries()] == [PlanEntryKind.REGISTERED]
    note_peek(tmp_path, "bot backtest", date(2101, 6, 1), AT)  # a demo
    for day in (2, 2, 3):
        note_peek(tmp_path, "bot backtest", date(2026, 3, 2), AT.replace(day=day))
    peeks = plan_log(tmp_path).entries()[1:]
    assert [(peek.kind, peek.body["day"]) for peek in peeks] == [
        (PlanEntryKind.PEEK, "2026-03-02"),
        (PlanEntryKind.PEEK, "2026-03-03"),
    ]


def test_a_folder_without_the_right_to_write_is_an_error_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "study").write_text("a file in the folder's place")
    with pytest.raises(LedgerError, match="cannot be written"):
        plan_log(tmp_path).append(PlanEntryKind.REGISTERED, PLAN, {}, AT)


def test_a_missing_end_of_line_does_not_break_the_chain(tmp_path: Path) -> None:
    log = log_of_three(tmp_path / "plans.jsonl")
    log.path.write_bytes(log.path.read_bytes().removesuffix(b"\n"))
    log.append(PlanEntryKind.PEEK, PLAN, {"command": "bot backtest"}, AT)
    assert len(log.entries()) == 4


def test_an_entry_that_cannot_be_written_leaves_the_log_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = log_of_three(tmp_path / "plans.jsonl")
    before = log.path.read_bytes()

    def fails(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fails)
    with pytest.raises(LedgerError, match="No space left on device"):
        log.append(PlanEntryKind.PEEK, PLAN, {"command": "bot backtest"}, AT)
    assert log.path.read_bytes() == before


def test_two_writers_add_an_entry_once(tmp_path: Path) -> None:
    path = tmp_path / "plans.jsonl"

    def add(_: int) -> None:
        PlanLog(path).append_once(PlanEntryKind.EPISODE, PLAN, {"session": "2026-03-02"}, AT)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(32)))
    assert len(PlanLog(path).entries()) == 1
