"""One series of a file in a vendor's own format, before it has a symbol."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.core.market import Floats
from bot.data.csv.csv_dates import Moments, RowTimes
from bot.data.csv.csv_table import CsvTable
from bot.data.vendors.raw_bars import COLUMNS

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Export:
    """Rows of one series, ascending.

    Attributes
    ----------
    name
        The vendor's name of the series: a ticker, an id, a pair, or the name of the file.
    moments
        Times of the rows as written, datetime64[s], shape (rows,).
    utc
        Times of the rows in UTC, datetime64[s], shape (rows,).
    columns
        Prices and volume, shape (rows,); NaN is unknown.
    lines
        Line of each row in its file.
    adjusted
        Close less later dividends, shape (rows,); None if the file lacks them.
    is_adjusted
        True if all prices are less later dividends.
    volume_in_coins
        True if the volume of a coin is counted in coins instead of the quote currency.
    """

    table: CsvTable
    name: str
    moments: Moments
    utc: Moments
    columns: dict[str, Floats]
    lines: Rows
    adjusted: Floats | None = None
    is_adjusted: bool = False
    volume_in_coins: bool = False


def make_export(table: CsvTable, name: str, times: RowTimes, columns: dict[str, Floats]) -> Export:
    """Make an export of parsed columns: in ascending order, only rows with a close."""
    local, utc = times
    lines: Rows = np.arange(len(local)) + table.first_line
    # Exchanges' archives and web pages often have the newest row first.
    rows = np.arange(len(local))[:: -1 if len(local) > 1 and local[0] > local[-1] else 1]
    rows = rows[~np.isnan(columns["close"][rows])]
    full = {column: columns[column] if column in columns else np.full(len(local), np.nan) for column in COLUMNS}
    return Export(table, name, local[rows], utc[rows], {key: value[rows] for key, value in full.items()}, lines[rows])
