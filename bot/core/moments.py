"""Moments of time: NumPy's inside arrays, aware datetimes in UTC everywhere else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.datetime64]
"""UTC dates or session dates, dtype datetime64[D], ascending."""
Times = npt.NDArray[np.datetime64]
"""UTC moments, dtype datetime64[s], ascending."""

ONE_DAY = timedelta(days=1)


def newest(known: Times, times: Times) -> npt.NDArray[np.intp]:
    """The place of the last of some ascending moments at or before each time; -1 where there is none.

    This is the one function that samples: the only place where sessions, UTC days and releases meet.
    """
    return np.searchsorted(known, times, side="right") - 1


def utc(moment: np.datetime64) -> datetime:
    """A NumPy moment as an aware datetime in UTC."""
    naive: Any = moment.astype("datetime64[s]").astype(object)
    aware: datetime = naive.replace(tzinfo=UTC)
    return aware


def midnight(day: date) -> datetime:
    """00:00 UTC of a date: the moment at which the bot decides."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def iso(moment: datetime) -> str:
    """ISO-8601 in UTC, to the second, as every file of a run writes it."""
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
