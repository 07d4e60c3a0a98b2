"""An export or an import that is stopped leaves a mark, is resumed, and no command computes on what it left."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.data.store.store import Store
from bot.data.store.update import Updater
from bot.data.vendors import csv_writer
from tests.cli.running import ROOT, bot, error_of

PRICES = ROOT / "docs" / "one-day"
SERIES = {"BTC.csv", "ETH.csv", "IWM.csv", "RUT.csv", "SPY.csv", "VIX.csv"}


class Killed(BaseException):
    """The end of a process in the middle of its work."""


def kill_after(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, calls: int) -> None:
    """End the process at a later call of a function."""
    original, made = getattr(owner, name), []

    def counted(*arguments: object) -> object:
        made.append(1)
        if len(made) > calls:
            raise Killed
        return original(*arguments)

    monkeypatch.setattr(owner, name, counted)


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A user's folder with a store of six series."""
    assert bot("data", "import", str(PRICES), cwd=tmp_path).returncode == 0
    return tmp_path


class TestExport:
    @pytest.mark.parametrize("done", [0, 3, 5])
    def test_that_was_killed_is_refused_and_resumed(
        self, stored: Path, done: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as context:
            kill_after(context, csv_writer, "_format_csv", done)
            with pytest.raises(Killed):
                bot("data", "export", "prices", cwd=stored)
        for command in (["backtest", "--data-dir"], ["data", "check", "--data-dir"], ["data", "import"]):
            told = error_of(bot(*command, "prices", cwd=stored), 3)
            assert told.startswith("Error: prices: is an export that was not finished")
            assert "bot data export prices" in told
        assert bot("data", "export", "prices", cwd=stored).returncode == 0
        assert bot("data", "export", "other", cwd=stored).returncode == 0
        assert files(stored / "prices") == files(stored / "other")
        assert files(stored / "prices").keys() == SERIES

    def test_into_a_folder_with_a_file_of_the_user_changes_nothing(self, stored: Path) -> None:
        mine = stored / "prices" / "RUT.csv"
        mine.parent.mkdir()
        mine.write_text("mine")
        assert "is not empty" in error_of(bot("data", "export", "prices", cwd=stored), 3)
        assert files(stored / "prices") == {"RUT.csv": "mine"}

    def test_that_is_resumed_leaves_a_file_of_the_user(self, stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as context:
            kill_after(context, csv_writer, "_format_csv", 2)
            with pytest.raises(Killed):
                bot("data", "export", "prices", cwd=stored)
        (stored / "prices" / "notes.txt").write_text("mine")
        assert "is not empty" in error_of(bot("data", "export", "prices", cwd=stored), 3)
        assert (stored / "prices" / "notes.txt").read_text() == "mine"

    def test_to_a_folder_that_another_one_writes_is_refused(self, stored: Path) -> None:
        rows = {"RUT": None}
        with pytest.raises(Killed), csv_writer.marked_export(stored / "prices", [f"{name}.csv" for name in rows]):
            told = error_of(bot("data", "export", "prices", cwd=stored), 3)
            assert "another process exports to this folder" in told
            raise Killed


class TestImport:
    @pytest.mark.parametrize("done", [0, 4])
    def test_that_was_killed_is_refused_and_resumed(
        self, tmp_path: Path, done: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as context:
            kill_after(context, Updater, "update", done)
            with pytest.raises(Killed):
                bot("data", "import", str(PRICES), cwd=tmp_path)
        for command in (["backtest"], ["backtest", "--market", "store"], ["data", "check"], ["data", "export", "x"]):
            told = error_of(bot(*command, cwd=tmp_path), 5)
            assert "an import was not finished: series are missing" in told
            assert f"bot data import {PRICES}" in told
        assert "not finished" in error_of(bot("data", "backup", cwd=tmp_path), 5)
        assert bot("data", "import", str(PRICES), cwd=tmp_path).returncode == 0
        assert bot("data", "check", cwd=tmp_path).returncode == 0
        with Store.reading(tmp_path / "logs" / "market.sqlite3") as store:
            assert {f"{symbol}.csv" for symbol in store.symbols()} == SERIES

    def test_of_another_folder_leaves_the_mark(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as context:
            kill_after(context, Updater, "update", 4)
            with pytest.raises(Killed):
                bot("data", "import", str(PRICES), cwd=tmp_path)
        (tmp_path / "more").mkdir()
        (tmp_path / "more" / "SOL.csv").write_text("date,close\n2024-01-02,100\n")
        assert bot("data", "import", "more", cwd=tmp_path).returncode == 0
        assert f"bot data import {PRICES}" in error_of(bot("data", "check", cwd=tmp_path), 5)
