"""Read a folder of CSV files, one a symbol. An error names the file and the line."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from bot.core.errors import DataError
from bot.core.listing import Listing
from bot.core.market import Floats, Market
from bot.core.moments import Days
from bot.core.plural import counted
from bot.core.roles import Roles
from bot.core.series_kind import SeriesKind
from bot.data.assembly import assemble
from bot.data.csv.csv_cells import cell_error, number_fault
from bot.data.csv.csv_header import column_names
from bot.data.csv.csv_table import CsvTable, check_shape, read_bytes, read_lines, require_commas
from bot.data.csv.row_checks import Place, check_dates, check_prices, clear_rounded_prices
from bot.data.incomplete import require_complete_folder
from bot.data.vendors.raw_bars import COLUMNS, RawBars
from bot.infra.clock import SystemClock

_NAMED = 8
"""Symbols that a note names before it counts the rest."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DIGITS = np.array([letter != "-" for letter in "YYYY-MM-DD"])
_OTHER_TABLES = {".gz", ".zip", ".tsv", ".txt", ".xls", ".xlsx", ".parquet", ".json", ".feather"}
"""Ends of names of files that may hold prices in another form."""


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
            raise DataError(f"{symbol}.csv is missing", where=str(folder), mend=_near_file(folder, symbol))
    return assemble(str(folder), rows, listings, roles, SystemClock().now(), notes, closures=closures)


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
    paths, unknown = csv_paths(folder, listings)
    rows = {symbol: read_plain(symbol, path, listings[symbol].kind) for symbol, path in paths.items()}
    return rows, unread_notes(unknown, folder.iterdir())


def unread_notes(unknown: list[str], paths: Iterable[Path]) -> list[str]:
    """Return notes on the CSV files of unknown series, and on files that may hold prices in another form."""
    notes = [_note(f"{_files(unknown)} not in the symbol table and not read", unknown)] if unknown else []
    found = list(paths)
    others = sorted(path.name for path in found if path.suffix.lower() in _OTHER_TABLES)
    if others:
        notes.append(_note(f"{_files(others)} of another kind and not read", others))
    if inside := sorted(path.name for path in found if path.is_dir() and _holds_csv(path)):
        notes.append(_note(f"{counted(len(inside), 'folder')} inside with CSV files not read", inside))
    return notes


def _holds_csv(folder: Path) -> bool:
    try:
        return any(path.suffix.lower() == ".csv" for path in folder.iterdir())
    except OSError:  # a folder that this user may not read
        return False


def csv_paths(folder: Path, listings: Mapping[str, Listing]) -> tuple[dict[str, Path], list[str]]:
    """List the CSV files of a folder by symbol, and the names of those outside the symbol table.

    Case plays no part, in the symbol or in ".csv", as on the systems that people copy such folders from.

    Raises
    ------
    DataError
        Two files are of one symbol.
    """
    known = {symbol.casefold(): symbol for symbol in listings}
    paths: dict[str, Path] = {}
    unknown = []
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv"):
        symbol = path.stem if path.stem in listings else known.get(path.stem.strip().casefold())
        if symbol is None:
            unknown.append(path.stem)
        elif symbol in paths:
            raise DataError("two files are of one series", where=str(folder), was=f"{paths[symbol].name}, {path.name}")
        else:
            paths[symbol] = path
    return paths, unknown


def _files(names: list[str]) -> str:
    return counted(len(names), "file is", "files are")


def _note(text: str, names: list[str]) -> str:
    return f"{text}: {', '.join(names[:_NAMED])}" + (" ..." if len(names) > _NAMED else "")


def _near_file(folder: Path, symbol: str) -> str:
    """Return the way to mend a missing file: another one of the folder that may be of the symbol, if there is one."""
    for path in sorted(folder.iterdir()):
        if path.name.upper().startswith(symbol.upper()):
            return f"rename {path.name}, or import the folder with `bot data import`"
    return "this series is required"


def read_plain(symbol: str, path: Path, kind: SeriesKind) -> RawBars:
    """Read one file with the columns date, open, high, low, close and volume.

    Raises
    ------
    DataError
        The file is faulty: the error names the line and the cause.
    """
    raw = read_bytes(path)
    names = _checked_names(path, raw)
    try:
        table = _parse(raw, names, {"date": object})  # plain texts: an Arrow column takes twice as long to read
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError, ValueError, OverflowError) as problem:
        raise DataError("is not a CSV table", where=str(path), expected="a header and rows", was=str(problem)) from None
    if table.empty:
        raise DataError("has a header and no rows", where=str(path))

    def place(row: int) -> str:
        return f"{path} line {row + 2}"  # as an editor counts: the header is line 1

    columns = {name: _parse_numbers(raw, names, table, name, place) for name in COLUMNS}
    clear_rounded_prices(columns)
    check_prices(columns, kind, place)
    dates = _parse_dates(table, place)
    check_dates(dates, place)
    return RawBars(symbol, path.name, dates, **columns)


