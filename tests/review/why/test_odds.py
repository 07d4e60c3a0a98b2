"""The odds of the past, worked by hand, and blind to what came later."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from bot.core.market import Market
from bot.report.labels import Labels, labels_of
from bot.review.why.odds import Session, odds
from bot.review.why.sessions import odds_at, sessions_of
from tests.markets import default_config

FIRST = date(2020, 1, 1)


def session(i: int, gap: float = -0.05, stage: str = "STABLE", armed: bool = False, ending: str = "") -> Session:
    return Session(FIRST + timedelta(days=i), stage, gap, True, armed, ending)


def waiting(count: int, gap: float = -0.05) -> list[Session]:
    return [session(i, gap) for i in range(count)]


def day(i: int) -> date:
    return FIRST + timedelta(days=i)


def test_counts_are_those_of_the_hand() -> None:
    """100 waiting sessions, an arming at 50 that expires at 60; asked at 99.

    Alike are 0-49 and 60-98. Within 21: over by 99 are 0-49 and 60-78, 69 in all; armed are 29-49, 21 of them.
    Apart by 21 are 0, 21, 42 and 63: 4 stretches. Within 63: 0-36 are over, 37 in all, and 50 is at most 63 away
    from each. One stretch.
    """
    sessions = waiting(100)
    sessions[50] = session(50, 0.0, "ARMED", armed=True)
    sessions[51:60] = [session(i, -0.01, "ARMED") for i in range(51, 60)]
    sessions[60] = session(60, -0.02, "STABLE", ending="expired")
    told = odds(sessions, day(99))
    assert told is not None
    month, quarter = told.within
    assert (month.days, month.armed, month.independent) == (69, 21, 4)
    assert (quarter.days, quarter.armed, quarter.independent) == (37, 37, 1)
    assert (told.armings, told.confirmed) == (1, 0)
    assert told.sentences() == [
        "Of 69 earlier sessions that stood within 5.0% of a record, 21 saw the bot arm within 21 sessions, in "
        "4 independent stretches: too few to tell.",
        "Of 37 earlier sessions that stood within 5.0% of a record, 37 saw the bot arm within 63 sessions, in "
        "1 independent stretch: too few to tell.",
        "Of the armings that followed, 0 of 1 were confirmed: too few to tell.",
    ]


def test_enough_stretches_give_a_share() -> None:
    sessions = waiting(200)
    for i in (30, 80, 130):
        sessions[i] = session(i, 0.0, "ARMED", armed=True, ending="confirmed")
    told = odds(sessions, day(199))
    assert told is not None
    assert told.within[0].share is not None
    assert told.sentences()[0] == (
        "Of 176 earlier sessions that stood within 5.0% of a record, 63 saw the bot arm within 21 sessions (36%), in "
        "9 independent stretches."
    )


def test_days_further_from_the_record_do_not_count() -> None:
    far = [session(i, -0.30) for i in range(100)]
    told = odds([*far, session(100, -0.05)], day(100))
    assert told is not None
    assert told.within[0].days == 0
    assert told.sentences()[0] == "No earlier day in STABLE stood this close with its next 21 sessions past."


def test_a_poisoned_future_changes_nothing() -> None:
    sessions = waiting(100)
    sessions[30] = session(30, 0.0, "ARMED", armed=True, ending="confirmed")
    poisoned = [
        *sessions[:80],
        *(replace(s, gap=0.0, stage="ARMED", armed=True, ending="confirmed") for s in sessions[80:]),
    ]
    assert odds(sessions, day(79)) == odds(poisoned, day(79)) == odds(sessions[:80], day(79))


def test_an_arming_that_is_not_decided_yet_counts_neither_way() -> None:
    sessions = waiting(100)
    sessions[40] = session(40, 0.0, "ARMED", armed=True)
    sessions[41:] = [session(i, -0.01, "ARMED") for i in range(41, 99)] + [session(99)]
    told = odds(sessions, day(99))
    assert told is not None
    assert (told.armings, told.confirmed) == (0, 0)


def test_an_armed_day_is_told_what_became_of_the_armings_before() -> None:
    sessions = waiting(120)
    for i in (10, 30, 50, 70, 90):
        sessions[i] = session(i, 0.0, "ARMED", armed=True)
        sessions[i + 5] = session(i + 5, ending="confirmed" if i < 40 else "vetoed")
    sessions[119] = session(119, 0.0, "ARMED", armed=True)
    told = odds(sessions, day(119))
    assert told is not None
    assert told.sentences() == ["Of the armings before, 2 of 5 were confirmed (40%)."]


def test_a_day_in_eth_has_no_odds() -> None:
    told = odds([session(0, stage="ETH")], day(0))
    assert told is not None
    assert told.sentences() == ["The odds of the past are for waiting days; this one is in ETH."]
    assert odds([session(5)], day(4)) is None


def test_a_stage_with_another_coin_has_that_coins_name() -> None:
    found = odds([session(0, stage="ETH")], day(0), Labels(eth="SOL"))
    assert found is not None
    assert found.sentences() == ["The odds of the past are for waiting days; this one is in SOL."]


def test_a_market_gives_a_session_for_each_new_close_and_no_more(demo: Market) -> None:
    sessions = sessions_of(default_config(), demo)
    assert all(a.day < b.day for a, b in pairwise(sessions))
    assert all(s.day.weekday() not in (6, 0) for s in sessions[1:])  # Friday's close is decided on a Saturday
    assert {s.ending for s in sessions} >= {"", "confirmed", "expired"}
    asked = sessions[-200].day
    assert odds_at(default_config(), demo, asked) == odds(
        [s for s in sessions if s.day <= asked], asked, labels_of(default_config().resolved())
    )
