"""Folds of a walk-forward: days of training, and the days of test that follow them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd

from bot.core.errors import ConfigError
from bot.core.moments import Days
from bot.core.window import Window

PURGE, EMBARGO = 63, 21
"""Sessions before a test that no training uses: the horizon of the thesis, and a month against serial correlation.

An entry within 63 sessions of the test has its outcome in the test (Lopez de Prado 2018, Advances in Financial Machine
Learning, chapter 7, on purging and embargo).
"""
_SPAN = re.compile("([1-9][0-9]?)(y|m)")


@dataclass(frozen=True, slots=True)
class Fold:
    """Days on which sets are compared, and days on which the chosen one trades."""

    train: Window
    test: Window


def months_of(text: str, where: str) -> int:
    """Parse a span of time such as 4y or 18m into months. Raises ConfigError."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ConfigError("is no span of time", where=where, expected="years or months, as 4y or 18m", was=repr(text))
    return int(found[1]) * (12 if found[2] == "y" else 1)


def folds_of(window: Window, sessions: Days, train: int, test: int, is_anchored: bool) -> list[Fold]:
    """Lay out the folds of a window, oldest first. The last test ends with the window and may be shorter.

    Parameters
    ----------
    window
        All days of trading.
    sessions
        Sessions of the small-cap index, ascending.
    train, test
        Months.
    is_anchored
        Every training begins with the window; otherwise it has the same length each time.

    Raises
    ------
    ConfigError
        If a length is under a month, the window has no day left for a test, or the training no day after the sessions
        that are left out.
    """
    for name, months in (("--train", train), ("--test", test)):
        # A test of no length would lay out folds for ever.
        if type(months) is not int or months < 1:
            raise ConfigError("is no number of months", where=name, expected="at least 1", was=repr(months))
    found = []
    # Counted from the start each time, so that a window from the end of a month keeps its day.
    begins = [_later(window.start, train)]
    while begins[-1] <= window.end:
        begins.append(_later(window.start, train + len(begins) * test))
    for begin, following in pairwise(begins):
        first = window.start if is_anchored else _later(begin, -train)
        ends = min(following - timedelta(days=1), window.end)
        found.append(Fold(Window(first, _last_training_day(sessions, begin, first)), Window(begin, ends)))
    if not found:
        expected = f"a window longer than the training of {train} months"
        mend = "a shorter --train, or more days"
        raise ConfigError("leaves no day for a test", where="--train", expected=expected, was=_span(window), mend=mend)
    return found


def _last_training_day(sessions: Days, test: date, first: date) -> date:
    """Return the last session before the purge and the embargo of a test."""
    place = int(np.searchsorted(sessions, np.datetime64(test))) - 1 - PURGE - EMBARGO
    last: date = sessions[place].item() if place >= 0 else first - timedelta(days=1)
    if last <= first:
        left_out = f"{PURGE} + {EMBARGO} sessions before the test of {test} are left out"
        raise ConfigError(f"no day of training is left: {left_out}", where="--train", mend="a longer training")
    return last


def _later(day: date, months: int) -> date:
    moved: date = (pd.Timestamp(day) + pd.DateOffset(months=months)).date()
    return moved


def _span(window: Window) -> str:
    return f"{window.start} to {window.end}"
