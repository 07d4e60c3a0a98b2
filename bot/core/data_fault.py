"""Faults of a series: one event each, dated by the moment at which its last row was known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import numpy as np


class Severity(StrEnum):
    """Effect of a fault on trading."""

    WARNED = "warned"
    # From the moment at which the fault was known the series is neither bought nor read by a rule. The value stands in
    # `data check --json`, which scripts read.
    QUARANTINED = "barred"


class FaultKind(StrEnum):
    """Kind of a fault. Values stand in `data check --json`; `label` is the text on screen."""

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
    SAME_ROWS = "same rows"
    SOURCES_DIFFER = "sources differ"
    SOURCE_CHANGE = "seam"
    UNCONFIRMED_RECORD = "unconfirmed record"
    WINDOW = "hole in a confirmation"
    OTHER_SERIES = "another series"

    @property
    def label(self) -> str:
        """Words on screen."""
        return "source change" if self is FaultKind.SOURCE_CHANGE else self.value


GRAVE = frozenset({FaultKind.JUMP, FaultKind.POWER_OF_TEN, FaultKind.OUTSIDE_RANGE})
"""Faults that could make a profit out of a wrong price."""


@dataclass(frozen=True, slots=True)
class CopySpell:
    """A time in which a series repeats the rows of another coin: from `since` to before `until`, in UTC.

    `relation` says how near its closes are to those of `of`. An empty `until` is open.
    The equal rows begin on `first`, before they are known to be too many for chance, and end on `last`.
    """

    symbol: str
    of: str
    first: date
    last: date
    rows: int
    relation: str
    since: np.datetime64
    until: np.datetime64 | None


@dataclass(frozen=True, slots=True)
class DataFault:
    """One fault of one series, from its `first` to its `last` date, with the number of rows affected or missing.

    `known_at` is the UTC time at which the last row that proves it was known. `text` is the sentence for a user.
    """

    symbol: str
    kind: FaultKind
    severity: Severity
    first: date
    last: date
    rows: int
    known_at: datetime
    text: str
