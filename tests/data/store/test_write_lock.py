"""The lock of a store or ledger on a machine that fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.core.errors import StoreError
from bot.data.store.write_lock import write_lock
from bot.infra.clock import SystemClock


def test_a_full_disk_is_an_error_that_names_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "market.lock").symlink_to("/dev/full")
    monkeypatch.setattr(os, "ftruncate", lambda *_: None)  # a device has no length
    error = r"market\.lock: cannot be written: No space left on device; make room"
    with pytest.raises(StoreError, match=error), write_lock(tmp_path / "market.sqlite3", SystemClock()):
        pass
