"""`bot data archive` as a user runs it: what it prints, its JSON and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from bot.core.ports import Clock
from bot.infra.public_http import PublicSession
from bot.services import archive_update
from bot.settings.loader import Config
from tests.cli.running import bot, error_of
from tests.servers.archive import ArchiveServer, archive_session, candle, zipped


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArchiveServer]:
    with ArchiveServer() as server:

        @contextmanager
        def on_loopback(config: Config, clock: Clock) -> Iterator[PublicSession]:
            with archive_session(server.url, clock, pause=0.0) as session:
                yield session

        monkeypatch.setattr(archive_update, "open_archive_session", on_loopback)
        server.put("SRMUSDT", "2022-11", [candle(date(2022, 11, 27), 0.2)])
        server.put("FTTUSDT", "2022-11", [candle(date(2022, 11, 14), 1.5)])
        yield server


def test_coins_are_stored_and_listed(server: ArchiveServer, tmp_path: Path) -> None:
    done = bot("data", "archive", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "New rows" in done.stdout
    listed = json.loads(bot("data", "list", "--json", cwd=tmp_path).stdout)["series"]
    assert [(row["symbol"], row["source"]) for row in listed] == [
        ("FTT.archive", "archive FTTUSDT"),
        ("SRM.archive", "archive SRMUSDT"),
    ]


def test_a_faulty_file_is_one_line_and_code_3(server: ArchiveServer, tmp_path: Path) -> None:
    server.put_raw("SRMUSDT", "2022-10", zipped("SRMUSDT-1d-2022-10.csv", ""), "0" * 64)
    done = bot("data", "archive", "SRM", "--json", cwd=tmp_path)
    error = error_of(done, 3)
    assert error == "Error: 1 of 1 series are missing; the others are stored; resume with the same command"
    (series,) = json.loads(done.stdout)["series"]
    assert (series["symbol"], series["vendor"], series["new"]) == ("SRM", "archive", 1)
    assert series["problem"].startswith("SRMUSDT-1d-2022-10.zip: differs from its checksum; expected 000000000000")


def test_an_unknown_coin_is_code_2(server: ArchiveServer, tmp_path: Path) -> None:
    error = error_of(bot("data", "archive", "FTX", cwd=tmp_path), 2)
    assert error == ("Error: FTX: is not in the archive; expected a coin with a pair in USDT; did you mean 'FTT'?")
