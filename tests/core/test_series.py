"""The rows of one symbol and what hangs on them: hash, bars, the calendar, quarantine and roles, worked by hand."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from bot.core.bar import Bar
from bot.core.data_fault import DataFault, FaultKind, Severity
from bot.core.errors import DataError
from bot.core.market import Market, Series
from bot.core.series_kind import SeriesKind
from bot.core.session_calendar import Sessions
from tests.markets import closes_on_days, closes_on_sessions, default_config, market_of, series_of, with_series

D = np.datetime64


def coin() -> Series:
    """A coin of three days, 2024-01-01 to 01-04 without the third; the second row has no open and no volume."""
    return series_of(
        "A",
        {"2024-01-01": 4.0, "2024-01-02": 5.0, "2024-01-04": 6.0},
        opens={"2024-01-01": 3.0, "2024-01-02": float("nan"), "2024-01-04": 5.5},
        highs={"2024-01-01": 4.5, "2024-01-02": 5.25, "2024-01-04": 6.5},
        lows={"2024-01-01": 2.5, "2024-01-02": 4.75, "2024-01-04": 5.0},
        volumes={"2024-01-01": 100.0, "2024-01-04": 300.0},
    )


class TestRows:
    def test_a_bar_has_the_columns_of_its_date(self) -> None:
        known = datetime(2024, 1, 5, tzinfo=UTC)
        assert coin().bar(D("2024-01-04")) == Bar("A", date(2024, 1, 4), 5.5, 6.5, 5.0, 6.0, 300.0, known)

    def test_a_date_without_a_row_has_no_bar(self) -> None:
        assert [coin().row(D(day)) for day in ("2024-01-01", "2024-01-04")] == [0, 2]
        assert [coin().row(D(day)) for day in ("2023-12-31", "2024-01-03", "2024-01-05")] == [None, None, None]
        assert coin().bar(D("2024-01-03")) is None

    def test_a_column_on_the_calendar_has_nan_where_a_row_is_missing(self) -> None:
        on = coin().on_calendar("high")
        due = coin().due.astype("datetime64[D]").tolist()
        assert [day.day for day in due[:4]] == [2, 3, 4, 5]
        assert np.array_equal(on[:4], [4.5, 5.25, np.nan, 6.5], equal_nan=True)


class TestHash:
    def test_it_is_that_of_name_kind_and_known_values_column_by_column(self) -> None:
        """Days since 1970 and seconds since 1970 as 8 bytes, prices as doubles; before each column a byte a row.

        2024-01-01 is day 19723, 2024-01-02 day 19724; a row is known at the midnight after, 86400 times the next day.
        """
        series = series_of(
            "A", {"2024-01-01": 4.0, "2024-01-02": 5.0}, opens={"2024-01-01": 3.0, "2024-01-02": float("nan")}
        )
        both, first, neither = b"\x01\x01", b"\x01\x00", b"\x00\x00"
        text = b"A crypto"
        text += both + struct.pack("<2q", 19723, 19724)
        text += both + struct.pack("<2q", 19724 * 86400, 19725 * 86400)
        text += first + struct.pack("<d", 3.0)
        text += 3 * (both + struct.pack("<2d", 4.0, 5.0))
        text += neither
        assert series.sha256 == hashlib.sha256(text).hexdigest()

    @pytest.mark.parametrize("column", ["dates", "known_at", "open", "high", "low", "close", "volume"])
    def test_every_column_counts(self, column: str) -> None:
        changed = getattr(coin(), column).copy()
        changed[2] += 1
        assert replace(coin(), **{column: changed}).sha256 != coin().sha256


class TestUntil:
    def series(self) -> Series:
        """Off-session rows of 2024-01-06 and 01-13; another source from 2024-01-02 and from 01-04 on."""
        return replace(
            coin(),
            off_session=np.array(["2024-01-06", "2024-01-13"], "datetime64[D]"),
            source_changes=np.array(["2024-01-02", "2024-01-04"], "datetime64[D]"),
        )

    def test_an_off_session_row_is_known_at_the_end_of_its_day(self) -> None:
        assert self.series().off_session_known_at.astype(str).tolist() == ["2024-01-07T00:00:00", "2024-01-14T00:00:00"]
        for moment, known in (("2024-01-06T23:59:59", 0), ("2024-01-07T00:00:00", 1), ("2024-01-14T00:00:00", 2)):
            assert len(self.series().until(D(moment)).off_session) == known

    def test_a_source_change_is_known_with_its_first_row(self) -> None:
        """The row of 01-02 is known on 01-03, that of 01-04 on 01-05."""
        for moment, known in (("2024-01-01", 0), ("2024-01-02", 0), ("2024-01-03", 1), ("2024-01-04T23:59:59", 1)):
            assert len(self.series().until(D(moment, "s")).source_changes) == known
        assert len(self.series().until(D("2024-01-05", "s")).source_changes) == 2

    def test_every_column_ends_with_the_last_row_that_was_known(self) -> None:
        past = coin().until(D("2024-01-03", "s"))
        columns = ("dates", "open", "high", "low", "close", "volume", "known_at")
        assert {len(getattr(past, name)) for name in columns} == {2}
        assert np.array_equal(past.due, coin().due)


def test_a_series_without_rows_has_missed_every_row_that_was_due() -> None:
    empty = coin().until(D("2023-12-31", "s"))
    times = np.array(["2024-01-01", "2024-01-02", "2024-01-03"], "datetime64[s]")
    assert empty.missed(times).tolist() == [0, 1, 2]
    assert coin().latest(times).tolist() == [-1, 0, 1]


def test_half_days_are_those_of_the_calendar() -> None:
    dates = np.array(["2024-07-02", "2024-07-03", "2024-07-05"], "datetime64[D]")
    calendar = Sessions(dates, dates.astype("datetime64[s]"), np.array([False, True, False]))
    asked = np.array(["2024-07-03", "2024-07-05", "2024-07-04", "2024-07-03"], "datetime64[D]")
    assert calendar.is_half_day(asked).tolist() == [True, False, False, True]


class TestKinds:
    def test_coins_are_priced_on_every_utc_day_and_nothing_else_is(self) -> None:
        coins = {"crypto", "stablecoin", "wrapped", "staked", "leveraged"}
        assert {kind.value for kind in SeriesKind if kind.is_coin} == coins

    def test_roles_name_every_symbol_once_and_may_have_a_prefix(self) -> None:
        roles = default_config().roles.roles()
        assert {"RUT", "BTC", "ETH", *roles.sector_funds} < roles.symbols
        prefixed = roles.prefixed("X-")
        assert (prefixed.eth, prefixed.sector_funds[0]) == ("X-ETH", "X-" + roles.sector_funds[0])
        assert prefixed.symbols == {f"X-{symbol}" for symbol in roles.symbols}


class TestMarket:
    def market(self) -> Market:
        """A is quarantined from 2024-01-03 00:00 on, for a fault that was known then."""
        days = closes_on_days("2024-01-01", [1.0] * 8)
        made = market_of({"RUT": closes_on_sessions("2024-01-02", [1.0] * 5), "ETH": days, "BTC": days, "A": days})
        since = datetime(2024, 1, 3, tzinfo=UTC)
        day = date(2024, 1, 2)
        fault = DataFault("A", FaultKind.JUMP, Severity.QUARANTINED, day, day, 1, since, "A jumps")
        return replace(made, quarantined={"A": D("2024-01-03T00:00:00")}, faults=(fault,))

    def test_a_quarantine_begins_at_its_moment(self) -> None:
        times = np.array(["2024-01-02T23:59:59", "2024-01-03T00:00:00", "2024-01-04T00:00:00"], "datetime64[s]")
        assert self.market().is_quarantined("A", times).tolist() == [False, True, True]
        assert self.market().is_quarantined("ETH", times).tolist() == [False, False, False]

    def test_as_of_a_moment_it_has_the_faults_that_were_known(self) -> None:
        before = self.market().as_of(datetime(2024, 1, 2, 23, 59, 59, tzinfo=UTC))
        then = self.market().as_of(datetime(2024, 1, 3, tzinfo=UTC))
        assert (before.quarantined, before.faults) == ({}, ())
        assert (list(then.quarantined), len(then.faults)) == (["A"], 1)

    def test_series_that_are_never_all_known_have_no_decision_time(self) -> None:
        """ETH's last row, of 2024-01-03, is known on 01-04; BTC's first, of 01-04, on 01-05."""
        early, late = closes_on_days("2024-01-01", [1.0] * 3), closes_on_days("2024-01-04", [1.0] * 3)
        made = market_of({"RUT": closes_on_sessions("2024-01-02", [1.0] * 4), "ETH": early, "BTC": late})
        with pytest.raises(DataError, match="on no day are RUT, ETH, BTC all known"):
            _ = made.decision_times
        met = market_of({"RUT": closes_on_sessions("2024-01-02", [1.0] * 4), "ETH": early, "BTC": early})
        assert [at.day for at in met.decision_moments] == [3, 4]

    def test_it_is_a_mapping_of_its_series(self) -> None:
        made = with_series([coin(), series_of("B", {})])
        assert (len(made), list(made), "B" in made, "C" in made) == (2, ["A", "B"], True, False)
