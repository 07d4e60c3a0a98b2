"""Names of walk-forward folders: a complete one is taken, one of an interrupted run is free, one in work is held."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.errors import ConfigError, InUse, LedgerError
from bot.sweep.walk_forward_folder import claimed_folder


def test_a_folder_is_taken_once_its_last_file_is_written(tmp_path: Path) -> None:
    with claimed_folder(tmp_path, "mine") as folder:
        (folder / "choices.csv").touch()
    with claimed_folder(tmp_path, "mine") as again:
        assert again == folder
        (folder / "walkforward.json").touch()
    assert sorted(path.name for path in folder.iterdir()) == ["choices.csv", "walkforward.json"]
    with pytest.raises(ConfigError, match="exists already; give another --name"), claimed_folder(tmp_path, "mine"):
        pass


def test_a_folder_without_a_name_gets_the_next_free_number(tmp_path: Path) -> None:
    for taken in ("1", "2", "mine"):
        (tmp_path / "walkforward" / taken).mkdir(parents=True)
    with claimed_folder(tmp_path, None) as folder:
        assert folder == tmp_path / "walkforward" / "3"


def test_two_commands_at_the_same_time_get_folders_of_their_own(tmp_path: Path) -> None:
    with claimed_folder(tmp_path, None) as one, claimed_folder(tmp_path, None) as other:
        assert (one.name, other.name) == ("1", "2")


def test_a_name_is_held_while_a_command_works(tmp_path: Path) -> None:
    with (
        claimed_folder(tmp_path, "mine"),
        pytest.raises(InUse, match="is in use by process"),
        claimed_folder(tmp_path, "mine"),
    ):
        pass


def test_a_command_that_fails_leaves_no_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), claimed_folder(tmp_path, None):
        raise KeyboardInterrupt
    assert list((tmp_path / "walkforward").iterdir()) == []


def test_a_state_that_cannot_be_written_is_an_error_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("")
    with pytest.raises(LedgerError, match="is a file, not a folder"), claimed_folder(tmp_path / "logs", None):
        pass