def _parse(raw: bytes, names: list[str], types: Mapping[str, type]) -> pd.DataFrame:
    return pd.read_csv(
        io.BytesIO(raw),
        names=names,
        header=0,
        dtype=dict(types),
        index_col=False,
        skip_blank_lines=False,
        keep_default_na=False,
        na_values=[""],
        low_memory=False,  # one type for a whole column
    )


def _checked_names(path: Path, raw: bytes) -> list[str]:
    """Return the names of the columns of a text whose lines all have the same number of cells. Raises DataError."""
    # pandas fills short lines with NaN and renames a second column: both would pass as unknown values.
    header = raw.split(b"\n", 1)[0].split(b"\r", 1)[0]
    if b"," not in header:
        require_commas(path, header.decode("utf-8-sig", "replace"))
    first = read_lines(path, header or raw)[0]
    names = column_names(path, first)
    # Without quotes a comma always separates, and counting them takes a hundredth of the time.
    simple = b'"' not in raw and b"\r" not in raw.replace(b"\r\n", b"\n") and "" not in names
    if not simple or not _has_even_lines(raw, len(first) - 1):
        table = CsvTable(path, first, read_lines(path, raw)[1:], 2)
        check_shape(table, len(first))
        for index in (index for index, name in enumerate(names) if not name):
            if (row := next((row for row, cell in enumerate(table.column(index)) if cell), None)) is not None:
                was = repr(table.rows[row][index])
                raise DataError(f"column {index + 1} has no name", where=table.place(row), was=was)
    return [name or f"without a name {index}" for index, name in enumerate(names)]


def _has_even_lines(raw: bytes, commas: int) -> bool:
    """Return True if every line of a text has so many commas; its lines end with line feeds."""
    letters = np.frombuffer(raw if raw.endswith(b"\n") else raw + b"\n", np.uint8)
    before = np.searchsorted(np.flatnonzero(letters == ord(",")), np.flatnonzero(letters == ord("\n")))
    return bool((np.diff(before, prepend=0) == commas).all())


def _parse_dates(table: pd.DataFrame, place: Place) -> Days:
    quick = _quick_dates(table["date"].tolist())
    if quick is not None:
        return quick
    texts = [text.strip() if isinstance(text, str) else text for text in table["date"].tolist()]
    try:
        # NumPy reads the ten digits of a Unix time as a year.
        if not all(isinstance(text, str) and _DATE.fullmatch(text) for text in texts):
            raise ValueError
        dates: Days = np.array(texts, "datetime64[D]")
        if np.isnat(dates).any():
            raise ValueError
    except ValueError:
        bad = next(row for row, text in enumerate(texts) if not _is_date(text))
        was = texts[bad] if isinstance(texts[bad], str) else "blank"
        raise DataError("is not a date", where=place(bad), expected="YYYY-MM-DD", was=was) from None
    return dates


def _quick_dates(texts: list[str]) -> Days | None:
    """Parse dates that all have the one right form; None if any has another, for the check of each cell."""
    try:
        if set(map(len, texts)) != {10}:
            return None
        letters = np.frombuffer("".join(texts).encode("ascii"), np.uint8).reshape(-1, 10)
        is_digit = (letters >= ord("0")) & (letters <= ord("9"))
        if not (is_digit | (letters == ord("-"))).all() or (is_digit != _DIGITS).any():
            return None
        dates: Days = np.array(texts, "datetime64[D]")
    except (ValueError, TypeError):  # a blank cell, another alphabet, or no day of the calendar
        return None
    return dates


def _is_date(text: object) -> bool:
    try:
        return bool(_DATE.fullmatch(str(text))) and not np.isnat(np.datetime64(str(text), "D"))
    except ValueError:
        return False


def _parse_numbers(raw: bytes, names: list[str], table: pd.DataFrame, name: str, place: Place) -> Floats:
    if name not in table.columns:
        return np.full(len(table), np.nan)
    column = table[name]
    # A column of True and False is a number to pandas, and one with an infinite value had another text.
    if column.dtype.kind in "fiu" and not np.isinf(column.to_numpy(np.float64)).any():
        return column.to_numpy(np.float64, copy=True)
    texts = _parse(raw, names, {name: str})[name].tolist()
    values = np.full(len(texts), np.nan)
    for row, cell in enumerate(texts):
        text = cell.strip() if isinstance(cell, str) else ""
        if text and (fault := number_fault(text)) is not None:
            raise cell_error(name, place(row), text, fault)
        values[row] = float(text) if text else np.nan
    return values
