"""Comparison of a vendor's row with the stored row of the same day."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import NamedTuple

SAME_PRICE = 1e-6
"""Relative difference up to which two prices are the same price with another rounding."""
RESTATED_PRICE = 1e-4
"""Relative difference of a restated price. A fund's dividend moves its adjusted history by more, noise by less."""
_SAME_VOLUME = 0.01
"""Relative difference up to which two volumes are the same. Vendors correct volumes for days after the close."""
_DISAGREES = 0.02
"""Relative difference of two vendors' closes from which the user is informed."""


class RowFate(Enum):
    """Result of the comparison."""

    NEW = auto()
    FORMING = auto()
    KNOWN = auto()
    REVISED = auto()
    OTHER_VENDOR = auto()
    DISAGREEING = auto()

    @property
    def is_stored(self) -> bool:
        """True if the row is written."""
        return self in (RowFate.NEW, RowFate.FORMING, RowFate.REVISED)


class FinalRow(NamedTuple):
    """Latest final row of a day in the store; an unknown value is empty."""

    revision: int
    open: float | None
    high: float | None
    low: float | None
    close: float
    volume: float | None
    source: str


def compare_row(
    stored: FinalRow | None, values: Mapping[str, float | None], source: str, final: bool, tolerance: float
) -> RowFate:
    """Compare a vendor's row with the stored one.

    Parameters
    ----------
    stored
        The final row of the same day, or None.
    values
        Prices and volume by column; None is unknown.
    source
        Vendor and ticker of the new row.
    final
        False while the day is still forming.
    tolerance
        Relative difference up to which two prices are the same.
    """
    if stored is None:
        return RowFate.NEW if final else RowFate.FORMING
    if stored.source != source:
        # The first vendor of a day keeps it: two vendors' prices in one series would look like moves of the market.
        return RowFate.DISAGREEING if _differ(stored.close, values["close"], _DISAGREES) else RowFate.OTHER_VENDOR
    same = not any(
        _differ(getattr(stored, name), value, _SAME_VOLUME if name == "volume" else tolerance)
        for name, value in values.items()
    )
    return RowFate.KNOWN if same or not final else RowFate.REVISED


def _differ(old: float | None, new: float | None, tolerance: float) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(old - new) > tolerance * max(abs(old), abs(new))
