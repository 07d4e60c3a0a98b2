"""Read a folder of downloads in the vendors' own formats as series of the symbol table."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np

from bot.core.errors import DataError
from bot.core.listing import Listing, Release
from bot.core.series_kind import SeriesKind
from bot.data.csv.candle_file import CANDLE_SUFFIXES, is_of_other_interval, pair_of
from bot.data.csv.csv_dates import require_daily, require_utc_days
from bot.data.csv.csv_format import CsvFormat
from bot.data.csv.export import Export
from bot.data.csv.formats import parse_export, recognise
from bot.data.csv.row_checks import check_dates, check_prices, clear_rounded_prices
from bot.data.csv.series_names import SeriesNames
from bot.data.incomplete import require_complete_folder
from bot.data.vendors.csv_folder import read_plain, unread_notes
from bot.data.vendors.raw_bars import COLUMNS, PRICES, RawBars

_SUFFIXES = (".csv", *CANDLE_SUFFIXES)
_FUNDS = {SeriesKind.ETF_ADJUSTED, SeriesKind.ETF_RAW}


def read_exports(
    folder: Path, listings: Mapping[str, Listing], names: SeriesNames, csv_format: CsvFormat = CsvFormat.AUTO
) -> tuple[dict[str, RawBars], list[str]]:
    """Read the CSV files of a folder, or one file, as series.

    Parameters
    ----------
    csv_format
        Format of all files; `auto` recognises each by its header, the project's own format included.

    Returns
    -------
    tuple of dict and list
        Rows by symbol, and notes: files of unknown series, and what was computed.

    Raises
    ------
    DataError
        A file is faulty, or of two series of which only one can be right.
    """
    if not folder.exists():
        raise DataError("there is no such folder", where=str(folder), mend="name a folder of CSV files")
    paths = [folder]
    others: list[Path] = []
    if folder.is_dir():
        there = sorted(folder.iterdir())
        paths = [path for path in there if path.suffix.lower() in _SUFFIXES and not is_of_other_interval(path)]
        others = [path for path in there if path not in paths]
    if folder.is_dir():
        require_complete_folder(folder)
    rows: dict[str, list[RawBars]] = {}
    notes: list[str] = []
    unknown: list[str] = []
    for path in paths:
        found = _read_file(path, listings, names, csv_format, notes)
        for bars in found:
            rows.setdefault(bars.symbol, []).append(bars)
        unknown += [] if found else [path.stem]
    notes += unread_notes(unknown, others)
    return {symbol: _joined(parts) for symbol, parts in rows.items()}, notes


def _read_file(
    path: Path, listings: Mapping[str, Listing], names: SeriesNames, csv_format: CsvFormat, notes: list[str]
) -> list[RawBars]:
    # A file of an unknown series may be anything: it is named in a note, whatever is wrong with it.
    by_stem = names.symbols_of(pair_of(path))
    try:
        own = recognise(path) if csv_format is CsvFormat.AUTO else csv_format
    except DataError:
        if by_stem:
            raise
        return []
    if path.suffix.lower() in CANDLE_SUFFIXES and not by_stem:
        return []
    if own is CsvFormat.AUTO:
        return [read_plain(symbol, path, listings[symbol].kind) for symbol in _plain_symbols(path, by_stem, listings)]
    found = []
    for export in parse_export(path, own):
        symbols = names.symbols_of(export.name) or by_stem
        for symbol in _of_same_prices(export, symbols, listings):
            found.append(_to_bars(export, symbol, listings[symbol], own, notes))
    return found


def _plain_symbols(path: Path, by_stem: list[str], listings: Mapping[str, Listing]) -> list[str]:
    """Return the symbol of a file in the project's own format: the one that it is named after, or the only one."""
    exact = [symbol for symbol in by_stem if symbol.casefold() == path.stem.casefold()]
    if exact or len(by_stem) < 2:
        return exact or by_stem
    raise DataError("may be of several series", where=str(path), was=", ".join(by_stem), mend="name it after one")


def _of_same_prices(export: Export, symbols: list[str], listings: Mapping[str, Listing]) -> list[str]:
    """Return the series that the prices of a file fit: a fund has one of raw and one of adjusted prices.

    Raises
    ------
    DataError
        The file is of a fund whose dividends it leaves unsaid.
    """
    funds = [symbol for symbol in symbols if listings[symbol].kind in _FUNDS]
    if not funds or export.adjusted is not None:
        return symbols
    wanted = SeriesKind.ETF_ADJUSTED if export.is_adjusted else SeriesKind.ETF_RAW
    fitting = [symbol for symbol in funds if listings[symbol].kind is wanted]
    if not fitting:
        raise DataError(
            f"has no prices for {funds[0]}, which needs {listings[funds[0]].kind} ones",
            where=str(export.table.path),
            mend="import Yahoo's download with the column 'Adj Close'",
        )
    return fitting


def _to_bars(export: Export, symbol: str, listing: Listing, csv_format: CsvFormat, notes: list[str]) -> RawBars:
    """Make the checked rows of a series. Raises DataError."""
    kind = listing.kind
    path, columns = export.table.path, {name: values.copy() for name, values in export.columns.items()}
    if not len(export.moments):
        raise DataError("has no row with a close", where=str(path))

    def place(row: int) -> str:
        return f"{path} line {export.lines[row]}"

    if kind is SeriesKind.ETF_ADJUSTED and export.adjusted is not None:
        ratio = export.adjusted / columns["close"]
        columns |= {name: columns[name] * ratio for name in PRICES}
    if export.volume_in_coins and kind.is_coin:
        columns["volume"] = columns["volume"] * columns["close"]
        notes.append(f"{symbol}: volume in coins was multiplied by each day's close")
    require_daily(export.table, export.moments, is_weekly_known=listing.release is Release.THURSDAY)
    if kind.is_coin:
        require_utc_days(export.table, export.utc)
    # A coin trades around the clock, so its day is a UTC day; a session has the date of its exchange.
    dates = (export.utc if kind.is_coin else export.moments).astype("datetime64[D]")
    check_dates(dates, place)
    clear_rounded_prices(columns)
    check_prices(columns, kind, place)
    return RawBars(symbol, f"{csv_format} {export.name}", dates, **columns)


def _joined(parts: list[RawBars]) -> RawBars:
    """Join the files of one series, such as the months of an archive. Raises DataError if two have the same day."""
    parts = sorted(parts, key=lambda bars: bars.dates[0])
    first = parts[0]
    for before, after in pairwise(parts):
        if after.source != first.source or after.dates[0] <= before.dates[-1]:
            was = f"{before.source} to {before.dates[-1]}, {after.source} from {after.dates[0]}"
            raise DataError("two files are of one series", where=first.symbol, was=was)
    columns = {name: np.concatenate([bars.columns[name] for bars in parts]) for name in COLUMNS}
    return RawBars(first.symbol, first.source, np.concatenate([bars.dates for bars in parts]), **columns)
