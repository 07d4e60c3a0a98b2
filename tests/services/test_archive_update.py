"""The archive of Binance goes into the store file by file; each documented oddity of it is stored, named or refused."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.core.errors import ConfigError
from bot.data.store.store import FILE_NAME, Store
from bot.data.store.update_result import UpdateResult, UpdateStatus
from bot.infra.vendor_errors import Unreachable, WrongAnswer, WrongClock
from bot.services.archive_coins import coin_of, is_coin
from bot.services.archive_update import update_archive
from bot.settings.loader import Config
from tests.clocks import FakeClock
from tests.markets import default_config
from tests.servers.archive import HEADER, ArchiveServer, archive_session, candle, days_of, zipped
from tests.servers.loopback import Reply, html, status

NOW = datetime(2025, 3, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def server() -> Iterator[ArchiveServer]:
    with ArchiveServer() as server:
        server.date = NOW
        yield server


@pytest.fixture
def recorded() -> Path:
    folder = os.environ.get("RECORDED_DIR")
    if not folder:
        pytest.skip("RECORDED_DIR names no folder of recorded answers")
    return Path(folder)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return default_config().model_copy(update={"state": tmp_path})


def fetch(config: Config, server: ArchiveServer, clock: FakeClock, *coins: str) -> dict[str, UpdateResult]:
    """One run of the command, by symbol."""
    with archive_session(server.url, clock) as session:
        return {one.symbol: one for one in update_archive(config, session, clock, coins)}


def stored(config: Config, symbol: str) -> dict[str, float]:
    """The closes of a coin's rows from the archive, by day."""
    with Store.reading(config.state / FILE_NAME) as store:
        found = store.rows_of(f"{symbol}.archive")
    return {} if found is None else dict(zip(map(str, found.rows.dates), found.rows.close.tolist(), strict=True))


def problem(result: UpdateResult) -> str:
    assert result.status is UpdateStatus.FAILED
    return str(result.problem)


