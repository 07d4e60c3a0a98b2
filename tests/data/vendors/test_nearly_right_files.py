"""A nearly right CSV file is read as it is meant, or refused with the true cause; it is never passed over."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bot.core.errors import DataError
from bot.core.market import Market
from bot.data.vendors.csv_folder import read_folder
from tests.data.vendors.test_csv_folder import COIN, RUT, fault, read
from tests.markets import default_config

HEADER = COIN.splitlines()[0]


def in_folder(folder: Path) -> Market:
    config = default_config()
    return read_folder(folder, config.listings(), config.roles.roles())


def with_header(header: str) -> str:
    return COIN.replace(HEADER, header)


@pytest.mark.parametrize(
    "header",
    [
        "date,open,high,low,close, volume",
        "Date,Open,High,Low,Close,Volume",
        " DATE ,OPEN,High\t,low,close,VOLUME ",
        '"date","open","high","low","close","volume"',
        '"Date",Open,"High ",low,close,Volume',
    ],
)
def test_case_blanks_and_quotes_in_a_header_are_read(header: str, tmp_path: Path) -> None:
    eth = read(tmp_path, ETH=with_header(header))["ETH"]
    assert eth.volume.tolist() == [1000, 1000, 1000]
    assert eth.close.tolist() == [11, 12, 13]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("date,open,high,low,close,volum", "has no column 'volume', but 'volum'"),
        ("date,open,high,low,close,Vol.", "has no column 'volume', but 'vol.'"),
        ("date,open,high,low,close,Volume USDT", "has no column 'volume', but 'volume usdt'"),
        ("date,open,high,low,close,quote_volume", "has no column 'volume', but 'quote_volume'"),
        ("date,opn,high,low,close,volume", "has no column 'open', but 'opn'"),
        ("date,open,hi gh,low,close,volume", "has no column 'high', but 'hi gh'"),
        ("time,open,high,low,close,volume", "has no column 'date', but 'time'"),
        ("date,open,high,low,price,volume", "has no column 'close', but 'price'"),
        ("date,open,high,close,Close ,volume", "a column occurs twice"),
        ("date,open,adj close,low,close,volume", "has both 'close' and 'adj close'"),
        ("date,open,high,low,close,", "column 6 has no name; was '1000'"),
        ("date,open,high,low,close,zzz", ""),
    ],
)
def test_a_column_that_is_nearly_one_of_the_six_is_named(header: str, expected: str, tmp_path: Path) -> None:
    if expected:
        assert expected in str(fault(tmp_path, ETH=with_header(header)))
    else:
        assert np.isnan(read(tmp_path, ETH=with_header(header))["ETH"].volume).all()


def test_an_error_about_a_column_without_a_name_has_its_line(tmp_path: Path) -> None:
    text = "date,close,\n2024-01-01,1,\n2024-01-02,2,x\n"
    assert "line 3: column 3 has no name; was 'x'" in str(fault(tmp_path, ETH=text))


def test_a_comma_in_quotes_separates_nothing(tmp_path: Path) -> None:
    lines = COIN.splitlines()
    text = "\n".join([lines[0] + ",name", *(line + ',"Ether, the ""coin"""' for line in lines[1:])])
    assert read(tmp_path, ETH=text)["ETH"].close.tolist() == [11, 12, 13]


def test_blanks_around_numbers_and_dates_are_read(tmp_path: Path) -> None:
    text = "date, close\n 2024-01-01 , 11 \n2024-01-02,\n2024-01-03 ,13\n"
    assert read(tmp_path, ETH=text)["ETH"].close.tolist() == [11, 13]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('"1,806.95"', "close has a separator of thousands; expected a number or nothing, was '1,806.95'"),
        ('"1,806"', "close has a separator of thousands"),
        ("1 806.95", "close has a separator of thousands"),
        ("1'806.95", "close has a separator of thousands"),
        ('"12,5"', "close has a decimal comma"),
        ('"1.806,95"', "close has a decimal comma"),
        ("$12", "close is not a number; expected a number or nothing, was '$12'"),
        ("1_000", "close is not a number"),
        ("0x10", "close is not a number"),
        ("\u0661\u0662", "close is not a number"),
        ("nan", "close is not a number"),
        ("True", "close is not a number"),
        ("1" * 400, "close has 400 characters, too many for a number"),
        ("1" * 300, "close has 300 characters"),
        ("0." + "0" * 400 + "1", "close must be above zero"),
        ("1e400", "close is infinite"),
        ("1e300", "close is no price"),
    ],
)
def test_a_cell_that_is_no_number_names_the_true_cause(cell: str, expected: str, tmp_path: Path) -> None:
    problem = str(fault(tmp_path, ETH=COIN.replace("11,13,10,12,", f"11,13,10,{cell},")))
    assert "ETH.csv line 3: " in problem
    assert expected in problem
    assert len(problem) < 800


