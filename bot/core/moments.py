"""Times: NumPy's datetime64 inside arrays, aware datetimes in UTC elsewhere."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:  # NumPy takes a fifth of a second: a list of a ledger formats moments without it
    import numpy as np
    import numpy.typing as npt

Days: TypeAlias = "npt.NDArray[np.datetime64]"
"""UTC dates or session dates, dtype datetime64[D], ascending."""
Times: TypeAlias = "npt.NDArray[np.datetime64]"
"""UTC moments, dtype datetime64[s], ascending."""

ONE_DAY = timedelta(days=1)


def newest(known: Times, times: Times) -> npt.NDArray[np.intp]:
    """As-of join: find the last timestamp at or before each time. All as-of lookups use it.

    Parameters
    ----------
    known
        Ascending UTC times, datetime64[s], shape (rows,).
    times
        UTC times, datetime64[s], shape (times,).

    Returns
    -------
    NDArray[np.intp]
        Indices into `known`, shape (times,); -1 before the first.
    """
    return known.searchsorted(times, side="right") - 1


def utc(moment: np.datetime64) -> datetime:
    """Convert a NumPy time to an aware datetime in UTC."""
    naive: Any = moment.astype("datetime64[s]").astype(object)
    aware: datetime = naive.replace(tzinfo=UTC)
    return aware


def midnight(day: date) -> datetime:
    """Return 00:00 UTC of a date, the time of a decision."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def iso(moment: datetime) -> str:
    """Format a time as ISO-8601 in UTC to the second, as in every file of a run."""
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
