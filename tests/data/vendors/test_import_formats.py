"""Downloads of six vendors are read as the vendors mean them, or refused with the true cause."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bot.core.errors import DataError
from bot.data.csv import candle_file
from bot.data.csv.csv_format import CsvFormat
from bot.data.csv.import_reader import read_exports
from bot.data.vendors.raw_bars import RawBars
from bot.services.data_update import series_names
from tests.markets import default_config


def imported(
    folder: Path, csv_format: CsvFormat = CsvFormat.AUTO, **files: str | bytes
) -> tuple[dict[str, RawBars], list[str]]:
    for name, text in files.items():
        (folder / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    config = default_config()
    return read_exports(folder, config.listings(), series_names(config), csv_format)


def fault(folder: Path, text: str, name: str = "ETH", csv_format: CsvFormat = CsvFormat.AUTO) -> str:
    with pytest.raises(DataError) as refused:
        imported(folder, csv_format, **{name: text})
    assert "\n" not in str(refused.value)
    return str(refused.value)


YAHOO = (
    "Date,Open,High,Low,Close,Adj Close,Volume\n"
    "2024-01-02,200,202,198,200,100,1000\n"
    "2024-01-03,null,null,null,null,null,null\n"
    "2024-01-04,0,210,204,208,208,2000\n"
)


def test_yahoo_gives_a_fund_its_raw_and_its_adjusted_prices(tmp_path: Path) -> None:
    rows, notes = imported(tmp_path, IWM=YAHOO, **{"^RUT": YAHOO, "ETH-USD": YAHOO})
    assert sorted(rows) == ["ETH", "IWM", "IWM_RAW", "RUT"]
    assert notes == []
    assert rows["IWM"].dates.astype(str).tolist() == ["2024-01-02", "2024-01-04"]
    assert rows["IWM"].close.tolist() == [100, 208]  # the adjusted close
    assert rows["IWM"].high.tolist() == [101, 210]  # 202 by 100/200
    assert np.isnan(rows["IWM"].open[1])  # Yahoo's 0 is unknown
    assert rows["IWM_RAW"].close.tolist() == rows["RUT"].close.tolist() == rows["ETH"].close.tolist() == [200, 208]
    assert rows["ETH"].volume.tolist() == [1000, 2000]


def test_yfinance_writes_adjusted_prices_beside_dividends(tmp_path: Path) -> None:
    text = (
        "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n"
        "2024-01-02 00:00:00-05:00,1,2,1,2,9,0.0,0.0\n2024-07-03 00:00:00-04:00,1,2,1,3,9,0.0,0.0\n"
        "2024-07-05 00:00:00-04:00,1,2,1,4,9,0.0,0.0\n2024-07-08 00:00:00-04:00,1,2,1,5,9,0.0,0.0\n"
    )
    rows, _ = imported(tmp_path, SPY=text)
    assert list(rows) == ["SPY"]
    assert rows["SPY"].dates.astype(str).tolist() == ["2024-01-02", "2024-07-03", "2024-07-05", "2024-07-08"]


def coin_days(*times: str) -> str:
    """A chart of TradingView with rows at these times."""
    return "time,open,high,low,close,Volume\n" + "".join(f"{time},1,2,1,2,9\n" for time in times)


@pytest.mark.parametrize(
    ("times", "utc"),
    [
        (("2024-03-30", "2024-03-31", "2024-04-01"), "00:00"),
        # The days of UTC on a clock in Berlin, whose summer time begins on the 31st, and in Chicago.
        (("2024-03-30T01:00:00+01:00", "2024-03-31T01:00:00+01:00", "2024-04-01T02:00:00+02:00"), "00:00"),
        (("2024-03-29T19:00:00-05:00", "2024-03-30T19:00:00-05:00", "2024-03-31T19:00:00-05:00"), "00:00"),
        (("2024-03-30T23:59:59Z", "2024-03-31T23:59:59Z", "2024-04-01T23:59:59Z"), "00:00"),
        # Other ways to write UTC, and an offset without minutes.
        (("2024-03-30 00:00:00 UTC", "2024-03-31 00:00:00 GMT", "2024-04-01T00:00:00+0000"), "00:00"),
        (("2024-03-30T00:00:00+00", "2024-03-31T01:00:00+01", "2024-03-31T19:00:00-05"), "00:00"),
        # The days of Hong Kong, of New York, and of a clock without an offset.
        (("2024-03-29T16:00:00Z", "2024-03-30T16:00:00Z", "2024-03-31T16:00:00Z"), "16:00"),
        (("1711728000", "1711814400", "1711900800"), "16:00"),
        (("2024-03-30 00:00:00-04:00", "2024-03-31 00:00:00-04:00", "2024-04-01 00:00:00-04:00"), "04:00"),
        (("2024-03-30 05:30", "2024-03-31 05:30", "2024-04-01 05:30"), "05:30"),
        # The days of Berlin in winter: the close of the row at 23:00 UTC on the 1st is of the 2nd.
        (("2024-02-02T00:00:00+01:00", "2024-02-03T00:00:00+01:00", "2024-02-04T00:00:00+01:00"), "23:00"),
        # The days of London, whose summer time ends on 2024-10-27.
        ((*(f"2024-10-{day}T00:00:00+01:00" for day in (25, 26, 27)), "2024-10-28", "2024-10-29"), "23:00"),
        # A last day that is not over.
        (("2024-03-30", "2024-03-31", "2024-04-01T14:33:00Z"), "00:00"),
    ],
)
def test_the_days_of_a_coin_are_those_of_utc(times: tuple[str, ...], utc: str, tmp_path: Path) -> None:
    """A day that ends hours after the UTC day of its date would be known before its close was made."""
    if utc == "00:00":
        rows, _ = imported(tmp_path, ETHUSDT=coin_days(*times))
        assert rows["ETH"].dates.astype(str).tolist() == ["2024-03-30", "2024-03-31", "2024-04-01"]
    else:
        message = fault(tmp_path, coin_days(*times), "ETHUSDT")
        assert f"has days of another time zone; expected days from 00:00 to 24:00 UTC, was rows at {utc} UTC" in message


def test_times_on_both_sides_of_midnight_are_those_of_utc(tmp_path: Path) -> None:
    """Their middle is noon, at which there is no row."""
    times = [f"2024-03-{day:02}T23:59:59Z" for day in range(1, 6)] + [f"2024-03-{day:02}" for day in range(7, 12)]
    rows, _ = imported(tmp_path, ETHUSDT=coin_days(*times))
    assert rows["ETH"].dates.astype(str).tolist() == [f"2024-03-{day:02}" for day in range(1, 12) if day != 6]


def test_the_sessions_of_an_index_keep_their_own_date(tmp_path: Path) -> None:
    rows, _ = imported(tmp_path, RUT=coin_days("2024-01-02T09:30:00-05:00", "2024-01-03T09:30:00-05:00"))
    assert rows["RUT"].dates.astype(str).tolist() == ["2024-01-02", "2024-01-03"]


def test_quarterly_rows_of_yahoo_are_refused(tmp_path: Path) -> None:
    text = "Date,Open,High,Low,Close,Adj Close,Volume\n" + "".join(
        f"{year}-{month}-01,1,1,1,1,1,1\n" for year in (2022, 2023) for month in ("01", "04", "07", "10")
    )
    assert "RUT.csv: is not daily; expected one row a day, was rows 91 days apart" in fault(tmp_path, text, "RUT")


@pytest.mark.parametrize("date", ["observation_date", "DATE", "Date"])
def test_fred_has_a_full_stop_or_nothing_for_a_missing_value(date: str, tmp_path: Path) -> None:
    text = f"{date},DGS10,DGS2\n2024-01-01,.,\n2024-01-02,3.95,4.33\n2024-01-03,3.91,.\n"
    rows, _ = imported(tmp_path, fredgraph=text)
    assert rows["DGS10"].close.tolist() == [3.95, 3.91]
    assert rows["DGS2"].close.tolist() == [4.33]
    assert rows["DGS2"].dates.astype(str).tolist() == ["2024-01-02"]


def test_a_weekly_series_of_fred_is_read_and_a_monthly_one_is_not(tmp_path: Path) -> None:
    weekly = "observation_date,{}\n2024-01-03,1\n2024-01-10,2\n2024-01-17,3\n"
    assert imported(tmp_path, WALCL=weekly.format("WALCL"))[0]["WALCL"].close.tolist() == [1, 2, 3]
    assert "rows 7 days apart" in fault(tmp_path, weekly.format("DGS10"), "DGS10")


def candle(moment: int, close: float) -> str:
    return f"{moment},10,20,5,{close},7,{moment + 86_399_999},700,9,3,300,0\n"


def test_vision_changes_from_milliseconds_to_microseconds_in_2025(tmp_path: Path) -> None:
    last, first = 1_735_603_200_000, 1_735_689_600_000  # 2024-12-31 and 2025-01-01
    files = {"ETHUSDT-1d-2024-12": candle(last, 11), "ETHUSDT-1d-2025-01": candle(first * 1000, 12)}
    rows, notes = imported(tmp_path, **files)
    assert notes == []
    assert rows["ETH"].dates.astype(str).tolist() == ["2024-12-31", "2025-01-01"]
    assert rows["ETH"].close.tolist() == [11, 12]
    assert rows["ETH"].volume.tolist() == [700, 700]  # in the quote currency, not the 7 coins
    assert rows["ETH"].source == "binance-vision ETHUSDT"


def test_a_vision_file_with_a_header_is_read_too(tmp_path: Path) -> None:
    names = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
    text = names + "taker_buy_quote_volume,ignore\n" + candle(1_735_603_200_000, 11)
    assert imported(tmp_path, **{"BTCUSDT-1d-2024-12": text})[0]["BTC"].close.tolist() == [11]


@pytest.mark.parametrize(("name", "was"), [("ETHUSDT-1h-2024-12-31", "was 1h"), ("ETH", "was rows 1 hours apart")])
def test_hourly_candles_are_refused(name: str, was: str, tmp_path: Path) -> None:
    text = "".join(candle(1_735_603_200_000 + hour * 3_600_000, 11) for hour in range(5))
    assert was in fault(tmp_path, text, name)


def test_an_hourly_file_as_it_was_recorded_is_refused(tmp_path: Path) -> None:
    folder = os.environ.get("RECORDED_DIR")
    if not folder:
        pytest.skip("RECORDED_DIR names no folder of recorded answers")
    text = (Path(folder) / "vision" / "BTCUSDT-1h-2023-11-18.csv").read_text()
    assert "is not daily" in fault(tmp_path, text, "BTCUSDT-1h-2023-11-18")
    assert "line 2: has a rounded time; expected all its digits, was 1.70027E+12" in fault(tmp_path, text, "BTC")


def test_recorded_tables_of_fred_are_read(tmp_path: Path) -> None:
    folder = os.environ.get("RECORDED_DIR")
    if not folder:
        pytest.skip("RECORDED_DIR names no folder of recorded answers")
    recorded = {path.stem: path.read_text() for path in (Path(folder) / "fred").glob("*DGS*.csv")}
    assert len(imported(tmp_path, DGS2=recorded["DGS2"])[0]["DGS2"]) > 200
    both = tmp_path / "both"
    both.mkdir()
    assert set(imported(both, two=recorded["two_ids_DGS10_DGS2"])[0]) == {"DGS10", "DGS2"}


@pytest.mark.parametrize("address", ["", "https://www.CryptoDataDownload.com\n"])
def test_cryptodatadownload_begins_with_the_newest_row(address: str, tmp_path: Path) -> None:
    text = (
        f"{address}Unix,Date,Symbol,Open,High,Low,Close,Volume ETH,Volume USDT,tradecount\n"
        "1704240000000,2024-01-03 00:00:00,ETHUSDT,2,4,1,3,7,21,5\n"
        "1704153600000,2024-01-02 00:00:00,ETHUSDT,1,3,1,2,7,14,5\n"
    )
    rows, _ = imported(tmp_path, Binance_ETHUSDT_d=text)
    assert rows["ETH"].dates.astype(str).tolist() == ["2024-01-02", "2024-01-03"]
    assert rows["ETH"].close.tolist() == [2, 3]
    assert rows["ETH"].volume.tolist() == [14, 21]


def test_an_error_of_a_reversed_file_names_its_own_line(tmp_path: Path) -> None:
    text = (
        "unix,date,symbol,open,high,low,close,Volume ETH,Volume USD\n"
        "1,2024-01-03,ETH/USD,2,4,1,3,7,21\n1,2024-01-02,ETH/USD,1,3,1,-2,7,14\n"
    )
    assert "x.csv line 3: close must be above zero" in fault(tmp_path, text, "x")


@pytest.mark.parametrize("times", [("1704153600", "1704240000"), ("2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z")])
def test_tradingview_counts_the_volume_in_coins(times: tuple[str, str], tmp_path: Path) -> None:
    text = f"time,open,high,low,close,Volume,MA\n{times[0]},1,3,1,2,7,\n{times[1]},2,4,1,3,7,5\n"
    rows, notes = imported(tmp_path, **{"BINANCE_ETHUSDT, 1D": text, "AMEX_IWM, 1D": text})
    assert rows["ETH"].dates.astype(str).tolist() == ["2024-01-02", "2024-01-03"]
    assert rows["ETH"].volume.tolist() == [14, 21]
    assert notes == ["ETH: volume in coins was multiplied by each day's close"]
    assert "IWM" not in rows and rows["IWM_RAW"].volume.tolist() == [7, 7]  # its prices keep the dividends


def test_investing_writes_separators_suffixes_and_the_month_first(tmp_path: Path) -> None:
    text = (
        '\ufeff"Date","Price","Open","High","Low","Vol.","Change %"\n'
        '"01/13/2024","2,500.5","2,400.0","2,600.0","2,300.0","1.2K","1.00%"\n'
        '"01/12/2024","2,400.0","2,400.0","2,600.0","2,300.0","-","1.00%"\n'
    )
    rows, _ = imported(tmp_path, **{"ETH_USD Binance Historical Data": text})
    assert rows["ETH"].dates.astype(str).tolist() == ["2024-01-12", "2024-01-13"]
    assert rows["ETH"].close.tolist() == [2400, 2500.5]
    assert rows["ETH"].volume[1] == 1200 * 2500.5 and np.isnan(rows["ETH"].volume[0])


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (("13/01/2024", "12/01/2024"), ["2024-01-12", "2024-01-13"]),
        (("Jan 13, 2024", "Jan 12, 2024"), ["2024-01-12", "2024-01-13"]),
        (("02/01/2024", "01/01/2024"), "the day and the month cannot be distinguished"),
        (("13/01/2024", "01/14/2024"), "the day first and others with the month first"),
        (("30 Feb", "01/14/2024"), "line 2: is not a date; was 30 Feb"),
    ],
)
def test_the_day_is_told_from_the_month_or_the_file_refused(
    dates: tuple[str, str], expected: list[str] | str, tmp_path: Path
) -> None:
    text = "Date,Price,Open,High,Low,Vol.,Change %\n" + "".join(f'"{date}",2,1,3,1,,\n' for date in dates)
    if isinstance(expected, str):
        assert expected in fault(tmp_path, text, "RUT")
    else:
        assert imported(tmp_path, RUT=text)[0]["RUT"].dates.astype(str).tolist() == expected


def test_the_projects_own_files_and_unknown_ones_stand_beside_the_others(tmp_path: Path) -> None:
    rows, notes = imported(tmp_path, ada="Date,Close\n2024-01-01,1\n", NOSUCHCOIN="rubbish", IWM=YAHOO)
    assert sorted(rows) == ["ADA", "IWM", "IWM_RAW"]
    assert notes == ["1 file is not in the symbol table and not read: NOSUCHCOIN"]


@pytest.mark.parametrize("csv_format", [f for f in CsvFormat if f is not CsvFormat.AUTO])
@pytest.mark.parametrize("text", ["", "\n", "x", "a,b\n1,2\n", "date,close\n2024-01-01,1\n", '"', "1" * 400 + ",1\n"])
def test_a_file_in_another_format_than_the_one_named_is_refused(
    csv_format: CsvFormat, text: str, tmp_path: Path
) -> None:
    if csv_format is CsvFormat.FRED and text.startswith("date"):
        pytest.skip("a table of the series CLOSE")
    if csv_format is CsvFormat.YAHOO and text.startswith("date"):
        pytest.skip("a table of closes")
    assert "ETH.csv" in fault(tmp_path, text, csv_format=csv_format)


def test_one_file_is_imported_as_a_folder_is(tmp_path: Path) -> None:
    path = tmp_path / "ETH-USD.csv"
    path.write_text(YAHOO)
    config = default_config()
    rows, _ = read_exports(path, config.listings(), series_names(config))
    assert list(rows) == ["ETH"]


CANDLES = "[[1704153600000, 100, 110.5, 95, 105, 20], [1704240000000, 105.0, 112, 104, 110, 10.5]]"


def candles_of(folder: Path, **files: str) -> tuple[dict[str, RawBars], list[str]]:
    for name, text in files.items():
        (folder / name).write_text(text)
    config = default_config()
    return read_exports(folder, config.listings(), series_names(config))


def test_candles_of_freqtrade_and_ccxt_have_their_volume_in_coins(tmp_path: Path) -> None:
    header = "timestamp,open,high,low,close,volume\n"
    of_ccxt = header + "1704153600000,1,2,1,2,100\n1704240000000,2,3,2,3,200\n"
    rows, notes = candles_of(tmp_path, **{"ETH_USDT-1d.json": CANDLES, "BTC.json": CANDLES, "SOL_USDT-1d.csv": of_ccxt})
    assert (
        rows["ETH"].dates.astype(str).tolist() == rows["SOL"].dates.astype(str).tolist() == ["2024-01-02", "2024-01-03"]
    )
    assert rows["ETH"].high.tolist() == rows["BTC"].high.tolist() == [110.5, 112]
    assert rows["ETH"].volume.tolist() == [20 * 105, 10.5 * 110]
    assert rows["SOL"].volume.tolist() == [200, 600]
    assert notes[0] == "BTC: volume in coins was multiplied by each day's close"


def test_a_feather_file_of_freqtrade_gives_the_same_rows_as_its_json(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    names = ["date", "open", "high", "low", "close", "volume"]
    frame = pd.DataFrame(json.loads(CANDLES), columns=names)
    frame["date"] = pd.to_datetime(frame["date"], unit="ms", utc=True)
    frame.astype(dict.fromkeys(names[1:], float)).to_feather(tmp_path / "ETH_USDT-1d.feather")
    feather = candles_of(tmp_path)[0]["ETH"]
    (tmp_path / "ETH_USDT-1d.feather").unlink()
    plain = candles_of(tmp_path, **{"ETH_USDT-1d.json": CANDLES})[0]["ETH"]
    assert feather.dates.tolist() == plain.dates.tolist()
    for name in names[1:]:
        assert feather.columns[name].tolist() == plain.columns[name].tolist()


def test_a_folder_of_freqtrade_is_read_as_it_is(tmp_path: Path) -> None:
    others = {"ETH_USDT-5m.json": "[[1]]", "ETH_USDT_USDT-1d-futures.json": "[[1]]", "last_run.json": '{"a": 1}'}
    rows, notes = candles_of(tmp_path, **{"ETH_USDT-1d.json": CANDLES}, **others)
    assert list(rows) == ["ETH"]
    assert "2 files are of another kind and not read" in notes[-1]
    assert notes[-2] == "1 file is not in the symbol table and not read: last_run"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[", "is not JSON"),
        ('{"a": 1}', "has no candles; expected a list of [time, open, high, low, close, volume]"),
        ("[]", "has no rows"),
        ("[[1704153600000, 1, 1, 1]]", "line 1: has another number of fields; expected 6"),
        (
            "[[1704153600000, 1, 1, 1, true, 5]]",
            "line 1: close is not a number; expected a number or nothing, was 'True'",
        ),
        ("[[1704153600000, 1, 1, 1, NaN, 5]]", "has no row with a close"),
        ("[[1704153600000,1,1,1,1,5],[1704157200000,1,1,1,1,5]]", "is not daily; expected one row a day, was rows 1 h"),
    ],
)
def test_faulty_candles_are_one_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(DataError) as refused:
        candles_of(tmp_path, **{"ETH.json": text})
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_feather_file_without_pyarrow_or_of_another_form_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="is not a feather file"):
        candles_of(tmp_path, **{"ETH.feather": "text"})
    monkeypatch.setattr(candle_file, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="feather files need pyarrow, not installed here; "):
        candles_of(tmp_path)
