"""A folder of CSV files is believed row by row or refused with the file, the line, and what is wrong there."""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from bot.core.errors import DataError
from bot.core.market import Market
from bot.core.series_kind import SeriesKind
from bot.data.vendors.csv_folder import read_folder, read_plain
from bot.infra.clock import SystemClock
from strategies.rotation.rotation import Rotation
from tests.markets import default_config, settings_with

RUT = "date,close\n2024-01-02,100\n2024-01-03,101\n2024-01-04,102\n"
COIN = (
    "date,open,high,low,close,volume\n"
    "2024-01-01,10,12,9,11,1000\n"
    "2024-01-02,11,13,10,12,1000\n"
    "2024-01-03,12,14,11,13,1000\n"
)


def read(folder: Path, **files: str | bytes) -> Market:
    """Read a folder that holds good RUT, ETH and BTC files but for those that are given."""
    for symbol, text in {"RUT": RUT, "ETH": COIN, "BTC": COIN, **files}.items():
        content = text if isinstance(text, bytes) else text.encode()
        (folder / f"{symbol}.csv").write_bytes(content)
    config = default_config()
    return read_folder(folder, config.listings(), config.roles.roles())


def fault(folder: Path, **files: str | bytes) -> DataError:
    """The error of a folder with one bad file; it names that file, on one line, with exit code 3."""
    with pytest.raises(DataError) as caught:
        read(folder, **files)
    (symbol,) = files
    assert f"{symbol}.csv" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3
    return caught.value


class TestGoodFiles:
    def test_rows_are_read_as_they_stand(self, tmp_path: Path) -> None:
        eth = read(tmp_path)["ETH"]
        assert eth.dates.astype(str).tolist() == ["2024-01-01", "2024-01-02", "2024-01-03"]
        assert (eth.open[0], eth.high[0], eth.low[0], eth.close[0], eth.volume[0]) == (10, 12, 9, 11, 1000)
        assert str(eth.known_at[0]) == "2024-01-02T00:00:00"

    def test_the_kind_comes_from_the_symbol_table(self, tmp_path: Path) -> None:
        market = read(tmp_path, USDT=COIN, IWM=RUT)
        assert [market[s].kind for s in ("RUT", "ETH", "USDT", "IWM")] == [
            SeriesKind.INDEX,
            SeriesKind.CRYPTO,
            SeriesKind.STABLECOIN,
            SeriesKind.ETF_ADJUSTED,
        ]

    def test_columns_that_a_file_lacks_are_unknown(self, tmp_path: Path) -> None:
        rut = read(tmp_path)["RUT"]
        assert np.isnan(rut.open).all() and np.isnan(rut.volume).all()

    def test_blank_is_unknown_and_never_zero(self, tmp_path: Path) -> None:
        eth = read(tmp_path, ETH=COIN.replace("2024-01-02,11,13,10,12,1000", "2024-01-02,,13,10,12,"))["ETH"]
        assert math.isnan(eth.open[1]) and math.isnan(eth.volume[1])
        assert eth.close[1] == 12

    def test_a_row_without_a_close_is_no_row(self, tmp_path: Path) -> None:
        eth = read(tmp_path, ETH=COIN.replace("2024-01-02,11,13,10,12,1000", "2024-01-02,11,13,10,,1000"))["ETH"]
        assert eth.dates.astype(str).tolist() == ["2024-01-01", "2024-01-03"]

    def test_a_row_on_a_day_without_a_session_is_ignored_and_noted(self, tmp_path: Path) -> None:
        market = read(tmp_path, RUT=RUT + "2024-01-06,555\n")  # a Saturday
        assert len(market["RUT"]) == 3
        assert any("RUT" in note and "2024-01-06" in note for note in market.notes)

    def test_coins_keep_their_weekends(self, tmp_path: Path) -> None:
        assert len(read(tmp_path, ETH=COIN + "2024-01-06,12,14,11,13,1000\n")["ETH"]) == 4

    def test_a_large_jump_is_not_refused(self, tmp_path: Path) -> None:
        market = read(tmp_path, ADA=COIN + "2024-01-04,12,99,11,79,1000\n")  # 6 times the close before
        assert market["ADA"].close[-1] == 79

    def test_a_close_outside_its_range_is_not_refused(self, tmp_path: Path) -> None:
        assert read(tmp_path, ADA=COIN.replace("12,14,11,13", "12,14,11,15"))["ADA"].close[-1] == 15

    def test_a_file_that_is_not_in_the_symbol_table_is_passed_over_and_named(self, tmp_path: Path) -> None:
        market = read(tmp_path, NOSUCHCOIN="rubbish")
        assert "NOSUCHCOIN" not in market
        assert any("NOSUCHCOIN" in note for note in market.notes)

    def test_macro_series_may_be_zero_or_negative(self, tmp_path: Path) -> None:
        market = read(tmp_path, RRPONTSYD="date,close\n2024-01-02,0\n2024-01-03,-1\n")
        assert market["RRPONTSYD"].close.tolist() == [0, -1]

    def test_windows_line_ends_and_a_byte_order_mark_are_read(self, tmp_path: Path) -> None:
        market = read(tmp_path, RUT=b"\xef\xbb\xbf" + RUT.replace("\n", "\r\n").encode())
        assert market["RUT"].close.tolist() == [100, 101, 102]

    def test_the_hash_is_that_of_what_the_rows_say_however_they_are_written(self, tmp_path: Path) -> None:
        plain = read(tmp_path)["RUT"].sha256
        assert read(tmp_path, RUT=RUT.replace("101", "101.000"))["RUT"].sha256 == plain
        assert read(tmp_path, RUT=RUT.replace("101", "101.001"))["RUT"].sha256 != plain