def test_a_whole_column_that_is_no_number_is_refused(tmp_path: Path) -> None:
    text = "date,close\n2024-01-01,True\n2024-01-02,False\n"
    assert "line 2: close is not a number" in str(fault(tmp_path, ETH=text))


def test_other_columns_too_have_numbers_within_a_range(tmp_path: Path) -> None:
    assert "volume is out of range" in str(fault(tmp_path, ETH=COIN.replace(",1000", ",1e30", 1)))
    assert "high is no price" in str(fault(tmp_path, ETH=COIN.replace("11,13,", "11,1e30,", 1)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (COIN.replace(",", ";"), "line 1: is separated by semicolons; expected commas"),
        (COIN.replace(",", "\t"), "line 1: is separated by tabs"),
        (COIN.encode("utf-16"), "was UTF-16 or binary data"),
        (COIN + '2024-01-04,"12,14,11,13,1000\n', "is not a CSV table"),
        (COIN.replace("1000", '"10\n00"', 1), "line 2: a quoted cell goes over several lines"),
        (COIN.replace("\n2024-01-02", "\n\n2024-01-02"), "line 3: has another number of fields"),
        (b"date,close,name\n2024-01-01,1,K\xf6ln\n", ""),
        ("\n" + COIN, "is not a CSV table; expected a header and rows, was a blank first line"),
        ("Date,NaT\n", ""),
        ("date,close\nNaT-000000,1\n", "is not a date"),
        ("date,close\n1527811200,1\n", "is not a date; expected YYYY-MM-DD, was 1527811200"),
        ("date,close\n2018-06-01T00:00:00Z,1\n", "is not a date; expected YYYY-MM-DD, was 2018-06-01T00:00:00Z"),
    ],
)
def test_a_text_in_another_form_is_refused_with_the_true_cause(
    text: str | bytes, expected: str, tmp_path: Path
) -> None:
    assert expected in str(fault(tmp_path, ETH=text))


def test_case_plays_no_part_in_the_name_of_a_file(tmp_path: Path) -> None:
    read(tmp_path)
    (tmp_path / "ETH.csv").rename(tmp_path / "ETH.CSV")
    (tmp_path / "ada.Csv").write_text(COIN)
    market = in_folder(tmp_path)
    assert market["ETH"].close.tolist() == market["ADA"].close.tolist() == [11, 12, 13]


def test_two_files_of_one_series_are_refused(tmp_path: Path) -> None:
    (tmp_path / "eth.csv").write_text(COIN)
    with pytest.raises(DataError, match=r"two files are of one series; was ETH\.csv, eth\.csv"):
        read(tmp_path)


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("nowhere")])
def test_a_pipe_a_folder_or_a_broken_link_in_the_place_of_a_file_is_refused(
    make: Callable[[Path], None], tmp_path: Path
) -> None:
    make(tmp_path / "ADA.csv")
    with pytest.raises(DataError, match=r"ADA\.csv: is not a file"):
        read(tmp_path)


def test_a_missing_file_with_a_near_name_names_it(tmp_path: Path) -> None:
    read(tmp_path)
    (tmp_path / "ETH.csv").rename(tmp_path / "ETH-USD.csv")
    with pytest.raises(DataError, match=r"ETH\.csv is missing; rename ETH-USD\.csv"):
        in_folder(tmp_path)


def test_files_of_prices_in_another_form_are_named(tmp_path: Path) -> None:
    (tmp_path / "ADA.csv.gz").write_bytes(b"x")
    (tmp_path / "SOL.xlsx").write_bytes(b"x")
    (tmp_path / "README.md").write_bytes(b"x")
    notes = read(tmp_path, RUT=RUT).notes
    assert "2 files are of another kind and not read: ADA.csv.gz, SOL.xlsx" in notes


def test_folders_inside_with_prices_are_named(tmp_path: Path) -> None:
    for name in ("coins", "notes"):
        (tmp_path / name).mkdir()
    (tmp_path / "coins" / "ADA.csv").write_text(COIN)
    notes = read(tmp_path, RUT=RUT).notes
    assert notes == ("1 folder inside with CSV files not read: coins",)
