"""The formats in which people have prices, and their parsers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from bot.core.errors import DataError
from bot.core.market import Floats
from bot.data.csv.candle_file import CANDLE_SUFFIXES, pair_of, read_candles
from bot.data.csv.csv_cells import cell_error, parse_column
from bot.data.csv.csv_dates import parse_times
from bot.data.csv.csv_format import CsvFormat
from bot.data.csv.csv_table import CsvTable, read_bytes, read_lines, read_table
from bot.data.csv.export import Export, make_export
from bot.data.vendors.raw_bars import PRICES

_BLANKS = ("null", "nan", "n/a", ".", "-")
_VISION_COLUMNS = 12
_VISION_NAME = re.compile(r"([A-Z0-9]+)-(1d|[0-9]+[a-zA-Z]+)-\d{4}-\d{2}(-\d{2})?")
_SUFFIXES = {"": 1.0, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


def recognise(path: Path) -> CsvFormat:
    """Recognise the format of a file by its suffix or first lines; `auto` is the project's own. Raises DataError."""
    if path.suffix.lower() in CANDLE_SUFFIXES:
        return CsvFormat.CANDLES
    lines = read_lines(path, b"\n".join(read_bytes(path).splitlines()[:2]))
    names = [cell.casefold() for cell in lines[0]]
    if "cryptodatadownload" in names[0] or {"unix", "symbol"} <= set(names):
        return CsvFormat.CRYPTODATADOWNLOAD
    if _is_vision(names):
        return CsvFormat.BINANCE_VISION
    if {"adj close", "stock splits", "dividends"} & set(names):
        return CsvFormat.YAHOO
    if "price" in names and {"vol.", "change %"} & set(names):
        return CsvFormat.INVESTING
    if "timestamp" in names[:2] and "close" in names:
        return CsvFormat.CANDLES
    if names[0] == "time" and "close" in names:
        return CsvFormat.TRADINGVIEW
    if names[0] == "observation_date" or (names[0] == "date" and not {"close", *PRICES} & set(names) and _is_id(lines)):
        return CsvFormat.FRED
    return CsvFormat.AUTO


def parse_export(path: Path, csv_format: CsvFormat) -> list[Export]:
    """Parse a file of a format into its series. Raises DataError with the line and the cause."""
    return _PARSERS[csv_format](path)


def _is_vision(names: list[str]) -> bool:
    return len(names) == _VISION_COLUMNS and (names[0] == "open_time" or names[0].isdecimal())


def _is_id(lines: list[list[str]]) -> bool:
    return all(re.fullmatch(r"[A-Z0-9_]+", name, re.ASCII) for name in lines[0][1:]) and len(lines[0]) > 1


def _index(table: CsvTable, *names: str) -> int:
    """Return the index of a column by one of its names. Raises DataError."""
    for name in names:
        if name in table.header:
            return table.header.index(name)
    raise DataError(f"has no column {names[0]!r}", where=f"{table.path} line 1", was=",".join(table.header))


def _columns(table: CsvTable, names: Mapping[str, tuple[str, ...]], thousands: bool = False) -> dict[str, Floats]:
    """Parse named columns; a column other than close may be absent."""
    there = {key: known for key, known in names.items() if key == "close" or set(known) & set(table.header)}
    return {key: parse_column(table, _index(table, *known), key, _BLANKS, thousands) for key, known in there.items()}


_OHLC = {name: (name,) for name in PRICES}


def _yahoo(path: Path) -> list[Export]:
    """Parse a download of Yahoo or of yfinance: raw prices with `Adj Close`, or adjusted ones with dividends."""
    table = read_table(path)
    if table.header[0] == "price":
        mend = "save one ticker, with multi_level_index=False"
        raise DataError("has the header of several tickers", where=f"{path} line 1", mend=mend)
    times = parse_times(table, table.column(_index(table, "date", "datetime")))
    columns = _columns(table, {**_OHLC, "volume": ("volume",)})
    for name in ("open", "high", "low"):
        if name in columns:
            columns[name][columns[name] == 0] = np.nan  # Yahoo writes 0 for an unknown price
    has_adjusted = "adj close" in table.header
    export = make_export(table, path.stem, times, columns)
    if not has_adjusted:
        return [replace(export, is_adjusted="dividends" in table.header)]
    closes = parse_column(table, _index(table, "adj close"), "adj close", _BLANKS)
    rows = export.lines - table.first_line
    return [replace(export, adjusted=closes[rows])]


def _fred(path: Path) -> list[Export]:
    """Parse a file of FRED: a date and one column a series, with a full stop or a blank for a missing value."""
    table = read_table(path)
    times = parse_times(table, table.column(_index(table, "observation_date", "date")))
    found = []
    for index, name in enumerate(table.header[1:], start=1):
        close = parse_column(table, index, name.upper(), _BLANKS)
        found.append(make_export(table, name.upper(), times, {"close": close}))
    return found


