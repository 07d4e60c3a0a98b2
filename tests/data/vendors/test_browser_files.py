"""The four files of docs/real-prices.md, as a browser saves them, become the series that they are."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from bot.data.csv.import_reader import read_exports
from bot.services.data_update import series_names
from tests.markets import default_config

PAGE = Path(__file__).parents[3] / "docs" / "real-prices.md"
INVESTING = (
    '"Date","Price","Open","High","Low","Vol.","Change %"\n'
    '"01/31/2024","1,947.34","1,990.87","1,996.44","1,947.10","","-2.45%"\n'
    '"01/30/2024","1,996.24","2,010.00","2,011.35","1,993.25","","-0.76%"\n'
)
CRYPTODATADOWNLOAD = (
    "https://www.CryptoDataDownload.com\n"
    "Unix,Date,Symbol,Open,High,Low,Close,Volume {coin},Volume USDT,tradecount\n"
    "1706659200000,2024-01-31,{coin}USDT,2343,2350,2266,2283,1000,2310000,9\n"
    "1706572800000,2024-01-30,{coin}USDT,2317,2391,2297,2343,2000,4680000,9\n"
)
FILES = {
    "US Small Cap 2000 Historical Data.csv": INVESTING,
    "Binance_ETHUSDT_d.csv": CRYPTODATADOWNLOAD.replace("{coin}", "ETH"),
    "Binance_BTCUSDT_d.csv": CRYPTODATADOWNLOAD.replace("{coin}", "BTC"),
    "VIXCLS.csv": "observation_date,VIXCLS\n2024-01-30,13.31\n2024-01-31,14.35\n",
}


def test_the_four_files_of_a_browser_are_read_as_they_come(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
        assert f"`{name}`" in PAGE.read_text(encoding="utf-8")
    config = default_config()
    rows, notes = read_exports(tmp_path, config.listings(), series_names(config))
    assert {symbol: bars.close.tolist() for symbol, bars in rows.items()} == {
        "RUT": [1996.24, 1947.34],
        "ETH": [2343, 2283],
        "BTC": [2343, 2283],
        "VIX": [13.31, 14.35],
    }
    assert rows["ETH"].volume.tolist() == [4_680_000, 2_310_000]
    assert notes == []


@pytest.mark.skipif("RECORDED_DIR" not in os.environ, reason="needs the recorded answers of vendors")
def test_the_recorded_vix_of_fred_is_read_as_it_came(tmp_path: Path) -> None:
    recorded = Path(os.environ["RECORDED_DIR"]) / "fred" / "VIXCLS_whole_2026-08-05.csv"
    shutil.copy(recorded, tmp_path / "VIXCLS.csv")
    config = default_config()
    rows, _ = read_exports(tmp_path, config.listings(), series_names(config))
    assert list(rows) == ["VIX"]
    assert str(rows["VIX"].dates[0]) == "1990-01-02"
    assert len(rows["VIX"].dates) == 9243
