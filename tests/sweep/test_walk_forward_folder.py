"""Names of walk-forward folders: a complete one is taken, one of an interrupted run is free."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.errors import ConfigError
from bot.sweep.walk_forward_folder import new_folder


def test_a_folder_is_taken_once_its_last_file_is_written(tmp_path: Path) -> None:
    folder = new_folder(tmp_path, "mine")
    folder.mkdir(parents=True)
    (folder / "choices.csv").touch()
    assert new_folder(tmp_path, "mine") == folder
    (folder / "walkforward.json").touch()
    with pytest.raises(ConfigError, match="exists already; give another --name"):
        new_folder(tmp_path, "mine")


def test_a_folder_without_a_name_gets_the_next_free_number(tmp_path: Path) -> None:
    for taken in ("1", "2", "mine"):
        (tmp_path / "walkforward" / taken).mkdir(parents=True)
    assert new_folder(tmp_path, None) == tmp_path / "walkforward" / "3"
