"""One file of Binance's public archive: its checksum, its zip and its candles. A faulty one is refused."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from bot.core.errors import DataError
from bot.core.market import Floats
from bot.data.csv.csv_cells import number_fault
from bot.data.vendors.raw_bars import COLUMNS, RawBars

LARGEST_ZIP, _LARGEST_TEXT = 262_144, 1_048_576
"""Bytes of a zip and of its member. A month of daily candles has 2,000 and 6,000."""
_FIELDS = 12
_PLACES = dict(zip(COLUMNS, (1, 2, 3, 4, 7), strict=True))
"""Field of each column; the volume is the one in the quote currency."""
_UNITS = {13: 1_000, 16: 1_000_000}
"""Units a second of an open time by its digits: milliseconds, and microseconds since 2025-01-01."""
_ROUNDED = re.compile(r"\d(\.\d+)?[eE]\+?\d+", re.ASCII)
_DAY = 86_400
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """Name of a zip: the pair, and a month `2024-02` or a day `2024-02-29`."""

    pair: str
    stamp: str

    @property
    def name(self) -> str:
        """File name of the zip."""
        return f"{self.pair}-1d-{self.stamp}.zip"

    @property
    def path(self) -> str:
        """Path of the zip on the host of the files."""
        period = "monthly" if len(self.stamp) == len("2024-02") else "daily"
        return f"data/spot/{period}/klines/{self.pair}/1d/{self.name}"

    @property
    def first(self) -> date:
        """First UTC day."""
        return date.fromisoformat(self.stamp if len(self.stamp) > len("2024-02") else f"{self.stamp}-01")

    @property
    def last(self) -> date:
        """Last UTC day."""
        if len(self.stamp) > len("2024-02"):
            return self.first
        return (self.first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def read_checksum(text: str, file: ArchiveFile) -> str:
    """Return the SHA-256 that a checksum file states. Raises DataError."""
    found = re.fullmatch(r"([0-9a-f]{64}) [ *](\S+)\s*", text, re.ASCII)
    if found is None or found[2] != file.name:
        expected = f"a SHA-256 and {file.name}"
        raise DataError(
            "is no checksum of its file", where=f"{file.name}.CHECKSUM", expected=expected, was=text[:_SHOWN]
        )
    return found[1]


def read_candles(file: ArchiveFile, body: bytes, sha256: str, symbol: str) -> RawBars:
    """Read the daily candles of a zip.

    Parameters
    ----------
    file
        Name of the zip, with the month or the day of its rows.
    body
        Bytes of the zip.
    sha256
        Hash that its checksum file states.
    symbol
        The bot's symbol of the rows.

    Returns
    -------
    RawBars
        UTC days. Volume is in the quote currency; a price of zero is unknown.

    Raises
    ------
    DataError
        The checksum, the zip or a row is faulty.
    """
    where = file.name
    was = hashlib.sha256(body).hexdigest()
    if was != sha256:
        raise DataError("differs from its checksum", where=where, expected=sha256[:12], was=was[:12])
    lines = [line for line in _text_of(file, body).splitlines() if line.strip()]
    if lines and lines[0].lower().startswith("open_time"):  # newer files have a header
        lines = lines[1:]
    if not lines:
        raise DataError("has no row", where=where)
    rows = [_read_row(line, f"{where} line {number}") for number, line in enumerate(lines, start=1)]
    dates = np.array([day for day, _ in rows], "datetime64[D]")
    if (np.diff(dates) <= np.timedelta64(0, "D")).any():
        raise DataError("dates must ascend, one row each", where=where)
    for day in (dates[0].item(), dates[-1].item()):
        if not file.first <= day <= file.last:
            raise DataError("has a row of another time", where=where, expected=file.stamp, was=str(day))
    table = np.array([values for _, values in rows])
    table[:, :4][table[:, :4] == 0] = np.nan  # a price of a day without a trade
    columns: dict[str, Floats] = {name: table[:, i].copy() for i, name in enumerate(COLUMNS)}
    return RawBars(symbol, f"archive {file.pair}", dates, **columns)


def _text_of(file: ArchiveFile, body: bytes) -> str:
    """Unpack the one member of a zip, of the name and the size that are expected."""
    where, expected = file.name, file.name.removesuffix(".zip") + ".csv"
    if len(body) > LARGEST_ZIP:
        raise DataError("is too large", where=where, expected=f"at most {LARGEST_ZIP:,} bytes", was=f"{len(body):,}")
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            members = packed.infolist()
            if [member.filename for member in members] != [expected]:
                named = ", ".join(member.filename for member in members)[:_SHOWN] or "an empty zip"
                raise DataError("has other members than its one file", where=where, expected=expected, was=named)
            # The stated size may be a lie, so that no more than the limit is unpacked in any case.
            with packed.open(members[0]) as opened:
                raw = opened.read(_LARGEST_TEXT + 1)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
    ) as problem:
        raise DataError("is no valid zip", where=where, was=str(problem)[:_SHOWN] or type(problem).__name__) from None
    if len(raw) > _LARGEST_TEXT:
        raise DataError("unpacks to too much", where=where, expected=f"at most {_LARGEST_TEXT:,} bytes")
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError:
        raise DataError("is no table", where=where, was="bytes that are no text") from None


def _read_row(line: str, where: str) -> tuple[date, list[float]]:
    """Return the UTC day of a candle, its four prices and its volume in the quote currency."""
    cells = [cell.strip() for cell in line.split(",")]
    if len(cells) != _FIELDS:
        raise DataError("has another number of fields", where=where, expected=str(_FIELDS), was=str(len(cells)))
    if _ROUNDED.fullmatch(cells[0]):
        raise DataError("has a rounded time", where=where, expected="all its digits", was=cells[0])
    unit = _UNITS.get(len(cells[0])) if cells[0].isascii() and cells[0].isdigit() else None
    if unit is None:
        expected = "milliseconds or microseconds since 1970"
        raise DataError("has no open time", where=where, expected=expected, was=cells[0][:_SHOWN])
    seconds, rest = divmod(int(cells[0]), unit)
    if rest or seconds % _DAY:
        raise DataError("is not daily", where=where, expected="an open time of 00:00 UTC", was=cells[0])
    values = []
    for name, place in _PLACES.items():
        fault = number_fault(cells[place])
        if fault is not None:
            raise DataError(f"{name} {fault}", where=where, was=cells[place][:_SHOWN])
        values.append(float(cells[place]))
    return datetime.fromtimestamp(seconds, UTC).date(), values
