"""Numbers of cells: a decimal with a full stop, or a blank; the error of any other text names its cause."""

from __future__ import annotations

import math
import re
from collections.abc import Collection

import numpy as np

from bot.core.errors import DataError
from bot.core.market import Floats
from bot.data.csv.csv_table import CsvTable

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?[\d.]*,\d*", re.ASCII)
_SPACED = re.compile(r"[+-]?\d{1,3}([ '\u00a0\u202f]\d{3})+(\.\d*)?")
_LONGEST = 64
"""Characters of a number; a float has seventeen digits."""


def number_fault(text: str) -> str | None:
    """Return the fault of a cell that should be a number as the end of a sentence; for a number, None."""
    if len(text) > _LONGEST:
        return f"has {len(text)} characters, too many for a number"
    if _NUMBER.fullmatch(text):
        return "is infinite" if math.isinf(float(text)) else None
    if _THOUSANDS.fullmatch(text) or _SPACED.fullmatch(text):
        return "has a separator of thousands"
    if _DECIMAL_COMMA.fullmatch(text):
        return "has a decimal comma"
    return "is infinite" if text.lower().lstrip("+-") in ("inf", "infinity") else "is not a number"


def cell_error(name: str, place: str, text: str, fault: str) -> DataError:
    """Return the error for a cell with a fault."""
    mend = "write it without, as 1806.95" if "separator" in fault or "comma" in fault else None
    return DataError(f"{name} {fault}", where=place, expected="a number or nothing", was=repr(text), mend=mend)


def parse_column(
    table: CsvTable, index: int, name: str, blanks: Collection[str] = (), thousands: bool = False
) -> Floats:
    """Parse the numbers of a column.

    Parameters
    ----------
    blanks
        Texts that mean an unknown value, in small letters; an empty cell always does.
    thousands
        True if the format writes separators of thousands.

    Returns
    -------
    Floats
        Shape (rows,); NaN where unknown.

    Raises
    ------
    DataError
        A cell has a fault; the error names its line.
    """
    return np.array(
        [_parse_cell(table, row, text, name, blanks, thousands) for row, text in enumerate(table.column(index))]
    )


def _parse_cell(table: CsvTable, row: int, text: str, name: str, blanks: Collection[str], thousands: bool) -> float:
    if not text or text.lower() in blanks:
        return math.nan
    if thousands and _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    fault = number_fault(text)
    if fault is not None:
        raise cell_error(name, table.place(row), text, fault)
    return float(text)
