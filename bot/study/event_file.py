"""Events of a plan from a Python function of the user's own file."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from bot.core.errors import ConfigError
from bot.services.user_strategy import call_user_code
from bot.study.axis import Index
from strategies.indicators import Ints

_HELP = "see docs/study.md"


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
        If the file is missing or fails, or if a date is not a session. A function that reads later closes is found by
        calling it again on a part of them.
    """
    if not path.is_file():
        raise ConfigError("there is no such event file", where=str(path), mend=_HELP)
    rows = _rows(path, index)
    half = len(index.sessions) // 2
    early = Index(index.symbol, index.sessions[:half], index.closes[:half])
    if not np.array_equal(_rows(path, early), rows[rows < half]):
        raise ConfigError(
            "its events change when later closes are removed: it reads the future", where=str(path), mend=_HELP
        )
    return rows


def _rows(path: Path, index: Index) -> Ints:
    closes = pd.Series(index.closes.copy(), pd.DatetimeIndex(index.sessions.astype("datetime64[s]")), name=index.symbol)
    days = call_user_code(path, lambda: _called(path, closes))
    found = np.array(
        sorted({pd.Timestamp(day).to_datetime64().astype("datetime64[D]") for day in days}), "datetime64[D]"
    )
    unknown = found[~np.isin(found, index.sessions)]
    if len(unknown):
        raise ConfigError("names an event on no session", where=str(path), was=str(unknown[0]), mend=_HELP)
    rows: Ints = np.searchsorted(index.sessions, found)
    return rows


def _called(path: Path, closes: pd.Series) -> Sequence[date]:
    spec = importlib.util.spec_from_file_location(f"events_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ConfigError("is not a Python file", where=str(path), mend=_HELP)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    days: Sequence[date] = list(module.events(closes))
    return days
