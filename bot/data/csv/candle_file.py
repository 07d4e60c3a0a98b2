"""Candle files of freqtrade and ccxt: rows of time, open, high, low, close and volume in coins."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from bot.core.errors import DataError
from bot.core.install_hint import install_command
from bot.data.csv.csv_table import CsvTable, check_shape, read_bytes

CANDLE_SUFFIXES = (".json", ".feather")
CANDLE_COLUMNS = ("date", "open", "high", "low", "close", "volume")
_NAME = re.compile(r"(.+)-(\d+[a-zA-Z]+)(-[a-z_]+)?")
"""Pair, interval, and what freqtrade adds to files of futures."""


def pair_of(path: Path) -> str:
    """Return the pair of a file of daily candles such as `ETH_USDT-1d.feather`, and the stem of any other file."""
    named = _NAME.fullmatch(path.stem)
    return named[1] if named and named[2] == "1d" and not named[3] else path.stem


def is_of_other_interval(path: Path) -> bool:
    """Return True for a file of candles whose name states another interval than a day, or futures."""
    return path.suffix.lower() in CANDLE_SUFFIXES and bool(_NAME.fullmatch(path.stem)) and pair_of(path) == path.stem


def read_candles(path: Path) -> CsvTable:
    """Read the candles of a JSON or feather file as a table of texts; line 1 is the first candle.

    Raises
    ------
    DataError
        The file is of another form, or the library for feather files is missing.
    """
    rows = _feather_rows(path) if path.suffix.lower() == ".feather" else _json_rows(path)
    table = CsvTable(path, list(CANDLE_COLUMNS), [["" if v is None else str(v) for v in row] for row in rows], 1)
    check_shape(table, len(CANDLE_COLUMNS))
    return table


def _json_rows(path: Path) -> list[Sequence[object]]:
    """Return the rows that `fetch_ohlcv` of ccxt gives, as freqtrade and `json.dump` write them."""
    try:
        # Numbers are kept as their texts: they are parsed once, as those of every format.
        rows = json.loads(read_bytes(path), parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as problem:
        raise DataError("is not JSON", where=str(path), was=str(problem)) from None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        expected = "a list of [time, open, high, low, close, volume]"
        raise DataError("has no candles", where=str(path), expected=expected)
    if not rows:
        raise DataError("has no rows", where=str(path))
    return rows


def _feather_rows(path: Path) -> list[Sequence[object]]:
    if find_spec("pyarrow") is None:
        raise DataError(
            "feather files need pyarrow, not installed here", where=str(path), mend=install_command("sweep")
        )
    import pandas as pd

    read_bytes(path)  # refuses a folder and a file that is too long
    try:
        frame = pd.read_feather(path)
    except (OSError, ValueError) as problem:
        raise DataError("is not a feather file", where=str(path), was=str(problem)) from None
    if absent := [name for name in CANDLE_COLUMNS if name not in frame]:
        was = ",".join(map(str, frame.columns))
        raise DataError(f"has no column {absent[0]!r}", where=str(path), was=was)
    if frame.empty:
        raise DataError("has no rows", where=str(path))
    candles = frame[list(CANDLE_COLUMNS)].astype({"date": str})
    return list(candles.itertuples(index=False, name=None))
