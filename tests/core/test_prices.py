"""A coin's prices on the days of a run: the newest close, and an open only on a day with a row of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from bot.core.errors import DataError
from bot.core.market import Floats, Series
from bot.core.prices import Prices
from tests.markets import series_of, with_series

NAN = float("nan")


def no_volatility(series: Series) -> Floats:
    return np.full(len(series), NAN)


def row_number(series: Series) -> Floats:
    return np.arange(1.0, len(series) + 1)


def prices() -> Prices:
    """Four days from 2024-01-02; A has rows on the first and the third, B has none. A row's volume is its number."""
    closes = {"2024-01-02": 10.0, "2024-01-04": 12.0}
    a = series_of("A", closes, opens={"2024-01-02": 9.0, "2024-01-04": 11.0})
    made = with_series([a, series_of("B", {})])
    return Prices(
        made, lambda series: np.arange(1.0, len(series) + 1), no_volatility, date(2024, 1, 2), date(2024, 1, 5)
    )


def test_the_first_place_is_that_of_the_day_before() -> None:
    assert [prices().index(date(2024, 1, day)) for day in (1, 2, 5)] == [0, 1, 4]


def test_a_close_stands_until_the_next_and_an_open_on_its_own_day_alone() -> None:
    coin = prices().of("A")
    assert np.array_equal(coin.close, [NAN, 10, 10, 12, 12], equal_nan=True)
    assert coin.fresh == [False, True, False, True, False]
    assert np.array_equal(coin.open, [NAN, 9, NAN, 11, NAN], equal_nan=True)
    assert np.array_equal(coin.median_volume, [NAN, 1, 1, 2, 2], equal_nan=True)


def test_rows_from_before_the_run_are_known_on_its_first_day() -> None:
    made = with_series([series_of("A", {"2024-01-01": 8.0, "2024-01-02": 10.0, "2024-01-03": 11.0})])
    coin = Prices(made, lambda series: series.volume, no_volatility, date(2024, 1, 3), date(2024, 1, 3)).of("A")
    assert (coin.close, coin.fresh, coin.open[1]) == ([10, 11], [True, True], 11)


def test_a_coin_without_rows_has_no_price_on_any_day() -> None:
    coin = prices().of("B")
    for column in (coin.close, coin.open, coin.median_volume):
        assert np.isnan(column).tolist() == [True] * 5
    assert coin.fresh == [False] * 5


def test_a_coin_that_the_market_does_not_have_is_named() -> None:
    with pytest.raises(DataError, match="no series C"):
        prices().of("C")


def test_a_price_in_a_changed_unit_values_and_fills_nothing() -> None:
    """A is redenominated on 2024-01-03: its close of the day before stands, not fresh, and no open is left."""
    series = series_of("A", {"2024-01-01": 8.0, "2024-01-02": 10.0, "2024-01-03": 11_000.0, "2024-01-04": 12_000.0})
    made = replace(with_series([series]), quarantined={"A": np.datetime64("2024-01-04T00:00:00", "s")})
    coin = Prices(made, lambda series: series.volume, no_volatility, date(2024, 1, 2), date(2024, 1, 4)).of("A")
    assert coin.close == [8, 10, 10, 10]
    assert coin.fresh == [True, True, False, False]
    assert np.isnan(coin.open).tolist() == [False, False, True, True]


@pytest.mark.parametrize(("open_", "kept"), [(10.5, True), (10_500.0, False)])
def test_the_open_of_the_changed_row_counts_in_the_old_unit_alone(open_: float, kept: bool) -> None:
    closes = {"2024-01-02": 10.0, "2024-01-03": 11_000.0}
    series = series_of("A", closes, opens={"2024-01-03": open_})
    made = replace(with_series([series]), quarantined={"A": np.datetime64("2024-01-04T00:00:00", "s")})
    coin = Prices(made, lambda series: series.volume, no_volatility, date(2024, 1, 3), date(2024, 1, 3)).of("A")
    assert np.array_equal(coin.open, [10.0, open_ if kept else NAN], equal_nan=True)
