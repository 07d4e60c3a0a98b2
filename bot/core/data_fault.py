"""What is wrong with a series: one event each, whole at the moment from which it could be known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Severity(StrEnum):
    """What a fault means for trading."""

    WARNED = "warned"
    BARRED = "barred"  # not bought, or not believed, from the moment at which the fault was known


class FaultKind(StrEnum):
    """What was found."""

    MISSING = "missing rows"
    SILENT = "silent"
    WITHOUT_SESSION = "row without a session"
    OUTSIDE_RANGE = "outside its own range"
    ROUNDED_APART = "range rounded apart"
    REPEATED = "repeated"
    COARSE = "coarse"
    CLOSE_ONLY = "close only"
    JUMP = "jump"
    POWER_OF_TEN = "power of ten"
    UNEXPECTED_LEVEL = "unexpected level"
    VOLUME_SHIFT = "volume shift"
    THIN = "thin"
    ERRATIC = "erratic"
    SOURCES_DIFFER = "sources differ"
    SEAM = "seam"


@dataclass(frozen=True, slots=True)
class DataFault:
    """One fault of one series, from its `first` to its `last` date; `rows` of it are there, or are not.

    `known_at` is the moment at which the last row that proves it was known: nothing later changes it.
    """

    symbol: str
    kind: FaultKind
    severity: Severity
    first: date
    last: date
    rows: int
    known_at: datetime
    told: str
