"""Pauses that hosts asked for hold in every process that names the same file."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.infra.bans import Bans

NOW = datetime(2025, 11, 28, 19, 0, tzinfo=UTC)
HOST, OTHER = "api.example.com", "other.example.com"


def bans_in(path: Path) -> Bans:
    bans = Bans()
    bans.keep_in(path)
    return bans


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "bans.json"


def test_a_ban_ends_at_its_time() -> None:
    bans = Bans()
    end = NOW + timedelta(seconds=10)
    bans.add(HOST, end, NOW)
    assert bans.until(HOST, NOW) == bans.until(HOST, end - timedelta(seconds=1)) == end
    assert bans.until(HOST, end) is None and bans.until(OTHER, NOW) is None


def test_the_next_process_knows_it(path: Path) -> None:
    bans_in(path).add(HOST, NOW + timedelta(days=1), NOW)
    assert bans_in(path).until(HOST, NOW) == NOW + timedelta(days=1)
    assert json.loads(path.read_text()) == {HOST: "2025-11-29T19:00:00+00:00"}


def test_a_process_that_runs_already_knows_it(path: Path) -> None:
    daemon = bans_in(path)
    assert daemon.until(HOST, NOW) is None
    bans_in(path).add(HOST, NOW + timedelta(days=1), NOW)
    assert daemon.until(HOST, NOW) == NOW + timedelta(days=1)


def test_the_later_end_holds(path: Path) -> None:
    bans_in(path).add(HOST, NOW + timedelta(days=1), NOW)
    mine = bans_in(path)
    mine.add(OTHER, NOW + timedelta(hours=1), NOW)
    assert mine.until(HOST, NOW) == NOW + timedelta(days=1)


def test_bans_that_are_over_leave_the_file(path: Path) -> None:
    bans = bans_in(path)
    bans.add(HOST, NOW + timedelta(seconds=1), NOW)
    bans.add(OTHER, NOW + timedelta(hours=1), NOW + timedelta(seconds=2))
    assert list(json.loads(path.read_text())) == [OTHER]


def test_a_ban_that_was_removed_is_over(path: Path) -> None:
    bans = bans_in(path)
    bans.add(HOST, NOW + timedelta(hours=1), NOW)
    bans.remove([HOST], NOW)
    assert bans.until(HOST, NOW) is None and bans_in(path).until(HOST, NOW) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"api.example.com": 5}', '{"api.example.com": "soon"}', "\xff"]
)
def test_a_damaged_file_has_no_bans_and_is_replaced(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text, encoding="latin-1")
    bans = bans_in(path)
    assert bans.until(HOST, NOW) is None
    bans.add(HOST, NOW + timedelta(hours=1), NOW)
    assert bans_in(path).until(HOST, NOW) is not None


def test_without_a_folder_to_write_to_the_ban_holds_in_this_process(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    bans = bans_in(tmp_path / "file" / "bans.json")
    bans.add(HOST, NOW + timedelta(hours=1), NOW)
    assert bans.until(HOST, NOW) is not None


def test_bans_that_are_added_at_once_are_all_kept(path: Path) -> None:
    names = [f"host-{number}" for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: bans_in(path).add(name, NOW + timedelta(hours=1), NOW), names))
    assert sorted(json.loads(path.read_text())) == sorted(names)
