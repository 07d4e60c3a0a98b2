"""Point in time: what a market holds as of a moment, what a series has missed, and when decisions are due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from bot.core.errors import DataError
from bot.core.market import Market, Series
from bot.core.series_kind import SeriesKind
from tests.markets import closes_on_days, closes_on_sessions, market_of, random_market, series_of, with_series


def small() -> Market:
    """Two weeks: RUT's sessions 2024-01-02 to 01-12, ETH and BTC days 01-01 to 01-14, a coin A from 01-05 on."""
    coins = closes_on_days("2024-01-01", [float(i) for i in range(1, 15)])
    return market_of(
        {
            "RUT": closes_on_sessions("2024-01-02", [float(i) for i in range(1, 10)]),
            "ETH": coins,
            "BTC": coins,
            "A": closes_on_days("2024-01-05", [1.0] * 10),
        }
    )


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2024, 1, day, hour, tzinfo=UTC)


class TestAsOf:
    def test_it_keeps_what_was_known_then_and_nothing_later(self) -> None:
        past = small().as_of(at(9))
        assert str(past["RUT"].dates[-1]) == "2024-01-08"
        assert str(past["ETH"].dates[-1]) == "2024-01-08"
        past = small().as_of(at(8, 12))  # Monday noon: Friday's session, Sunday's coins
        assert str(past["RUT"].dates[-1]) == "2024-01-05"
        assert str(past["ETH"].dates[-1]) == "2024-01-07"

    def test_a_series_without_a_row_yet_is_empty_and_not_absent(self) -> None:
        assert len(small().as_of(at(5, 23))["A"]) == 0
        assert len(small().as_of(at(6))["A"]) == 1

    def test_decisions_up_to_the_moment_stay_the_same(self) -> None:
        made = random_market(5).market
        cut = made.decision_times[len(made.decision_times) // 2]
        past = made.as_of(cut.astype(object).replace(tzinfo=UTC))
        assert np.array_equal(past.decision_times, made.decision_times[made.decision_times <= cut])

    def test_every_row_of_every_series_was_known_by_the_moment(self) -> None:
        made = random_market(3).market
        moment = datetime(2018, 1, 1, tzinfo=UTC) if made["ETH"].dates[0] < np.datetime64("2017-06-01") else None
        moment = moment or made["ETH"].known_at[200].astype(object).replace(tzinfo=UTC)
        for symbol, series in made.as_of(moment).items():
            cut = np.datetime64(moment.replace(tzinfo=None))
            assert (series.known_at <= cut).all()
            full = made[symbol]
            assert len(series) == np.count_nonzero(full.known_at <= cut)


class TestMissed:
    def missed(self, symbol: str, day: int, hour: int = 0) -> int:
        times = np.array([at(day, hour).replace(tzinfo=None)], "datetime64[s]")
        return int(small()[symbol].missed(times)[0])

    def test_a_weekend_and_a_holiday_are_no_silence_of_small_caps(self) -> None:
        # The last session is Friday 01-12; Monday 01-15 is a holiday, so the next is due on Tuesday at 21:00.
        assert [self.missed("RUT", day) for day in (13, 14, 15, 16)] == [0, 0, 0, 0]
        assert self.missed("RUT", 16, 20) == 0
        assert self.missed("RUT", 16, 21) == 1
        assert [self.missed("RUT", day) for day in (17, 18, 19, 20, 22)] == [1, 2, 3, 4, 4]

    def test_every_day_without_a_row_is_silence_of_a_coin(self) -> None:
        # The row of 01-14 is known on 01-15; that of 01-15 would be on 01-16.
        assert [self.missed("ETH", day) for day in (15, 16, 17, 20)] == [0, 1, 2, 5]

    def test_a_gap_counts_and_a_row_ends_it(self) -> None:
        closes = closes_on_days("2024-01-01", [1.0] * 10)
        gone = {day: price for day, price in closes.items() if day not in ("2024-01-04", "2024-01-05")}
        series = series_of("A", gone)
        times = np.array([f"2024-01-{day:02}" for day in range(4, 8)], "datetime64[s]")
        assert series.missed(times).tolist() == [0, 1, 2, 0]

    def frozen(self, kind: SeriesKind = SeriesKind.CRYPTO, moving: int = 60) -> Series:
        """A series that moves every day, then repeats its last close on five days, moves, and repeats it once."""
        closes = [100.0 + i for i in range(moving)]
        closes += [closes[-1]] * 5 + [50.0, 50.0]
        return series_of("A", closes_on_days("2024-01-01", closes), kind)

    @pytest.mark.parametrize(("kind", "late"), [(SeriesKind.CRYPTO, True), (SeriesKind.STABLECOIN, False)])
    def test_a_frozen_feed_is_as_late_as_a_missing_one(self, kind: SeriesKind, late: bool) -> None:
        """The last move is the row of 02-29, known on 03-01; the row of 03-06 moves, that of 03-07 repeats."""
        times = np.datetime64("2024-03-01", "s") + np.arange(8) * np.timedelta64(86_400, "s")
        expected = [0, 1, 2, 3, 4, 5, 0, 1] if late else [0] * 8
        assert self.frozen(kind).missed(times).tolist() == expected
        missing = replace(self.frozen(kind).until(times[0]), due=self.frozen(kind).due)
        assert not late or missing.missed(times[:6]).tolist() == expected[:6]

    def test_a_series_that_has_not_moved_before_is_not_frozen(self) -> None:
        """19 moving rows are too few to know; a series that repeats every other close has always done so."""
        times = np.array(["2024-01-25"], "datetime64[s]")
        assert self.frozen(moving=19).missed(times).tolist() == [0]
        assert self.frozen(moving=20).missed(times - np.timedelta64(1, "D")).tolist() == [3]
        lazy = series_of("A", closes_on_days("2024-01-01", [100.0 + i // 2 for i in range(40)] + [119.0] * 9))
        assert lazy.missed(np.array(["2024-02-19"], "datetime64[s]")).tolist() == [0]

    def test_it_never_looks_at_rows_that_are_not_known_yet(self) -> None:
        made = random_market(7).market
        for series in made.values():
            times = made.decision_times
            whole = series.missed(times)
            for i in (100, 200, 300):
                if series.known_at[0] <= times[i]:
                    assert series.until(times[i]).missed(times[i : i + 1])[0] == whole[i]


class TestDecisionTimes:
    @pytest.mark.parametrize("symbol", ["RUT", "ETH", "BTC"])
    def test_a_required_series_that_is_missing_is_named(self, symbol: str) -> None:
        made = with_series(series for name, series in small().items() if name != symbol)
        with pytest.raises(DataError, match=f"no series {symbol}"):
            _ = made.decision_times

    def test_a_required_series_without_rows_is_named(self) -> None:
        made = with_series([*(s for n, s in small().items() if n != "BTC"), series_of("BTC", {})])
        with pytest.raises(DataError, match="BTC has no rows"):
            _ = made.decision_times

    def test_they_run_from_the_first_common_midnight_to_the_one_after_eths_last_day(self) -> None:
        times = small().decision_times.astype(str)
        assert (times[0], times[-1]) == ("2024-01-03T00:00:00", "2024-01-15T00:00:00")


def test_a_misspelt_symbol_gets_the_nearest_name() -> None:
    with pytest.raises(DataError, match=r"no series ETHH; did you mean 'ETH'\?"):
        small()["ETHH"]


def test_a_series_like_no_other_is_answered_by_the_first_names_of_the_market() -> None:
    with pytest.raises(DataError, match=r"there is no series SOLANA; its series are A, BTC, ETH, RUT$"):
        small()["SOLANA"]
    others = {f"{symbol}{i}": series_of(f"{symbol}{i}", {"2024-01-01": 1.0}) for i in range(4) for symbol in "XY"}
    with pytest.raises(DataError, match=r"its series are A, BTC, ETH, RUT, X0, X1, \.\.\.$"):
        with_series([*small().values(), *others.values()])["SOLANA"]


def test_series_are_found_by_kind_in_the_order_of_symbols() -> None:
    assert [series.symbol for series in small().of_kind(SeriesKind.CRYPTO)] == ["A", "BTC", "ETH"]