class TestRefusals:
    @pytest.mark.parametrize("symbol", ["RUT", "ETH", "BTC"])
    def test_a_required_file_that_is_missing_is_named(self, tmp_path: Path, symbol: str) -> None:
        read(tmp_path)
        (tmp_path / f"{symbol}.csv").unlink()
        config = default_config()
        with pytest.raises(DataError, match=rf"{symbol}\.csv is missing"):
            read_folder(tmp_path, config.listings(), config.roles.roles())

    def test_a_folder_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        config = default_config()
        with pytest.raises(DataError, match="no such folder"):
            read_folder(tmp_path / "nowhere", config.listings(), config.roles.roles())

    def test_an_empty_file_is_refused(self, tmp_path: Path) -> None:
        assert "not a CSV table" in str(fault(tmp_path, ETH=""))

    def test_a_header_without_rows_is_refused(self, tmp_path: Path) -> None:
        assert "no rows" in str(fault(tmp_path, ETH="date,open,high,low,close,volume\n"))

    @pytest.mark.parametrize("column", ["date", "close"])
    def test_a_file_without_dates_or_closes_is_refused(self, tmp_path: Path, column: str) -> None:
        assert f"no column '{column}'" in str(fault(tmp_path, ETH=COIN.replace(column, "other", 1)))

    def test_a_file_that_is_not_text_is_refused(self, tmp_path: Path) -> None:
        fault(tmp_path, ETH=b"date,close\n2024-01-01,\xff\xfe\n")

    def test_a_row_with_too_many_cells_is_refused(self, tmp_path: Path) -> None:
        fault(tmp_path, ETH=COIN + "2024-01-04,12,14,11,13,1000,7,8\n")

    def test_unordered_dates_are_refused_with_their_line(self, tmp_path: Path) -> None:
        problem = fault(tmp_path, ETH=COIN + "2023-12-31,12,14,11,13,1000\n")
        assert "line 5" in str(problem)
        assert problem.was == "2023-12-31"

    def test_duplicate_dates_are_refused_with_their_line(self, tmp_path: Path) -> None:
        problem = fault(tmp_path, ETH=COIN.replace("2024-01-03", "2024-01-02"))
        assert "line 4" in str(problem)

    @pytest.mark.parametrize("text", ["01/02/2024", "2024-02-30", "", "yesterday", "2024-01-02 12:00"])
    def test_what_is_no_date_is_refused_with_its_line(self, tmp_path: Path, text: str) -> None:
        assert "line 3" in str(fault(tmp_path, ETH=COIN.replace("2024-01-02", text)))

    @pytest.mark.parametrize("column", ["open", "high", "low", "close", "volume"])
    def test_text_in_a_number_is_refused_with_its_line(self, tmp_path: Path, column: str) -> None:
        cells = dict(zip(COIN.splitlines()[0].split(","), COIN.splitlines()[2].split(","), strict=True))
        cells[column] = "twelve"
        problem = fault(tmp_path, ETH=COIN.replace(COIN.splitlines()[2], ",".join(cells.values())))
        assert "line 3" in str(problem)
        assert f"{column} is not a number" in str(problem)
        assert "twelve" in str(problem)

    @pytest.mark.parametrize("price", ["0", "-1", "inf", "-inf", "1e999"])
    @pytest.mark.parametrize("column", ["open", "high", "low", "close"])
    def test_a_price_of_zero_below_it_or_without_end_is_refused(self, tmp_path: Path, column: str, price: str) -> None:
        cells = dict(zip(COIN.splitlines()[0].split(","), COIN.splitlines()[3].split(","), strict=True))
        cells[column] = price
        problem = fault(tmp_path, ETH=COIN.replace(COIN.splitlines()[3], ",".join(cells.values())))
        assert "line 4" in str(problem)
        assert column in str(problem)

    @pytest.mark.parametrize("price", ["0", "-5", "inf"])
    def test_an_index_too_must_have_a_price(self, tmp_path: Path, price: str) -> None:
        assert "line 3" in str(fault(tmp_path, RUT=RUT.replace("101", price)))

    def test_a_negative_or_infinite_volume_is_refused(self, tmp_path: Path) -> None:
        assert "line 2" in str(fault(tmp_path, ETH=COIN.replace("1000", "-1", 1)))
        assert "line 2" in str(fault(tmp_path, ETH=COIN.replace("1000", "inf", 1)))

    def test_a_coins_high_under_its_low_is_refused(self, tmp_path: Path) -> None:
        problem = fault(tmp_path, ETH=COIN.replace("11,13,10,12", "11,9,10,12"))
        assert "line 3" in str(problem)
        assert "high is under low" in str(problem)

    def test_a_date_in_the_future_is_refused_with_its_line(self, tmp_path: Path) -> None:
        tomorrow = (SystemClock().now() + timedelta(days=2)).date()
        problem = fault(tmp_path, ETH=COIN + f"{tomorrow},12,14,11,13,1000\n")
        assert "line 5" in str(problem)
        assert "future" in str(problem)

    def test_the_first_fault_of_a_file_is_the_one_that_is_named(self, tmp_path: Path) -> None:
        bad = COIN.replace("11,13,10,12", "11,13,10,x").replace("12,14,11,13", "12,14,11,y")
        assert "line 3" in str(fault(tmp_path, ETH=bad))


