"""The file of the exchange's days says what the calendar's library computes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from bot.data.exchange_days import FIRST, LAST, from_library, sessions_between
from bot.data.timeline import us_sessions


def test_the_file_has_the_sessions_of_the_library() -> None:
    """After an update of the library `make sessions` writes the file again."""
    filed, computed = sessions_between(FIRST, LAST), from_library(FIRST, LAST)
    assert filed.dates.tolist() == computed.dates.tolist()
    assert filed.closes.tolist() == computed.closes.tolist()
    assert filed.half_days.tolist() == computed.half_days.tolist()


def test_a_span_begins_and_ends_inside_itself() -> None:
    """From 2001-09-07 to 2001-09-18 the weekend and the four days after the attacks have no session."""
    few = sessions_between(date(2001, 9, 7), date(2001, 9, 18))
    assert few.dates.astype(str).tolist() == ["2001-09-07", "2001-09-10", "2001-09-17", "2001-09-18"]
    assert few.closes.astype(str).tolist()[0] == "2001-09-07T20:00:00"


def test_the_day_after_thanksgiving_ends_at_one() -> None:
    few = sessions_between(date(2001, 11, 22), date(2001, 11, 23))
    assert few.closes.astype(str).tolist() == ["2001-11-23T18:00:00"]
    assert few.half_days.tolist() == [True]


@pytest.mark.parametrize("first", [date(1926, 1, 4), date(2135, 12, 1)])
def test_days_outside_the_file_come_from_the_library(first: date) -> None:
    assert len(us_sessions(first, first).dates) > 250
    assert np.datetime64(first, "D") in us_sessions(first, first).dates
