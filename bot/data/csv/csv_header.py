"""Names of columns: read in any case and with blanks around them; a name that is nearly right is refused."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

from bot.core.errors import DataError
from bot.data.vendors.raw_bars import COLUMNS

NAMES = ("date", *COLUMNS)
_MEANT = {
    **dict.fromkeys(("time", "timestamp", "datetime", "day", "unix", "opentime", "observationdate"), "date"),
    **dict.fromkeys(("price", "last", "adjclose", "adjustedclose", "closeadj", "closingprice"), "close"),
    **dict.fromkeys(("vol", "turnover", "amount"), "volume"),
    **{name[0]: name for name in COLUMNS},
    "d": "date",
}
"""Letters of other names for the six columns."""
_ADJUSTED = {"adjclose", "adjustedclose", "closeadj"}
_CLOSE_ENOUGH = 0.75
"""Similarity of two names, 0 to 1, from which one is taken for the other misspelt."""


def column_names(path: Path, cells: Sequence[str]) -> list[str]:
    """Return the names of a header, stripped and in small letters.

    Raises
    ------
    DataError
        A name occurs twice, a required one is missing, or one is nearly a column that the file lacks.
    """
    names = [cell.strip().casefold() for cell in cells]
    was, where = ",".join(cells), f"{path} line 1"
    for name in names:
        if name and names.count(name) > 1:
            raise DataError("a column occurs twice", where=where, was=was)
    for name in names:
        meant = None if name in NAMES else _meant_by(name)
        if meant is not None and meant not in names:
            raise DataError(
                f"has no column {meant!r}, but {name!r}",
                where=where,
                mend=f"rename it to {meant!r}, or import the file with `bot data import`",
            )
        # Two prices of one day, and the rows do not say which of them the series wants.
        if _letters(name) in _ADJUSTED:
            mend = "import it with `bot data import --format yahoo`, or remove one of the two"
            raise DataError(f"has both 'close' and {name!r}", where=where, mend=mend)
    for name in ("date", "close"):
        if name not in names:
            expected = ",".join(NAMES)
            raise DataError(f"has no column {name!r}", where=str(path), expected=expected, was=was)
    return names


def _meant_by(name: str) -> str | None:
    """Return the column that a name is nearly, if there is one."""
    letters = _letters(name)
    if letters in NAMES:
        return letters
    if letters in _MEANT:
        return _MEANT[letters]
    if "volume" in letters:
        return "volume"
    return next(iter(difflib.get_close_matches(letters, NAMES, n=1, cutoff=_CLOSE_ENOUGH)), None)


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name)
