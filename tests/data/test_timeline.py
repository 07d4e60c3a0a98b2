"""When each row becomes known, by the release rule of its kind; moments are UTC."""

from __future__ import annotations

import numpy as np
import pytest

from bot.core.listing import Release
from bot.data.timeline import due, known_at
from tests.markets import sessions


def known(day: str, release: Release) -> str:
    return str(known_at(np.array([day], "datetime64[D]"), release, sessions())[0])


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        ("2025-03-07", "2025-03-07T21:00:00"),
        ("2025-03-10", "2025-03-10T20:00:00"),
        ("2025-11-03", "2025-11-03T21:00:00"),
        ("2025-11-28", "2025-11-28T18:00:00"),
        ("2025-07-03", "2025-07-03T17:00:00"),
        ("2025-12-24", "2025-12-24T18:00:00"),
    ],
)
def test_a_session_is_known_at_its_close(day: str, moment: str) -> None:
    assert known(day, Release.SESSION) == moment


@pytest.mark.parametrize("day", ["2026-01-19", "2025-11-27", "2025-03-08", "2018-12-05", "2025-01-09"])
def test_holidays_weekends_and_days_of_mourning_have_no_session(day: str) -> None:
    assert np.datetime64(day) not in sessions().dates


def test_half_days_are_told_apart() -> None:
    days = np.array(["2025-11-26", "2025-11-28", "2025-07-03", "2025-07-02"], "datetime64[D]")
    assert sessions().is_half_day(days).tolist() == [False, True, True, False]


def test_a_coins_day_is_known_at_the_next_midnight_on_every_day_of_the_year() -> None:
    for day in ("2025-03-09", "2025-12-25", "2024-02-29"):
        assert known(day, Release.UTC_DAY) == f"{np.datetime64(day) + 1}T00:00:00"


@pytest.mark.parametrize(
    ("wednesday", "moment"),
    [
        ("2025-01-15", "2025-01-16T21:30:00"),  # 16:30 in New York in winter
        ("2025-07-09", "2025-07-10T20:30:00"),  # and in summer
        ("2025-11-26", "2025-11-28T21:30:00"),  # Thanksgiving: Friday
        ("2024-07-03", "2024-07-05T20:30:00"),  # 4 July: Friday
        ("2025-06-18", "2025-06-20T20:30:00"),  # Juneteenth: Friday
    ],
)
def test_the_feds_weekly_figures_are_known_on_thursday_or_after_its_holiday(wednesday: str, moment: str) -> None:
    assert known(wednesday, Release.THURSDAY) == moment


def test_reverse_repo_is_known_at_the_same_days_close() -> None:
    assert known("2025-11-03", Release.SAME_DAY) == "2025-11-03T21:00:00"


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        ("2025-11-03", "2025-11-04T21:00:00"),
        ("2025-11-07", "2025-11-10T21:00:00"),
        ("2026-01-16", "2026-01-20T21:00:00"),
    ],
)
def test_spreads_and_yields_are_known_on_the_next_business_day(day: str, moment: str) -> None:
    assert known(day, Release.NEXT_SESSION) == moment


@pytest.mark.parametrize("release", list(Release))
def test_rows_are_due_from_the_first_on_in_order_and_far_beyond_the_last(release: Release) -> None:
    dates = np.array(["2025-01-08", "2025-01-15"], "datetime64[D]")
    moments = due(dates, release, sessions())
    assert moments[0] == known_at(dates, release, sessions())[0]
    assert (np.diff(moments) > np.timedelta64(0)).all()
    assert moments[-1] > np.datetime64("2026-01-31")


def test_nothing_is_due_of_a_series_without_rows() -> None:
    assert len(due(np.array([], "datetime64[D]"), Release.SESSION, sessions())) == 0