class TestSeriesWithoutAKnownClose:
    BLANK = "date,open,high,low,close,volume\n2024-01-01,10,12,9,,1000\n2024-01-02,10,12,9,,1000\n"

    @pytest.mark.parametrize("symbol", ["RUT", "ETH", "BTC"])
    def test_a_required_one_is_named_when_decisions_are_asked_for(self, tmp_path: Path, symbol: str) -> None:
        market = read(tmp_path, **{symbol: self.BLANK})
        with pytest.raises(DataError, match=symbol):
            _ = market.decision_times

    def test_a_gates_own_without_any_close_is_as_good_as_absent(self, tmp_path: Path) -> None:
        market = read(tmp_path, VIX="date,close\n2024-01-02,\n2024-01-03,\n")
        verdict = Rotation(settings_with()).decisions(market)[-1].readings["volatility"]["verdict"]
        assert verdict == "no data"


@pytest.mark.parametrize(
    "cell",
    [
        "2024-02-30",
        "2024/02/01",
        "20240-2-01",
        "2024-2-001",
        "1706745600",
        "-024-02-01",
        "\u0662\u0660\u0662\u0664-02-01",
        "0",
    ],
)
def test_a_date_of_another_form_among_right_ones_is_named_with_its_line(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "ETH.csv"
    path.write_text(f"date,close\n2024-01-31,1\n{cell},2\n2024-02-02,3\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"line 3: is not a date"):
        read_plain("ETH", path, SeriesKind.CRYPTO)


def test_dates_with_spaces_around_them_are_read_as_those_without(tmp_path: Path) -> None:
    (tmp_path / "A.csv").write_text("date,close\n2024-01-31,1\n2024-02-01,2\n")
    (tmp_path / "B.csv").write_text("date,close\n 2024-01-31,1\n2024-02-01 ,2\n")
    plain, spaced = (read_plain(name, tmp_path / f"{name}.csv", SeriesKind.CRYPTO) for name in "AB")
    assert plain.dates.tolist() == spaced.dates.tolist() == [date(2024, 1, 31), date(2024, 2, 1)]


@pytest.mark.parametrize(
    "lines", ["2024-01-31,1\n2024-02-01\n", "2024-01-31,1,\n2024-02-01,2\n", "2024-01-31\n1,2,3\n"]
)
def test_a_line_with_another_number_of_cells_is_refused(tmp_path: Path, lines: str) -> None:
    path = tmp_path / "ETH.csv"
    path.write_text(f"date,close\n{lines}")
    with pytest.raises(DataError, match=r"line [23]"):
        read_plain("ETH", path, SeriesKind.CRYPTO)
