"""Read a folder of CSV files, one a symbol. An error names the file and the line."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from bot.core.errors import DataError
from bot.core.listing import Listing
from bot.core.market import Floats, Market, SeriesKind
from bot.core.moments import Days
from bot.core.roles import Roles
from bot.data.assembly import assemble
from bot.data.incomplete import require_complete_folder
from bot.data.vendors.raw_bars import COLUMNS, PRICES, RawBars

_EARLIEST = np.datetime64("1900-01-01", "D")
_PRICE_RANGE = (1e-18, 1e18)
"""Range of a close. Products and ratios of prices beyond it leave the range of a float."""
_ROUNDED_AWAY = 1e-5
"""Close below which six decimals can round a real open or low to 0; above it a zero is a fault."""
_NAMED = 8
"""Symbols that a note names before it counts the rest."""


def read_folder(folder: Path, listings: Mapping[str, Listing], roles: Roles, closures: Collection[date] = ()) -> Market:
    """Read every listed symbol of a folder as a market.

    Parameters
    ----------
    folder
        Folder of SYMBOL.csv files: date, open, high, low, close, volume; only date and close are required.
    listings
        Known symbols; other files are passed over with a note.
    roles
        Symbols that the strategy reads.
    closures
        Days without a session that the exchange calendar lacks.

    Raises
    ------
    DataError
        A file is faulty, or the file of small caps, ETH or BTC is missing.
    """
    rows, notes = read_rows(folder, listings)
    for symbol in (roles.small_caps, roles.eth, roles.btc):
        if symbol not in rows:
            raise DataError(f"{symbol}.csv is missing", where=str(folder), mend="this series is required")
    return assemble(str(folder), rows, listings, roles, datetime.now(UTC), notes, closures=closures)


def read_rows(folder: Path, listings: Mapping[str, Listing]) -> tuple[dict[str, RawBars], list[str]]:
    """Read the rows of every listed symbol of a folder, with a note on the other files.

    Raises
    ------
    DataError
        The folder is missing, or a file is faulty: the error names the file and the line.
    """
    if not folder.is_dir():
        raise DataError("there is no such folder", where=str(folder), mend="name a folder of SYMBOL.csv files")
    require_complete_folder(folder)
    paths = {path.stem: path for path in sorted(folder.glob("*.csv")) if path.is_file()}
    rows = {symbol: _read(path, listings[symbol].kind) for symbol, path in paths.items() if symbol in listings}
    unknown = sorted(set(paths) - set(listings))
    if not unknown:
        return rows, []
    named = ", ".join(unknown[:_NAMED]) + (" ..." if len(unknown) > _NAMED else "")
    return rows, [f"{len(unknown)} file(s) are not in the symbol table and were not read: {named}"]


def _read(path: Path, kind: SeriesKind) -> RawBars:
    try:
        raw = path.read_bytes()
        table = pd.read_csv(
            io.BytesIO(raw.rstrip()), dtype={"date": str}, skip_blank_lines=False, keep_default_na=False, na_values=[""]
        )
    except OSError as problem:
        raise DataError(f"cannot be read: {problem.strerror}", where=str(path)) from None
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as problem:
        raise DataError("is not a CSV table", where=str(path), expected="a header and rows", was=str(problem)) from None
    _check_shape(path, raw.rstrip())
    for name in ("date", "close"):
        if name not in table.columns:
            raise DataError(
                f"has no column {name!r}",
                where=str(path),
                expected="date,open,high,low,close,volume",
                was=",".join(map(str, table.columns)),
            )
    if table.empty:
        raise DataError("has a header and no rows", where=str(path))
    columns = {name: _parse_numbers(path, table, name) for name in COLUMNS}
    _clear_rounded_prices(columns)
    _check_prices(path, columns, kind)
    return RawBars(path.stem, path.name, _parse_dates(path, table), **columns)


def _check_shape(path: Path, raw: bytes) -> None:
    """Raise DataError if a line has another number of fields than the header, or a column occurs twice."""
    # pandas fills short lines with NaN and renames a second column: both would pass as unknown values.
    header, *lines = raw.splitlines()
    names = [name.strip() for name in header.decode("utf-8-sig").split(",")]
    if len(set(names)) < len(names):
        raise DataError("a column occurs twice", where=f"{path} line 1", was=header.decode("utf-8-sig"))
    commas = len(names) - 1
    if raw.count(b",") == commas * (1 + len(lines)):
        return
    for number, line in enumerate(lines, start=2):
        if line.count(b",") != commas:
            was = f"{line.count(b',') + 1}: {line.decode(errors='replace')}"
            raise DataError(
                "has another number of fields", where=f"{path} line {number}", expected=str(commas + 1), was=was
            )


def _place(path: Path, row: int) -> str:
    """Format the place of a row as an editor counts lines: the header is line 1."""
    return f"{path} line {row + 2}"


def _first(mask: npt.NDArray[np.bool_]) -> int | None:
    return int(np.argmax(mask)) if mask.any() else None


def _parse_dates(path: Path, table: pd.DataFrame) -> Days:
    texts = table["date"].tolist()
    try:
        if not all(isinstance(text, str) and len(text) == len("YYYY-MM-DD") for text in texts):
            raise ValueError
        dates: Days = np.array(texts, "datetime64[D]")
    except ValueError:
        bad = next(row for row, text in enumerate(texts) if not _is_date(text))
        was = texts[bad] if isinstance(texts[bad], str) else "blank"
        raise DataError("is not a date", where=_place(path, bad), expected="YYYY-MM-DD", was=was) from None
    if (row := _first(np.diff(dates) <= np.timedelta64(0, "D"))) is not None:
        raise DataError(
            "dates must ascend, one row each",
            where=_place(path, row + 1),
            expected=f"a date after {dates[row]}",
            was=str(dates[row + 1]),
            mend="sort the file and remove duplicates",
        )
    if dates[0] < _EARLIEST:
        raise DataError("is too long ago", where=_place(path, 0), expected=f"a date from {_EARLIEST} on", was=texts[0])
    today = np.datetime64(datetime.now(UTC).date(), "D")
    if (row := _first(dates > today)) is not None:
        raise DataError("is in the future", where=_place(path, row), was=str(dates[row]))
    return dates


def _is_date(text: object) -> bool:
    try:
        np.datetime64(str(text), "D")
    except ValueError:
        return False
    return len(str(text)) == len("YYYY-MM-DD")


def _parse_numbers(path: Path, table: pd.DataFrame, name: str) -> Floats:
    if name not in table.columns:
        return np.full(len(table), np.nan)
    column = table[name]
    if not pd.api.types.is_numeric_dtype(column):
        numbers = pd.to_numeric(column, errors="coerce")
        if (row := _first((numbers.isna() & column.notna()).to_numpy())) is not None:
            raise DataError(
                f"{name} is not a number",
                where=_place(path, row),
                expected="a number or nothing",
                was=repr(str(column.iloc[row])),
            )
        column = numbers
    values: Floats = column.to_numpy(np.float64, copy=True)
    if (row := _first(np.isinf(values))) is not None:
        raise DataError(
            f"{name} is infinite", where=_place(path, row), expected="a finite number", was=str(values[row])
        )
    return values


def _clear_rounded_prices(columns: Mapping[str, Floats]) -> None:
    """Make zeros unknown on days whose close is so small that rounding explains the zero."""
    tiny = (columns["close"] > 0) & (columns["close"] < _ROUNDED_AWAY)
    for name in ("open", "high", "low"):
        columns[name][tiny & (columns[name] == 0)] = np.nan


def _check_prices(path: Path, columns: Mapping[str, Floats], kind: SeriesKind) -> None:
    if kind is SeriesKind.MACRO:
        return
    for name in PRICES:
        if (row := _first(columns[name] <= 0)) is not None:
            raise DataError(
                f"{name} must be above zero",
                where=_place(path, row),
                expected="a price > 0, or nothing if unknown",
                was=f"{columns[name][row]:g}",
            )
    close = columns["close"]
    if (row := _first((close < _PRICE_RANGE[0]) | (close > _PRICE_RANGE[1]))) is not None:
        expected = "from {:g} to {:g}".format(*_PRICE_RANGE)
        raise DataError("close is no price", where=_place(path, row), expected=expected, was=f"{close[row]:g}")
    if (row := _first(columns["volume"] < 0)) is not None:
        raise DataError("volume is negative", where=_place(path, row), was=f"{columns['volume'][row]:g}")
    if kind.is_coin and (row := _first(columns["high"] < columns["low"])) is not None:
        raise DataError(
            "high is under low",
            where=_place(path, row),
            expected=f"high >= {columns['low'][row]:g}",
            was=f"{columns['high'][row]:g}",
        )
