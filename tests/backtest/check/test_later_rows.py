"""A strategy that reads later rows is found with its first day, and the check is tested by a planted peek."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from bot.backtest.check.changed_market import ABSURD, poisoned
from bot.backtest.check.check_days import FULL, QUICK, CheckSize, chosen_days
from bot.backtest.check.check_result import CheckPart
from bot.backtest.check.later_rows import POISONED, REMOVED, LaterRows, check_later_rows, estimated_seconds
from bot.backtest.check.subject import Subject
from bot.core.decision import Decision
from bot.core.market import Market
from bot.core.moments import midnight
from tests.backtest.check.faulty import market, subject_of


def check(subject: Subject, way: LaterRows, days: Sequence[datetime], workers: int = 1) -> CheckPart:
    return check_later_rows(subject, way, days, lambda *_: None, workers)


def closes_known_at(at: datetime) -> np.ndarray:
    eth = market()["ETH"]
    return eth.close[: int(np.searchsorted(eth.known_at, np.datetime64(at.replace(tzinfo=None), "s"), side="right"))]


def test_a_peek_of_one_day_is_found_on_the_first_day_on_which_the_next_close_turns() -> None:
    subject = subject_of("peeks_one_day")
    rises = {at: closes_known_at(at)[-1] > closes_known_at(at)[-2:][0] for at in subject.times}
    # From the second decision on: the first has no day before from which its mind could change.
    days = zip(subject.times[1:], subject.times[2:], strict=False)
    first = next(at for at, after in days if rises[at] != rises[after])
    part = check(subject, REMOVED, subject.changes[:12])
    assert part.state == "fails"
    (finding,) = part.findings
    assert finding.day == first
    assert f"reads the future: the decision of {first.date()} differs with later rows removed" in finding.sentence
    assert set(finding.fields) == {"stage", "previous", "weights", "reasons"}


def test_a_level_of_all_days_is_found_on_the_first_day_below_the_later_maximum() -> None:
    subject = subject_of("peeks_at_maximum")
    level = market()["ETH"].close.max() / 2
    days = [
        at
        for at in subject.times
        for cut in subject.changes
        if at <= cut and (closes_known_at(at)[-1] < level) != (closes_known_at(at)[-1] < closes_known_at(cut).max() / 2)
    ]
    assert [finding.day for finding in check(subject, REMOVED, subject.changes).findings] == [min(days)]


def test_a_memory_of_the_whole_history_does_not_hide_a_peek() -> None:
    subject = subject_of("remembers_peek")
    # Its last close of all decides alike on the few days on which it changes its mind: other days show the peek.
    assert check(subject, REMOVED, subject.changes).findings == ()
    assert check(subject, REMOVED, chosen_days(subject, QUICK).removed).state == "fails"


def test_a_peek_that_hides_where_rows_are_missing_is_found_by_poison_alone() -> None:
    subject = subject_of("peeks_if_absent")
    days = subject.changes[:10]
    assert check(subject, REMOVED, days).state == "passes"
    part = check(subject, POISONED, days)
    (finding,) = part.findings
    # The value after an even number of rows from the cut is a thousand times as large: a day of "OUT" becomes "IN".
    assert finding.day == next(d.at for d in subject.whole.decisions if d.at in days and d.stage == "OUT")
    assert "differs with later rows made absurd" in finding.sentence


def test_an_honest_strategy_passes_and_the_planted_peek_is_found() -> None:
    part = check(subject_of("never_settles"), REMOVED, subject_of("never_settles").changes[:5])
    assert (part.state, part.findings) == ("passes", ())
    assert part.sentence == (
        f"5 of {len(subject_of('never_settles').changes)} days on which it changes its mind, "
        "later rows removed; a planted peek of one day is found at day 1 of 8"
    )


def test_a_strategy_that_never_changes_its_mind_cannot_be_seen() -> None:
    subject = subject_of("holds")
    part = check(subject, REMOVED, chosen_days(subject, QUICK).removed)
    assert part.state == "cannot see"
    assert part.sentence.startswith("0 of 0 days on which it changes its mind and 6 others, later rows removed")
    assert part.sentence.endswith("a planted peek of one day cannot be found: it never changes its mind")


def test_a_reading_of_the_next_day_is_found_by_its_name() -> None:
    subject = subject_of("peeks_in_reading")
    part = check(subject, REMOVED, subject.changes[:3])
    (finding,) = part.findings
    # Every 50th day is a change. NaN is equal to itself.
    assert finding.day == subject.times[50]
    assert finding.fields == ("reading next",)


def test_wide_spreads_by_the_next_day_are_found() -> None:
    subject = subject_of("peeks_at_spreads")
    (finding,) = check(subject, REMOVED, subject.changes[:9]).findings
    falls = {
        at: closes_known_at(after)[-1] < closes_known_at(at)[-1]
        for at, after in zip(subject.times, subject.times[1:], strict=False)
    }
    # Where the next row is missing, the newest row and the one before decide: those of the day before.
    assert finding.day == next(at for at in subject.changes if falls[at] != falls[at - timedelta(days=1)])
    assert finding.fields == ("stressed",)


def test_processes_share_the_days_and_find_the_same() -> None:
    subject = subject_of("peeks_in_reading")
    days = subject.changes[:9]
    assert check(subject, REMOVED, days, workers=2) == check(subject, REMOVED, days)


def test_poison_changes_what_was_unknown_and_nothing_else() -> None:
    whole, at = market(), midnight(date(2022, 6, 1))
    changed = poisoned(whole, at)
    known = len(closes_known_at(at))
    for symbol, series in whole.items():
        assert changed[symbol].known_at is series.known_at
        kept = changed.as_of(at)[symbol].close
        np.testing.assert_array_equal(kept, whole.as_of(at)[symbol].close)
    eth, absurd = whole["ETH"].close, changed["ETH"].close
    np.testing.assert_allclose(absurd[known : known + 3], eth[known : known + 3] * [ABSURD, 1 / ABSURD, ABSURD])


def test_all_days_of_change_are_checked_and_quick_samples_them() -> None:
    subject = subject_of("peeks_one_day")
    full, quick = chosen_days(subject, FULL), chosen_days(subject, QUICK)
    changes, others = set(subject.changes), set(full.removed) - set(subject.changes)
    assert changes <= set(full.removed)
    assert full.unchecked == (f"{len(subject.times) - len(full.removed)} days on which it keeps its mind",)
    assert 0 < len(others) <= 24
    checked = len(changes & set(quick.removed))
    assert 18 <= checked <= 24
    assert quick.unchecked[0].startswith(f"{len(changes) - checked} of {len(changes)} days on which it changes")


def test_late_starts_come_after_the_first_change_of_mind() -> None:
    # Earlier ones would remove no row of a series that begins late, and the warm-up would be 0 days.
    subject = subject_of("warms_up")
    for size in (QUICK, FULL):
        assert min(chosen_days(subject, size).starts) > subject.changes[0]


def test_the_estimate_is_the_share_of_the_history_at_each_day() -> None:
    class Alternates:
        name = "alternates"

        def decisions(self, market: Market) -> list[Decision]:
            return [Decision(at, str(i % 2), "", {}, ()) for i, at in enumerate(market.decision_moments)]

    from bot.backtest.check.strategy_answer import ask

    subject = Subject(Alternates, market(), ask(Alternates(), market()), seconds=10.0)
    times, whole = subject.times, (subject.times[-1] - subject.times[0]).days
    assert estimated_seconds(subject, [times[0], times[-1]]) == pytest.approx(10 / whole + 10 * (whole + 1) / whole)
    days = chosen_days(subject, CheckSize(removed=2, poisoned=1, others=0, starts=3, seeds=(1,)))
    assert days.estimate().startswith("The strategy is asked 6 times")
