"""Events of a plan from a Python function of the user's own file."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd

from bot.core.errors import ConfigError
from bot.core.moments import Days
from bot.services.strategy_file import call_user_code
from bot.study.axis import Index
from strategies.indicators import Ints

_HELP = "see docs/study.md"
_CUTS = 12
"""Cuts of each kind at which the function is called again."""


def events_of_file(path: Path, index: Index) -> Ints:
    """Call the function `events` of a file and return the rows of the sessions that it names.

    Parameters
    ----------
    path
        Python file with `events(closes)`: from a pandas Series of closes by session to the dates of events.
    index
        The index of the plan.

    Raises
    ------
    ConfigError
        If the file is missing or fails, or if a date is not a session.
    """
    sessions = pd.DatetimeIndex(index.sessions.astype("datetime64[s]"))
    closes = pd.Series(index.closes.copy(), sessions, name=index.symbol)
    found = call_user_code(path, lambda: _called(path, closes), _HELP)
    unknown = found[~np.isin(found, index.sessions)]
    if len(unknown):
        raise ConfigError(
            "names an event on a day that is no session", where=str(path), was=str(unknown[0]), mend=_HELP
        )
    rows: Ints = np.searchsorted(index.sessions, found)
    return rows


def require_causal(path: Path, index: Index, rows: Ints) -> None:
    """Raise ConfigError if the events of a file change when later closes are removed."""
    for cut in _cuts(rows, len(index.sessions)):
        early = Index(index.symbol, index.sessions[:cut], index.closes[:cut])
        if not np.array_equal(events_of_file(path, early), rows[rows < cut]):
            what = "its events change when later closes are removed: it reads the future"
            raise ConfigError(what, where=str(path), was=f"on closes up to {early.sessions[-1]}", mend=_HELP)


def _cuts(rows: Ints, sessions: int) -> list[int]:
    """Return numbers of sessions after which the closes are cut: after some events, and at even distances."""
    after_events = rows[:: max(len(rows) // _CUTS, 1)][:_CUTS] + 1
    even = np.linspace(sessions / _CUTS, sessions, _CUTS, endpoint=False).astype(int)
    return sorted({int(cut) for cut in (*after_events, *even) if 0 < cut < sessions})


def _called(path: Path, closes: pd.Series) -> Days:
    spec = importlib.util.spec_from_file_location(f"events_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ConfigError("is not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return _days(list(module.events(closes)))


def _days(given: list[object]) -> Days:
    """Return the dates of events, ascending, each once. Raises ConfigError."""
    # pandas reads a number as nanoseconds since 1970: the closes themselves would become dates.
    if numbers := [entry for entry in given if isinstance(entry, (int, float, np.number, np.bool_))]:
        raise ConfigError("events: returns numbers", expected="dates from closes.index", was=str(numbers[0]))
    found = pd.DatetimeIndex(given)
    if found.tz is not None:
        raise ConfigError(
            "events: returns dates with a time zone", expected="dates from closes.index", was=str(found[0])
        )
    days: Days = np.unique(found.to_numpy().astype("datetime64[D]"))
    return days
