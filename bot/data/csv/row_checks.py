"""Checks of the dates and prices that a file gives; the caller knows the place of each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from bot.core.errors import DataError
from bot.core.market import Floats
from bot.core.moments import Days
from bot.core.series_kind import SeriesKind
from bot.data.vendors.raw_bars import LARGEST_VOLUME, PRICE_RANGE, PRICES
from bot.infra.clock import SystemClock

Place = Callable[[int], str]
"""Formats the place of a row by its index."""
_EARLIEST = np.datetime64("1900-01-01", "D")
_ROUNDED_AWAY = 1e-5
"""Close below which six decimals can round a real open or low to 0; above it a zero is a fault."""


def first_true(mask: npt.NDArray[np.bool_]) -> int | None:
    """Return the index of the first True, if there is one."""
    return int(np.argmax(mask)) if mask.any() else None


def check_dates(dates: Days, place: Place) -> None:
    """Raise DataError for dates out of order, before 1900 or in the future."""
    if (row := first_true(np.diff(dates) <= np.timedelta64(0, "D"))) is not None:
        raise DataError(
            "dates must ascend, one row each",
            where=place(row + 1),
            expected=f"a date after {dates[row]}",
            was=str(dates[row + 1]),
            mend="sort the file and remove duplicates",
        )
    if dates[0] < _EARLIEST:
        raise DataError("is too long ago", where=place(0), expected=f"a date from {_EARLIEST} on", was=str(dates[0]))
    today = np.datetime64(SystemClock().now().date(), "D")
    if (row := first_true(dates > today)) is not None:
        raise DataError("is in the future", where=place(row), was=str(dates[row]))


def clear_rounded_prices(columns: Mapping[str, Floats]) -> None:
    """Make zeros unknown on days whose close is so small that rounding explains the zero."""
    tiny = (columns["close"] > 0) & (columns["close"] < _ROUNDED_AWAY)
    for name in ("open", "high", "low"):
        columns[name][tiny & (columns[name] == 0)] = np.nan


def check_prices(columns: Mapping[str, Floats], kind: SeriesKind, place: Place) -> None:
    """Raise DataError for a price, value or volume out of the range of its kind."""
    close = columns["close"]
    if kind is SeriesKind.MACRO:
        if (row := first_true(np.abs(close) > PRICE_RANGE[1])) is not None:
            raise DataError("close is out of range", where=place(row), was=f"{close[row]:g}")
        return
    for name in PRICES:
        if (row := first_true(columns[name] <= 0)) is not None:
            raise DataError(
                f"{name} must be above zero",
                where=place(row),
                expected="a price > 0, or nothing if unknown",
                was=f"{columns[name][row]:g}",
            )
        outside = (columns[name] < PRICE_RANGE[0]) | (columns[name] > PRICE_RANGE[1])
        if (row := first_true(outside)) is not None:
            expected = "from {:g} to {:g}".format(*PRICE_RANGE)
            raise DataError(f"{name} is no price", where=place(row), expected=expected, was=f"{columns[name][row]:g}")
    volume = columns["volume"]
    if (row := first_true(volume < 0)) is not None:
        raise DataError("volume is negative", where=place(row), was=f"{volume[row]:g}")
    if (row := first_true(volume > LARGEST_VOLUME)) is not None:
        raise DataError("volume is out of range", where=place(row), was=f"{volume[row]:g}")
    if kind.is_coin and (row := first_true(columns["high"] < columns["low"])) is not None:
        raise DataError(
            "high is under low",
            where=place(row),
            expected=f"high >= {columns['low'][row]:g}",
            was=f"{columns['high'][row]:g}",
        )
