"""The warm-up of a strategy is measured by histories that begin later."""

from __future__ import annotations

from datetime import date

import numpy as np

from bot.backtest.check.changed_market import without_start
from bot.backtest.check.check_result import CheckPart
from bot.backtest.check.warm_up import check_warm_up
from bot.backtest.lookahead import evenly
from bot.core.moments import midnight
from tests.backtest.check.faulty import market, subject_of


def warm_up(name: str) -> CheckPart:
    subject = subject_of(name)
    return check_warm_up(subject, evenly(subject.times[:200], 3), lambda *_: None)


def test_an_average_of_200_rows_needs_200_days() -> None:
    part = warm_up("warms_up")
    assert part.state == "needs 200 days"
    assert dict(part.figures) == {"days_needed": 200, "is_settled": True, "starts": 3}
    # The first row is that of the first decision's eve: 200 days later there are 200 rows.
    first = subject_of("warms_up").times[0]
    ready = np.datetime64(first.date()) + 199
    assert f"decisions before {ready} have less" in part.sentence


def test_an_average_of_all_rows_never_settles() -> None:
    part = warm_up("never_settles")
    assert part.state.startswith("needs more than ")
    assert "decisions depend on where it begins" in part.sentence


def test_a_strategy_without_memory_needs_none() -> None:
    part = warm_up("holds")
    assert (part.state, part.sentence) == ("needs 0 days", "3 later starts change no decision")


def test_a_history_without_its_start_has_no_row_and_no_due_time_of_it() -> None:
    start = midnight(date(2022, 6, 4))  # a Saturday
    cut = np.datetime64(start.replace(tzinfo=None), "s")
    late = without_start(market(), start)
    for symbol, series in late.items():
        assert (series.known_at > cut).all()
        assert (series.due > cut).all()
        np.testing.assert_array_equal(series.close, market()[symbol].close[market()[symbol].known_at > cut])
        series.on_calendar("close")
    # The Russell's row of Monday is known on Monday night: the first decision is Tuesday's.
    assert late.decision_moments[0] == midnight(date(2022, 6, 7))
