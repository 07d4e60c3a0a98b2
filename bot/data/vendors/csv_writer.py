"""Write series as CSV files that read back bit for bit."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from bot.data.incomplete import marked_export
from bot.data.vendors.raw_bars import COLUMNS, RawBars


def write_folder(folder: Path, rows: Mapping[str, RawBars]) -> None:
    """Write one SYMBOL.csv a series into a new or empty folder, or into one whose export was stopped.

    Until the last file is written the folder is marked as incomplete, and no command reads it.

    Raises
    ------
    DataError
        The folder has files in it or fails to be written.
    """
    with marked_export(folder, [f"{symbol}.csv" for symbol in rows]):
        for symbol, found in rows.items():
            with (folder / f"{symbol}.csv").open("wb") as opened:
                opened.write(_format_csv(found).encode())
                opened.flush()
                os.fsync(opened.fileno())  # else a power cut could leave a cut file without the mark


def _format_csv(rows: RawBars) -> str:
    # repr() gives the shortest decimal that reads back as the same float; NaN is left blank.
    columns = [["" if v != v else repr(v) for v in values.tolist()] for values in rows.columns.values()]
    lines = [",".join(line) for line in zip(map(str, rows.dates), *columns, strict=True)]
    return "\n".join((f"date,{','.join(COLUMNS)}", *lines)) + "\n"
