"""Folds of a walk-forward, worked by hand."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from bot.core.errors import ConfigError
from bot.core.window import Window
from bot.sweep.folds import folds_of, months_of

WEEKDAYS = np.array(
    [day for day in np.arange("2015-01-01", "2027-01-01", dtype="datetime64[D]") if np.is_busday(day)],
    "datetime64[D]",
)


def test_tests_follow_each_other_and_the_last_ends_with_the_window() -> None:
    folds = folds_of(Window(date(2016, 1, 1), date(2022, 3, 18)), WEEKDAYS, train=48, test=12, is_anchored=False)
    assert [(fold.test.start, fold.test.end) for fold in folds] == [
        (date(2020, 1, 1), date(2020, 12, 31)),
        (date(2021, 1, 1), date(2021, 12, 31)),
        (date(2022, 1, 1), date(2022, 3, 18)),
    ]
    assert [fold.train.start for fold in folds] == [date(2016, 1, 1), date(2017, 1, 1), date(2018, 1, 1)]


def test_an_anchored_training_begins_with_the_window() -> None:
    folds = folds_of(Window(date(2016, 1, 1), date(2021, 12, 31)), WEEKDAYS, train=48, test=12, is_anchored=True)
    assert [fold.train.start for fold in folds] == [date(2016, 1, 1), date(2016, 1, 1)]


def test_a_training_ends_84_sessions_before_its_test() -> None:
    fold, *_ = folds_of(Window(date(2016, 1, 1), date(2020, 6, 30)), WEEKDAYS, train=48, test=12, is_anchored=False)
    # 2020-01-01 is a Wednesday. The 84 weekdays before it, 63 + 21, are 16 weeks and 4 days: they begin on
    # Thursday 2019-09-05, so that the training ends on the Wednesday before.
    assert fold.train.end == date(2019, 9, 4)
    assert np.busday_count("2019-09-05", "2020-01-01") == 84


def test_the_days_of_test_are_all_days_after_the_first_training() -> None:
    window = Window(date(2016, 2, 29), date(2024, 5, 31))
    folds = folds_of(window, WEEKDAYS, train=30, test=6, is_anchored=False)
    days = [fold.test.start + timedelta(n) for fold in folds for n in range((fold.test.end - fold.test.start).days + 1)]
    assert days == [date(2018, 8, 29) + timedelta(n) for n in range((window.end - date(2018, 8, 29)).days + 1)]


@pytest.mark.parametrize(("text", "months"), [("4y", 48), ("18m", 18), ("1y", 12)])
def test_a_span_is_read_in_months(text: str, months: int) -> None:
    assert months_of(text, "--train") == months


@pytest.mark.parametrize("text", ["", "4", "0y", "y", "-1y", "4 y", "1.5y", "100y", "4Y", "٤y"])
def test_other_spans_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is no span of time"):
        months_of(text, "--train")


def test_a_window_within_the_training_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"leaves no day for a test; expected .* a shorter --train"):
        folds_of(Window(date(2016, 1, 1), date(2019, 12, 31)), WEEKDAYS, train=48, test=12, is_anchored=False)


def test_a_training_of_three_months_has_no_day_left() -> None:
    with pytest.raises(ConfigError, match=r"63 \+ 21 sessions before the test of 2016-04-01"):
        folds_of(Window(date(2016, 1, 1), date(2019, 12, 31)), WEEKDAYS, train=3, test=12, is_anchored=False)


@pytest.mark.parametrize(("train", "test", "named"), [(48, 0, "--test"), (48, -1, "--test"), ("4y", 12, "--train")])
def test_a_length_under_a_month_ends_with_an_error(train: int, test: int, named: str) -> None:
    days = Window(date(2016, 1, 1), date(2021, 12, 31))
    with pytest.raises(ConfigError, match=f"{named}: is no number of months; expected at least 1, was"):
        folds_of(days, WEEKDAYS, train=train, test=test, is_anchored=False)
