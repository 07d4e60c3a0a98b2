"""The text of a CSV file as a header and rows of cells, by one reader for quotes, blanks and line numbers."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from bot.core.errors import DataError

_LARGEST = 64_000_000
"""Bytes of a file; fifty years of daily rows are one million."""
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class CsvTable:
    """Header and rows of a file. Cells are stripped; `first_line` is the line of the first row, as editors count."""

    path: Path
    header: list[str]
    rows: list[list[str]]
    first_line: int

    def place(self, row: int) -> str:
        """Format the place of a row."""
        return f"{self.path} line {self.first_line + row}"

    def column(self, index: int) -> list[str]:
        """Return the cells of a column."""
        return [row[index] for row in self.rows]


def read_bytes(path: Path) -> bytes:
    """Read a CSV file up to its last line with text. Raises DataError."""
    try:
        if not path.is_file():
            raise DataError("is not a file", where=str(path), expected="a CSV file")
        if path.stat().st_size > _LARGEST:
            raise DataError("is too long for daily rows", where=str(path), expected=f"at most {_LARGEST} bytes")
        return path.read_bytes().rstrip()
    except OSError as problem:
        raise DataError(f"cannot be read: {problem.strerror}", where=str(path)) from None


def read_lines(path: Path, raw: bytes) -> list[list[str]]:
    """Split a text into lines of cells.

    Raises
    ------
    DataError
        The text is empty, begins with a blank line, is in another code than UTF-8, has an open quote,
        or a quoted cell of several lines.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in raw:
        raise DataError("is not a CSV table", where=str(path), expected="text in UTF-8", was="UTF-16 or binary data")
    reader = csv.reader(io.StringIO(_decode(path, raw), newline=""), strict=True)
    lines: list[list[str]] = []
    try:
        for cells in reader:
            lines.append([cell.strip() for cell in cells])
            # Lines and rows would be counted apart from here on.
            if reader.line_num != len(lines):
                raise DataError("a quoted cell goes over several lines", where=f"{path} line {len(lines)}")
    except csv.Error as problem:
        raise DataError("is not a CSV table", where=f"{path} line {reader.line_num}", was=str(problem)) from None
    if not lines or not lines[0]:
        was = "a blank first line" if lines else "an empty file"
        raise DataError("is not a CSV table", where=str(path), expected="a header and rows", was=was)
    return lines


def read_table(path: Path, header_line: int | None = 0) -> CsvTable:
    """Read a file whose rows have as many cells as its header.

    Parameters
    ----------
    header_line
        Index of the line with the names of the columns; None if the first line is a row.

    Raises
    ------
    DataError
        The file has another form; the error names the line.
    """
    lines = read_lines(path, read_bytes(path))
    begin = 0 if header_line is None else header_line + 1
    if len(lines) <= begin:
        raise DataError("has no rows", where=str(path))
    header = [] if header_line is None else [name.casefold() for name in lines[header_line]]
    table = CsvTable(path, header, lines[begin:], begin + 1)
    check_shape(table, len(header) or len(table.rows[0]))
    return table


def check_shape(table: CsvTable, width: int) -> None:
    """Raise DataError for a row with another number of cells than the header, or for a header of one column."""
    for row, cells in enumerate(table.rows):
        if len(cells) != width:
            was = f"{len(cells)}: {','.join(cells)}" if cells else "a blank line"
            raise DataError("has another number of fields", where=table.place(row), expected=str(width), was=was)


def require_commas(path: Path, header: str) -> None:
    """Raise DataError for a header whose names are separated by another character than a comma."""
    for separator, name in _SEPARATORS.items():
        if separator in header and "," not in header:
            raise DataError(f"is separated by {name}", where=f"{path} line 1", expected="commas", was=header)


def _decode(path: Path, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        was = repr(raw[problem.start : problem.start + 1])
        raise DataError("is not a CSV table", where=f"{path} line {line}", expected="UTF-8", was=was) from None
