"""Names of the formats of CSV files."""

from __future__ import annotations

from enum import StrEnum


class CsvFormat(StrEnum):
    """Format of the files of a folder; `auto` recognises each file by its header."""

    AUTO = "auto"
    YAHOO = "yahoo"
    FRED = "fred"
    BINANCE_VISION = "binance-vision"
    CRYPTODATADOWNLOAD = "cryptodatadownload"
    TRADINGVIEW = "tradingview"
    INVESTING = "investing"
    CANDLES = "candles"