class TestFiles:
    def test_months_and_the_newest_days_are_stored_with_the_volume_in_usdt(
        self, config: Config, server: ArchiveServer, clock: FakeClock
    ) -> None:
        server.put("SRMUSDT", "2025-01", [candle(d, 2.0, volume=50.0) for d in days_of(date(2025, 1, 1), 31)])
        server.put("SRMUSDT", "2025-02", [candle(d, 3.0) for d in days_of(date(2025, 2, 1), 28)])
        server.put("SRMUSDT", "2025-03-01", [candle(date(2025, 3, 1), 4.0)])
        found = fetch(config, server, clock)["SRM"]
        assert (found.status, found.new, found.last, found.notes) == (UpdateStatus.NEW, 60, "2025-03-01", ())
        closes = stored(config, "SRM")
        assert (closes["2025-01-01"], closes["2025-02-28"], closes["2025-03-01"]) == (2.0, 3.0, 4.0)
        with Store.reading(config.state / FILE_NAME) as store:
            rows = store.rows_of("SRM.archive")
        assert rows is not None
        assert (rows.rows.volume[0], rows.rows.high[0], rows.sources) == (
            100.0,
            2.04,
            (("2025-01-01", "archive SRMUSDT"),),
        )

    def test_milliseconds_before_2025_and_microseconds_since_are_the_same_days(
        self, config: Config, server: ArchiveServer, clock: FakeClock
    ) -> None:
        old, new = candle(date(2024, 12, 31), 1.0), candle(date(2025, 1, 1), 2.0)
        assert (len(old.split(",")[0]), len(new.split(",")[0])) == (13, 16)
        server.put("SRMUSDT", "2024-12", [old])
        server.put("SRMUSDT", "2025-01", [new], header=True)
        fetch(config, server, clock)
        assert stored(config, "SRM") == {"2024-12-31": 1.0, "2025-01-01": 2.0}

    def test_a_missing_month_is_taken_from_its_daily_files(
        self, config: Config, server: ArchiveServer, clock: FakeClock
    ) -> None:
        server.put("SRMUSDT", "2022-01", [candle(date(2022, 1, 31), 1.0)])
        server.put("SRMUSDT", "2022-03", [candle(date(2022, 3, 1), 3.0)])
        for day in days_of(date(2022, 2, 20), 9):
            server.put("SRMUSDT", str(day), [candle(day, 2.0)])
        found = fetch(config, server, clock)["SRM"]
        assert (found.new, found.last) == (11, "2022-03-01")
        assert stored(config, "SRM")["2022-02-28"] == 2.0

    def test_a_month_without_any_file_is_named(self, config: Config, server: ArchiveServer, clock: FakeClock) -> None:
        server.put("SRMUSDT", "2022-01", [candle(d, 1.0) for d in days_of(date(2022, 1, 1), 31)])
        server.put("SRMUSDT", "2022-03", [candle(d, 1.0) for d in days_of(date(2022, 3, 1), 31)])
        found = fetch(config, server, clock)["SRM"]
        assert found.notes == (
            "SRMUSDT has no file from 2022-02-01 to 2022-02-28",
            "SRMUSDT has no row from 2022-02-01 to 2022-02-28: halted, or delisted and relisted; the name may mean "
            "another coin after it (sources.archive.relisted)",
        )

    def test_a_relisted_name_is_another_coin_after_its_hole(
        self, config: Config, server: ArchiveServer, clock: FakeClock
    ) -> None:
        before, after = days_of(date(2022, 5, 1), 13), days_of(date(2022, 5, 31), 1)
        server.put("LUNAUSDT", "2022-05", [candle(d, 0.5) for d in before] + [candle(d, 9.0) for d in after])
        server.put("LUNCUSDT", "2022-09", [candle(date(2022, 9, 9), 0.0003)])
        fetch(config, server, clock)
        assert stored(config, "LUNC") == {**{str(d): 0.5 for d in before}, "2022-09-09": 0.0003}
        assert stored(config, "LUNA2") == {"2022-05-31": 9.0}

    def test_files_that_are_stored_are_not_fetched_again(
        self, config: Config, server: ArchiveServer, clock: FakeClock
    ) -> None:
        server.put("SRMUSDT", "2025-01", [candle(date(2025, 1, 1), 2.0)])
        fetch(config, server, clock)
        server.put("SRMUSDT", "2025-02", [candle(date(2025, 2, 1), 3.0)])
        found = fetch(config, server, clock)["SRM"]
        assert found.new == 1
        assert server.fetched == ["SRMUSDT-1d-2025-01.zip", "SRMUSDT-1d-2025-02.zip"]
        assert fetch(config, server, clock)["SRM"].status is UpdateStatus.NOTHING_NEW

    def test_a_stop_between_two_files_keeps_the_first(
        self, config: Config, server: ArchiveServer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server.put("SRMUSDT", "2025-01", [candle(date(2025, 1, 1), 2.0)])
        key = server.put("SRMUSDT", "2025-02", [candle(date(2025, 2, 1), 3.0)])
        save = Store.save_archive_file

        def killed(store: Store, file: Any, *rest: Any) -> None:
            if file.stamp == "2025-02":
                raise KeyboardInterrupt  # after the rows were written, before their record
            save(store, file, *rest)

        monkeypatch.setattr(Store, "save_archive_file", killed)
        with pytest.raises(KeyboardInterrupt):
            fetch(config, server, clock)
        assert stored(config, "SRM") == {"2025-01-01": 2.0}
        monkeypatch.undo()
        assert fetch(config, server, clock)["SRM"].new == 1
        assert server.fetched.count(key.rpartition("/")[2]) == 2


FILE = "SRMUSDT-1d-2025-02.csv"
LINE = candle(date(2025, 2, 1), 3.0)
MEMBERS = f"has other members than its one file; expected {FILE}, was"
UNITS = "milliseconds or microseconds since 1970"
FAULTY = [
    (zipped(FILE, LINE), "0" * 64, "SRMUSDT-1d-2025-02.zip: differs from its checksum; expected 000000000000, was "),
    (zipped("x.csv", "1"), None, f"{MEMBERS} x.csv"),
    (zipped(FILE, "1", other="2"), None, f"{MEMBERS} {FILE}, other"),
    (b"PK\x05\x06" + bytes(18), None, f"{MEMBERS} an empty zip"),
    (zipped(FILE, ""), None, "SRMUSDT-1d-2025-02.zip: has no row"),
    (zipped(FILE, HEADER), None, "SRMUSDT-1d-2025-02.zip: has no row"),
    (zipped(FILE, "1\n" * 600_000), None, "unpacks to too much; expected at most 1,048,576 bytes"),
    (bytes(262_145), None, "is too large; expected at most 262,144 bytes, was 262,145"),
    (zipped(FILE, LINE)[:-30], None, "is no valid zip; was File is not a zip file"),
    (zipped(FILE, candle(date(2025, 3, 1), 3.0)), None, "has a row of another time; expected 2025-02, was 2025-03-01"),
    (zipped(FILE, f"{LINE}\n{LINE}"), None, "dates must ascend, one row each"),
    (
        zipped(FILE, candle(date(2025, 2, 1), 3.0, 1)),
        None,
        f"line 1: has no open time; expected {UNITS}, was 1738368000",
    ),
    (zipped(FILE, "1,2,3"), None, "line 1: has another number of fields; expected 12, was 3"),
    (zipped(FILE, LINE.replace("3.00000000", "much")), None, "line 1: open is not a number; was much"),
]
"""Bytes of a file, the checksum if it is not theirs, and the line."""


class TestFaultyFiles:
    """Each is refused with one line, the other files of the pair are stored, and the next run asks for it again."""

    @pytest.mark.parametrize(("body", "sha256", "line"), FAULTY)
    def test_one_line(
        self, config: Config, server: ArchiveServer, clock: FakeClock, body: bytes, sha256: str | None, line: str
    ) -> None:
        server.put("SRMUSDT", "2025-01", [candle(date(2025, 1, 1), 2.0)])
        server.put_raw("SRMUSDT", "2025-02", body, sha256)
        found = fetch(config, server, clock)["SRM"]
        assert line in problem(found)
        assert "\n" not in problem(found)
        assert stored(config, "SRM") == {"2025-01-01": 2.0}
        server.put("SRMUSDT", "2025-02", [candle(date(2025, 2, 1), 3.0)])
        assert fetch(config, server, clock)["SRM"].new == 1

    def test_a_member_whose_bytes_differ_from_its_crc(
        self, config: Config, server: ArchiveServer, clock: FakeClock
    ) -> None:
        body = bytearray(zipped("SRMUSDT-1d-2025-02.csv", candle(date(2025, 2, 1), 3.0)))
        at = body.index(b"PK\x01\x02") + 16
        body[at] ^= 1
        server.put_raw("SRMUSDT", "2025-02", bytes(body))
        assert "is no valid zip; was Bad CRC-32" in problem(fetch(config, server, clock)["SRM"])

    def test_a_checksum_of_another_file(self, config: Config, server: ArchiveServer, clock: FakeClock) -> None:
        key = server.put("SRMUSDT", "2025-02", [candle(date(2025, 2, 1), 3.0)])
        server.files[f"{key}.CHECKSUM"] = b"0" * 64 + b"  FTTUSDT-1d-2025-02.zip\n"
        assert "is no checksum of its file; expected a SHA-256 and SRMUSDT-1d-2025-02.zip" in problem(
            fetch(config, server, clock)["SRM"]
        )

    def test_a_file_of_the_listing_that_is_gone(self, config: Config, server: ArchiveServer, clock: FakeClock) -> None:
        key = server.put("SRMUSDT", "2025-02", [candle(date(2025, 2, 1), 3.0)])
        server.put("SRMUSDT", "2025-01", [candle(date(2025, 1, 1), 2.0)])
        server.fail(status(404), path=f"/{key}.CHECKSUM")
        line = "SRMUSDT-1d-2025-02.zip.CHECKSUM: is in the listing and not in the archive; was HTTP 404"
        assert problem(fetch(config, server, clock)["SRM"]) == line
        assert stored(config, "SRM") == {"2025-01-01": 2.0}

    def test_the_recorded_file_of_hours_with_rounded_times(
        self, config: Config, server: ArchiveServer, clock: FakeClock, recorded: Path
    ) -> None:
        text = (recorded / "vision" / "BTCUSDT-1h-2023-11-18.csv").read_text()
        server.put_raw("SRMUSDT", "2023-11", zipped("SRMUSDT-1d-2023-11.csv", text))
        line = "SRMUSDT-1d-2023-11.zip line 1: has a rounded time; expected all its digits, was 1.70027E+12"
        assert problem(fetch(config, server, clock)["SRM"]) == line

    def test_rows_of_hours(self, config: Config, server: ArchiveServer, clock: FakeClock) -> None:
        line = candle(date(2025, 2, 1), 3.0)
        opened = int(line.split(",")[0])
        server.put("SRMUSDT", "2025-02", [line, line.replace(str(opened), str(opened + 3_600_000_000))])
        assert "line 2: is not daily; expected an open time of 00:00 UTC" in problem(
            fetch(config, server, clock)["SRM"]
        )


class TestAnswers:
    def test_a_limit_is_waited_for_and_the_file_is_asked_again(
        self, config: Config, server: ArchiveServer, clock: FakeClock
    ) -> None:
        key = server.put("SRMUSDT", "2025-02", [candle(date(2025, 2, 1), 3.0)])
        server.fail(status(429, "17"), path=f"/{key}")
        assert fetch(config, server, clock)["SRM"].new == 1
        assert 17.0 in clock.sleeps

    def test_a_long_limit_ends_the_run_and_the_others_are_left_for_later(
        self, config: Config, server: ArchiveServer, clock: FakeClock
    ) -> None:
        for pair in ("AAAUSDT", "BBBUSDT"):
            server.put(pair, "2025-02", [candle(date(2025, 2, 1), 3.0)])
        server.fail(status(429, "3600"), path="/data/spot/monthly/klines/AAAUSDT")
        found = fetch(config, server, clock)
        assert "rate limited until 2025-03-10T13:00" in problem(found["AAA"])
        assert found["BBB"].status is UpdateStatus.LATER

    def test_a_refusal_is_one_line(self, config: Config, server: ArchiveServer, clock: FakeClock) -> None:
        key = server.put("SRMUSDT", "2025-02", [candle(date(2025, 2, 1), 3.0)])
        server.fail(Reply(403, b"<Error><Code>AccessDenied</Code></Error>"), path=f"/{key}")
        line = "SRMUSDT-1d-2025-02.zip.CHECKSUM: the archive gave no file; was HTTP 403"
        assert problem(fetch(config, server, clock)["SRM"]) == line

    def test_the_listing_is_read_page_by_page(self, config: Config, server: ArchiveServer, clock: FakeClock) -> None:
        server.page = 3
        for pair in ("AUSDT", "BUSDTX", "CUSDT", "DUSDT", "EUSDT", "FUSDT", "GUSDT"):
            server.put(pair, "2025-02", [candle(date(2025, 2, 1), 3.0)])
        server.put_days("CUSDT", dict.fromkeys(days_of(date(2024, 1, 1), 60), 1.0))
        found = fetch(config, server, clock)
        assert sorted(found) == ["A", "C", "D", "E", "F", "G"]
        assert found["C"].new == 61
        with Store.reading(config.state / FILE_NAME) as store:
            state = store.archive()
        assert state is not None
        assert (state.pairs, state.complete, state.listed_on) == (6, 6, date(2025, 3, 10))

    @pytest.mark.parametrize(
        ("reply", "error", "line"),
        [
            (html(), Unreachable, "the archive gave no listing"),
            (Reply(200, b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"), Unreachable, "a page of another kind"),
            (Reply(200, b"<x/>"), Unreachable, "was x"),
            (
                Reply(
                    200,
                    b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>other</Name></ListBucketResult>',
                ),
                WrongAnswer,
                "the listing has another name; expected data.binance.vision, was other",
            ),
        ],
    )
    def test_another_page_than_the_listing(
        self, config: Config, server: ArchiveServer, clock: FakeClock, reply: Reply, error: type[Exception], line: str
    ) -> None:
        server.fail(reply)
        with pytest.raises(error, match=line):
            fetch(config, server, clock)

    def test_a_listing_that_repeats_its_page_ends(
        self, config: Config, server: ArchiveServer, clock: FakeClock
    ) -> None:
        name = "data/spot/monthly/klines/AUSDT/"
        body = (
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>data.binance.vision</Name>'
            f"<Prefix>data/spot/monthly/klines/</Prefix><IsTruncated>true</IsTruncated><NextMarker>{name}</NextMarker>"
            "</ListBucketResult>"
        )
        server.fail(*[Reply(200, body.encode())] * 5)
        with pytest.raises(WrongAnswer, match="the listing does not go on"):
            fetch(config, server, clock)

    def test_a_clock_behind_the_archive_stores_nothing(
        self, config: Config, server: ArchiveServer, clock: FakeClock
    ) -> None:
        server.put("SRMUSDT", "2025-05", [candle(date(2025, 5, 1), 3.0)])
        with pytest.raises(
            WrongClock, match="this machine's clock says 2025-03-10, and the archive has SRMUSDT-1d-2025-05"
        ):
            fetch(config, server, clock)
        assert stored(config, "SRM") == {}

    def test_an_unknown_coin_is_refused(self, config: Config, server: ArchiveServer, clock: FakeClock) -> None:
        server.put("SRMUSDT", "2025-02", [candle(date(2025, 2, 1), 3.0)])
        with pytest.raises(ConfigError, match=r"SRN: is not in the archive; .*did you mean 'SRM'"):
            fetch(config, server, clock, "SRN")


class TestNames:
    @pytest.mark.parametrize("pair", ["BTCUPUSDT", "EURUSDT", "USDCUSDT", "WBTCUSDT", "BTCETH", "USDT"])
    def test_what_is_no_coin(self, config: Config, pair: str) -> None:
        assert not is_coin(config, pair, frozenset(["BTCUSDT", pair]))

    @pytest.mark.parametrize("pair", ["JUPUSDT", "SRMUSDT", "1INCHUSDT"])
    def test_what_is_one(self, config: Config, pair: str) -> None:
        assert is_coin(config, pair, frozenset(["BTCUSDT", pair]))

    def test_its_symbol_here(self, config: Config) -> None:
        names = {
            pair: coin_of(config, pair, date(2022, 5, 27)) for pair in ("LUNAUSDT", "BCCUSDT", "BTTCUSDT", "XUSDT")
        }
        assert names == {"LUNAUSDT": "LUNC", "BCCUSDT": "BCH", "BTTCUSDT": "BTT", "XUSDT": "X"}
        assert coin_of(config, "LUNAUSDT", date(2022, 5, 28)) == "LUNA2"


def test_rows_say_which_file_they_are_of(config: Config, server: ArchiveServer, clock: FakeClock) -> None:
    server.put("SRMUSDT", "2025-02", [candle(date(2025, 2, 1), 3.0).replace("3.00000000", "0.00000000", 1)])
    fetch(config, server, clock)
    with Store.reading(config.state / FILE_NAME) as store:
        rows = store.rows_of("SRM.archive")
    assert rows is not None
    assert np.isnan(rows.rows.open[0])  # a price of zero is unknown
    assert json.dumps(rows.sources) == '[["2025-02-01", "archive SRMUSDT"]]'
