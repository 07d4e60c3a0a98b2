"""Write series as CSV files that read back bit for bit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.core.errors import DataError
from bot.data.vendors.raw_bars import COLUMNS, RawBars


def write_folder(folder: Path, rows: Mapping[str, RawBars]) -> None:
    """Write one SYMBOL.csv a series into a new or empty folder.

    Raises
    ------
    DataError
        The folder has files in it or fails to be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise DataError("is not empty", where=str(folder), mend="name a new folder: no file is overwritten")
        for symbol, found in rows.items():
            (folder / f"{symbol}.csv").write_text(_format_csv(found), encoding="utf-8")
    except OSError as problem:
        raise DataError(f"cannot be written: {problem.strerror}", where=str(folder)) from None


def _format_csv(rows: RawBars) -> str:
    # repr() gives the shortest decimal that reads back as the same float; NaN is left blank.
    columns = [["" if v != v else repr(v) for v in values.tolist()] for values in rows.columns.values()]
    lines = [",".join(line) for line in zip(map(str, rows.dates), *columns, strict=True)]
    return "\n".join((f"date,{','.join(COLUMNS)}", *lines)) + "\n"