def _vision(path: Path) -> list[Export]:
    """Parse a file of data.binance.vision: candles by their open time in milliseconds or microseconds."""
    named = _VISION_NAME.fullmatch(path.stem)
    if named and named[2] != "1d":
        raise DataError("is not daily", where=str(path), expected="candles of 1d", was=named[2])
    lines = read_lines(path, read_bytes(path))
    has_header = not lines[0][0].isdecimal()
    table = read_table(path, 0 if has_header else None)
    if len(table.rows[0]) != _VISION_COLUMNS:
        was = f"{len(table.rows[0])}: {','.join(table.rows[0])}"
        raise DataError("has another number of fields", where=table.place(0), expected=str(_VISION_COLUMNS), was=was)
    times = parse_times(table, table.column(0))
    columns = {name: parse_column(table, 1 + index, name) for index, name in enumerate(PRICES)}
    columns["volume"] = parse_column(table, 7, "quote volume")
    return [make_export(table, named[1] if named else path.stem, times, columns)]


def _cryptodatadownload(path: Path) -> list[Export]:
    """Parse a file of CryptoDataDownload, which may begin with a line with its address."""
    lines = read_lines(path, read_bytes(path))
    begin = 1 if "cryptodatadownload" in lines[0][0].casefold() else 0
    table = read_table(path, begin)
    pairs = {text.replace("/", "").upper() for text in table.column(_index(table, "symbol"))}
    if len(pairs) != 1:
        raise DataError("has several symbols", where=str(path), was=", ".join(sorted(pairs)))
    pair = pairs.pop()
    quote = next((name for name in table.header if _is_quote_volume(name, pair)), None)
    if quote is None:
        raise DataError("has no volume in the quote currency", where=str(path), was=",".join(table.header))
    times = parse_times(table, table.column(_index(table, "date", "unix")))
    return [make_export(table, pair, times, _columns(table, {**_OHLC, "volume": (quote,)}))]


def _is_quote_volume(name: str, pair: str) -> bool:
    """Return True for a name such as "volume usdt" beside the pair ETHUSDT."""
    currency = name.removeprefix("volume").strip(" ()_").upper()
    return name.startswith("volume") and bool(currency) and pair.endswith(currency)


def _tradingview(path: Path) -> list[Export]:
    """Parse a chart of TradingView; columns of indicators are left out."""
    table = read_table(path)
    times = parse_times(table, table.column(_index(table, "time")))
    columns = _columns(table, {**_OHLC, "volume": ("volume",)})
    # "BINANCE_ETHUSDT, 1D": the venue, the name there, and the interval.
    name = path.stem.partition(",")[0].rpartition("_")[2] if "," in path.stem else path.stem
    return [replace(make_export(table, name, times, columns), volume_in_coins=True)]


def _candles(path: Path) -> list[Export]:
    """Parse candles of freqtrade or ccxt: JSON, feather, or a CSV file with the column `timestamp`."""
    is_table = path.suffix.lower() not in CANDLE_SUFFIXES
    table = read_table(path) if is_table else read_candles(path)
    times = parse_times(table, table.column(_index(table, "timestamp" if is_table else "date")))
    columns = _columns(table, {**_OHLC, "volume": ("volume",)})
    return [replace(make_export(table, pair_of(path), times, columns), volume_in_coins=True)]


def _investing(path: Path) -> list[Export]:
    """Parse historical data of Investing.com: separators of thousands, and volumes such as 1.2M."""
    table = read_table(path)
    times = parse_times(table, table.column(_index(table, "date")))
    names = {"open": ("open",), "high": ("high",), "low": ("low",), "close": ("price",)}
    columns = _columns(table, names, thousands=True)
    if {"vol.", "volume"} & set(table.header):
        texts = table.column(_index(table, "vol.", "volume"))
        columns["volume"] = np.array([_suffixed(table, row, text) for row, text in enumerate(texts)])
    # "BTC_USD Binance Historical Data": the pair and the venue.
    name = re.sub(r" Historical Data( \(\d+\))?$", "", path.stem)
    name = name.split(" ")[0] if "_" in name else name
    return [replace(make_export(table, name, times, columns), volume_in_coins=True)]


def _suffixed(table: CsvTable, row: int, text: str) -> float:
    """Parse a volume such as 52.37K."""
    if not text or text == "-":
        return float("nan")
    found = re.fullmatch(r"([\d,]*\.?\d+)([KMBT]?)", text, re.ASCII)
    if found is None or len(text) > 32:
        raise cell_error("volume", table.place(row), text, "is not a number")
    return float(found[1].replace(",", "")) * _SUFFIXES[found[2]]


_PARSERS: Mapping[CsvFormat, Callable[[Path], list[Export]]] = {
    CsvFormat.YAHOO: _yahoo,
    CsvFormat.FRED: _fred,
    CsvFormat.BINANCE_VISION: _vision,
    CsvFormat.CRYPTODATADOWNLOAD: _cryptodatadownload,
    CsvFormat.TRADINGVIEW: _tradingview,
    CsvFormat.INVESTING: _investing,
    CsvFormat.CANDLES: _candles,
}
